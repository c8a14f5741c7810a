/* How much attention stays within the segments of a text of two or more (a pattern that Kovaleva et al. 2019 name; the number is
 * gaze's own). */
#include <math.h>
#include <stdlib.h>

#include "core/measure/pattern.h"

/* The number of each token's segment into of [Tk]; how many segments hold tokens. */
static size_t find_segments(const unsigned char *special, size_t n, size_t *of)
{
    size_t segments = 0;
    for (size_t j = 0; j < n; j++) {
        segments += !special[j] && (j == 0 || special[j - 1]);
        of[j] = segments;
    }
    return segments;
}

bool pattern_block(const struct measure_input *input, double *out, struct err *err)
{
    const struct attention *a = input->attention;
    double within = 0, uniform = 0;
    size_t queries = 0, *segment = mem_new(a->Tk, sizeof *segment, "segments", err);
    *out = NAN;
    if (!segment)
        return false;
    bool several = find_segments(input->special, a->Tk, segment) > 1;
    for (size_t i = 0; several && i < a->Tq; i++) {
        double own = 0, all = 0, n_own = 0, n_all = 0;
        for (size_t j = 0; !input->special[i] && j < a->Tk; j++) {
            if (input->special[j] || attention_masked(a, i, j))
                continue;
            bool here = segment[j] == segment[i];
            all += (double)input->probs[i * a->Tk + j];
            own += here ? (double)input->probs[i * a->Tk + j] : 0;
            n_all++;
            n_own += here;
        }
        if (!(all > 0))
            continue;
        within += own / all;
        uniform += n_own / n_all;
        queries++;
    }
    if (queries && uniform < (double)queries)
        *out = (within - uniform) / ((double)queries - uniform);
    free(segment);
    return true;
}

extern const struct measure measure_block;
const struct measure measure_block = {
    .name = "block",
    .label = "within segments",
    .formula = "(w-u)/(1-u), w: mean over queries of Σ_{j of i's segment} A_ij / Σ_j A_ij without special tokens, u: w of the uniform map",
    .source = "pattern: Kovaleva et al. 2019, arXiv 1908.08593; the number is gaze's own",
    .descending = true,
    .costly = true,
    .needs = MEASURE_TOKENS,
    .value = pattern_block,
};
