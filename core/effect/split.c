/* A second split of the content term, beside the model's own terms and never summed into the scores twice.
 *
 * In the first layer of models with absolute positions (gaze's own): the input is LayerNorm(w + p + t), the layer's queries and keys are
 * projections of it. With mean and σ of the whole vector the input is linear in w, p and the rest:
 *
 *   x_i = W_i + P_i + C_i,  W_i = γ·(w_i − w̄ less its mean)/σ_i,  P_i = γ·(p_i − p̄ less its mean)/σ_i
 *   q_i·k_j = w2w + w2p + p2w + p2p + rest, the first letter the query's, the second the key's
 *
 * w̄ and p̄ are the means of the tables' rows, so that a constant moved from one table to the other changes no part; they, token
 * types, β and the projections' biases are C, and what C takes part in is `rest`. Where there is no LayerNorm in front γ and σ
 * are 1 and no mean is taken off. Above layer 0 no such split exists.
 *
 * In every layer whose queries have a bias: qbias, b_Q·k_j: the part of the content that no query's content makes. */
#include "core/effect/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/effect/store.h"
#include "core/op/op.h"

extern const struct effect effect_w2w, effect_qbias;

/* ---- what went into the layer ---- */

static bool refuse(const struct attention *a, const char *why, struct err *err)
{
    return err_set(err, ERR_UNSUPPORTED, "%c%zu: %s", stack_letters[a->stack->kind], a->layer, why);
}

static void norm_rows(const struct run *run, const struct final_norm *norm, float *x, size_t rows, size_t E)
{
    if (norm->norm.weight && norm->rms)
        op_rms_norm(x, rows, E, E, norm->norm.weight, norm->add, run->model->norm_eps, x);
    else if (norm->norm.weight)
        op_layer_norm(x, NULL, rows, E, norm->norm.weight, norm->norm.bias, run->model->norm_eps, x);
}

/* y [rows,out] = x·Wᵀ, with the bias where asked. */
static bool project(const struct linear *linear, bool biased, const float *x, size_t rows, float *y, struct err *err)
{
    struct linear plain = *linear;
    if (!biased)
        plain.bias = NULL;
    return product_linear(&plain, x, rows, plain.in, rows, NULL, y, plain.out, err);
}

/* Are the attention's queries (keys) these rows [T,out] of the projection, from column `at` on? */
static bool same_rows(struct strided have, size_t rows, size_t H, size_t D, const float *y, size_t out, size_t at)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t h = 0; h < H; h++)
            for (size_t d = 0; d < D; d++) {
                size_t c = at + h * have.step + d;
                double x = (double)have.data[r * have.row + h * have.step + d];
                if (c >= out || fabs(x - (double)y[r * out + c]) > 1e-3 * (1 + fabs(x)))
                    return false;
            }
    return true;
}

/* Queries and keys are projections of the layer's input, or of its norm, and nothing else was done to them. */
static bool see_plain(const struct run *run, const struct attention *a, bool *same, struct err *err)
{
    const struct qk_made *made = a->made;
    const float *hidden = run_hidden(run, a->stack->kind, a->layer);
    size_t E = run->model->E, T = a->Tq;
    *same = false;
    if (a->given || !made || !hidden || a->queries != a->keys || a->first || a->second.rows || run->model->arch->entangled ||
        made->q.in != E || made->k.in != E)
        return true;
    float *x = mem_new(T * (E + made->q.out + made->k.out), sizeof *x, "the layer's input", err);
    if (!x)
        return false;
    float *q = x + T * E, *k = q + T * made->q.out;
    memcpy(x, hidden + a->queries->starts[a->text] * E, T * E * sizeof *x);
    norm_rows(run, &made->norm, x, T, E);
    bool ok = project(&made->q, true, x, T, q, err) && project(&made->k, true, x, T, k, err);
    *same = ok && same_rows(a->q, T, a->H, a->D, q, made->q.out, made->q_at) &&
            same_rows(a->k, T, a->Hkv, a->D, k, made->k.out, made->k_at);
    free(x);
    return ok;
}

/* The same, looked at once for every layer: kept are 1 and -1, 0 before. */
static bool is_plain(const struct run *run, const struct attention *a, struct err *err)
{
    struct effect_store *store = effect_store_of(run, err);
    if (!store)
        return false;
    const float *known = effect_store_open(store, &effect_qbias, a);
    float *seen = (float *)known; /* the store's own, under its lock */
    bool ok = true, same;
    if (!seen) {
        seen = mem_new(a->stack->layers, sizeof *seen, "layers", err);
        ok = seen && effect_store_keep(store, &effect_qbias, a, seen, err);
        if (!ok)
            free(seen);
    }
    if (ok && seen[a->layer] == 0) {
        ok = see_plain(run, a, &same, err);
        seen[a->layer] = ok ? same ? 1 : -1 : 0;
    }
    bool plain = ok && seen[a->layer] > 0;
    effect_store_close(store);
    return ok && (plain || refuse(a, "its queries and keys were not seen to be projections of the layer's input alone", err));
}

/* ---- the query's bias ---- */

static bool make_qbias(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err)
{
    if (!is_plain(run, a, err))
        return false;
    if (!a->made->q.bias)
        return refuse(a, "its queries have no bias", err);
    const float *bias = a->made->q.bias + a->made->q_at + head * a->q.step;
    const float *k = a->k.data + head / (a->H / a->Hkv) * a->k.step;
    for (size_t j = 0; j < a->Tk; j++) {
        double sum = 0;
        for (size_t d = 0; d < a->D; d++)
            sum += (double)bias[d] * (double)k[j * a->k.row + d];
        for (size_t i = 0; i < a->Tq; i++)
            out[i * a->Tk + j] = (float)(sum * (double)a->scale);
    }
    return true;
}

/* ---- words and positions in layer 0 ---- */

enum { WORD, POSITION, REST, SOURCES };

static void mean_row(const struct tensor *table, float *room, double *mean)
{
    size_t E = table->shape[1], n = table->shape[0];
    for (size_t e = 0; e < E; e++)
        mean[e] = 0;
    for (size_t r = 0; r < n; r++) {
        tensor_row(table, r, room);
        for (size_t e = 0; e < E; e++)
            mean[e] += (double)room[e] / (double)n;
    }
}

/* What words and positions gave, less their tables' means, into parts [2,T,E]; the whole sum into sum [T,E]. */
static bool look_up(const struct run *run, const struct attention *a, float *parts, float *sum, struct err *err)
{
    const struct entered *entered = &run->entered[a->stack->kind];
    size_t E = run->model->E, T = a->Tq, first = a->queries->starts[a->text], seen[2] = {0};
    float *row = mem_new(E, sizeof *row, "a table's row", err);
    double *mean = mem_new(E, sizeof *mean, "a table's mean", err);
    bool ok = row && mean;
    for (size_t n = 0; ok && n < entered->n; n++) {
        const struct tensor *table = entered->at[n].table;
        int source = entered->at[n].words ? WORD : entered->at[n].positions ? POSITION : REST;
        if (table->shape[1] != E) {
            ok = refuse(a, "its tables are of another width than the model", err);
            break;
        }
        double times = (double)entered->at[n].times;
        if (source != REST && !seen[source]++)
            mean_row(table, row, mean);
        for (size_t i = 0; i < T; i++) {
            tensor_row(table, (size_t)entered->at[n].index[first + i], row);
            for (size_t e = 0; e < E; e++) {
                sum[i * E + e] += (float)times * row[e];
                if (source != REST)
                    parts[((size_t)source * T + i) * E + e] = (float)(times * ((double)row[e] - mean[e]));
            }
        }
    }
    if (ok && (seen[WORD] != 1 || seen[POSITION] != 1))
        ok = refuse(a, "there is no table of absolute positions beside the words': w2w, w2p, p2w and p2p are of models that add one", err);
    free(row);
    free(mean);
    return ok;
}

/* Parts as the layer's norm passes them on: less their own mean, over σ of the whole, times γ. */
static void pass_on(const struct norm *norm, double eps, const float *sum, float *part, size_t T, size_t E)
{
    for (size_t i = 0; i < T; i++) {
        double mean = 0, var = 0, own = 0;
        for (size_t e = 0; e < E; e++) {
            mean += (double)sum[i * E + e] / (double)E;
            own += (double)part[i * E + e] / (double)E;
        }
        for (size_t e = 0; e < E; e++)
            var += ((double)sum[i * E + e] - mean) * ((double)sum[i * E + e] - mean) / (double)E;
        for (size_t e = 0; e < E; e++)
            part[i * E + e] = (float)(((double)part[i * E + e] - own) / sqrt(var + eps) * (double)norm->weight[e]);
    }
}

/* The layer's input must be the norm of the sum, or the sum: nothing else was added or multiplied. */
static bool is_sum(const struct run *run, const struct attention *a, const float *sum, float *room, struct err *err)
{
    size_t E = run->model->E, n = a->Tq * E;
    const float *hidden = run_hidden(run, a->stack->kind, 0) + a->queries->starts[a->text] * E;
    memcpy(room, sum, n * sizeof *room);
    norm_rows(run, &run->entered[a->stack->kind].norm, room, a->Tq, E);
    for (size_t i = 0; i < n; i++)
        if (fabs((double)room[i] - (double)hidden[i]) > 1e-4 * (1 + fabs((double)hidden[i])))
            return refuse(a, "the layer's input is more than a LayerNorm of words, positions and types", err);
    return true;
}

/* scale·q_part·k_part of one head into out [T,T]. q, k: rows of the projections of the parts. */
static void multiply(const struct attention *a, size_t head, const float *q, const float *k, float *out)
{
    size_t kv = head / (a->H / a->Hkv);
    const struct qk_made *made = a->made;
    product_abt(a->Tq, a->Tk, a->D, a->scale, q + made->q_at + head * a->q.step, made->q.out, k + made->k_at + kv * a->k.step,
                made->k.out, false, out, a->Tk);
}

/* Projections of what words and positions gave, for all heads: queries [2,T,Q], then keys [2,T,K], on the heap. */
static float *project_parts(const struct run *run, const struct attention *a, struct err *err)
{
    size_t T = a->Tq, E = run->model->E, Q = a->made->q.out, K = a->made->k.out;
    const struct final_norm *first = &run->entered[a->stack->kind].norm, *own = &a->made->norm, *norm = first->norm.weight ? first : own;
    float *parts = mem_new(4 * T * E, sizeof *parts, "words and positions", err);
    float *q = mem_new(2 * T * (Q + K), sizeof *q, "words and positions", err), *k = q + 2 * T * Q;
    float *sum = parts + 2 * T * E, *room = sum + T * E;
    bool ok = parts && q && look_up(run, a, parts, sum, err) && is_sum(run, a, sum, room, err);
    if (ok && (norm->rms || (first->norm.weight && own->norm.weight)))
        ok = refuse(a, "more than one LayerNorm stands before its queries", err);
    for (size_t s = 0; ok && s < 2; s++) {
        if (norm->norm.weight)
            pass_on(&norm->norm, (double)run->model->norm_eps, sum, parts + s * T * E, T, E);
        ok = project(&a->made->q, false, parts + s * T * E, T, q + s * T * Q, err) &&
             project(&a->made->k, false, parts + s * T * E, T, k + s * T * K, err);
    }
    free(parts);
    if (ok)
        return q;
    free(q);
    return NULL;
}

/* The same, made once for the run. */
static const float *parts_of(const struct run *run, const struct attention *a, struct err *err)
{
    if (a->stack->kind >= STACK_CROSS || a->layer != 0) {
        (void)!refuse(a, "words and positions are told apart in the first layer alone: above it no such split exists", err);
        return NULL;
    }
    if (run->interventions.n) {
        (void)!refuse(a, "this run was changed on its way: what its tables gave is not known", err);
        return NULL;
    }
    struct effect_store *store = is_plain(run, a, err) ? effect_store_of(run, err) : NULL;
    if (!store)
        return NULL;
    const float *parts = effect_store_open(store, &effect_w2w, a);
    float *made = parts ? NULL : project_parts(run, a, err);
    if (made && effect_store_keep(store, &effect_w2w, a, made, err))
        parts = made;
    else
        free(made);
    effect_store_close(store);
    return parts;
}

/* What words or positions (WORD, POSITION) of queries and of keys make, [Tq,Tk]; REST: the content less the four of them. */
static bool make_parts(const struct run *run, const struct attention *a, size_t head, int query, int key, float *out, struct err *err)
{
    const float *q = parts_of(run, a, err);
    if (!q)
        return false;
    size_t T = a->Tq, Q = a->made->q.out, K = a->made->k.out;
    const float *k = q + 2 * T * Q;
    if (query != REST) {
        multiply(a, head, q + (size_t)query * T * Q, k + (size_t)key * T * K, out);
        return true;
    }
    float *one = mem_new(T * T, sizeof *one, "words and positions", err);
    if (!one)
        return false;
    product_abt(T, T, a->D, a->scale, a->q.data + head * a->q.step, a->q.row, a->k.data + head / (a->H / a->Hkv) * a->k.step, a->k.row,
                false, out, T);
    for (size_t s = 0; s < 4; s++) {
        multiply(a, head, q + s / 2 * T * Q, k + s % 2 * T * K, one);
        for (size_t i = 0; i < T * T; i++)
            out[i] -= one[i];
    }
    free(one);
    return true;
}

#define SPLIT(name_, query_, key_, summary_, formula_)                                                                      \
    static bool make_##name_(const struct run *run, const struct attention *a, size_t head, float *out, struct err *err)    \
    {                                                                                                                       \
        return make_parts(run, a, head, query_, key_, out, err);                                                            \
    }                                                                                                                       \
    const struct effect effect_##name_ = {                                                                                  \
        .name = #name_, .summary = summary_, .formula = formula_, .source = "gaze's own", .is_signed = true, .make = make_##name_};
SPLIT(w2w, WORD, WORD, "query's word \u00b7 key's word (part of the content, L0)", "(W_Q·W_i)·(W_K·W_j)/√D, W_i = γ·c(w_i - w\u0304)/σ_i")
SPLIT(w2p, WORD, POSITION, "query's word \u00b7 key's position (part of the content, L0)", "(W_Q·W_i)·(W_K·P_j)/√D, P_j = γ·c(p_j - p\u0304)/σ_j")
SPLIT(p2w, POSITION, WORD, "query's position \u00b7 key's word (part of the content, L0)", "(W_Q·P_i)·(W_K·W_j)/√D, P_i = γ·c(p_i - p\u0304)/σ_i")
SPLIT(p2p, POSITION, POSITION, "query's position \u00b7 key's position (part of the content, L0)", "(W_Q·P_i)·(W_K·P_j)/√D, P_i = γ·c(p_i - p\u0304)/σ_i")
SPLIT(wprest, REST, REST, "the rest of the content: means, types, biases (L0)", "content - w2w - w2p - p2w - p2p")

const struct effect effect_qbias = {
    .name = "qbias",
    .summary = "query's bias \u00b7 key (part of the content)",
    .formula = "b_Q·k_j/√D, the same for every query",
    .source = "gaze's own",
    .is_signed = true,
    .make = make_qbias,
};

/* ---- sums of parts ---- */

extern const struct effect effect_w2p, effect_p2w, effect_p2p, effect_wprest;
const struct effect *const splits[SPLITS] = {&effect_w2w, &effect_w2p, &effect_p2w, &effect_p2p, &effect_wprest, &effect_qbias};

size_t split_of(const struct term *const *terms)
{
    size_t t = 0;
    while (terms[t] && terms[t]->logits != term_content_logits)
        t++;
    return terms[t] ? t : MAX_TERMS;
}

bool split_map(const struct run *run, const struct attention *a, size_t head, struct part part, size_t row, size_t rows, float *out,
               struct err *err)
{
    size_t content = split_of(a->terms), n = rows * a->Tk;
    unsigned terms = part.terms & ((1u << MAX_TERMS) - 1);
    float sign = content < MAX_TERMS && terms >> content & 1 ? -1 : 1;
    if (part.kind == PART_SOFTMAX && (a->mix_scores || a->mix_probs || a->cap > 0))
        return refuse(a, "its scores are mixed or capped: parts of the content have no softmax", err);
    float *one = mem_new(n, sizeof *one, "a part of a map", err);
    bool ok = one && attention_map(a, head, (struct part){.kind = PART_LOGITS, .terms = terms}, row, rows, out, err);
    for (size_t s = 0; ok && s < SPLITS; s++) {
        if (!(part.terms >> (MAX_TERMS + s) & 1))
            continue;
        ok = effect_map(run, a, head, splits[s], row, rows, one, err);
        for (size_t i = 0; ok && i < n; i++)
            out[i] += sign * one[i];
    }
    free(one);
    if (ok && part.kind == PART_SOFTMAX)
        attention_softmax(a, head, row, rows, out);
    return ok;
}
