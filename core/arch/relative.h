/* Terms of relative positions: a query or a key times a vector that depends on i−j alone. BERT's relative_key(_query)
 * and DeBERTa's c2p and p2c are both of this shape. (Shaw et al. 2018; Huang et al. 2020; He et al. 2021.) */
#ifndef GAZE_CORE_ARCH_RELATIVE_H
#define GAZE_CORE_ARCH_RELATIVE_H

#include "core/pass.h"

/* What the terms of one layer need; attention.own points to it. */
struct relative {
    struct strided keys;    /* row b: the position key that queries meet; step 0 where heads share it */
    struct strided queries; /* row b: the position query that keys meet */
    size_t rows;         /* of both tables */
    const uint32_t *index; /* [Tq+Tk−1] row of i−j, at index[i − j + Tk − 1] */
};

/* out[i,j] += scale · q_i · keys[b(i−j)] */
bool relative_query_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch,
                           float *out, struct err *err);
/* out[i,j] += scale · k_j · queries[b(i−j)] */
bool relative_key_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err);
/* What of the latter is edge: scale · k_j · (queries[b(i−j)] − Q̄), Q̄ the mean over all visible i, j; see core/measure/column.h. */
bool relative_key_edge(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                       struct err *err);

/* What the relative terms of every layer and text of a pass need: the layer's tables with the row of every i−j,
 * row_of(model, i−j, T). [layers, n_texts]: layer l's part goes into attend.owns. NULL where the pass has failed. */
const void *const *relative_texts(struct pass *pass, const struct relative *tables /* [layers] */,
                                  uint32_t (*row_of)(const struct model *model, long delta, size_t T));

#endif
