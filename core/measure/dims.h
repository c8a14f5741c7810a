/* Dimensions of the model's width that are zeroed, and sets of others that are zeroed as controls. */
#ifndef GAZE_CORE_MEASURE_DIMS_H
#define GAZE_CORE_MEASURE_DIMS_H

#include "core/intervene/intervene.h"

struct dims {
    float *dim; /* [n] in ascending order, as an intervention takes them */
    size_t n;
    double squares; /* the sum that zeroing them takes away, over that of all; NaN: not weighed */
};
/* Sets that share no dimension with the one they are controls of: as many dimensions, drawn at random; and drawn at random until
 * together they hold as much (within 5 %) of the sum of squares as that set does. */
struct dims_controls {
    struct dims *random, *matched;
    size_t n_random, n_matched; /* matched: 0 where all others together hold too little */
    struct arena *arena;
};
/* squares [E], summed where the dimensions would be zeroed (dims_weighed). Sets `of->squares`. Errors: nothing is summed, too few dimensions are left over. */
NODISCARD bool dims_controls_draw(struct dims *of, const double *squares, size_t E, size_t n_random, size_t n_matched,
                                  uint64_t seed, struct dims_controls *out, struct err *err);
void dims_controls_free(struct dims_controls *controls); /* a zeroed struct is fine */

/* What adds up the squares of every dimension where rows pass by, into squares [E]. */
struct intervention dims_weighed(double *squares, enum rows_kind rows);
/* What zeroes them; borrows. */
struct intervention dims_zeroed(const struct dims *dims, enum rows_kind rows);

#endif
