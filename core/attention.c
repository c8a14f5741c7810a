/* The shared attention: terms summed, mixed, capped, masked, softmaxed, multiplied with the values; and any part of a
 * map made again on demand. See attention.h. (Vaswani et al. 2017 §3.2.1; talking heads: Shazeer et al. 2020.) */
#include "core/attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/op/op.h"
#include "core/product/product.h"

enum {
    SLOT_TERM = 4,  /* two of them */
    SLOT_BLOCK = 6, /* scores or probabilities of one head, or of all heads where heads are mixed */
    SLOT_MIX = 7,
    BLOCK_ROWS = 512,
    SMALL = 1 << 16 /* multiply-adds below which handing out work costs more than doing it */
};

struct scratch {
    size_t thread;
};

float *scratch_floats(struct scratch *scratch, int slot, size_t n, struct err *err)
{
    float *floats = pool_scratch(scratch->thread, (size_t)(SLOT_TERM + slot), n * sizeof *floats);
    if (!floats)
        err_memory(err, n * sizeof *floats, "a term of attention");
    return floats;
}

static float *block_floats(size_t thread, size_t slot, size_t n, struct err *err)
{
    float *floats = pool_scratch(thread, slot, n * sizeof *floats);
    if (!floats)
        err_memory(err, n * sizeof *floats, "a block of attention");
    return floats;
}

size_t attention_terms(const struct attention *a)
{
    size_t n = 0;
    while (a->terms[n])
        n++;
    return n;
}

bool attention_masked(const struct attention *a, size_t i, size_t j)
{
    if (a->mask.lo && (j < a->mask.lo[i] || j >= a->mask.hi[i]))
        return true;
    return a->mask.bitmap && !(a->mask.bitmap[i * ((a->Tk + 7) / 8) + j / 8] >> (j % 8) & 1);
}

unsigned attention_dropped(const struct attention *a, size_t head)
{
    return a->drops ? a->drops(a->change_context, a, head) : 0;
}

/* All terms but those that are dropped, whichever head's. */
#define TERMS_USED (~0u)

/* out [rows,Tk] = Σ of the chosen terms of one head, or of their edge parts. */
static bool sum_terms(const struct attention *a, size_t head, unsigned terms, bool edge, size_t row, size_t rows, float *out,
                      struct err *err)
{
    struct scratch scratch = {pool_thread()};
    memset(out, 0, rows * a->Tk * sizeof *out);
    if (terms == TERMS_USED)
        terms = ~attention_dropped(a, head);
    for (size_t t = 0; a->terms[t]; t++) {
        if (!(terms >> t & 1))
            continue;
        const struct term *term = a->terms[t];
        if (edge && !term->edge)
            continue;
        if (!(edge ? term->edge : term->logits)(a, head, row, rows, &scratch, out, err))
            return false;
    }
    return true;
}

/* out [rows,Tk] = Σ_g mix[head,g] · block_g, the blocks [H,rows,Tk] of all heads. */
static void mix_block(const float *mix, size_t H, size_t head, const float *blocks, size_t n, float *out)
{
    memset(out, 0, n * sizeof *out);
    for (size_t g = 0; g < H; g++) {
        float weight = mix[head * H + g];
        const float *block = blocks + g * n;
        for (size_t i = 0; i < n; i++)
            out[i] += weight * block[i];
    }
}

static void cap_block(float cap, float *scores, size_t n)
{
    for (size_t i = 0; i < n; i++)
        scores[i] = cap * tanhf(scores[i] / cap);
}

/* What enters the softmax of one head, from the chosen terms. */
static bool score_block(const struct attention *a, size_t head, unsigned terms, size_t row, size_t rows, float *out,
                        struct err *err)
{
    size_t n = rows * a->Tk;
    if (!a->mix_scores) {
        if (!sum_terms(a, head, terms, false, row, rows, out, err))
            return false;
    } else {
        float *blocks = block_floats(pool_thread(), SLOT_MIX, a->H * n, err);
        if (!blocks)
            return false;
        for (size_t g = 0; g < a->H; g++)
            if (!sum_terms(a, g, terms, false, row, rows, blocks + g * n, err))
                return false;
        mix_block(a->mix_scores, a->H, head, blocks, n, out);
    }
    if (a->cap > 0)
        cap_block(a->cap, out, n);
    return true;
}

/* Beside a sink of logit s, p = e^x / (Σ e^x + e^s): the softmax without it times 1 / (1 + p_max·e^(s − x_max)). */
static float sink_factor(float sink, float largest, const float *probs, size_t at)
{
    return largest == -INFINITY ? 0 : 1 / (1 + probs[at] * expf(sink - largest));
}

static void softmax_block(const struct attention *a, size_t head, size_t row, size_t rows, float *block)
{
    size_t Tk = a->Tk, words = (Tk + 7) / 8;
    for (size_t i = 0; i < rows; i++) {
        size_t query = row + i, at = 0;
        size_t lo = a->mask.lo ? a->mask.lo[query] : 0, hi = a->mask.lo ? a->mask.hi[query] : Tk;
        float *scores = block + i * Tk, largest = -INFINITY;
        for (size_t j = lo; a->sink && j < hi; j++)
            if (scores[j] > largest && !attention_masked(a, query, j))
                largest = scores[at = j];
        op_softmax_row(scores, Tk, lo, hi, a->mask.bitmap ? a->mask.bitmap + query * words : NULL);
        if (!a->sink)
            continue;
        float factor = sink_factor(a->sink[head], largest, scores, at);
        for (size_t j = lo; j < hi; j++)
            scores[j] *= factor;
    }
}

static void change_block(const struct attention *a, size_t head, size_t row, size_t rows, float *probs)
{
    if (a->change)
        a->change(a->change_context, a, head, row, rows, probs);
}

/* Probabilities of one head from the chosen terms; with mixed probabilities those of all heads are made for it. */
static bool prob_block(const struct attention *a, size_t head, unsigned terms, size_t row, size_t rows, float *out,
                       struct err *err)
{
    size_t n = rows * a->Tk;
    if (!a->mix_probs) {
        if (!score_block(a, head, terms, row, rows, out, err))
            return false;
        softmax_block(a, head, row, rows, out);
    } else {
        float *blocks = block_floats(pool_thread(), SLOT_BLOCK, a->H * n, err);
        if (!blocks)
            return false;
        for (size_t g = 0; g < a->H; g++) {
            if (!score_block(a, g, terms, row, rows, blocks + g * n, err))
                return false;
            softmax_block(a, g, row, rows, blocks + g * n);
        }
        mix_block(a->mix_probs, a->H, head, blocks, n, out);
    }
    change_block(a, head, row, rows, out);
    return true;
}

/* ---- edges ---- */

static bool part_is_edge(struct part part)
{
    return part.kind == PART_EDGE || part.kind == PART_EDGE_QUERIES || part.kind == PART_EDGE_KEYS;
}

/* An attention whose every query, or key, of one head is the mean one. */
struct mean_rows {
    struct attention attention;
    float *rows; /* [Tq+Tk, D] */
};

/* rows [n,D], each the mean of the n rows of a head. */
static void fill_mean(struct strided from, size_t head, size_t n, size_t D, float *rows)
{
    for (size_t d = 0; d < D; d++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)from.data[i * from.row + head * from.step + d];
        for (size_t i = 0; i < n; i++)
            rows[i * D + d] = (float)(sum / (double)n);
    }
}

static void mean_rows_free(struct mean_rows *mean)
{
    if (mean)
        free(mean->rows);
    free(mean);
}

/* *out stays NULL where there are no queries and keys to take the mean of. */
static bool mean_rows_new(const struct attention *a, size_t head, enum part_kind kind, struct mean_rows **out, struct err *err)
{
    *out = NULL;
    if (!a->q.data || !a->k.data || !a->D)
        return true;
    struct mean_rows *mean = mem_new(1, sizeof *mean, "mean queries and keys", err);
    if (mean)
        mean->rows = mem_new((a->Tq + a->Tk) * a->D, sizeof *mean->rows, "mean queries and keys", err);
    if (!mean || !mean->rows) {
        mean_rows_free(mean);
        return false;
    }
    mean->attention = *a;
    if (kind != PART_EDGE_QUERIES) {
        fill_mean(a->q, head, a->Tq, a->D, mean->rows);
        mean->attention.q = (struct strided){mean->rows, a->D, 0};
    }
    if (kind != PART_EDGE_KEYS) {
        float *keys = mean->rows + a->Tq * a->D;
        fill_mean(a->k, head / (a->H / a->Hkv), a->Tk, a->D, keys);
        mean->attention.k = (struct strided){keys, a->D, 0};
    }
    *out = mean;
    return true;
}

/* ---- given maps ---- */

bool attention_has_scores(const struct attention *a)
{
    return !a->given || a->given->scores || a->terms[0];
}

/* out = Σ of the chosen terms as they were given. */
static void sum_given(const struct attention *a, unsigned terms, size_t at, size_t n, float *out)
{
    memset(out, 0, n * sizeof *out);
    for (size_t t = 0; a->terms[t]; t++)
        for (size_t i = 0; (terms >> t & 1) && i < n; i++)
            out[i] += a->given->terms[t][at + i];
}

static bool given_map(const struct attention *a, size_t head, struct part part, size_t row, size_t rows, float *out, struct err *err)
{
    const struct given_maps *given = a->given;
    size_t at = (head * a->Tq + row) * a->Tk, n = rows * a->Tk;
    const float *whole = part.kind == PART_PROBS ? given->probs : part.kind == PART_SCORES ? given->scores : NULL;
    if (part.kind == PART_SCORES && !attention_has_scores(a))
        return err_set(err, ERR_NOT_FOUND, "layer %zu was opened with its probabilities alone: there are no scores", a->layer);
    if (whole)
        memcpy(out, whole + at, n * sizeof *out);
    else /* none of the terms tells what of it is edge */
        sum_given(a, part.kind == PART_SCORES ? TERMS_USED : part_is_edge(part) ? 0 : part.terms, at, n, out);
    if (part.kind == PART_SOFTMAX)
        softmax_block(a, head, row, rows, out);
    return true;
}

/* A block of rows. edges: the attention that edges are made of. */
static bool part_block(const struct attention *a, const struct attention *edges, size_t head, struct part part, size_t row, size_t rows,
                       float *out, struct err *err)
{
    switch (part.kind) { /* the kinds of a part are closed: this is where they mean something */
    case PART_PROBS: return prob_block(a, head, TERMS_USED, row, rows, out, err);
    case PART_SCORES: return score_block(a, head, TERMS_USED, row, rows, out, err);
    case PART_LOGITS: return sum_terms(a, head, part.terms, false, row, rows, out, err);
    case PART_SOFTMAX: return prob_block(a, head, part.terms, row, rows, out, err);
    case PART_EDGE:
    case PART_EDGE_QUERIES:
    case PART_EDGE_KEYS: return sum_terms(edges, head, part.terms, true, row, rows, out, err);
    case PART_EFFECT: break;
    }
    return err_set(err, ERR_ARG, "what a map does is made of its run"); /* run_map */
}

bool attention_map(const struct attention *a, size_t head, struct part part, size_t row, size_t rows, float *out, struct err *err)
{
    if (a->given)
        return given_map(a, head, part, row, rows, out, err);
    if (part.kind == PART_PROBS && a->probs) {
        memcpy(out, a->probs + (head * a->Tq + row) * a->Tk, rows * a->Tk * sizeof *out);
        return true;
    }
    struct mean_rows *mean = NULL;
    bool ok = !part_is_edge(part) || mean_rows_new(a, head, part.kind, &mean, err);
    for (size_t done = 0, n; ok && done < rows; done += n) {
        n = rows - done < BLOCK_ROWS ? rows - done : BLOCK_ROWS;
        ok = cancel_requested() ? err_set(err, ERR_CANCELLED, "cancelled")
                                : part_block(a, mean ? &mean->attention : a, head, part, row + done, n, out + done * a->Tk, err);
    }
    mean_rows_free(mean);
    return ok;
}

void attention_softmax(const struct attention *a, size_t head, size_t row, size_t rows, float *logits)
{
    softmax_block(a, head, row, rows, logits);
    change_block(a, head, row, rows, logits);
}

/* ---- the forward pass ---- */

struct forward {
    struct attention *attentions;
    size_t n, blocks; /* attentions; tasks a attention */
    bool failed;      /* accessed atomically */
    struct err *err;  /* of the first task that failed */
};

static void fail_task(struct forward *forward, const struct err *err)
{
    bool before = false;
    if (__atomic_compare_exchange_n(&forward->failed, &before, true, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) && forward->err)
        *forward->err = *err;
}

/* How many of the rows from `row` on use the same queries, keys and values; `second_out`: the second ones. */
static size_t same_rows(const struct attention *a, size_t row, size_t rows, bool *second_out)
{
    size_t n = 1;
    *second_out = a->second.rows && a->second.rows[row];
    if (!a->second.rows)
        return rows;
    while (n < rows && !a->second.rows[row + n] == !*second_out)
        n++;
    return n;
}

static void values(const struct attention *a, size_t head, size_t row, size_t rows, const float *probs)
{
    size_t kv = head / (a->H / a->Hkv);
    bool second;
    for (size_t n; rows; row += n, rows -= n, probs += n * a->Tk) {
        n = same_rows(a, row, rows, &second);
        const struct strided *v = second ? &a->second.v : &a->v;
        product_ab(n, a->D, a->Tk, 1, probs, a->Tk, v->data + kv * v->step, v->row, false,
                   a->z.data + row * a->z.row + head * a->z.step, a->z.row);
    }
}

/* One head over all its queries, block by block. */
static bool head_forward(const struct attention *a, size_t head, struct err *err)
{
    size_t most = a->Tq - a->first < BLOCK_ROWS ? a->Tq - a->first : BLOCK_ROWS;
    /* SLOT_BLOCK is the mixed path's own; unmixed it is free for the probabilities. */
    float *probs = a->probs ? a->probs + head * a->Tq * a->Tk : block_floats(pool_thread(), SLOT_BLOCK, most * a->Tk, err);
    if (!probs)
        return false;
    for (size_t row = a->first; row < a->Tq; row += most) {
        size_t rows = a->Tq - row < most ? a->Tq - row : most;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        float *block = a->probs ? probs + row * a->Tk : probs;
        if (!prob_block(a, head, TERMS_USED, row, rows, block, err))
            return false;
        values(a, head, row, rows, block);
    }
    return true;
}

/* All heads of a block of queries, where heads are mixed: every head's terms are made once. */
static bool mixed_forward(const struct attention *a, size_t row, size_t rows, struct err *err)
{
    size_t n = rows * a->Tk, thread = pool_thread();
    float *blocks = block_floats(thread, SLOT_BLOCK, (a->H + 1) * n, err);
    float *mixed = blocks ? block_floats(thread, SLOT_MIX, a->H * n, err) : NULL;
    if (!mixed)
        return false;
    for (size_t g = 0; g < a->H; g++)
        if (!sum_terms(a, g, TERMS_USED, false, row, rows, blocks + g * n, err))
            return false;
    float *scores = blocks;
    if (a->mix_scores) {
        for (size_t h = 0; h < a->H; h++)
            mix_block(a->mix_scores, a->H, h, blocks, n, mixed + h * n);
        memcpy(scores, mixed, a->H * n * sizeof *scores);
    }
    for (size_t h = 0; h < a->H; h++) {
        if (a->cap > 0)
            cap_block(a->cap, scores + h * n, n);
        softmax_block(a, h, row, rows, scores + h * n);
    }
    for (size_t h = 0; h < a->H; h++) {
        float *probs = scores + h * n;
        if (a->mix_probs) {
            probs = blocks + a->H * n;
            mix_block(a->mix_probs, a->H, h, scores, n, probs);
        }
        change_block(a, h, row, rows, probs);
        values(a, h, row, rows, probs);
    }
    return true;
}

static void forward_task(void *context, size_t task, size_t thread)
{
    (void)thread;
    struct forward *forward = context;
    struct err err = {0};
    const struct attention *a = &forward->attentions[task / forward->blocks];
    size_t part = task % forward->blocks;
    if (__atomic_load_n(&forward->failed, __ATOMIC_ACQUIRE))
        return;
    bool ok = true;
    if (a->mix_scores || a->mix_probs) {
        size_t most = a->Tq < 64 ? a->Tq : 64;
        for (size_t row = a->first + part * most; ok && row < a->Tq; row += forward->blocks * most)
            ok = mixed_forward(a, row, a->Tq - row < most ? a->Tq - row : most, &err);
    } else {
        ok = head_forward(a, part, &err);
    }
    if (!ok)
        fail_task(forward, &err);
}

bool attention_forward(struct attention *attentions, size_t n, struct err *err)
{
    struct forward forward = {.attentions = attentions, .n = n, .blocks = attentions->H, .err = err};
    size_t work = 0;
    for (size_t i = 0; i < n; i++)
        work += (attentions[i].Tq - attentions[i].first) * attentions[i].Tk * attentions[i].D * attentions[i].H;
    if (work < SMALL)
        for (size_t task = 0; task < n * forward.blocks; task++)
            forward_task(&forward, task, 0);
    else
        pool_run(n * forward.blocks, forward_task, &forward);
    return !forward.failed;
}

/* ---- the content term ---- */

bool term_content_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err)
{
    (void)scratch, (void)err;
    size_t kv = head / (a->H / a->Hkv);
    bool second;
    for (size_t n; rows; row += n, rows -= n, out += n * a->Tk) {
        n = same_rows(a, row, rows, &second);
        const struct strided *q = second ? &a->second.q : &a->q, *k = second ? &a->second.k : &a->k;
        product_abt(n, a->Tk, a->D, a->scale, q->data + row * q->row + head * q->step, q->row, k->data + kv * k->step, k->row,
                    true, out, a->Tk);
    }
    return true;
}

const struct term term_content = {
    .name = "content",
    .summary = "query · key",
    .logits = term_content_logits,
};
