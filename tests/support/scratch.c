/* The scratch folder of a test, whole files, and a fixed sequence of numbers. */
#include "tests/support/scratch.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static pid_t owner;

static void must(int good, const char *what)
{
    if (!good) {
        perror(what);
        abort();
    }
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

void scratch_remove(void)
{
    if (folder[0] && owner == getpid())
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    folder[0] = 0;
}

const char *scratch_folder(void)
{
    if (!folder[0] || owner != getpid()) {
        strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/gaze-test-XXXXXX" : "/tmp/gaze-test-XXXXXX");
        must(mkdtemp(folder) != NULL, folder);
        owner = getpid();
        atexit(scratch_remove);
    }
    return folder;
}

const char *scratch_path(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", scratch_folder(), name);
    return path;
}

void scratch_write(const char *name, const void *bytes, size_t n)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");
    must(file && (!n || fwrite(bytes, 1, n, file) == n), path);
    must(fclose(file) == 0, path);
}

unsigned char *read_file(const char *path, size_t *n_out)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    must(file && fstat(fileno(file), &info) == 0, path);
    unsigned char *bytes = malloc((size_t)info.st_size + 1);
    must(bytes != NULL, path);
    *n_out = fread(bytes, 1, (size_t)info.st_size, file);
    must(*n_out == (size_t)info.st_size, path);
    bytes[*n_out] = 0;
    fclose(file);
    return bytes;
}

void scratch_copy(const char *path)
{
    size_t n;
    unsigned char *bytes = read_file(path, &n);
    const char *slash = strrchr(path, '/');
    scratch_write(slash ? slash + 1 : path, bytes, n);
    free(bytes);
}

void scratch_copy_folder(const char *from)
{
    DIR *entries = opendir(from);
    must(entries != NULL, from);
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[4096];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
        must(stat(path, &info) == 0, path);
        if (S_ISREG(info.st_mode))
            scratch_copy(path);
    }
    closedir(entries);
}

size_t draw(unsigned long long *state, size_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return below ? *state % below : 0;
}
