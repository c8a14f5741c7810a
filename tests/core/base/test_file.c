/* Result files: whole or not at all, and nothing beside them, whenever the program ends. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tests/support/scratch.h"

static size_t files_here(void)
{
    size_t n = 0;
    DIR *folder = opendir(scratch_folder());
    for (struct dirent *entry; (entry = readdir(folder));)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

static bool holds(const char *name, const char *text)
{
    size_t n;
    char *bytes = (char *)read_file(scratch_path(name), &n);
    bool same = n == strlen(text) && memcmp(bytes, text, n) == 0;
    free(bytes);
    return same;
}

/* How a process ends that writes to scratch's "result". */
static int status_of(bool (*write_result)(const char *path))
{
    char *path = strdup(scratch_path("result")); /* the child would have a folder of its own */
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(!write_result(path));
    waitpid(child, &status, 0);
    free(path);
    return status;
}

static bool write_and_be_killed(const char *path)
{
    struct err err = {0};
    struct out out;
    bool ok = out_open(path, &out, &err) && out_write(&out, "new text", 8, &err) && out_flush(&out, &err);
    kill(getpid(), ok ? SIGKILL : SIGTERM);
    return false;
}

Test(file, a_program_that_is_killed_while_it_writes_leaves_the_old_file_alone)
{
    scratch_write("result", "old", 3);
    int status = status_of(write_and_be_killed);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    cr_assert(holds("result", "old"));
    cr_assert_eq(files_here(), 1, "a part of the new one is left beside it");
}

/* From here on this process is as one in a sandbox that forbids links. */
static bool forbid_links(void)
{
    struct sock_filter rules[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                                  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_linkat, 0, 1),
                                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                                  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool write_without_links(const char *path)
{
    struct err err = {0};
    struct out out;
    return forbid_links() && out_open(path, &out, &err) && out_write(&out, "new text", 8, &err) && out_commit(&out, &err);
}

Test(file, a_result_is_copied_where_a_file_cannot_be_named_later)
{
    scratch_write("result", "old", 3);
    int status = status_of(write_without_links);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert(holds("result", "new text"));
    cr_assert_eq(files_here(), 1);
}

Test(file, a_result_replaces_the_old_one_with_its_mode_or_is_made)
{
    struct err err = {0};
    struct out out;
    struct stat st;
    scratch_write("result", "old", 3);
    chmod(scratch_path("result"), 0640);
    static const char *const names[] = {"result", "fresh"};
    mode_t mask = umask(0027);
    for (size_t i = 0; i < 2; i++) {
        cr_assert(out_open(scratch_path(names[i]), &out, &err) && out_write(&out, "new", 3, &err), "%s", err.message);
        cr_assert(i ? !file_exists(scratch_path("fresh")) : holds("result", "old"), "touched before out_commit");
        cr_assert(out_commit(&out, &err), "%s", err.message);
        cr_assert(holds(names[i], "new"));
        stat(scratch_path(names[i]), &st);
        cr_assert_eq(st.st_mode & 07777, 0640, "%s: %o", names[i], st.st_mode & 07777u);
    }
    umask(mask);
    cr_assert_eq(files_here(), 2);
}

Test(file, where_a_result_cannot_go_is_said_before_and_leaves_nothing)
{
    struct err err = {0};
    char long_name[600];
    memset(long_name, 'n', sizeof long_name);
    long_name[252] = 0;
    mkdir(scratch_path("folder"), 0755);
    static const char *const bad[] = {"folder", "none/result"};
    for (size_t i = 0; i < 2; i++) {
        err_clear(&err);
        cr_assert(!out_check(scratch_path(bad[i]), &err) && strstr(err.message, bad[i]), "%s: %s", bad[i], err.message);
    }
    cr_assert(!out_check(scratch_path(long_name), &err), "its temporary name is too long for the file system");
    scratch_write("old", "old", 3);
    cr_assert(mkfifo(scratch_path("pipe"), 0600) == 0);
    static const char *const good[] = {"new", "old", "pipe"};
    for (size_t i = 0; i < 3; i++)
        cr_assert(out_check(scratch_path(good[i]), &err), "%s: %s", good[i], err.message);
    cr_assert(holds("old", "old"));
    cr_assert_eq(files_here(), 3, "folder, old, pipe");
}

Test(file, a_mapped_file_is_known_by_its_addresses_until_it_is_let_go)
{
    struct file file, empty, none = {0};
    struct err err = {0};
    scratch_write("mapped", "bytes", 5);
    scratch_write("empty", "", 0);
    cr_assert(file_map(scratch_path("mapped"), &file, &err) && file_map(scratch_path("empty"), &empty, &err), "%s", err.message);
    cr_expect(file.size == 5 && memcmp(file.data, "bytes", 5) == 0 && empty.size == 0 && empty.data);
    const unsigned char *address = file.data;
    const char *name = file_at_address(address + 4);
    cr_expect(name && strstr(name, "mapped"));
    cr_expect_null(file_at_address(&err));
    file_unmap(&file);
    file_unmap(&empty);
    file_unmap(&none);
    cr_expect_null(file_at_address(address));
}

Test(file, what_cannot_be_mapped_is_an_error_that_names_it)
{
    struct file file;
    struct err err = {0};
    mkdir(scratch_path("folder"), 0755);
    cr_assert(mkfifo(scratch_path("pipe"), 0600) == 0);
    static const struct {
        const char *name;
        enum err_code code;
    } rows[] = {{"folder", ERR_IO}, {"pipe", ERR_IO}, {"nothing", ERR_NOT_FOUND}};
    for (size_t i = 0; i < 3; i++) {
        err_clear(&err);
        cr_expect(!file_map(scratch_path(rows[i].name), &file, &err) && err.code == rows[i].code &&
                      strstr(err.message, rows[i].name),
                  "%s: %s", rows[i].name, err.message);
        cr_expect(file.size == 0 && !file.path);
    }
}

Test(file, a_stream_is_read_whole_or_is_too_long)
{
    struct err err = {0};
    struct buf text = {0};
    char big[70000];
    memset(big, 'x', sizeof big);
    scratch_write("it", big, sizeof big);
    int fd = open(scratch_path("it"), O_RDONLY);
    cr_expect(file_read_fd(fd, "it", sizeof big, &text, &err) && text.n == sizeof big, "%s", err.message);
    lseek(fd, 0, SEEK_SET);
    buf_free(&text);
    cr_expect(!file_read_fd(fd, "it", sizeof big - 1, &text, &err) && err.code == ERR_LIMIT, "%s", err.message);
    buf_free(&text);
    close(fd);
}

Test(file, parts_of_a_path_are_found)
{
    static const struct {
        const char *path, *folder, *extension;
    } rows[] = {{"a/b.txt", "a", "txt"}, {"b.tar.gz", ".", "gz"}, {"/b", "/", ""},
                {"/a.d/b", "/a.d", ""},  {".bashrc", ".", ""},    {"a/.x", "a", ""},
                {"a.", ".", ""},         {"/a/b/", "/a/b", ""},   {"", ".", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = path_folder(rows[i].path, NULL);
        cr_expect_str_eq(folder, rows[i].folder, "%s: %s", rows[i].path, folder);
        cr_expect(str_is(path_extension(str_of(rows[i].path)), rows[i].extension), "%s", rows[i].path);
        free(folder);
    }
    char *joined = path_join("a", "b", NULL), *again = path_join("a/", "b", NULL), *alone = path_join("", "", NULL);
    cr_expect(strcmp(joined, "a/b") == 0 && strcmp(again, "a/b") == 0 && *alone == 0);
    free(joined);
    free(again);
    free(alone);
}
