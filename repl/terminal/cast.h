/* A file of asciicast v2: what a terminal showed, with times (docs.asciinema.org/manual/asciicast/v2).
 *
 * The first line is the header, a JSON object; each further line is one event, [seconds, code, data]: "o" bytes that the
 * terminal got, "i" bytes that were typed, "r" a new size, "80x24". */
#ifndef GAZE_REPL_TERMINAL_CAST_H
#define GAZE_REPL_TERMINAL_CAST_H

#include "core/base/file.h"

struct cast_header {
    size_t columns, rows;
    long long timestamp;    /* seconds since 1970 */
    const char *term;       /* NULL: not told */
    struct str title;       /* n 0: none */
    double idle;            /* seconds that a player waits at most; 0: as long as it took */
};

enum cast_code { CAST_OUTPUT = 'o', CAST_INPUT = 'i', CAST_RESIZE = 'r' };

struct cast {
    struct out out;
    size_t whole;           /* bytes of the file up to its last whole line */
    size_t events;
    double seconds;         /* of the last event */
    struct buf output, input; /* the beginning of a character whose end is still to come */
    bool broken;            /* an event could not be written: what follows is left out */
};

/* Begin a file; until cast_close an older one of that name stays as it is. */
NODISCARD bool cast_open(struct cast *cast, const char *path, const struct cast_header *header, struct err *err);
/* One event. A character that is cut at the end of the bytes waits for the next event of its code. After a failure nothing
 * more is written. */
NODISCARD bool cast_event(struct cast *cast, double seconds, enum cast_code code, struct str bytes, struct err *err);
/* Give the file its name. Where an event could not be written the file ends after the last whole one; one without any event
 * is not kept then. */
NODISCARD bool cast_close(struct cast *cast, struct err *err);
void cast_abort(struct cast *cast);

#endif
