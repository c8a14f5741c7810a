/* What a terminal must have for what writes all over it. */
#ifndef GAZE_REPL_TERMINAL_USABLE_H
#define GAZE_REPL_TERMINAL_USABLE_H

#include "core/base/err.h"

/* The size of the terminal of standard output. ERR_ARG where it has none, as one whose other end was never told. */
NODISCARD bool terminal_size(size_t *columns_out, size_t *rows_out, struct err *err);
/* A screen can be opened: standard input and output are a terminal of a known kind that has a size. */
NODISCARD bool terminal_usable(struct err *err);

#endif
