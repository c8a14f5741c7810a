/* A screen of a terminal as a picture: its cells, in a font of one width. */
#ifndef GAZE_VIZ_CHART_DISPLAY_H
#define GAZE_VIZ_CHART_DISPLAY_H

#include "viz/draw/canvas.h"
#include "viz/draw/cells.h"

#define DISPLAY_FONT "DejaVu Sans Mono"

/* What picture.data of chart_display is: the screen, and the most colours that its terminal shows. */
struct display {
    const struct cell_grid *grid;
    enum depth depth;
};

/* ---- display_glyphs.c: characters that touch their neighbours, drawn as boxes that do ---- */

enum { GLYPH_BOXES = 8 };
struct glyph_boxes {
    struct box box[GLYPH_BOXES]; /* within a cell of width 1 and height 1 */
    size_t n;
    double ink;                  /* how much of the ink they take, the rest is the cell's ground: 1, or less for ░▒▓ */
};
/* The boxes of a block element (U+2580 … U+259F) or of straight box lines (U+2500 …) in a cell `aspect` times as high as it is
 * wide; false for any other character, which the font draws. */
bool glyph_boxes(int32_t cp, double aspect, struct glyph_boxes *out);

#endif
