/* A canvas: what figures are drawn with, whatever they are drawn on. Lengths are points (1/72 inch), y grows
 * downward; text is UTF-8 that text_escape has made printable. */
#ifndef GAZE_VIZ_RENDER_CANVAS_H
#define GAZE_VIZ_RENDER_CANVAS_H

#include "viz/palette/palette.h"

struct box {
    double x, y, w, h;
};
struct point {
    double x, y;
};

struct text_style {
    double size;       /* points */
    bool bold;
    struct rgb colour;
    bool upward;       /* turned by a quarter: reads from the bottom to the top */
    double along;      /* 0: the text begins at the point, 0.5: it is centred, 1: it ends there */
    double across;     /* the same of its height: 0 below the point, 0.5 centred, 1 above (before it is turned) */
    double width;      /* 0: as long as it is; else cut with "…", or wrapped */
    bool wrap;
};
struct extents {
    double width, height; /* before it is turned */
};

struct canvas;
struct canvas_ops {
    void (*rectangle)(struct canvas *, struct box, struct rgb fill);
    void (*line)(struct canvas *, struct point from, struct point to, double width, struct rgb);
    void (*polygon)(struct canvas *, const struct point *corners, size_t n, struct rgb fill);
    void (*text)(struct canvas *, struct point at, const struct text_style *, struct str text);
    /* rows × cols flat cells that fill the box, without seams and without blurring */
    void (*image)(struct canvas *, struct box, const struct rgb *cells, size_t rows, size_t cols);
    void (*clip)(struct canvas *, const struct box *); /* NULL: the whole canvas again */
    struct extents (*extents)(struct canvas *, const struct text_style *, struct str text);
    void (*free)(struct canvas *);
};
#define CANVAS_LACKING 16 /* so many are told, more are not kept */
struct canvas {
    const struct canvas_ops *ops;
    double width, height; /* points */
    bool failed;          /* out of memory, or the library refused: what was drawn is not complete */
    int32_t lacking[CANVAS_LACKING]; /* characters of the text drawn that no font has, in their order, each once */
    size_t n_lacking;
};

/* ---- canvas_cairo.c ---- */

/* Pixels at `dpi`, white. Also serves to measure text before a figure's size is known. ERR_LIMIT where it would have
 * more than 2^28 pixels. Free with canvas->ops->free. */
NODISCARD struct canvas *canvas_pixels_new(double width, double height, double dpi, struct err *err);
/* The pixels, after all is drawn: rows of 32-bit words 0x00RRGGBB, `stride` words apart; borrowed. */
NODISCARD bool canvas_pixels(struct canvas *canvas, const uint32_t **words_out, size_t *width_out, size_t *height_out,
                             size_t *stride_out, struct err *err);

/* The versions of what draws: cairo, and pango for text. */
const char *canvas_library(void);
const char *canvas_text_library(void);

#endif
