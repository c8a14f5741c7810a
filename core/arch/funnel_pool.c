/* Pooling tokens two by two, and back. See funnel.h. */
#include <math.h>
#include <string.h>

#include "core/arch/funnel.h"

/* How many tokens n of them become, and the first of those that pooled token i is made of. */
static size_t pooled_length(const struct funnel_pool *w, size_t n)
{
    return (n + (w->separate && !w->truncate) + 1) / 2;
}

static size_t first_of(const struct funnel_pool *w, size_t i)
{
    return i == 0 ? 0 : 2 * i - w->separate;
}

/* Is there a text to pool? The reference leaves the shortest as they are. */
static bool can_pool(const struct funnel_pool *w, const struct tokens *tokens, size_t t)
{
    return tokens_length(tokens, t) > (w->separate ? 2 : 1);
}

const struct tokens *funnel_pooled_axis(const struct funnel_pool *w, struct pass *pass)
{
    const struct tokens *tokens = pass->tokens;
    const size_t **rows = pass_alloc(pass, tokens->n_texts, sizeof *rows);
    size_t *n_rows = pass_alloc(pass, tokens->n_texts, sizeof *n_rows);
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
        bool pools = can_pool(w, tokens, t);
        n_rows[t] = pools ? pooled_length(w, tokens_length(tokens, t)) : tokens_length(tokens, t);
        size_t *chosen = pass_alloc(pass, n_rows[t], sizeof *chosen);
        for (size_t i = 0; chosen && i < n_rows[t]; i++)
            chosen[i] = pools ? first_of(w, i) : i;
        rows[t] = chosen;
    }
    return pass_ok(pass) ? pass_axis(pass, tokens_choose("pooled", tokens, rows, n_rows, pass->err)) : NULL;
}

float *funnel_pool_rows(const struct funnel_pool *w, struct pass *pass, const struct tokens *from, const struct tokens *to,
                        const float *x)
{
    size_t E = pass->model->E;
    float *out = pass_scratch(pass, E);
    for (size_t t = 0; pass_ok(pass) && t < from->n_texts; t++) {
        size_t T = tokens_length(from, t), last = w->separate && w->truncate ? T - 1 : T; /* tokens that are pooled */
        for (size_t i = 0; i < tokens_length(to, t); i++) {
            bool pools = can_pool(w, from, t);
            size_t a = pools ? first_of(w, i) : i, b = pools && !(w->separate && i == 0) && a + 1 < last ? a + 1 : a;
            const float *one = x + (from->starts[t] + a) * E, *two = x + (from->starts[t] + b) * E;
            float *y = out + (to->starts[t] + i) * E;
            for (size_t e = 0; e < E; e++)
                y[e] = w->mean ? (one[e] + two[e]) / 2 : fmaxf(one[e], two[e]);
        }
    }
    return out;
}

float *funnel_upsample(const struct funnel_pool *w, struct pass *pass, const struct tokens *last, const float *x,
                       const float *early)
{
    size_t E = pass->model->E, stride = (size_t)1 << (w->blocks - 1);
    const struct tokens *tokens = pass->tokens;
    float *out = pass_keep(pass, E);
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++)
        for (size_t i = 0; i < tokens_length(tokens, t); i++) {
            size_t from = w->separate && w->blocks > 1 && i > 0 ? 1 + (i - 1) / stride : i / stride;
            float *y = out + (tokens->starts[t] + i) * E;
            memcpy(y, early + (tokens->starts[t] + i) * E, E * sizeof *y);
            if (from < tokens_length(last, t)) /* what truncate_seq dropped has nothing to repeat */
                op_add(y, x + (last->starts[t] + from) * E, E);
        }
    return out;
}
