/* Attention with linear biases. See alibi.h. */
#include "core/arch/alibi.h"

#include <math.h>
#include <string.h>

/* To the nearest bfloat16, ties to even. */
static float rounded(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits += 0x7fff + (bits >> 16 & 1);
    bits &= 0xffff0000;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static bool alibi_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err)
{
    const struct alibi *alibi = a->own;
    float *bias = scratch_floats(scratch, 0, a->Tk, err);
    (void)row;
    for (size_t j = 0; bias && j < a->Tk; j++)
        bias[j] =
            alibi->scale * (alibi->halved ? rounded(alibi->slopes[head] * rounded((float)j)) : alibi->slopes[head] * (float)j);
    for (size_t i = 0; bias && i < rows; i++)
        for (size_t j = 0; j < a->Tk; j++)
            out[i * a->Tk + j] += bias[j];
    return bias != NULL;
}

/* Of slope·j what differs between the keys of a query. */
static float alibi_ahead(const struct attention *a, size_t head, long ahead)
{
    const struct alibi *alibi = a->own;
    return alibi->scale * alibi->slopes[head] * (float)ahead;
}

const struct term term_alibi = {
    .name = "alibi",
    .summary = "slope · place of the key",
    .logits = alibi_logits,
    .edge = alibi_logits, /* it never sees the key's content */
    .ahead = alibi_ahead,
};

bool alibi_make(struct model *model, size_t H, float scale, bool halved, struct alibi *out, struct err *err)
{
    float *slopes = arena_alloc(model->arena, H, sizeof *slopes, "the slopes", err);
    size_t n = 1;
    while (2 * n <= H)
        n *= 2;
    for (size_t h = 0; slopes && h < H; h++) {
        double power = h < n ? 8.0 * (double)(h + 1) / (double)n : 4.0 * (double)(2 * (h - n) + 1) / (double)n;
        slopes[h] = halved ? rounded((float)exp2(-power)) : (float)exp2(-power);
    }
    *out = (struct alibi){slopes, scale, halved};
    return slopes != NULL;
}
