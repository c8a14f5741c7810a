/* A text line by line, of any length in bounded memory: scripts, and files with a text a line. */
#ifndef GAZE_CORE_BASE_LINES_H
#define GAZE_CORE_BASE_LINES_H

#include "core/base/mem.h"

enum { LINES_LONGEST = 1 << 20 }; /* bytes of a line */

struct lines;
/* A file, compressed or not (stream.h). `what` names what is looked for: "a script". */
NODISCARD struct lines *lines_open(const char *path, const char *what, struct err *err);
/* An open descriptor, borrowed, read byte by byte as a shell does: what follows a line stays for others. */
NODISCARD struct lines *lines_of_fd(int fd, const char *name, const char *what, struct err *err);
void lines_free(struct lines *lines);
/* The next line, borrowed until the next call, without its end ("\n", "\r\n"), a NUL behind it. *end_out: there is none left.
 * False: a read failed, Ctrl-C (ERR_CANCELLED), or a line is longer than LINES_LONGEST (ERR_LIMIT, which names the line). */
NODISCARD bool lines_next(struct lines *lines, struct str *out, bool *end_out, struct err *err);
size_t lines_number(const struct lines *lines); /* of the line given last, from 1 */

#endif
