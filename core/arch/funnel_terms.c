/* The terms of Funnel's scores. See funnel.h. */
#include <math.h>

#include "core/arch/funnel.h"
#include "core/product/product.h"

enum { SEGMENT = 2 /* the type of a token that is of both segments */ };

/* Rows of queries with a bias of the head added, [rows,D], in scratch slot 0. */
static float *biased(const struct attention *a, const float *bias, size_t head, size_t row, size_t rows, struct scratch *scratch,
                     struct err *err)
{
    float *out = scratch_floats(scratch, 0, rows * a->D, err);
    for (size_t i = 0; out && i < rows; i++)
        for (size_t d = 0; d < a->D; d++)
            out[i * a->D + d] = a->q.data[(row + i) * a->q.row + head * a->q.step + d] + bias[head * a->D + d];
    return out;
}

static bool content_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                           struct err *err)
{
    const struct funnel_own *own = a->own;
    const float *queries = biased(a, own->layer->content, head, row, rows, scratch, err);
    if (!queries)
        return false;
    product_abt(rows, a->Tk, a->D, a->scale, queries, a->D, a->k.data + head * a->k.step, a->k.row, true, out, a->Tk);
    return true;
}

static bool position_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                            struct err *err)
{
    enum { TILE = 16 }; /* queries whose distances overlap enough to be taken together */
    const struct funnel_own *own = a->own;
    size_t Tk = a->Tk, D = a->D, width = a->H * D, span = own->step * (TILE - 1) + Tk;
    const float *queries = biased(a, own->layer->position, head, row, rows, scratch, err);
    float *products = queries ? scratch_floats(scratch, 1, TILE * span, err) : NULL;
    if (!products)
        return false;
    for (size_t i0 = 0; i0 < rows; i0 += TILE) {
        size_t n = rows - i0 < TILE ? rows - i0 : TILE, some = own->step * (n - 1) + Tk;
        const float *table = own->table + own->step * (row + i0) * width + head * D;
        product_abt(n, some, D, a->scale, queries + i0 * D, D, table, width, false, products, some);
        for (size_t i = 0; i < n; i++) {
            if (own->separate && row + i0 + i == 0)
                continue;
            const float *from = products + i * some + own->step * i + Tk - 1; /* of j = 0; j goes down */
            for (size_t j = own->separate; j < Tk; j++)
                out[(i0 + i) * Tk + j] += *(from - j);
        }
    }
    return true;
}

static bool segment_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                           struct err *err)
{
    const struct funnel_own *own = a->own;
    size_t D = a->D;
    const float *queries = biased(a, own->layer->segment, head, row, rows, scratch, err);
    if (!queries)
        return false;
    for (size_t i = own->separate && row == 0; i < rows; i++) {
        float both[2]; /* another segment, the same */
        for (size_t s = 0; s < 2; s++)
            product_abt(1, 1, D, a->scale, queries + i * D, D, own->layer->segments + (s * a->H + head) * D, D, false, &both[s],
                        1);
        int32_t type = own->queries[row + i];
        for (size_t j = own->separate; j < a->Tk; j++)
            out[i * a->Tk + j] += both[type == own->keys[j] || type == SEGMENT || own->keys[j] == SEGMENT];
    }
    return true;
}

static const struct term term_content_biased = {
    .name = "content",
    .summary = "(query + bias) · key",
    .logits = content_logits,
};
static const struct term term_position = {
    .name = "position",
    .summary = "(query + bias) · distance",
    .logits = position_logits,
    .edge = position_logits, /* it never sees the key's content */
};
static const struct term term_segment = {
    .name = "segment",
    .summary = "(query + bias) · same or another segment",
    .logits = segment_logits,
};
const struct term *const funnel_terms[] = {&term_content_biased, &term_position, &term_segment, NULL};

float *funnel_sinusoids(struct funnel_distance distance, size_t Tq, size_t Tk, size_t E, struct err *err)
{
    size_t rows = distance.step * (Tq - 1) + Tk, half = E / 2, n;
    float *out = size_mul(rows, E, &n) ? mem_new(n, sizeof *out, "relative positions", err) : NULL;
    for (size_t r = 0; out && r < rows; r++) {
        long apart = ((long)r - (long)(Tk - 1) - distance.shift) * (long)distance.stride;
        for (size_t i = 0; i < half; i++) {
            float angle = (float)apart * (1 / powf(10000, (float)i / (float)half));
            out[r * E + i] = sinf(angle);
            out[r * E + half + i] = cosf(angle);
        }
    }
    return out;
}
