/* MXFP4. See mxfp4.h.
 *
 *   block of 32 numbers: 16 bytes, the even ones in the low nibbles, and a scale byte e: each is fp4 · 2^(e − 127)
 *   fp4 = sign, 2 bits of exponent, 1 of mantissa: 0, 0.5, 1, 1.5, 2, 3, 4, 6
 *
 * transformers keeps them input first, [X,in,out], once they are widened; so do we. */
#include "core/weights/mxfp4.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"

enum { BLOCK = 32, BYTES = BLOCK / 2 };

static const struct str suffix = {"_blocks", 7};

static uint16_t bf16_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(bits >> 16); /* nothing is lost: one bit of mantissa */
}

static float fp4(unsigned nibble)
{
    static const float table[8] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
    return nibble & 8 ? -table[nibble & 7] : table[nibble & 7];
}

/* The scales of blocks, or NULL. */
static const struct tensor *scales_of(const struct weights *weights, const struct tensor *blocks)
{
    struct buf name = {0};
    buf_str(&name, (struct str){blocks->name.s, blocks->name.n - suffix.n});
    buf_puts(&name, "_scales");
    const struct tensor *found = weights_find(weights, buf_view(&name));
    buf_free(&name);
    return found;
}

static bool fit(const struct tensor *blocks, const struct tensor *scales)
{
    bool same = strcmp(blocks->dtype->name, "U8") == 0 && strcmp(scales->dtype->name, "U8") == 0 && blocks->rank == 4 &&
                scales->rank == 3 && blocks->shape[3] == BYTES;
    for (int i = 0; same && i < 3; i++)
        same = blocks->shape[i] == scales->shape[i];
    return same;
}

/* One row of blocks, out[i·stride] for input i. */
static void widen_row(const unsigned char *blocks, const unsigned char *scales, size_t n, size_t stride, uint16_t *out)
{
    for (size_t g = 0; g < n; g++)
        for (size_t b = 0; b < BYTES; b++) {
            unsigned byte = blocks[g * BYTES + b];
            int exponent = (int)scales[g] - 127;
            size_t i = g * BLOCK + 2 * b;
            out[i * stride] = bf16_of(ldexpf(fp4(byte & 15), exponent));
            out[(i + 1) * stride] = bf16_of(ldexpf(fp4(byte >> 4), exponent));
        }
}

static bool widen(struct weights *weights, struct tensor *tensor, const struct tensor *scales, struct err *err)
{
    size_t experts = tensor->shape[0], rows = tensor->shape[1], n = tensor->shape[2], in, numbers;
    const unsigned char *blocks = tensor->data, *exponents = scales->data;
    if (!size_mul(n, BLOCK, &in) || !size_mul(tensor_numel(tensor), 2, &numbers))
        return err_memory(err, SIZE_MAX, "weights of 4 bits");
    uint16_t *out = arena_alloc(weights->arena, numbers, sizeof *out, "weights of 4 bits", err);
    if (!out)
        return false;
    for (size_t x = 0; x < experts; x++) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "%s: interrupted", weights->path);
        for (size_t r = 0; r < rows; r++) {
            size_t row = x * rows + r;
            widen_row(blocks + row * n * BYTES, exponents + row * n, n, rows, out + x * in * rows + r);
        }
    }
    tensor->name.n -= suffix.n;
    tensor->dtype = &DTYPE_BF16;
    tensor->rank = 3;
    tensor->shape[1] = in;
    tensor->shape[2] = rows;
    tensor->data = out;
    tensor->bytes = numbers * sizeof *out;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

/* The partner of each tensor that is blocks, before any name changes; n where it is none. */
static bool find_partners(const struct weights *weights, size_t *partner, struct err *err)
{
    char one[96], other[96];
    for (size_t i = 0; i < weights->n; i++) {
        const struct tensor *tensor = &weights->tensors[i];
        const struct tensor *scales = str_ends(tensor->name, suffix) ? scales_of(weights, tensor) : NULL;
        partner[i] = scales ? (size_t)(scales - weights->tensors) : weights->n;
        if (scales && !fit(tensor, scales))
            return err_set(err, ERR_FORMAT, "%s: %.*s %s and %.*s %s are no blocks of 4 bits and their scales", tensor->file,
                           STR_ARGS(tensor->name), tensor_describe(tensor, one), STR_ARGS(scales->name),
                           tensor_describe(scales, other));
    }
    return true;
}

/* Without the scales, in the order of names. */
static bool tidy(struct weights *weights, const size_t *partner, struct err *err)
{
    size_t all = weights->n, n = 0;
    for (size_t i = 0; i < all; i++)
        if (partner[i] < all)
            weights->tensors[partner[i]].dtype = NULL;
    for (size_t i = 0; i < all; i++)
        if (weights->tensors[i].dtype)
            weights->tensors[n++] = weights->tensors[i];
    weights->n = n;
    qsort(weights->tensors, n, sizeof *weights->tensors, by_name);
    for (size_t i = 1; i < n; i++)
        if (str_eq(weights->tensors[i - 1].name, weights->tensors[i].name))
            return err_set(err, ERR_FORMAT, "%s: tensor %.*s is there as numbers and as blocks of 4 bits", weights->path,
                           STR_ARGS(weights->tensors[i].name));
    return true;
}

bool mxfp4_apply(struct weights *weights, size_t *applied, struct err *err)
{
    size_t *partner = mem_new(weights->n + 1, sizeof *partner, "scales", err);
    *applied = 0;
    bool ok = partner && find_partners(weights, partner, err);
    for (size_t i = 0; ok && i < weights->n; i++)
        if (partner[i] < weights->n)
            ok = widen(weights, &weights->tensors[i], &weights->tensors[partner[i]], err) && ++*applied;
    ok = ok && (!*applied || tidy(weights, partner, err));
    free(partner);
    return ok;
}
