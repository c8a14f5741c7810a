/* Outlier dimensions and how frequent a token is (Puccetti et al. 2022): over texts, the rank correlation of |h_d| and of the mass that a
 * token draws with the logarithm of its frequency, layer by layer; special tokens apart. A token of the vocabulary counts once, with its
 * mean over all its places: places of one token are no evidence of their own. */
#ifndef GAZE_CORE_MEASURE_DIMS_FREQUENCY_H
#define GAZE_CORE_MEASURE_DIMS_FREQUENCY_H

#include "core/measure/dims.h"
#include "core/scan.h"

struct frequency_options {
    struct scan_options scan; /* texts, of any length */
    size_t texts;             /* so many at most */
    const double *counts;     /* [V] of each id; 0: not in the list */
    struct dims dims;         /* those that are told */
    size_t others;            /* so many other dimensions, drawn at random, stand beside them */
    uint64_t seed;
};
/* Spearman's ρ with its 95 % interval (Bonett and Wright 2000), over `tokens` of the vocabulary. NaN with fewer than four. */
struct rank_correlation {
    double rho, low, high;
};
struct frequency_row {
    size_t layer;   /* of hidden states: 0 the embeddings; of mass: the attention's layer */
    size_t dim;     /* SIZE_MAX: the mass, n·c_j, mean over the layer's heads */
    struct rank_correlation with;
    double specials, rest; /* mean of |h_d|, or of n·c_j, at special tokens and at the others */
    double others_low, others_high; /* ρ of the other dimensions, 5th to 95th percentile; NaN for mass */
};
struct frequency {
    size_t texts, tokens, types; /* tokens: places that count; types: of the vocabulary */
    size_t unlisted, specials;   /* places left out: not in the list; special */
    struct frequency_row *rows;  /* [n] by layer: mass (where the layer has heads), then the dimensions; free() */
    size_t n;
};
/* Errors: those of scan, no token of the list in the texts, too few other dimensions. */
NODISCARD bool dims_frequency(const struct frequency_options *options, struct frequency *out, struct err *err);

#endif
