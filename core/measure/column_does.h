/* What columns do: nop or broadcast (Fesser et al. 2026, who looked at vision transformers: a nop sink has a negligible value, a
 * broadcast sink makes the head's output low in rank), or a constant, the same value in every text. Beside it massive activations
 * (Sun et al. 2024) and outlier dimensions (outliers.h). The words' thresholds are gaze's own. */
#ifndef GAZE_CORE_MEASURE_COLUMN_DOES_H
#define GAZE_CORE_MEASURE_COLUMN_DOES_H

#include "core/measure/column.h"
#include "core/measure/variant.h"

#define DOES_NOP 0.25      /* value below this much of the other tokens' median */
#define DOES_BROADCAST 0.67 /* rank with the column below this much of that without */
#define DOES_CONSTANT 0.95 /* cosine of its values between texts, the mean */
#define DOES_MASSIVE 100.0
#define DOES_MASSIVE_MEDIANS 1000.0

enum { DOES_PLACES = 3 }; /* start, end, inner: enum column_place */

/* Columns of one head at one place, over texts: sums until does_finish. */
struct does_row {
    size_t columns, texts;      /* found; texts that have one */
    double mass;                /* mean c_j */
    double value;               /* mean of ‖f_h(x_j)‖ over the median of the other tokens; NaN: not told apart */
    double rank, rank_without;  /* mean stable rank ‖Z‖_F²/‖Z‖₂² of the head's output, and without the column (weights renormalised) */
    double cosine;              /* of f_h(x_j) between texts, the mean over pairs; NaN with fewer than two columns */
    double *direction;          /* [E] sum of f_h(x_j)/‖f_h(x_j)‖ */
    size_t valued;
};
/* What of hidden states is out at the first or last token. */
struct does_dims {
    size_t *texts, *first; /* [E] texts in which the dimension is out there (6 σ); its first state */
};
/* A dimension with massive activations at one index. */
struct massive {
    size_t dim, index, texts, first, last; /* states, 0 the embeddings */
    size_t seen;                           /* the last text that has it, from 1 */
    int32_t token;                         /* of the largest */
    double value, medians;                 /* the largest, over the median |h| of its state */
};
struct column_does {
    const struct site *sites; /* [n_sites] */
    size_t n_sites, E, texts, states;
    struct does_row *rows;    /* [n_sites, DOES_PLACES] */
    struct does_dims dims[PLACES_AT_ENDS];
    struct massive *massive;  /* [n_massive] */
    size_t n_massive, capacity;
    double largest, largest_medians; /* |h|, and over the median of its state: of all looked at */
    size_t not_finite;        /* maps left out */
    struct arena *arena;
};
NODISCARD bool does_new(const struct model *model, const struct site *sites, size_t n_sites, struct column_does *out, struct err *err);
/* Add the text of a run, whose sites have its tokens as keys. */
NODISCARD bool does_add(struct column_does *does, const struct run *run, const struct column_rule *rule, struct err *err);
void does_finish(struct column_does *does); /* sums become means */
void does_free(struct column_does *does);   /* a zeroed struct is fine */
/* "nop", "constant", "broadcast", "neither"; "-" where no value is told apart. */
const char *does_word(const struct does_row *row);

#endif
