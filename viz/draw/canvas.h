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
    double turn;       /* degrees, counterclockwise: 90 reads from the bottom to the top */
    double along;      /* 0: the text begins at the point, 0.5: it is centred, 1: it ends there */
    double across;     /* the same of its height: 0 below the point, 0.5 centred, 1 above (before it is turned) */
    double width;      /* 0: as long as it is; else cut with "…" */
};
struct extents {
    double width, height; /* before it is turned */
    double baseline;      /* from its top */
    bool leftward;        /* it reads from right to left */
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
    /* The font of all that follows, before anything is drawn; ERR_NOT_FOUND where it is not installed. */
    bool (*font)(struct canvas *, const char *family, struct err *);
    void (*free)(struct canvas *);
};
#define CANVAS_LACKING 16 /* so many are told, more are not kept */
struct canvas {
    const struct canvas_ops *ops;
    double width, height; /* points */
    bool failed;          /* out of memory, or the library refused: what was drawn is not complete */
    bool vectors;         /* cells become rectangles, as many as CANVAS_VECTOR_CELLS and CANVAS_VECTOR_ALL allow */
    bool as_images;       /* … but in this figure none do */
    size_t images;        /* maps that were drawn as an image, for they have more cells than that */
    int32_t lacking[CANVAS_LACKING]; /* characters of the text drawn that no font has, in their order, each once */
    size_t n_lacking;
};

#define CANVAS_FONT "DejaVu Sans" /* where none is chosen */
/* On pages cells are rectangles, neighbours of one colour in one; a map that has more of those becomes an image, a pixel a cell,
 * and so do all maps of a figure that has more in all. */
#define CANVAS_VECTOR_CELLS 40000
#define CANVAS_VECTOR_ALL 160000
struct run_of_cells {
    size_t row, col, n;
    struct rgb colour;
};
/* The next run of equal cells in a row behind `run` (zeroed: the first); false at the end. */
bool cells_next_run(const struct rgb *cells, size_t rows, size_t cols, struct run_of_cells *run);
/* How many runs they are. */
size_t cells_runs(const struct rgb *cells, size_t rows, size_t cols);

/* Append the text as long as it fits style->width, else cut with "…"; all of it where width is 0. */
void canvas_cut(struct canvas *canvas, const struct text_style *style, struct str text, struct buf *out);
/* A filled disc, drawn as a polygon of sixteen corners. */
void canvas_disc(struct canvas *canvas, struct point at, double radius, struct rgb colour);

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

/* ---- canvas_pdf.c ---- */

/* A page of PDF; fonts that have outlines alone, so that all are embedded as such. */
NODISCARD struct canvas *canvas_pdf_new(double width, double height, double dpi, struct err *err);
/* The file, after all is drawn: title, subject and keywords stand in its description (NULL: left out). */
NODISCARD bool canvas_pdf_finish(struct canvas *canvas, const char *title, const char *subject, const char *keywords,
                                 struct buf *out, struct err *err);

/* ---- canvas_text.c ---- */

/* A canvas to measure text with, in the fonts that canvas_pdf_new uses. */
NODISCARD struct canvas *canvas_outlines_new(struct err *err);
/* The letters of a text as outlines: its first line's top left corner is the origin, y grows downward. */
enum outline_kind { OUTLINE_MOVE, OUTLINE_LINE, OUTLINE_CURVE, OUTLINE_CLOSE };
struct outline {
    enum outline_kind kind;
    struct point at[3]; /* one; a curve's two controls and its end; none */
};
NODISCARD bool canvas_outlines(struct canvas *canvas, const struct text_style *style, struct str text, struct outline **out,
                               size_t *n_out, struct err *err);

#endif
