/* The scratch folder of a fuzz entry, and the check of its errors. */
#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (!folder[0]) {
        strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/gaze-fuzz-XXXXXX" : "/tmp/gaze-fuzz-XXXXXX");
        if (!mkdtemp(folder))
            abort();
        atexit(remove_folder);
    }
    return folder;
}

const char *fuzz_file(const char *name, const uint8_t *data, size_t size)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    FILE *file = fopen(path, "wb");
    if (!file || (size && fwrite(data, 1, size, file) != size) || fclose(file) != 0)
        abort();
    return path;
}

void fuzz_companion(const char *path)
{
    char target[256];
    struct stat info;
    snprintf(target, sizeof target, "%s/%s", fuzz_folder(), strrchr(path, '/') + 1);
    if (stat(target, &info) == 0)
        return;
    FILE *from = fopen(path, "rb"), *to = fopen(target, "wb");
    if (!from || !to) {
        fprintf(stderr, "%s: cannot be copied; fuzz entries run in the repository's root\n", path);
        abort();
    }
    char block[1 << 16];
    for (size_t n; (n = fread(block, 1, sizeof block, from)) > 0;)
        if (fwrite(block, 1, n, to) != n)
            abort();
    fclose(from);
    fclose(to);
}

void fuzz_check(bool good, const struct err *err, const char *named)
{
    if (good)
        return;
    if (err->code == ERR_NONE || !err->message[0] || (named && !strstr(err->message, named))) {
        fprintf(stderr, "a reader failed with code %d and message \"%s\"%s%s\n", (int)err->code, err->message,
                named ? ", which does not name " : "", named ? named : "");
        abort();
    }
}
