/* Where a model's name leads: paths, $GAZE_MODELS, the shipped models, the Hugging Face cache. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repl/session/find_model.h"
#include "tests/support/scratch.h"

static struct session session;

static void make(const char *folders) /* "a/b/c": each is made */
{
    char path[256];
    snprintf(path, sizeof path, "%s", folders);
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(scratch_path(path), 0700);
        *slash = '/';
    }
    mkdir(scratch_path(path), 0700);
}

static void file(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

/* A hub with two revisions of org/base, one of them main; a repository without refs; a plain name. */
static void set_up(void)
{
    struct err err = {0};
    make("bin");
    make("examples/models/shipped");
    make("examples/models/twice");
    make("own/mine");
    make("own/twice");
    make("work/empty");
    make("work/here");
    make("hub/models--org--base/refs/pr");
    make("hub/models--org--base/snapshots/aaa");
    make("hub/models--org--base/snapshots/bbb");
    make("hub/models--org--norefs/snapshots/ccc");
    make("hub/models--plain-name/refs");
    make("hub/models--plain-name/snapshots/ddd");
    make("hub/models--org--gone/refs");
    file("examples/models/shipped/config.json", "{}");
    file("examples/models/twice/config.json", "{}");
    file("own/mine/vocab.txt", "a");
    file("own/twice/config.json", "{}");
    file("work/here/config.json", "{}");
    file("hub/models--org--base/refs/main", "bbb\n");
    file("hub/models--org--base/refs/v1", "aaa");
    file("hub/models--org--base/refs/pr/1", "aaa");
    file("hub/models--plain-name/refs/main", "ddd");
    file("hub/models--org--gone/refs/main", "eee");
    file("bin/gaze", "");
    cr_assert(session_init(&session, NULL, &err));
    static char program[256];
    snprintf(program, sizeof program, "%s", scratch_path("bin/gaze"));
    session.program = program;
    setenv("GAZE_MODELS", scratch_path("own"), 1);
    setenv("HF_HUB_CACHE", scratch_path("hub"), 1);
    cr_assert_eq(chdir(scratch_path("work")), 0);
}

/* `expected` is a path below the scratch folder. */
static void leads_to(const char *name, const char *expected)
{
    struct err err = {0};
    char *found = session_find_model(&session, str_of(name), &err);
    char *real = found ? realpath(found, NULL) : NULL, *wanted = realpath(scratch_path(expected), NULL);
    cr_expect(real && wanted && strcmp(real, wanted) == 0, "%s: %s, expected %s (%s)", name, real ? real : "nothing", wanted,
              err.message);
    free(found);
    free(real);
    free(wanted);
}

static void leads_nowhere(const char *name, const char *part)
{
    struct err err = {0};
    char *found = session_find_model(&session, str_of(name), &err);
    cr_expect_null(found, "%s: %s", name, found);
    cr_expect(strstr(err.message, part), "%s: \"%s\" lacks \"%s\"", name, err.message, part);
    free(found);
}

Test(find, names_lead_to_folders, .init = set_up)
{
    leads_to("here", "work/here");
    leads_to("./here", "work/here");
    leads_to("here/config.json", "work/here/config.json");
    leads_to("mine", "own/mine");
    leads_to("shipped", "examples/models/shipped");
    leads_to("twice", "own/twice");
    leads_to("org/base", "hub/models--org--base/snapshots/bbb");
    leads_to("org/base@v1", "hub/models--org--base/snapshots/aaa");
    leads_to("org/base@aaa", "hub/models--org--base/snapshots/aaa");
    leads_to("org/base@pr/1", "hub/models--org--base/snapshots/aaa");
    leads_to("org/norefs", "hub/models--org--norefs/snapshots/ccc");
    leads_to("plain-name", "hub/models--plain-name/snapshots/ddd");
    leads_to("empty", "work/empty"); /* there and nothing else of that name: load says what is missing in it */
}

Test(find, a_folder_here_without_a_model_hides_none, .init = set_up)
{
    make("work/shipped");
    leads_to("shipped", "examples/models/shipped");
    leads_to("./shipped", "work/shipped");
}

Test(find, what_is_nowhere_is_told_with_the_way_to_get_it, .init = set_up)
{
    leads_nowhere("org/other", "pull org/other");
    leads_nowhere("org/gone", "pull org/gone");
    leads_nowhere("org/base@v2", "pull org/base@v2");
    leads_nowhere("shiped", "did you mean shipped?");
    leads_nowhere("org/bas", "did you mean org/base?");
    leads_nowhere("somewhere", "examples/models");
    leads_nowhere("./nope", "no such file or folder");
    leads_nowhere("../own/nope", "no such file or folder");
    leads_nowhere("", "empty");
    leads_nowhere("a/../b", "no such file or folder");
    leads_nowhere("...", "no such file or folder");
    leads_nowhere("org/base@..", "no such file or folder");
    leads_nowhere("org/base@../refs", "no such file or folder");
    leads_nowhere("org/base@/etc", "no such file or folder");
}

Test(find, the_cache_is_where_the_variables_say, .init = set_up)
{
    static const char *const rows[][3] = {{"HF_HUB_CACHE", "/h", "/h"},
                                          {"HF_HOME", "/h", "/h/hub"},
                                          {"XDG_CACHE_HOME", "/h", "/h/huggingface/hub"},
                                          {"HOME", "/h", "/h/.cache/huggingface/hub"}};
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++)
            unsetenv(rows[k][0]);
        for (size_t k = i; k < 4; k++) /* the first of them decides */
            setenv(rows[k][0], k == i ? rows[k][1] : "/other", 1);
        char *found = find_hub_cache();
        cr_expect_str_eq(found, rows[i][2]);
        free(found);
    }
}

struct names {
    char text[512];
};

static void collect(void *context, struct str name)
{
    struct names *names = context;
    size_t used = strlen(names->text);
    snprintf(names->text + used, sizeof names->text - used, "[%.*s]", STR_ARGS(name));
}

Test(find, every_loadable_name_is_listed, .init = set_up)
{
    struct names names = {""};
    find_each_model(&session, collect, &names);
    static const char *const expected[] = {"[mine]", "[twice]", "[shipped]", "[org/base]", "[org/norefs]", "[plain-name]"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_expect(strstr(names.text, expected[i]), "%s lacks %s", names.text, expected[i]);
    cr_expect_not(strstr(names.text, "[empty]"));
}
