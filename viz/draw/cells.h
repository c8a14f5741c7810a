/* Pictures in character cells: a grid of styled cells that knows no terminal, what is drawn into it, and the
 * encoder that turns it into escape sequences. Line mode prints a whole picture (render/cells.h); a full-screen program
 * draws the same pieces (heat map, colour bar, labels) into rectangles of its own grid and shows the cells itself. */
#ifndef GAZE_VIZ_DRAW_CELLS_H
#define GAZE_VIZ_DRAW_CELLS_H

#include "viz/layout.h"
#include "viz/palette/palette.h"
#include "viz/scale.h"

/* ---- the grid (grid.c) ---- */

enum colour_kind { COLOUR_DEFAULT, COLOUR_RGB, COLOUR_INDEX };
struct colour {
    unsigned char kind;
    struct rgb rgb;      /* what it looks like, for every kind but COLOUR_DEFAULT */
    unsigned char index; /* COLOUR_INDEX: 0 … 255 of the terminal */
};

enum cell_flags { CELL_BOLD = 1, CELL_UNDERLINE = 2, CELL_DIM = 4, CELL_REVERSE = 8 };
struct style {
    struct colour fg, bg;
    unsigned flags;
};

#define CELL_BYTES 28
struct cell {
    char text[CELL_BYTES]; /* one grapheme cluster, UTF-8, printable */
    unsigned char n;       /* its bytes; 0: the right half of a wide cell, or a blank */
    unsigned char width;   /* 1 or 2; 0: the right half of the cell before it */
    struct style style;
};

struct cell_grid {
    size_t columns, rows, capacity;
    struct cell *cells; /* [rows, columns] */
};
struct cell_rect {
    size_t row, col, rows, cols;
};

/* A grid of blanks; grid_free takes a zeroed one too. */
NODISCARD bool grid_new(struct cell_grid *grid_out, size_t columns, size_t rows, struct err *err);
void grid_free(struct cell_grid *grid);
/* Append blank rows. */
NODISCARD bool grid_add_rows(struct cell_grid *grid, size_t rows, struct err *err);
struct cell *grid_at(const struct cell_grid *grid, size_t row, size_t col); /* NULL outside */

/* Write text from (row, col), cut to `columns` with "…", escaped (control characters never reach a cell). What
 * falls outside the grid is dropped; a wide character that would be cut in half becomes a blank. Returns the columns
 * written. A style's default background keeps the cell's. */
size_t grid_text(struct cell_grid *grid, size_t row, size_t col, size_t columns, struct str text, struct style style);
size_t grid_text_right(struct cell_grid *grid, size_t row, size_t col, size_t columns, struct str text,
                       struct style style); /* ends at col + columns */
/* Append lines of words, each at most so many columns; continued lines are indented by two. */
NODISCARD bool grid_add_wrapped(struct cell_grid *grid, size_t columns, struct str text, struct style style, struct err *err);
/* Append a picture's notes so, dim. */
NODISCARD bool grid_add_notes(struct cell_grid *grid, size_t columns, const struct picture *picture, struct err *err);
/* One grapheme cluster a line downward from (row, col), at most `rows` lines, "…" where it was cut. */
void grid_text_down(struct cell_grid *grid, size_t row, size_t col, size_t columns, size_t rows, struct str text,
                    struct style style);
/* Lines that grid_text_down would need for the whole text. */
size_t text_clusters(struct str text);
/* Fill a rectangle with a one-column character. */
void grid_fill(struct cell_grid *grid, struct cell_rect rect, const char *character, struct style style);
/* The columns of a text as grid_text writes it. */
size_t text_columns(struct str text);

/* ---- colours for values (ink.c) ---- */

/* Everything that decides a value's colour. Make one a picture; plain data, no ownership. */
struct ink {
    const struct palette *palette;
    struct scale scale; /* fitted */
    enum depth depth;
    struct ramp ramp; /* for DEPTH_8 … DEPTH_256 */
};
/* palette NULL: viridis, or RdBu for a diverging scale. ERR_NOT_FOUND with the list of names for an unknown one. */
NODISCARD bool ink_init(struct ink *ink_out, const char *palette, const struct scale *scale, enum depth depth,
                        struct err *err);
/* The same on an ink that is zeroed or was made before: the ramp, whose search takes milliseconds, stays where palette
 * and depth do. On failure the ink is as it was. */
NODISCARD bool ink_refit(struct ink *ink, const char *palette, const struct scale *scale, enum depth depth, struct err *err);
struct colour ink_colour(const struct ink *ink, double value); /* NaN: the masked colour, infinite: the colour of what is
                                                                * not finite (as pool_value gives them); mono: COLOUR_DEFAULT */
struct colour ink_at(const struct ink *ink, double position);
struct colour ink_rgb(enum depth depth, struct rgb rgb);      /* any colour at a depth */
struct colour ink_over(const struct ink *ink, struct colour background); /* black or white, to be read on it */
const char *ink_shade(const struct ink *ink, double value);   /* mono: " ░▒▓█", below 0 " .-=#", masked "·", not finite "×" */
const char *ink_shade_at(const struct ink *ink, double position); /* of a position on the scale, [0,1] */

/* ---- pieces (heat.c) ---- */

/* A part of a map in a rectangle: the first value shown, and how values become cells (as in struct map_plan). */
struct heat_view {
    size_t row, col;
    size_t pool_rows, pool_cols, cell_columns;
    bool half;    /* needs colours */
    bool numbers; /* in cells of 3 columns and more */
};
struct heat_view heat_view_of(const struct map_plan *plan);
/* Draw the part of the panel that fits the rectangle. */
void cells_heat(struct cell_grid *grid, struct cell_rect rect, const struct panel *panel,
                const struct heat_view *view, const struct ink *ink);
/* Where value (i,j) stands inside the rectangle: false when it is outside. *lower: in a half block's lower half. */
bool heat_place(struct cell_rect rect, const struct heat_view *view, size_t i, size_t j, struct cell_rect *cell_out,
                bool *lower_out);
/* Columns a large cell needs so that every number of the scale fits, with a space between neighbours. */
size_t heat_number_columns(const struct scale *scale);
void heat_number(struct buf *out, const struct scale *scale, double value);
/* Decimals that tell values between lo and hi apart, 1 to 4: for scale.decimals. */
int heat_decimals(double lo, double hi);
/* Is the number nothing but noughts, ".00"? It is set dim, so that the others stand out. */
bool heat_nought(struct str number);

/* "0.00 ▏████▕ 0.83  attention probability  │ 1/12": the picture's colour bar in at most `columns` on one row. Returns
 * the columns used. */
size_t cells_bar(struct cell_grid *grid, size_t row, size_t col, size_t columns, const struct ink *ink,
                 const struct picture *picture);

/* A bar from col on, so many cells long, its end in eighths of a cell. */
void cells_length(struct cell_grid *grid, size_t row, size_t col, double cells, struct style style);

/* "▒▒ masked", "×× not a number": what cells without a value, and with one that is not finite, look like. */
#define CELLS_MASKED 9
#define CELLS_NOT_FINITE 15
size_t cells_legend(struct cell_grid *grid, size_t row, size_t col, const struct ink *ink, float value, const char *name);
void cells_masked(struct cell_grid *grid, size_t row, size_t col, const struct ink *ink);
void cells_not_finite(struct cell_grid *grid, size_t row, size_t col, const struct ink *ink, const char *name);

/* ---- what a chart is asked for ---- */

struct cells_options {
    size_t columns; /* never exceeded; 0: 80 */
    size_t rows;    /* 0: as many as it takes; several panels are pooled until they fit (60 where 0) */
    enum depth depth;
    bool numbers; /* write values into large cells where they fit */
};

/* ---- encoder (encode.c) ---- */

/* Append the grid as lines: trailing blanks are left out, every line ends in the terminal's own colours. At
 * DEPTH_MONO no escape byte is written. */
void cells_encode(const struct cell_grid *grid, enum depth depth, struct buf *out);
/* Append the sequence after which text has this style and no other; a zeroed one ends it. Nothing at DEPTH_MONO. */
void style_encode(const struct style *style, enum depth depth, struct buf *out);

#endif
