/* Scales: from values in data units to positions in [0,1] of a palette, and the ticks of a colour bar. */
#ifndef GAZE_VIZ_SCALE_H
#define GAZE_VIZ_SCALE_H

#include "viz/picture.h"

/* The position of a value: 0 at scale->lo, 1 at scale->hi, clamped (infinities too); NaN stays NaN. A diverging
 * scale has 0 at 0.5. lo and hi must be numbers with lo < hi: picture_fit_scale sees to that. */
double scale_position(const struct scale *scale, double value);
/* "symlog". */
const char *scale_name(const struct scale *scale);
/* Its own floor, or the default of its kind; 0 where the kind takes none. */
double scale_floor(const struct scale *scale);

/* "linear", "sqrt", "log", "log:1e-4", "symlog", "symlog:0.5": sets kind and floor (default 1e-4 and 1) and leaves
 * the rest. ERR_ARG for anything else. */
NODISCARD bool scale_parse(struct str text, struct scale *scale, struct err *err);
/* "2:98": the percentiles of clip=. ERR_ARG unless 0 ≤ low < high ≤ 100. */
NODISCARD bool scale_parse_clip(struct str text, struct scale *scale, struct err *err);
/* Append the scale as scale_parse reads it. */
void scale_print(const struct scale *scale, struct buf *out);

/* Round values inside [lo,hi], rising, about `want` of them, 0 among them where it is inside. Returns how many. */
#define TICKS_MAX 32
size_t scale_ticks(const struct scale *scale, size_t want, double ticks_out[TICKS_MAX]);

/* Append a value with as many decimals as tell its neighbours at distance `step` apart (0: three significant
 * digits, without zeros at their end: 0.1, 0.01, 0.001); "1e-4" where that is shorter. `typographic`: a true minus sign. */
void scale_label(struct buf *out, double value, double step, bool typographic);

#endif
