/* Maps as one picture. */
#ifndef GAZE_REPL_MAP_MAP_PICTURE_H
#define GAZE_REPL_MAP_MAP_PICTURE_H

#include "repl/map/map_list.h"
#include "repl/result/result.h"

/* The picture alone; provenance pairs and palettes as the call and the session say. */
NODISCARD bool maps_give_picture(struct session *session, const struct call *call, const struct map_list *list,
                                 struct result *result, struct err *err);

/* The options of a picture of maps, for the rows of commands. */
#define OPTION_PICTURE                                                                                                         \
    {"scale", VALUE_SCALE, NULL, "linear", "how values become colours: linear, sqrt, log:FLOOR, symlog", 0, 0},                \
    {"clip", VALUE_WORD, NULL, NULL, "percentiles that get the ends of the scale: 2:98", 0, 0},                                \
    {"palette", VALUE_PALETTE, NULL, NULL, "colour map", 0, 0},                                                                \
    {"norm", VALUE_ENUM, "shown|head|layer|model", "shown",                                                                    \
     "the scale spans what is shown, each head alone, the layer's heads, or the model's", 0, 0},                               \
    {"digits", VALUE_FLAG, NULL, NULL, "write the values into the cells", 0, 0},                                               \
    {"mark", VALUE_ENUM, "columns|none", "columns", "mark keys that draw attention from all queries", 0, 0}
/* Of a figure in a file; across= in the terminal too. */
#define OPTION_PAPER                                                                                                            \
    {"title", VALUE_TEXT, NULL, NULL, "a title above the figure; none by default", 0, 0},                                      \
    {"size", VALUE_WORD, NULL, NULL, "acl1, acl2, nature1, nature2, or a width: 85mm, 8.5cm, 3.25in, 240pt", 0, 0},             \
    {"dpi", VALUE_FLOAT, NULL, NULL, "pixels an inch: 300, or 600 where size= is given", 30, 2400},                            \
    {"across", VALUE_INT, NULL, NULL, "maps side by side", 1, 1000}

#endif
