/* Maps of what a map does, given by commands that are named after them: the part is theirs, all else as of show. */
#ifndef GAZE_REPL_MAP_EFFECT_MAPS_H
#define GAZE_REPL_MAP_EFFECT_MAPS_H

#include "repl/map/give_maps.h"
#include "repl/map/map_picture.h"
#include "repl/map/style.h"

/* `name`: that of the effect (core/effect). */
NODISCARD bool effect_maps_give(struct session *session, const struct call *call, const char *name, struct result *result,
                                struct err *err);

#define ARGS_EFFECT(what)                                                                                     \
    {"@RUN", ARG_RUN, true, true, "runs, side by side on one scale; the last where none is named"},           \
    {"SELECTOR", ARG_SELECTOR, true, true, what "; the last one shown where none is named"}, {0}

#endif
