/* Runs built by hand: one head whose logits are sums of tables, so that a test knows what stands in every cell. */
#ifndef GAZE_TESTS_CORE_MEASURE_PLANTED_H
#define GAZE_TESTS_CORE_MEASURE_PLANTED_H

#include "core/run.h"

enum { PLANTED_TERMS = 3 };

/* One head over n tokens; term t's logits are its table, what of them is an edge its edge table. */
struct planted {
    size_t n;
    float *term[PLANTED_TERMS], *edge[PLANTED_TERMS]; /* [n,n] zeroed, to be filled */
    struct run run;
    struct attention attention;
    struct model model;
    struct layer_shape shape;
    struct tokens tokens;
    struct encoding text;
    size_t starts[2];
    uint32_t *lo, *hi;
    struct site site;
};

struct planted *planted_new(size_t n, bool causal);
void planted_free(struct planted *planted);

/* Knuth's MMIX generator, the top 24 bits as a fraction in [0,1); the same as in reference.py. */
double random_fraction(uint64_t *state);
/* random_probs of reference.py, into out [n,n]. */
void random_probs(uint64_t seed, size_t n, bool causal, size_t column, float *out);

#endif
