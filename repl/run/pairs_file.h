/* A file of minimal pairs: lines of tabs (with or without a header, with or without a paradigm), or JSON lines, as BLiMP's. */
#ifndef GAZE_REPL_RUN_PAIRS_FILE_H
#define GAZE_REPL_RUN_PAIRS_FILE_H

#include "core/base/source.h"

struct pair {
    struct str good, bad, paradigm; /* n 0: the file names none */
    size_t line;
};
struct pairs_file {
    struct pair *pairs;
    size_t n, capacity;
    struct source *file;
    struct arena *arena;
};
/* Errors name file and line: a line of another number of fields, a header or an object without both sentences, no pair at all.
 * Free with pairs_file_free. */
NODISCARD bool pairs_file_open(const char *path, struct pairs_file *out, struct err *err);
void pairs_file_free(struct pairs_file *file); /* a zeroed struct is fine */

#endif
