/* The check of a fuzz entry's errors. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *fuzz_file(const char *name, const uint8_t *data, size_t size)
{
    scratch_write(name, data, size);
    return scratch_path(name);
}

void fuzz_companion(const char *path)
{
    if (access(scratch_path(strrchr(path, '/') + 1), F_OK) != 0)
        scratch_copy(path);
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
