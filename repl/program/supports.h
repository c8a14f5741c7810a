/* What gaze reads, measures and writes, printed from the registries. */
#ifndef GAZE_REPL_PROGRAM_SUPPORTS_H
#define GAZE_REPL_PROGRAM_SUPPORTS_H

#include "core/base/mem.h"
#include "repl/program/arguments.h"

void supports_print(const struct arguments *arguments, struct buf *out);

#endif
