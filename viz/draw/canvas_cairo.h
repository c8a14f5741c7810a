/* What the canvases on cairo share: canvas_cairo.c (pixels), canvas_pdf.c (pages), canvas_text.c (letters, through pango). */
#ifndef GAZE_VIZ_DRAW_CANVAS_CAIRO_H
#define GAZE_VIZ_DRAW_CANVAS_CAIRO_H

#include <cairo.h>
#include <pango/pangocairo.h>

#include "viz/draw/canvas.h"

struct cairo_canvas {
    struct canvas base;
    double scale; /* pixels a point */
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoContext *context;
    PangoFontMap *fonts;
    char *family;    /* NULL: CANVAS_FONT */
    struct buf file; /* of a page, as it is written */
};

/* canvas_cairo.c */
struct cairo_canvas *canvas_self(struct canvas *canvas);
void canvas_colour(cairo_t *cr, struct rgb colour);
void canvas_line(struct canvas *, struct point from, struct point to, double width, struct rgb);
void canvas_polygon(struct canvas *, const struct point *corners, size_t n, struct rgb fill);
void canvas_clip(struct canvas *, const struct box *);
void canvas_release(struct canvas *canvas);

/* canvas_text.c. Text is laid out alike at every resolution: glyphs are neither hinted nor set on whole pixels. `outlines`:
 * only fonts that have them, which leaves out coloured and bitmap fonts. */
NODISCARD bool canvas_text_begin(struct cairo_canvas *canvas, bool outlines);
void canvas_text(struct canvas *, struct point at, const struct text_style *, struct str text);
struct extents canvas_extents(struct canvas *, const struct text_style *, struct str text);
bool canvas_font(struct canvas *, const char *family, struct err *);

#endif
