/* What the program prints about itself, from the rows of commands, options and topics: --help, --version, --man,
 * --completion. */
#ifndef GAZE_REPL_PROGRAM_MANUAL_H
#define GAZE_REPL_PROGRAM_MANUAL_H

#include "repl/program/arguments.h"

void manual_help(const struct arguments *arguments, struct buf *out);
void manual_version(const struct arguments *arguments, struct buf *out);
void manual_page(const struct arguments *arguments, struct buf *out); /* troff, man(7) */
void manual_supports(struct buf *out); /* a section of it: the tables of --supports */
void manual_troff(struct buf *out, const char *text); /* text with what troff would take for its own escaped */
void manual_bash(const struct arguments *arguments, struct buf *out);
void manual_zsh(const struct arguments *arguments, struct buf *out);

#endif
