/* Activation patching: a part of one run put into another (Vig et al. 2020; Meng et al. 2022; Heimersheim and Nanda 2024). */
#ifndef GAZE_CORE_MEASURE_PATCHING_H
#define GAZE_CORE_MEASURE_PATCHING_H

#include "core/run.h"

enum patch_kind {
    PATCH_OUTPUT,  /* z of heads */
    PATCH_PATTERN, /* their attention probabilities; values stay the run's own */
    PATCH_HIDDEN   /* what layers give */
};
struct patch {
    enum patch_kind kind;
    const struct site *sites; /* [n_sites] heads; of PATCH_HIDDEN each layer once, its head does not count */
    size_t n_sites;
    const size_t *tokens; /* [n_tokens] rows of the queries that are patched; NULL: all */
    size_t n_tokens;
};
/* The changes that put it into a run of the text of `base`, in the arena: *n_out of them. Errors: the two runs have not as many
 * tokens there, or not the same widths; a token beyond them; no such layer. NULL: err. */
struct intervention *patch_make(const struct patch *patch, const struct run *base, const struct run *from, struct arena *arena, size_t *n_out,
                                struct err *err);

#endif
