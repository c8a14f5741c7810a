/* The bias of relative positions. See bias.h. */
#include "core/arch/bias.h"

#include <math.h>
#include <stdlib.h>

static bool bias_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                        struct err *err)
{
    const struct bias *bias = a->own;
    (void)scratch, (void)err;
    for (size_t i = 0; i < rows; i++) {
        const uint32_t *index = bias->index + row + i + bias->keys - 1; /* of j = 0; j goes down */
        float *to = out + i * a->Tk;
        for (size_t j = 0; j < bias->keys; j++)
            to[j] += bias->values[*(index - j) * bias->heads + head];
    }
    return true;
}

static float bias_ahead(const struct attention *a, size_t head, long ahead)
{
    const struct bias *bias = a->own;
    return bias->values[bias_bucket(ahead, bias->both, bias->buckets, bias->farthest) * bias->heads + head];
}

const struct term term_bias = {
    .name = "bias",
    .summary = "learned bias of the relative position",
    .logits = bias_logits,
    .edge = bias_logits, /* it never sees the key's content */
    .ahead = bias_ahead,
};

uint32_t bias_bucket(long ahead, bool both, size_t buckets, size_t farthest)
{
    size_t first = 0, far = (size_t)labs(ahead);
    if (both) {
        buckets /= 2;
        first = ahead > 0 ? buckets : 0;
    } else if (ahead > 0) {
        far = 0;
    }
    size_t exact = buckets / 2;
    if (far < exact)
        return (uint32_t)(first + far);
    /* float32 where the reference is */
    float ratio = logf((float)far / (float)exact) / (float)log((double)farthest / (double)exact);
    size_t bucket = exact + (size_t)(ratio * (float)(buckets - exact));
    return (uint32_t)(first + (bucket < buckets ? bucket : buckets - 1));
}

const void *const *bias_texts(struct pass *pass, const struct tokens *keys, const float *values, size_t heads, bool both,
                              size_t buckets, size_t farthest)
{
    const struct tokens *queries = pass->tokens;
    size_t n = queries ? queries->n_texts : 0;
    const void **owns = pass_alloc(pass, n, sizeof *owns);
    struct bias *biases = pass_keep_items(pass, n, sizeof *biases);
    for (size_t t = 0; pass_ok(pass) && t < n; t++) {
        size_t Tq = pass_before(pass) + tokens_length(queries, t), Tk = keys ? tokens_length(keys, t) : Tq;
        uint32_t *index = pass_keep_items(pass, Tq + Tk - 1, sizeof *index);
        for (size_t d = 0; index && d < Tq + Tk - 1; d++)
            index[d] = bias_bucket((long)Tk - 1 - (long)d, both, buckets, farthest);
        biases[t] = (struct bias){values, heads, index, Tk, both, buckets, farthest};
        owns[t] = &biases[t];
    }
    return pass_ok(pass) ? owns : NULL;
}
