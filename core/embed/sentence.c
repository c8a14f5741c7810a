/* Sentence embeddings. See sentence.h.
 *
 *   Transformer   the encoder; sentence_bert_config.json: max_seq_length, do_lower_case
 *   Pooling       [cls; max; mean or mean·√n; weighted mean; last], those that are on, side by side
 *                   weighted mean: Σ (i+1)·x_i / Σ (i+1)
 *   Dense         act(W·s + b), from model.safetensors or pytorch_model.bin: linear.weight, linear.bias
 *   LayerNorm     norm.weight, norm.bias, eps 1e-5
 *   Normalize     s / max(‖s‖, 1e-12)
 *
 * What has caused bugs: texts are stripped before they are tokenised, also where do_lower_case is false; the mean counts the
 * special tokens; include_prompt false leaves the prompt's tokens (and [CLS]) out of the pooling, not out of the encoder. */
#include "core/embed/sentence.h"

#include "core/embed/sentence_modules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/text.h"
#include "core/forward.h"
#include "core/scan.h"

enum { ROWS = 512, TEXTS = 64 }; /* of a pass */

struct sentences *sentences_open(struct model *model, struct err *err)
{
    struct sentences *s = mem_new(1, sizeof *s, "a sentence encoder", err);
    if (!s)
        return NULL;
    *s = (struct sentences){.model = model, .with_prompt = true, .measure = "cosine", .arena = arena_new(err)};
    bool ok = s->arena != NULL;
    if (ok && (!model_runs(model) || !model->tokenizer))
        ok = err_set(err, ERR_ARG, "%s has no %s: it embeds no sentences", model->name,
                     model_runs(model) ? "tokenizer" : "weights");
    if (ok && sentence_modules_read(s, err))
        return s;
    sentences_free(s);
    return NULL;
}

void sentences_free(struct sentences *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_modules; i++)
        weights_close(s->modules[i].weights);
    json_free(s->about);
    arena_free(s->arena);
    free(s);
}

/* ---- what it is ---- */

size_t sentences_width(const struct sentences *s)
{
    return s->width;
}

const char *sentences_measure(const struct sentences *s)
{
    return s->measure;
}

void sentences_describe(const struct sentences *s, struct buf *out)
{
    static const char *const steps[] = {", a dense layer", ", LayerNorm", ", normalised"};
    for (int p = 0, n = 0; p < POOLS; p++)
        if (s->pooled[p])
            buf_printf(out, "%s%s", n++ ? " and " : "", pool_names[p].name);
    buf_puts(out, s->pooled[POOL_CLS] && s->width == s->model->E ? " token" : " of the last hidden states");
    if (s->length)
        buf_printf(out, " of at most %zu tokens", s->length);
    for (size_t i = 0; i < s->n_modules; i++)
        buf_puts(out, steps[s->modules[i].step]);
    if (s->told_by)
        buf_printf(out, " (%s)", s->told_by);
    else
        buf_puts(out, " (there is no modules.json)");
}

void sentences_prompts(const struct sentences *s, struct buf *out)
{
    struct json_cursor cursor = {0};
    struct str key;
    const struct json *value;
    for (size_t n = 0; json_next(json_get(s->about, "prompts"), &cursor, &key, &value); n++)
        buf_printf(out, "%s%.*s", n ? ", " : "", STR_ARGS(key));
}

struct str sentences_default_prompt(const struct sentences *s)
{
    return json_str(json_get(s->about, "default_prompt_name"), "");
}

bool sentences_prompt(const struct sentences *s, struct str name, struct str *out)
{
    const struct json *text = json_get_str(json_get(s->about, "prompts"), name);
    *out = json_str(text, "");
    return json_is_string(text);
}

/* ---- embedding ---- */

/* Without the blanks at its ends. */
static struct str strip(struct str s)
{
    size_t first = s.n, end = 0;
    int32_t cp;
    for (size_t at = 0, n; at < s.n; at += n) {
        n = utf8_decode(s.s + at, s.n - at, &cp);
        if (cp >= 0 && cp_is_whitespace(cp))
            continue;
        first = first < at ? first : at;
        end = at + n;
    }
    return first < end ? (struct str){s.s + first, end - first} : (struct str){0};
}

/* The text as it is tokenised: prompt and text together, without blanks at its ends, in lower case where that is asked for. */
static void prepare(const struct sentences *s, struct str prompt, struct str text, struct buf *out)
{
    struct buf whole = {0};
    buf_str(&whole, prompt);
    buf_str(&whole, text);
    struct str stripped = strip(buf_view(&whole));
    out->n = 0;
    for (size_t at = 0, n; at < stripped.n; at += n) {
        char bytes[4];
        int32_t cp;
        n = utf8_decode(stripped.s + at, stripped.n - at, &cp);
        if (s->lower && cp >= 0)
            buf_add(out, bytes, utf8_encode(cp_lower_simple(cp), bytes));
        else
            buf_add(out, stripped.s + at, n);
    }
    out->failed |= whole.failed;
    buf_free(&whole);
}

/* Tokens at a text's front that are the prompt's, where these are left out of the pooling. */
static bool prompt_tokens(const struct sentences *s, struct str prompt, size_t *out, struct err *err)
{
    struct encoding encoding = {0};
    struct buf text = {0};
    *out = 0;
    if (s->with_prompt || !prompt.n)
        return true;
    prepare(s, prompt, (struct str){0}, &text);
    bool ok = buf_ok(&text, err) && tokenizer_encode(s->model->tokenizer, buf_view(&text), NULL, 0, &encoding, err);
    if (ok && encoding.n)
        *out = encoding.n - encoding.tokens[encoding.n - 1].special;
    encoding_free(&encoding);
    buf_free(&text);
    return ok;
}

/* One kind of pooling of rows [from,T) of x [T,E] into out [E]; the first token's is that of row 0. */
static void pool(enum pool kind, const float *x, size_t from, size_t T, size_t E, float *out)
{
    size_t n = T - from;
    for (size_t e = 0; e < E; e++) {
        double sum = 0, weights = 0;
        float most = -1e9f;
        for (size_t t = from; t < T; t++) {
            double weight = kind == POOL_WEIGHTED ? (double)(t + 1) : 1;
            sum += weight * (double)x[t * E + e];
            weights += weight;
            most = fmaxf(most, x[t * E + e]);
        }
        out[e] = kind == POOL_CLS         ? x[e]
                 : kind == POOL_MAX       ? most
                 : kind == POOL_LAST      ? x[(T - 1) * E + e]
                 : kind == POOL_MEAN_SQRT ? (float)(sum / sqrt(fmax((double)n, 1e-9)))
                                          : (float)(sum / fmax(weights, 1e-9));
    }
}

/* x [in] → y, what one module makes of it; returns its width, 0 on failure. */
static size_t apply(const struct module *m, const float *x, size_t width, float *y, struct err *err)
{
    if (m->step == STEP_DENSE)
        return product_linear(&m->dense, x, 1, width, 1, m->activation, y, m->dense.out, err) ? m->dense.out : 0;
    if (m->step == STEP_NORM) {
        op_layer_norm(x, NULL, 1, width, m->weight, m->bias, 1e-5f, y);
        return width;
    }
    double sum = 0;
    for (size_t e = 0; e < width; e++)
        sum += (double)x[e] * (double)x[e];
    for (size_t e = 0; e < width; e++)
        y[e] = (float)((double)x[e] / fmax(sqrt(sum), 1e-12));
    return width;
}

/* The widest vector on the way. */
static size_t widest(const struct sentences *s)
{
    size_t most = s->model->E * POOLS;
    for (size_t i = 0; i < s->n_modules; i++)
        if (s->modules[i].step == STEP_DENSE && s->modules[i].dense.out > most)
            most = s->modules[i].dense.out;
    return most;
}

static bool embed_one(const struct sentences *s, const struct run *run, size_t text, size_t prompt, float *out, struct err *err)
{
    size_t E = s->model->E, T = tokens_length(run->tokens, text), most = widest(s), width = 0, states;
    states = run_hidden_states(run, STACK_MAIN);
    const float *last = states ? run_hidden(run, STACK_MAIN, states - 1) : NULL;
    float *x = mem_new(2 * most + T * E, sizeof *x, "an embedding", err), *y = x + most, *own = x + 2 * most;
    if (!x)
        return false;
    bool ok = last || err_set(err, ERR_NOT_FOUND, "%s keeps no hidden states", s->model->name);
    if (ok) {
        last += run->tokens->starts[text] * E;
        if (s->model->arch->last) {
            s->model->arch->last(s->model, last, T, own);
            last = own;
        }
        for (int p = 0; p < POOLS; p++)
            if (s->pooled[p]) {
                pool((enum pool)p, last, prompt < T ? prompt : T, T, E, x + width);
                width += E;
            }
    }
    for (size_t i = 0; ok && i < s->n_modules; i++) {
        width = apply(&s->modules[i], x, width, y, err);
        ok = width > 0;
        if (ok)
            memcpy(x, y, width * sizeof *x);
    }
    if (ok)
        memcpy(out, x, width * sizeof *out);
    free(x);
    return ok;
}

static bool encode(const struct sentences *s, struct str prompt, struct str text, struct encoding *out, size_t *cut,
                   struct err *err)
{
    const struct scan_options options = {.model = s->model, .length = s->length, .front = -1};
    struct buf own = {0};
    bool was_cut = false;
    prepare(s, prompt, text, &own);
    bool ok = buf_ok(&own, err) && scan_encode(&options, buf_view(&own), out, &was_cut, err);
    *cut += was_cut;
    buf_free(&own);
    return ok;
}

bool sentences_embed(const struct sentences *s, const struct str *texts, size_t n, struct str prompt, const struct watch *watch,
                     float *out, size_t *cut_out, struct err *err)
{
    size_t skip;
    *cut_out = 0;
    if (!prompt_tokens(s, prompt, &skip, err))
        return false;
    for (size_t at = 0; at < n;) {
        struct encoding batch[TEXTS];
        size_t rows = 0, k = 0;
        bool ok = !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
        for (; ok && k < TEXTS && at + k < n && rows < ROWS; k++) {
            ok = encode(s, prompt, texts[at + k], &batch[k], cut_out, err);
            rows += ok ? batch[k].n : 0;
            if (!ok)
                break;
        }
        for (size_t i = 0; !ok && i < k; i++)
            encoding_free(&batch[i]);
        const struct run_inputs inputs = {.texts = batch, .n_texts = k};
        struct run *run = ok ? run_new(s->model, &inputs, NULL, err) : NULL;
        for (size_t i = 0; run && ok && i < k; i++)
            ok = embed_one(s, run, i, skip, out + (at + i) * s->width, err);
        ok = ok && run;
        run_free(run);
        if (!ok)
            return false;
        at += k;
        if (watch && watch->progress)
            watch->progress(watch->context, at, n);
    }
    return true;
}

double sentences_compare(const char *measure, const float *a, const float *b, size_t n)
{
    double dot = 0, aa = 0, bb = 0, squares = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double x = (double)a[i], y = (double)b[i];
        dot += x * y;
        aa += x * x;
        bb += y * y;
        squares += (x - y) * (x - y);
        sum += fabs(x - y);
    }
    return measure[0] == 'd'   ? dot
           : measure[0] == 'e' ? -sqrt(squares)
           : measure[0] == 'm' ? -sum
                               : dot / fmax(sqrt(aa) * sqrt(bb), 1e-12);
}
