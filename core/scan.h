/* A scan: the lines of a file as texts, run through a model and handed to observers. See scan.c for how they are packed.
 *
 *   lines ─► encodings, cut ─► batches of like length ─► runs ─► observers
 *
 * Memory is bounded by a window of encodings and one run at a time, whatever the file holds. What an observer sees of a
 * text is bit for bit what a run of that text alone gives. */
#ifndef GAZE_CORE_SCAN_H
#define GAZE_CORE_SCAN_H

#include "core/run.h"

/* A walk over lines; blank ones are passed over. Start from {.rest = all of them}. */
struct scan_lines {
    struct str rest;
    size_t number, line; /* of the text, of its line in the file: from 1 */
    bool paragraphs;     /* a text is what stands between blank lines */
};
bool scan_next_line(struct scan_lines *lines, struct str *out);

enum scan_half { SCAN_ALL, SCAN_EVEN, SCAN_ODD }; /* by the text's number */

struct scan_options {
    struct model *model;   /* with weights and tokenizer */
    struct str lines;      /* one text a line, UTF-8; \r\n ends a line too */
    const char *name;      /* of the file, in messages */
    enum scan_half half;
    size_t every;          /* of those, each so many-th alone, the first included; 0 and 1: all */
    size_t shortest;       /* texts of fewer tokens are passed over and counted */
    size_t length;         /* tokens that a text is cut to, special ones included; 0: not cut */
    bool no_special;       /* the tokenizer's special tokens are left out */
    int32_t front;         /* id put in front of everything, -1: none */
    const struct watch *watch;          /* progress in texts; or NULL */
    size_t progress_before, progress_all; /* of earlier scans of one work, and of all of it (0: of this scan) */
    bool paragraphs;
    bool pass_over;        /* texts that are no UTF-8 or do not run are passed over and counted */
    struct scan_place *place; /* where to go on, kept true while the scan goes on; NULL: from the beginning */
};
struct scan_counts {
    size_t texts;          /* seen */
    size_t skipped, cut;   /* fewer than `shortest` tokens; more than `length` */
    size_t bad, bad_line;  /* passed over; the line of the first in the file */
};
enum { SCAN_WINDOW = 128 };
/* How far a scan has come. Texts are seen in windows, within these by length: some of the open window are done. */
struct scan_place {
    size_t offset, number, line; /* of the open window in `lines`; of the text and the line before it */
    size_t done[SCAN_WINDOW], n_done; /* numbers of its texts that were seen */
    struct scan_counts counts;   /* of the windows before it, with the texts done */
};

/* A text as an observer sees it; valid until it returns. */
struct scan_text {
    const struct run *run;
    size_t text;           /* which of the run's */
    size_t number, line;
    const struct encoding *tokens; /* of the source */
};
struct scan_observer {
    void *context;
    /* From the caller's thread, one text at a time; within a window the shorter ones come first. */
    bool (*see)(void *context, const struct scan_text *text, struct err *err);
    /* In its place: all texts of a pass at once. They are looked at beside other passes, on any thread, and what comes of it (NULL:
     * why not) is taken from the caller's thread, in order, before it is dropped; it may be dropped without. The texts stay until
     * then. They count as seen when `take` has returned true, and not at all else. */
    void *(*look)(void *context, const struct scan_text *texts, size_t n, struct err *err);
    bool (*take)(void *context, void *made, struct err *err);
    void (*drop)(void *made);
    /* After each pass and after each window, where a place is kept; NULL: nothing. */
    bool (*rest)(void *context, const struct scan_place *place, struct err *err);
};

enum { SCAN_OBSERVERS = 4 };
/* Show every text of the half to every observer, SCAN_OBSERVERS at most. Errors: a line that is no UTF-8 or does not run (names file and line),
 * what an observer reports, ERR_CANCELLED, ERR_MEMORY. */
NODISCARD bool scan(const struct scan_options *options, const struct scan_observer *observers, size_t n_observers,
                    struct scan_counts *out, struct err *err);

/* The encoding of one text as a scan runs it: cut, with the token in front. *cut_out: tokens were left out. */
NODISCARD bool scan_encode(const struct scan_options *options, struct str text, struct encoding *out, bool *cut_out,
                           struct err *err);
/* A run of the first text that a scan would show, to resolve a selector on. ERR_NOT_FOUND where there is none. */
NODISCARD struct run *scan_first(const struct scan_options *options, struct err *err);
/* How many tokens every text has before it is cut: lengths_out [*n_out], free() it; in the order of the lines. */
NODISCARD bool scan_lengths(const struct scan_options *options, size_t **lengths_out, size_t *n_out, struct err *err);

#endif
