/* The terms of XLNet's scores. See xlnet.h. */
#include "core/arch/xlnet.h"

static bool position_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                            struct err *err)
{
    return relative_query_logits(a, head, row, rows, scratch, out, err);
}

static bool content_bias_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch,
                                float *out, struct err *err)
{
    const struct xlnet_terms *own = a->own;
    float *bias = scratch_floats(scratch, 0, a->Tk, err);
    (void)row;
    if (!bias)
        return false;
    product_abt(1, a->Tk, a->D, a->scale, own->content_bias + head * a->D, a->D, a->k.data + head * a->k.step, a->k.row, false,
                bias, a->Tk);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < a->Tk; j++)
            out[i * a->Tk + j] += bias[j];
    return true;
}

static bool position_bias_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch,
                                 float *out, struct err *err)
{
    const struct xlnet_terms *own = a->own;
    const struct relative *r = &own->position;
    float *bias = scratch_floats(scratch, 0, r->rows, err);
    if (!bias)
        return false;
    product_abt(1, r->rows, a->D, a->scale, own->position_bias + head * a->D, a->D, r->keys.data + head * r->keys.step,
                r->keys.row, false, bias, r->rows);
    for (size_t i = 0; i < rows; i++) {
        const uint32_t *index = r->index + row + i + a->Tk - 1; /* of j = 0; j goes down */
        for (size_t j = 0; j < a->Tk; j++)
            out[i * a->Tk + j] += bias[*(index - j)];
    }
    return true;
}

static bool segment_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                           struct err *err)
{
    const struct xlnet_terms *own = a->own;
    const float *bias = own->segment_bias + head * a->D;
    (void)scratch, (void)err;
    for (size_t i = 0; i < rows; i++) {
        const float *q = a->q.data + (row + i) * a->q.row + head * a->q.step;
        float both[2] = {0};
        for (size_t s = 0; s < 2; s++)
            for (size_t d = 0; d < a->D; d++)
                both[s] += (q[d] + bias[d]) * own->segments[(s * a->H + head) * a->D + d];
        for (size_t j = 0; j < a->Tk; j++)
            out[i * a->Tk + j] += a->scale * both[own->types[row + i] != own->types[j]];
    }
    return true;
}

static const struct term position = {
    .name = "position",
    .summary = "query · relative position",
    .logits = position_logits,
    .edge = position_logits, /* it never sees the key's content */
};
static const struct term content_bias = {
    .name = "content_bias",
    .summary = "a vector of the head · key",
    .logits = content_bias_logits,
};
static const struct term position_bias = {
    .name = "position_bias",
    .summary = "a vector of the head · relative position",
    .logits = position_bias_logits,
    .edge = position_bias_logits,
};
static const struct term segment = {
    .name = "segment",
    .summary = "query and a vector of the head · same type or not",
    .logits = segment_logits,
};
const struct term *const xlnet_terms[] = {&term_content, &position, &content_bias, &position_bias, &segment, NULL};
