/* Two maps of texts that differ in their tokens, cell by cell where the tokens correspond. */
#ifndef GAZE_REPL_MAP_ALIGN_H
#define GAZE_REPL_MAP_ALIGN_H

#include "repl/map/shown_map.h"

/* second − first into second, whose rows and columns shrink to those with a counterpart in first. */
NODISCARD bool shown_map_subtract_aligned(const struct shown_map *first, struct shown_map *second, struct err *err);

#endif
