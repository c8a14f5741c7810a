/* Maps as one picture. */
#ifndef GAZE_REPL_MAP_MAP_PICTURE_H
#define GAZE_REPL_MAP_MAP_PICTURE_H

#include "repl/map/map_list.h"

/* The picture alone; provenance pairs and palettes as the call and the session say. */
NODISCARD bool maps_give_picture(struct session *session, const struct call *call, const struct map_list *list,
                                 struct result *result, struct err *err);

#endif
