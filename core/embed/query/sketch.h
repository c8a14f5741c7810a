/* What queries keep between them: norms, and a copy of all unit vectors in 8 bits that tells which few rows are worth
 * computing exactly. */
#ifndef GAZE_CORE_EMBED_QUERY_SKETCH_H
#define GAZE_CORE_EMBED_QUERY_SKETCH_H

#include "core/embed/vectors.h"

struct sketch {
    size_t width;   /* bytes of a row of codes: E, up to a multiple of 16 */
    int8_t *codes;  /* [V,width]; unit vector ≈ code · step */
    float *steps;   /* [V] */
    float *errors;  /* [V] ‖unit − code·step‖, rounded up */
    double *norms;  /* [V]; NaN where the row has numbers that are none: never an answer */
    size_t strange; /* how many of those */
};

/* Make it where it is not there yet, on the pool. */
NODISCARD bool sketch_prepare(struct vectors *vectors, struct err *err);

/* A direction that rows are compared with, in 16 bits: ≈ code · step. */
struct probe {
    const float *exact; /* [E] borrowed */
    int16_t *codes;     /* [width] */
    float step, norm;   /* norm of exact */
    float error;        /* ‖exact − code·step‖, rounded up */
};
NODISCARD bool probe_make(const struct sketch *sketch, const float *direction, size_t E, struct probe *out, struct err *err);
void probe_free(struct probe *probe);

/* unit(row) · direction for rows [row, row + n): approximately, and never further from the truth than *slack_out. */
void sketch_dots(const struct sketch *sketch, const struct probe *probe, size_t row, size_t n, float *dots_out, float *slack_out);

/* The unit vector of row i (zeros for a row of zeros); false where its numbers are none. */
bool sketch_unit(const struct vectors *vectors, size_t i, float *out);

/* Σ a·b in double. */
double dot_exact(const float *a, const float *b, size_t n);

#endif
