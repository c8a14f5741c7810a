/* A picture given to a result with what every figure takes from its call: title=, size=, dpi=, palette=, digits=, and where it
 * comes from. */
#ifndef GAZE_REPL_RESULT_FIGURE_H
#define GAZE_REPL_RESULT_FIGURE_H

#include "repl/result/result.h"

/* Where the picture comes from, for the file that holds it. */
struct figure_source {
    struct kept_run *const *runs; /* [n_runs] */
    size_t n_runs;
    const struct model *model;    /* where no run is kept; or NULL */
    const char *site; /* "L2.H1", or the set of vectors; NULL: left out */
    bool numbers;     /* where digits= is not given: values are written into the cells */
};
/* Set what the call says of the picture (a palette of the session's where none is named and it suits the scale), fit its scale
 * to the data and give it. Errors: a size that is none, at its option. */
NODISCARD bool give_figure(const struct session *session, const struct call *call, struct picture *picture,
                           const struct figure_source *source, struct result *result, struct err *err);

/* How values become colours, as scale= and clip= say; linear where they do not. lo and hi are NaN: the data's. Errors, at the option:
 * words that are no scale, and a logarithm where values diverge from 0. */
NODISCARD bool figure_scale(const struct call *call, bool diverging, struct scale *out, struct err *err);

/* The options, for the rows of commands: of every figure, and of one whose cells are values. */
#define OPTION_FIGURE                                                                                                          \
    {"title", VALUE_TEXT, NULL, NULL, "a title above the figure; none by default", 0, 0},                                      \
    {"size", VALUE_SIZE, NULL, NULL, "acl1, acl2, neurips, icml1, icml2, nature1, nature2, or a width: 85mm, 8.5cm, 3.25in, 240pt", 0, 0},             \
    {"dpi", VALUE_FLOAT, NULL, NULL, "pixels an inch: 300, or 600 where size= is given", 30, 2400}, \
    {"font", VALUE_TEXT, NULL, NULL, "the font's family: DejaVu Sans; letters that it lacks come from others", 0, 0},           \
    {"fontsize", VALUE_FLOAT, NULL, NULL, "points: 8, or 7 where size= is given", 5, 10},                                      \
    {"caption", VALUE_FLAG, NULL, "off", "a LaTeX caption: around a .tex, beside any other file", 0, 0}
#define OPTION_TURN {"rotate", VALUE_ENUM, "auto|0|45|90", "auto", "degrees that labels under a map are turned by", 0, 0}

#define OPTION_SCALE                                                                                                           \
    {"scale", VALUE_SCALE, NULL, "linear", "how values become colours: linear, sqrt, log:FLOOR, symlog", 0, 0},                \
    {"clip", VALUE_WORD, NULL, NULL, "percentiles that get the ends of the scale: 2:98", 0, 0}

#define OPTION_CELLS                                                                                                           \
    {"palette", VALUE_PALETTE, NULL, NULL, "colour map", 0, 0},                                                                \
    {"digits", VALUE_FLAG, NULL, NULL, "write the values into the cells", 0, 0}

#endif
