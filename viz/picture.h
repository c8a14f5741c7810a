/* A picture as plain data: panels of numbers with labels and marks (or a chart's own data), one scale, one palette.
 * It knows no model and no session; renderers turn it into cells, pixels or pages. */
#ifndef GAZE_VIZ_PICTURE_H
#define GAZE_VIZ_PICTURE_H

#include "core/base/mem.h"

enum scale_kind { SCALE_LINEAR, SCALE_SQRT, SCALE_LOG, SCALE_SYMLOG };

/* How values become positions in [0,1] of a palette. */
struct scale {
    enum scale_kind kind;
    double lo, hi;      /* data units; lo = hi = NaN: taken from the data (picture_fit_scale) */
    double floor;       /* SCALE_LOG: smallest value told apart; SCALE_SYMLOG: the linear part */
    double clip_lo, clip_hi; /* percentiles, 0 and 100: none */
    bool diverging;     /* symmetric about 0, diverging palette */
    int decimals;       /* of numbers in cells; 0: as many as the ends ask for */
};

struct panel {
    size_t rows, cols;
    const float *values;         /* [rows,cols]; a cell that is not finite and not masked is drawn as such, in its own colour */
    const unsigned char *masked; /* [rows,cols] 1: no value here, drawn in the neutral grey; NULL: no cell is */
    const struct str *row_labels; /* [rows] UTF-8 display text, not escaped; or NULL */
    const struct str *col_labels; /* [cols] */
    const size_t *row_numbers;   /* [rows] the query's index as the user counts, or NULL: 0.. */
    const size_t *col_numbers;
    bool no_numbers;             /* labels stand alone, without numbers: "L0" and "H3" of a grid of heads */
    const unsigned char *marked_cols; /* [cols] 1: marked (a column artifact), or NULL */
    const unsigned char *joined_cols; /* [cols] 1: no blank stands between the label before and this one, or NULL: none is known */
    struct str title;            /* "L2.H1", "" for none */
    double tick;                 /* a tick on the colour bar (1/n, the uniform map), NaN: none */
};

struct text_pair {
    const char *key, *value;
};

struct chart_kind; /* chart/chart.h */

struct picture {
    const struct chart_kind *chart; /* NULL: panels are drawn as maps */
    const void *data;            /* what the chart draws: struct scatter, struct stripes; NULL for maps */
    const struct panel *panels;
    size_t n_panels, across;     /* panels a row, 0: the renderer chooses */
    const struct str *col_names, *row_names; /* of a table of panels, [across] and [n_panels / across]: a figure names its columns
                                  * once above and its rows once at the side, in place of titles; or NULL, both */
    struct scale scale;          /* one for all panels */
    const char *palette;         /* name of a row of palettes[], NULL: the renderer's default for the kind */
    const char *value_name;      /* "attention probability", for the colour bar */
    const char *row_axis, *col_axis; /* "Query", "Key" */
    const char *title;           /* NULL: none */
    const struct str *notes;     /* lines under the picture: pooling, hidden mass, what the marks are */
    size_t n_notes;
    const struct text_pair *provenance; /* command, model, text, … stored in files */
    size_t n_provenance;
};

/* Fill in those of lo and hi that are NaN from the finite values of all panels (percentiles where clip asks),
 * symmetric where diverging; an all-equal or empty picture gets a range of positive width. Values that are never
 * negative start at 0 unless they lie far from it; a logarithmic scale starts at its floor. */
void picture_fit_scale(struct picture *picture);

#endif
