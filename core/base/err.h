/* Errors of the world (files, input, terminal), carried in a struct of the caller.
 *
 * A fallible function returns bool or a pointer and takes `struct err *` last. The message names the
 * file, the thing, what was expected and what was found; `code` says what the session should do. */
#ifndef GAZE_CORE_BASE_ERR_H
#define GAZE_CORE_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

enum err_code {
    ERR_NONE,
    ERR_ARG,         /* a wrong word, number or selector from the user */
    ERR_IO,          /* the system refused: open, read, write, rename */
    ERR_FORMAT,      /* a file is not what it says it is */
    ERR_UNSUPPORTED, /* well formed, but gaze does not read it */
    ERR_LIMIT,       /* too long, too large, too many */
    ERR_MEMORY,      /* malloc said no */
    ERR_NOT_FOUND,   /* a name that means nothing here */
    ERR_CANCELLED,   /* Ctrl-C */
    ERR_PIPE         /* the reader of our output has gone: ends the command quietly */
};

struct err {
    enum err_code code;
    char message[1000]; /* one line or a few, no newline at the end, control characters escaped */
    long column;        /* 1-based byte column in the command line, 0: unknown; set by the grammar */
    size_t length;      /* bytes under the caret's line, 0: one */
};

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Set `err` (NULL is fine) and return false, so that `return err_set(…)` ends a function. */
bool err_set(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Put text in front of the message that is there ("layer 3: " …). Returns false. */
bool err_prefix(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* "out of memory (N bytes for WHAT)". Returns false. */
bool err_memory(struct err *err, size_t bytes, const char *what);

/* "PATH: ACTION: strerror(errno)". Returns false. */
bool err_errno(struct err *err, const char *path, const char *action);

void err_clear(struct err *err);

/* Text with what could lead a terminal astray (C0 but for line ends, C1, overrides of direction, malformed bytes) as \x1b, \u009b,
 * \u202e; cut where it does not fit. Async-signal-safe. Every message goes through it. */
void err_escape(const char *text, char *out, size_t capacity);

#endif
