/* Where the pieces of the map view stand for a screen's size and a zoom. Between map.c and map_plan.c. */
#ifndef GAZE_REPL_VIEW_MAP_PLAN_H
#define GAZE_REPL_VIEW_MAP_PLAN_H

#include "repl/view/map_state.h"

/* The sizes of a cell, smallest first. */
enum zoom {
    ZOOM_AUTO = -1, /* the largest at which the whole map is seen, else the whole map pooled */
    ZOOM_WHOLE,     /* the whole map, pooled where it must be */
    ZOOM_SMALL,     /* a value a half block (a character without colours) */
    ZOOM_CELL,      /* two columns a value */
    ZOOM_NUMBER,    /* as wide as its number */
    ZOOM_LARGE,
    ZOOM_HUGE,
    ZOOMS
};

struct map_plan_view {
    enum zoom zoom;             /* the one taken */
    struct cell_rect map;       /* of the cells */
    struct heat_view heat;      /* for ZOOM_WHOLE and ZOOM_SMALL; row and col: the first value shown, always */
    size_t cell_rows, cell_cols; /* of a value, from ZOOM_CELL on */
    bool numbers;
    size_t seen_rows, seen_cols; /* values that fit */
    size_t number_cols, token_cols, gutter; /* left of the map; gutter: all of it with the marker */
    size_t down_rows;           /* lines of key labels above the map */
    bool across;                /* key labels stand across their cells, in one line */
    size_t label_row, ruler_row, mark_row, cross_row; /* rows above the map; mark_row SIZE_MAX: none is marked */
    struct cell_rect side;      /* the mini-map; cols 0: no room */
    size_t bar_row, neighbours_row, value_row, terms_row; /* neighbours_row 0: no room */
};

/* The map pane's own state. */
struct map_pane {
    int zoom;                  /* enum zoom */
    size_t first_row, first_col; /* the first value shown */
    bool centre;               /* the crosshair is to be in the middle of the next drawing */
    struct map_plan_view plan; /* of the last drawing: page sizes */
    bool ranging;              /* a range lies between this value and the crosshair */
    size_t range_row, range_col;
    size_t grab_row, grab_col; /* the cell of the screen that another button holds */
};

/* Lay out; first_row and first_col (values) are moved as little as it takes to keep the crosshair inside. */
void map_plan_make(const struct viewer *viewer, const struct cell_grid *grid, enum zoom zoom, size_t *first_row,
                   size_t *first_col, struct map_plan_view *out);
/* The cell of value (row, col): false where it is not seen. *lower: the lower half of a half block. */
bool map_plan_place(const struct map_plan_view *plan, size_t row, size_t col, struct cell_rect *out, bool *lower);

/* ---- map_point.c: the mouse on the map, ranges and panning ---- */
bool map_point(struct viewer *viewer, void *state, struct pointer at);
void map_act_range(struct viewer *viewer, void *state, int amount);   /* begin a range at the crosshair, or zoom into it */
void map_act_no_range(struct viewer *viewer, void *state, int amount);
void map_range_draw(struct viewer *viewer, const struct map_pane *pane, struct cell_grid *grid);

/* The rows below the map (map_below.c). */
void map_below_draw(struct viewer *viewer, const struct map_plan_view *plan, struct cell_grid *grid);

#endif
