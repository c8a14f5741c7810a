/* The terminal's output copied into a file while the session goes on (asciicast v2, cast.h).
 *
 * Standard output and standard error become a pseudo-terminal of the program's own; a thread hands on to the real terminal
 * all that is written there, by the commands of the shell too, and writes it down. Keys go past it: the terminal's modes,
 * its signals and job control stay those of the real one. */
#ifndef GAZE_REPL_TERMINAL_RECORDING_H
#define GAZE_REPL_TERMINAL_RECORDING_H

#include "core/base/mem.h"

struct recording_wish {
    struct str path, title; /* title n 0: none */
    double idle;            /* seconds that a player waits at most; 0: as long as it took */
    bool input;             /* keys too */
};

/* Prepare a recording: the file and the pseudo-terminal; nothing is recorded before recording_start. Errors: standard output
 * is no terminal, the terminal has no size, the file cannot be written, one is under way. */
NODISCARD bool recording_open(const struct recording_wish *wish, struct err *err);
NODISCARD bool recording_start(struct err *err);

/* The file of the recording that is under way, or NULL; how long it is, and how much it holds. */
const char *recording_path(void);
struct recording_length {
    double seconds;
    size_t events;
};

/* End it: all that was written has reached the terminal, the file has its name. Where an event could not be written (a full
 * disk) the file ends after the last one that was, and the error says so. `length_out` may be NULL. */
NODISCARD bool recording_end(struct recording_length *length_out, struct err *err);

/* Has an event failed to be written, and was that not told yet? The reason into err. */
bool recording_broke(struct err *err);

/* Wait until all that was written has reached the terminal: before its modes change or the program stops. */
void recording_flush(void);

/* These keys were typed: recorded where that is wanted. */
void recording_input(const char *bytes, size_t n);

/* In a signal handler, before the program ends: the terminal gets what is on its way, the file its name. */
void recording_emergency(void);

#endif
