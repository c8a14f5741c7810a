/* Progress of long work: a bar with rate and time left on standard error, where that is a terminal. */
#ifndef GAZE_REPL_TERMINAL_PROGRESS_H
#define GAZE_REPL_TERMINAL_PROGRESS_H

#include <time.h>

#include "core/run.h"
#include "repl/session/session.h"

struct progress {
    bool on, shown;
    const char *what; /* "texts"; NULL: what is counted are bytes, and what the first report says is done was there before */
    bool counted;
    size_t before;    /* bytes that were there at the first report: no part of the rate */
    struct timespec begun, last;
};

/* The watch to hand down; it lives as long as the progress. Nothing is shown in the first half second. */
struct watch progress_begin(struct progress *progress, const struct session *session, const char *what);
/* The text of the bar in at most so many columns: a narrow terminal does without the bar itself. */
void progress_text(const struct progress *progress, size_t done, size_t total, double seconds, size_t columns, struct buf *out);
/* "12.3 MB": three digits or so, in powers of 1000. */
void progress_put_bytes(struct buf *out, size_t bytes);
/* Columns of the terminal on standard error; 80 where it does not say. */
size_t progress_columns(void);
/* Wipe the bar. */
void progress_end(struct progress *progress);

#endif
