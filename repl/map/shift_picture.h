/* Heads of two runs of like texts side by side: the one's map, the other's, and their signed difference where tokens correspond. */
#ifndef GAZE_REPL_MAP_SHIFT_PICTURE_H
#define GAZE_REPL_MAP_SHIFT_PICTURE_H

#include "repl/map/map_list.h"
#include "repl/result/result.h"

/* at [n]: places of the heads in the list's sites. The list is of two runs. */
NODISCARD bool shift_picture(struct session *session, const struct call *call, const struct map_list *list, const size_t *at, size_t n,
                             struct result *result, struct err *err);

#endif
