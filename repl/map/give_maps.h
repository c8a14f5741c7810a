/* Maps of a command given to its result: a picture, JSON, rows or tensors, as its format holds. */
#ifndef GAZE_REPL_MAP_GIVE_MAPS_H
#define GAZE_REPL_MAP_GIVE_MAPS_H

#include "repl/map/map_list.h"
#include "repl/result/result.h"

/* Give all maps of the list to the result and remember the last site. */
NODISCARD bool maps_give(struct session *session, const struct call *call, const struct map_list *list,
                         struct result *result, struct err *err);

#endif
