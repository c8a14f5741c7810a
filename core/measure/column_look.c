/* One map, one column. See column_look.h. */
#include "core/measure/column_look.h"

#include <math.h>

#include "core/base/random.h"
#include "core/measure/divergence.h"
#include "core/measure/measure.h"

double column_half_ratio(const float *probs, const struct attention *a, size_t key, size_t parity)
{
    double sum = 0;
    size_t queries = 0;
    for (size_t i = parity; i < a->Tq; i += 2)
        if (!attention_masked(a, i, key)) {
            sum += probs[i * a->Tk + key] * (double)keys_seen(a, i);
            queries++;
        }
    return queries >= 4 ? sum / (double)queries : NAN;
}

double column_best_excess(const float *probs, const struct attention *a, const struct token *tokens, size_t n, int32_t token)
{
    size_t best = SIZE_MAX;
    double most = 0;
    for (size_t j = 1; j + 1 < n; j++) {
        if (tokens[j].special_id || (token >= 0 && tokens[j].id != token))
            continue;
        double ratio = column_half_ratio(probs, a, j, 0);
        if (!isnan(ratio) && (best == SIZE_MAX || ratio > most)) {
            most = ratio;
            best = j;
        }
    }
    return best == SIZE_MAX ? (token >= 0 ? 0 : NAN) : column_half_ratio(probs, a, best, 1) - 1;
}

double column_own_excess(const struct column_test_head *head, const float *probs, const struct attention *a,
                         const struct token *tokens, size_t n)
{
    if (head->place == PLACE_INNER)
        return column_best_excess(probs, a, tokens, n, -1);
    size_t key = head->place == PLACE_START ? 0 : n - 1, queries = 0;
    double sum = 0;
    for (size_t i = 0; i < a->Tq; i++)
        if (!attention_masked(a, i, key)) {
            sum += probs[i * a->Tk + key] * (double)keys_seen(a, i);
            queries++;
        }
    return queries && isfinite(sum) ? sum / (double)queries - 1 : NAN;
}

double column_rest_divergence(const struct variant_text *made, enum column_place place, const struct attention *a,
                              const float *probs, const float *base)
{
    size_t n = made->n, out = place == PLACE_START ? 0 : n - 1, rows = 0;
    bool own = a->queries == a->keys; /* else queries are of the axis that stays */
    double sum = 0;
    for (size_t i = 0; i < a->Tq; i++) {
        size_t row = own ? made->from[i] : i;
        if (row == SIZE_MAX)
            continue;
        const float *p = probs + i * n, *q = base + row * n;
        double all_p = 0, all_q = 0, of_row = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < n; j++) {
                if (made->from[j] == SIZE_MAX || made->from[j] == out)
                    continue;
                if (pass == 0) {
                    all_p += p[j];
                    all_q += q[made->from[j]];
                } else if (all_p > 0 && all_q > 0) {
                    of_row += divergence_term(p[j] / all_p, q[made->from[j]] / all_q);
                }
            }
        sum += of_row;
        rows++;
    }
    return rows ? sum / (double)rows : NAN;
}

void column_permute(float *probs, const struct attention *a, size_t *visible, uint64_t *state)
{
    for (size_t i = 0; i < a->Tq; i++) {
        float *row = probs + i * a->Tk;
        size_t n = 0;
        for (size_t j = 0; j < a->Tk; j++)
            if (!attention_masked(a, i, j))
                visible[n++] = j;
        for (; n > 1; n--) {
            size_t x = visible[n - 1], y = visible[random_next(state) % n];
            float swap = row[x];
            row[x] = row[y];
            row[y] = swap;
        }
    }
}
