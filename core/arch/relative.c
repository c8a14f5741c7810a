/* Relative-position terms, gathered from one small product a head. See relative.h. */
#include "core/arch/relative.h"

#include <string.h>

#include "core/product/product.h"

/* The table rows [lo,hi) that the deltas of queries [row,row+rows) against keys [key,key+keys) can name. */
static void span_of(const struct attention *a, const struct relative *r, size_t row, size_t rows, size_t key, size_t keys,
                    size_t *lo, size_t *hi)
{
    *lo = SIZE_MAX;
    *hi = 0;
    size_t first = row + a->Tk - key - keys;
    for (size_t d = first; d < first + rows + keys - 1; d++) {
        size_t b = r->index[d];
        if (b < *lo)
            *lo = b;
        if (b + 1 > *hi)
            *hi = b + 1;
    }
}

bool relative_query_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                           struct err *err)
{
    const struct relative *r = a->own;
    size_t lo, hi, Tk = a->Tk;
    span_of(a, r, row, rows, 0, a->Tk, &lo, &hi);
    float *table = scratch_floats(scratch, 0, rows * (hi - lo), err); /* [rows, hi-lo] */
    if (!table)
        return false;
    product_abt(rows, hi - lo, a->D, a->scale, a->q.data + row * a->q.row + head * a->q.step, a->q.row,
                r->keys.data + lo * r->keys.row + head * r->keys.step, r->keys.row, false, table, hi - lo);
    for (size_t i = 0; i < rows; i++) {
        const float *from = table + i * (hi - lo);
        const uint32_t *index = r->index + row + i + Tk - 1; /* of j = 0; j goes down */
        float *to = out + i * Tk;
        for (size_t j = 0; j < Tk; j++)
            to[j] += from[*(index - j) - lo];
    }
    return true;
}

/* The columns j of keys [key,key+keys): out[i,j] += table[j − key, b(i−j) − lo], rows of the table `width` apart. The gather runs
 * down diagonals: tiles keep both sides in the cache. */
static void gather_keys(const struct attention *a, size_t row, size_t rows, size_t key, size_t keys, const float *table,
                        size_t width, size_t lo, float *out)
{
    enum { TILE = 32, AHEAD = 6 };
    const struct relative *r = a->own;
    for (size_t i0 = 0; i0 < rows; i0 += TILE)
        for (size_t j0 = 0; j0 < keys; j0 += TILE) {
            size_t i1 = i0 + TILE < rows ? i0 + TILE : rows, j1 = j0 + TILE < keys ? j0 + TILE : keys;
            for (size_t i = i0; i < i1; i++) {
                const uint32_t *index = r->index + row + i + a->Tk - 1 - key;
                float *to = out + i * a->Tk + key;
                for (size_t j = j0; j < j1 && i + AHEAD < rows; j += 16)
                    __builtin_prefetch(to + AHEAD * a->Tk + j, 1, 3);
                for (size_t j = j0; j < j1; j++)
                    to[j] += table[j * width + *(index - j) - lo];
            }
        }
}

/* out[i,j] += scale · k_j · table[b(i−j)], table with `stride` floats a row, its row 0 standing for b = base. Some keys at a
 * time: far from the queries they meet few rows of the table, and the products stay in the second cache. */
static bool key_logits(const struct attention *a, size_t head, size_t row, size_t rows, const float *position, size_t stride,
                       size_t base, struct scratch *scratch, float *out, struct err *err)
{
    enum { KEYS = 256 };
    const struct relative *r = a->own;
    const float *k = a->k.data + head / (a->H / a->Hkv) * a->k.step;
    for (size_t key = 0, keys, lo, hi; key < a->Tk; key += keys) {
        keys = a->Tk - key < KEYS ? a->Tk - key : KEYS;
        span_of(a, r, row, rows, key, keys, &lo, &hi);
        size_t n = hi - lo, width = n % 256 ? n : n + 16; /* rows 1 KiB apart would share few sets of the first cache */
        float *table = scratch_floats(scratch, 0, keys * width, err); /* n of each row used */
        if (!table)
            return false;
        product_abt(keys, n, a->D, a->scale, k + key * a->k.row, a->k.row, position + (lo - base) * stride, stride, false, table,
                    width);
        gather_keys(a, row, rows, key, keys, table, width, lo, out);
    }
    return true;
}

bool relative_key_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err)
{
    const struct relative *r = a->own;
    return key_logits(a, head, row, rows, r->queries.data + head * r->queries.step, r->queries.row, 0, scratch, out, err);
}

bool relative_key_edge(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                       struct err *err)
{
    const struct relative *r = a->own;
    size_t lo, hi, D = a->D, cells = 0;
    span_of(a, r, row, rows, 0, a->Tk, &lo, &hi);
    float *centred = scratch_floats(scratch, 1, (hi - lo + 1) * D, err); /* the table minus its mean, and the mean */
    if (!centred)
        return false;
    float *mean = centred + (hi - lo) * D;
    double sums[4096];
    if (D > sizeof sums / sizeof *sums)
        return err_set(err, ERR_LIMIT, "heads wider than %zu have no edge part", sizeof sums / sizeof *sums);
    memset(sums, 0, D * sizeof *sums);
    const float *queries = r->queries.data + head * r->queries.step;
    /* Every delta d occurs for as many visible cells as there are; weigh its row by their number. */
    for (size_t d = 0; d < a->Tq + a->Tk - 1; d++) {
        size_t first = d + 1 > a->Tk ? d + 1 - a->Tk : 0, count = 0; /* i − j = d − (Tk−1), i from first */
        for (size_t i = first; i < a->Tq && i + a->Tk - 1 >= d; i++) {
            size_t j = i + a->Tk - 1 - d;
            count += j < a->Tk && !attention_masked(a, i, j);
        }
        const float *from = queries + r->index[d] * r->queries.row;
        for (size_t x = 0; x < D; x++)
            sums[x] += (double)count * from[x];
        cells += count;
    }
    for (size_t x = 0; x < D; x++)
        mean[x] = cells ? (float)(sums[x] / (double)cells) : 0;
    for (size_t b = lo; b < hi; b++)
        for (size_t x = 0; x < D; x++)
            centred[(b - lo) * D + x] = queries[b * r->queries.row + x] - mean[x];
    return key_logits(a, head, row, rows, centred, D, lo, scratch, out, err);
}

const void *const *relative_texts(struct pass *pass, const struct relative *tables,
                                  uint32_t (*row_of)(const struct model *model, long delta, size_t T))
{
    size_t n = pass->tokens->n_texts, layers = pass->stack->layers;
    const void **owns = pass_alloc(pass, n * layers, sizeof *owns);
    struct relative *relatives = pass_keep_items(pass, n * layers, sizeof *relatives);
    for (size_t t = 0; pass_ok(pass) && t < n; t++) {
        size_t T = tokens_length(pass->tokens, t);
        uint32_t *index = pass_keep_items(pass, 2 * T - 1, sizeof *index);
        for (size_t d = 0; index && d < 2 * T - 1; d++)
            index[d] = row_of(pass->model, (long)d - (long)T + 1, T);
        for (size_t l = 0; index && l < layers; l++) {
            relatives[l * n + t] = tables[l];
            relatives[l * n + t].index = index;
            owns[l * n + t] = &relatives[l * n + t];
        }
    }
    return pass_ok(pass) ? owns : NULL;
}
