/* Maps as one picture. */
#ifndef GAZE_REPL_MAP_MAP_PICTURE_H
#define GAZE_REPL_MAP_MAP_PICTURE_H

#include "repl/map/map_list.h"
#include "repl/map/panel_table.h"
#include "repl/result/figure.h"

/* The picture alone; provenance pairs and palettes as the call and the session say. */
NODISCARD bool maps_give_picture(struct session *session, const struct call *call, const struct map_list *list,
                                 struct result *result, struct err *err);

/* The options of a picture of maps, for the rows of commands. */
#define OPTION_PICTURE                                                                                                         \
    OPTION_SCALE,                                                                                                              \
    {"palette", VALUE_PALETTE, NULL, NULL, "colour map", 0, 0},                                                                \
    {"norm", VALUE_ENUM, "shown|head|layer|model", "shown",                                                                    \
     "the scale spans what is shown, each head alone, the layer's heads, or the model's", 0, 0},                               \
    {"digits", VALUE_FLAG, NULL, NULL, "write the values into the cells", 0, 0},                                               \
    {"mark", VALUE_ENUM, "columns|none", "columns", "mark keys that draw attention from all queries", 0, 0}
/* Of a figure in a file; across= in the terminal too. */
#define OPTION_PAPER OPTION_FIGURE, OPTION_ACROSS, OPTION_TURN

#endif
