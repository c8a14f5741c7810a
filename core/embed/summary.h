/* A few figures that tell what a set of vectors is like. */
#ifndef GAZE_CORE_EMBED_SUMMARY_H
#define GAZE_CORE_EMBED_SUMMARY_H

#include "core/embed/vectors.h"

struct vectors_summary {
    size_t counted;           /* words with a direction: neither zeros nor NaN or infinite */
    size_t zeros, strange;    /* all numbers are 0; some are NaN or infinite */
    double least, mean, most; /* of the counted words' lengths; NaN where there are none */
    size_t shortest, longest; /* their rows */
    double cosine;            /* mean over all pairs of two counted words, NaN where there are none */
};
/* Reads every row. */
NODISCARD bool vectors_summarise(struct vectors *vectors, struct vectors_summary *out, struct err *err);

#endif
