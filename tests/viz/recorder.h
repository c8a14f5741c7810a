/* A canvas that keeps what is drawn on it, for tests of where charts put what. Text is measured by cairo's canvas. */
#ifndef GAZE_TESTS_VIZ_RECORDER_H
#define GAZE_TESTS_VIZ_RECORDER_H

#include "viz/draw/canvas.h"
#include "viz/draw/figure.h"

enum mark_kind { MARK_RECTANGLE, MARK_LINE, MARK_POLYGON, MARK_TEXT, MARK_IMAGE };
struct mark {
    enum mark_kind kind;
    struct box box;           /* rectangle, image */
    struct point from, to;    /* line; text: from */
    struct point corners[4];  /* text: of the rectangle around it, turned as it is */
    bool cut;                 /* text: it was longer than its room */
    double width;             /* line */
    struct rgb colour;
    char text[64];
};
struct recorder {
    struct canvas base;
    struct canvas *measure;
    struct mark *marks;
    size_t n, capacity;
};
/* The picture planned and drawn; the test fails where it cannot be. Free with recorder_free. */
struct recorder *recorder_of(const struct picture *picture, const struct render_options *options, struct figure *figure_out);
void recorder_free(struct recorder *recorder);
/* How far two texts lie over each other, in points: 0 where a straight line parts their rectangles. */
double recorder_overlap(const struct mark *a, const struct mark *b);
/* The first text that is exactly so, or NULL. */
const struct mark *recorder_text(const struct recorder *recorder, const char *text);

#endif
