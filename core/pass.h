/* A forward pass over n texts packed row after row, and its three doors: embed, attention, layer.
 *
 * Products see all rows, attention loops over texts, there is no padding. Kept memory belongs to the run; scratch is
 * forgotten after the pass. Observers (cancel, progress) and interventions act in the doors and in no architecture. */
#ifndef GAZE_CORE_PASS_H
#define GAZE_CORE_PASS_H

#include "core/model.h"
#include "core/run.h"

struct pass {
    struct run *run;
    struct arena *scratch;
    size_t n_texts, rows;       /* rows of all texts together */
    const size_t *starts;       /* [n_texts+1] */
    const int32_t *ids, *types; /* [rows] */
    const int32_t *positions;   /* [rows] of each token within its text, from 0; an intervention may change them */
    const struct watch *watch;
    float *attended, *inner; /* [rows,E], [rows,inner_width] of pass_block_end, the same for every layer */
    size_t inner_width;
};

NODISCARD float *pass_scratch(struct pass *pass, size_t rows, size_t width, struct err *err);
NODISCARD float *pass_keep(struct pass *pass, size_t rows, size_t width, struct err *err);

/* Door 1. `hidden` [rows,E] from pass_keep is the embedding output, hidden.0. */
NODISCARD bool embed(struct pass *pass, float *hidden, struct err *err);

/* Door 2. Fill z [rows, H·D] from the queries, keys and values of all texts. The views cover all rows; scale, terms,
 * mix and own as in struct attention. */
struct attend {
    enum stack stack;
    size_t layer;
    struct strided q, k, v;
    float scale;
    const struct term *const *terms;
    const float *mix_scores, *mix_probs;
    const void *own;         /* one for all texts, or */
    const void *const *owns; /* one a text */
};
NODISCARD bool attention(struct pass *pass, const struct attend *attend, float **z_out, struct err *err);

/* Door 3. Layer l is done; `hidden` [rows,E] from pass_keep is its output, hidden.(l+1). */
NODISCARD bool layer(struct pass *pass, size_t l, float *hidden, struct err *err);

/* y = f(x·Wᵀ + b) for all rows, texts of one kernel class together. */
NODISCARD bool pass_linear(struct pass *pass, const struct linear *linear, const float *x, enum epilogue epilogue, float *y,
                           struct err *err);
NODISCARD bool pass_linears(struct pass *pass, const struct linear_out *outs, size_t n, const float *x, size_t x_stride,
                            struct err *err);
/* out[r] (+)= table[index[r]] for all rows; an index outside the table is an error that names `what`. */
NODISCARD bool pass_rows(struct pass *pass, const struct tensor *table, const int32_t *index, const char *what, bool add,
                         float *out, struct err *err);

/* The encoder block that BERT, RoBERTa, DistilBERT and DeBERTa share before and after their attention (post-norm):
 * x' = norm(x + z·Wo), y = norm(x' + down(act(up(x')))). */
struct block {
    struct linear q, k, v, o, up, down;
    struct norm attention_norm, output_norm;
};
NODISCARD bool pass_block_begin(struct pass *pass, const struct block *block, const float *x, struct attend *attend,
                                struct err *err); /* q, k, v of x, kept, into attend's views */
NODISCARD bool pass_block_end(struct pass *pass, const struct block *block, const float *x, const float *z, float *y,
                              struct err *err);

#endif
