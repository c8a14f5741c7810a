/* Figures: the plan of a picture on paper, and what all charts draw with. */
#ifndef GAZE_VIZ_DRAW_FIGURE_H
#define GAZE_VIZ_DRAW_FIGURE_H

#include "viz/draw/canvas.h"
#include "viz/draw/options.h"
#include "viz/palette/palette.h"
#include "viz/picture.h"

/* A figure's plan; lengths in points. Plain data that borrows the picture. */
struct figure {
    struct picture picture; /* its scale fitted */
    const struct palette *palette;
    double width, height, dpi;
    double text, label, small;   /* sizes of text, of tokens at a map, and of notes */
    size_t across, down;         /* panels a row, rows of panels */
    bool same_rows, same_cols;   /* row (column) labels once a row (column) of panels */
    bool flat_cols;              /* column labels lie: each fits its column */
    double col_turn;             /* degrees that they are turned by: 0, 45, 90 */
    double col_need;             /* points that one needs from the next */
    bool table;                  /* rows and columns of panels have names, in place of titles */
    bool bare;                   /* many small panels: no labels of tokens */
    double names_w, names_h;     /* room for the names of a table, left of it and above it */
    double gap;                  /* between panels */
    bool numbers, numbers_left_out; /* values in cells; asked for, but they do not fit */
    double cell_w, cell_h;       /* of one value */
    size_t row_stride, col_stride; /* every how-many-th label stands */
    double row_labels, col_labels; /* room left of a map, and under it */
    double map_w, map_h;         /* of the largest panel */
    double slot_w, slot_h;       /* from one panel to the next where all are of one size; maps: the least width of a slot */
    double head;                 /* above each map: its title and marks */
    bool small_titles;           /* some title is too long for its place: all are set smaller, and in two lines where that helps */
    size_t title_lines;
    double grid_x, grid_y, grid_w, grid_h; /* all panels with their labels */
    double left;                 /* what a set width leaves over stands half on each side */
    double bar_x, bar_y, bar_h, bar_room; /* bar_room: from bar_x to the right edge of its name */
    double ticks[3];             /* of the bar, where n_ticks > 0 */
    size_t n_ticks;
    struct panel bar_panel;      /* of a chart without panels, for its bar */
    struct buf *remarks;         /* what a chart has to say beside the figure, a line each; or NULL */
};

/* Sizes of text and the resolution, from the options; ERR_ARG outside 5 … 10 points and 30 … 2400 dpi. */
NODISCARD bool figure_type(struct figure *figure, const struct render_options *options, struct err *err);

/* Lengths that plan and drawing need, in units of the text size. */
#define FIGURE_AXIS 1.8  /* an axis name */
#define FIGURE_TITLE 1.4 /* a panel's title */
#define FIGURE_MARKS 0.95 /* the strip of marks above a map */
#define FIGURE_SPACE 0.4 /* between a label and its map */
#define FIGURE_BAR 1.0   /* the colour bar's width */
#define FIGURE_LEGEND 1.4 /* a line under the colour bar: masked, not finite */
struct rgb figure_accent(void);
/* A colour that no value has, and what it stands for: a line under the colour bar. */
struct figure_legend {
    struct rgb colour;
    const char *name;
};
/* The colour bar at figure->bar_*, its ticks (figure->ticks, else round values), its name and legends (figure_bar.c); the room
 * that it takes to the right of bar_x, and under the bar. */
void figure_bar(const struct figure *figure, struct canvas *canvas, const struct figure_legend *legends, size_t n_legends);
double figure_bar_room(const struct figure *figure, struct canvas *measure, const struct figure_legend *legends, size_t n_legends);
double figure_bar_below(const struct figure *figure, size_t n_legends);
/* A thin frame around a box, not over its edge: a column of 512 tokens may be no wider than the line. */
void figure_frame(struct canvas *canvas, struct box box);
extern const struct rgb figure_ink, figure_pale, figure_grey; /* words, notes, frames and ticks */
/* The size of a text, and drawing it, once it is escaped. */
struct extents figure_extents(struct canvas *canvas, const struct text_style *style, struct str text);
void figure_text(struct canvas *canvas, struct point at, const struct text_style *style, struct str text);
/* The height that a figure needs so that an upward name, small where it must be, stands beside it whole (at most 400 points). */
double figure_side_height(const struct figure *figure, struct canvas *measure, struct str name);
/* An upward name beside what it names, centred at `at` as far as the figure's height allows; smaller, then cut, where it is
 * longer than that (style is changed so). */
void figure_side_name(const struct figure *figure, struct canvas *canvas, struct point at, struct text_style *style, struct str name);
/* ERR_ARG: "a figure 10.0 mm wide has no room for WHAT". Returns false. */
bool figure_narrow(double width, struct err *err, const char *what, ...) PRINTF_LIKE(3, 4);
/* The palette and the scale of the picture, where a chart's colours are values: ERR_NOT_FOUND for an unknown palette. */
NODISCARD bool figure_colours(struct figure *figure, struct err *err);
void figure_put_colour(const struct figure *figure, float value, struct rgb *out);
struct rgb figure_colour(const struct figure *figure, float value); /* as pool_value gives them: infinite for not finite */
/* A lying colour bar of that length at figure->bar_x, bar_y, its ends, its tick and its name: 2.6 text sizes high. */
void figure_flat_bar(const struct figure *figure, struct canvas *canvas, double length);

#endif
