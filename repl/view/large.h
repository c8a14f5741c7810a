/* One head drawn large beside the grid of all: its map with its tokens, as large as its place allows. */
#ifndef GAZE_REPL_VIEW_LARGE_H
#define GAZE_REPL_VIEW_LARGE_H

#include "repl/view/map_state.h"

struct large {
    struct shown_map map; /* its labels as the screen shows them; kept until another head or another map is wanted */
    struct site site;
};

void large_forget(struct large *large); /* the next drawing makes the map anew */
/* Draw the head in the rectangle with that ink; false where it could not be made, with the reason. */
NODISCARD bool large_draw(struct viewer *viewer, struct large *large, struct site site, const struct ink *ink,
                          struct cell_grid *grid, struct cell_rect rect, struct err *err);
/* Columns that it would like to have. */
size_t large_columns(const struct viewer *viewer);

#endif
