/* Texts scored by masking each token, or by what came before. See score.h.
 *
 * A masked text of n tokens is n variants of it, each with one token (or the rest of its word) masked. Variants of all texts
 * queue up to PASS_ROWS tokens and go through one pass; causal texts are packed likewise, one variant each. Of a pass the rows
 * that the head reads are gathered, BLOCK at a time and always as many, so that the head's product is of one kernel class
 * whatever is scored together. */
#include "core/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/forward.h"
#include "core/op/log_sum.h"

enum { PASS_ROWS = 512, PASS_TEXTS = 128, BLOCK = 32 };

/* A number to be made: of token `token` of text `text`. */
struct place {
    size_t text, token;
    int32_t id;
};
/* A variant that waits for a pass, and the places that it answers: one where masked, all that count where causal. */
struct variant {
    struct encoding encoding;
    size_t text, token;
    int32_t id; /* that was there before the mask */
};
struct scoring {
    const struct score_options *options;
    struct text_score *out;
    int32_t mask, unknown;
    struct variant queue[PASS_TEXTS];
    size_t n_queue, rows;
    struct place places[BLOCK];
    size_t n_places, E, V;
    float *hidden; /* [BLOCK,E] */
    float *logits; /* [BLOCK,V] */
    bool checked;  /* that a causal model's tokens do not see what follows */
};

/* ---- which head ---- */

const struct output_head *score_head(const struct model *model, enum score_kind masked, bool emd, enum score_kind *kind_out,
                                     struct err *err)
{
    const struct output_head *head, *found = NULL;
    for (size_t i = 0; !found && (head = model_head(model, i)); i++)
        if ((head->place == HEAD_MASKS || head->place == HEAD_NEXT) && (emd || head->stack != STACK_EMD))
            found = head;
    if (!model_runs(model))
        err_set(err, ERR_ARG, "%s has a tokenizer but no weights: it scores nothing", model->name);
    else if (model->stacks[STACK_DECODER].layers)
        err_set(
            err, ERR_ARG,
            "%s is an encoder-decoder: it holds a target likely given a source, and no text by itself; score takes masked and "
            "causal language models",
            model->name);
    else if (!found)
        err_set(err, ERR_NOT_FOUND, "%s has no head over its vocabulary in its weights: it says of no word how likely it is",
                model->name);
    else if (!model->tokenizer)
        err_set(err, ERR_ARG, "%s has no tokenizer: %s", model->name, model->tokenizer_problem ? model->tokenizer_problem : "");
    else if (found->place == HEAD_MASKS && tokenizer_role(model->tokenizer, "mask") < 0)
        err_set(err, ERR_ARG, "%s names no mask token: nothing can be masked", model->name);
    else {
        *kind_out = found->place == HEAD_NEXT ? SCORE_CAUSAL : masked;
        return found;
    }
    return NULL;
}

/* ---- a text's tokens ---- */

static bool counts(const struct score_options *o, const struct encoding *text, size_t i)
{
    return !text->tokens[i].special && (o->kind != SCORE_CAUSAL || i > 0);
}

static bool encode(const struct score_options *o, struct str text, struct encoding *out, struct err *err)
{
    struct encoding plain = {0};
    const struct tokenizer *tokenizer = o->model->tokenizer;
    *out = (struct encoding){0};
    if (!tokenizer_encode(tokenizer, text, NULL, 0, &plain, err))
        return false;
    if (o->front < 0) {
        *out = plain;
        return true;
    }
    bool ok = encoding_new(out, plain.n + 1, err);
    if (ok) {
        out->tokens[0] = (struct token){.id = o->front, .text = -1, .special = true, .word = -1};
        if (plain.n)
            memcpy(out->tokens + 1, plain.tokens, plain.n * sizeof *plain.tokens);
        for (size_t i = 0; ok && i < out->n; i++) /* of this arena: the plain encoding goes */
            ok = arena_str(out->arena, tokenizer_string(tokenizer, out->tokens[i].id), &out->tokens[i].string, err);
    }
    encoding_free(&plain);
    if (!ok)
        encoding_free(out);
    return ok;
}

/* A copy of the text in which token i, and with l2r the later ones of its word, are masked. */
static bool make_variant(const struct scoring *s, const struct encoding *text, size_t i, struct encoding *out, struct err *err)
{
    *out = (struct encoding){0};
    if (!encoding_new(out, text->n, err))
        return false;
    memcpy(out->tokens, text->tokens, text->n * sizeof *text->tokens);
    const struct token *at = &text->tokens[i];
    for (size_t j = i; j < text->n; j++) {
        const struct token *token = &text->tokens[j];
        bool same = j == i || (s->options->kind == SCORE_MASKED_L2R && !token->special && at->word >= 0 &&
                               token->word == at->word && token->text == at->text);
        if (!same)
            break;
        out->tokens[j].id = s->mask;
    }
    return true;
}

/* ---- numbers from rows ---- */

/* The gathered rows through the head. Rows that are not there are zeros: none touches another. */
static bool flush_places(struct scoring *s, struct err *err)
{
    const struct score_options *o = s->options;
    if (!s->n_places)
        return true;
    memset(s->hidden + s->n_places * s->E, 0, (BLOCK - s->n_places) * s->E * sizeof *s->hidden);
    bool ok = true;
    if (product_rows_touch())
        for (size_t i = 0; ok && i < s->n_places; i++)
            ok = o->head->logits(o->model, s->hidden + i * s->E, 1, s->logits + i * s->V, err);
    else
        ok = o->head->logits(o->model, s->hidden, BLOCK, s->logits, err);
    for (size_t i = 0; ok && i < s->n_places; i++) {
        const struct place *place = &s->places[i];
        struct text_score *score = &s->out[place->text];
        const float *logits = s->logits + i * s->V;
        double value = (double)logits[place->id] - log_sum(logits, s->V); /* ln p */
        if (isnan(value))
            return err_set(err, ERR_FORMAT, "the logits at index %zu are not finite: %s scores nothing", place->token,
                           o->model->name);
        score->total += value;
        if (score->tokens)
            score->tokens[place->token].value = value;
    }
    s->n_places = 0;
    return ok;
}

/* Row `row` of text `text` of the run is what the head reads for this place. */
static bool add_place(struct scoring *s, const struct run *run, size_t text, size_t row, struct place place, struct err *err)
{
    size_t width;
    const float *x = run_head_row(run, s->options->head, text, row, &width);
    if (!x)
        return err_set(err, ERR_NOT_FOUND, "this run keeps no %s, which the head %s reads", s->options->head->from,
                       s->options->head->name);
    if (place.id < 0 || (size_t)place.id >= s->V)
        return err_set(err, ERR_LIMIT, "token id %d lies outside the %zu words of the head", place.id, s->V);
    if (!s->hidden) {
        s->E = width;
        s->hidden = mem_new(BLOCK * width, sizeof *s->hidden, "scores", err);
        if (!s->hidden)
            return false;
    }
    memcpy(s->hidden + s->n_places * s->E, x, s->E * sizeof *x);
    s->places[s->n_places++] = place;
    return s->n_places < BLOCK || flush_places(s, err);
}

/* ---- passes ---- */

/* Does the first of two tokens or more see the last? */
static bool sees_ahead(const struct run *run)
{
    const struct attention *a = run_attention(run, (struct site){0}, NULL);
    return a && a->Tq > 1 && a->Tk == a->Tq && !attention_masked(a, 0, a->Tk - 1);
}

static bool read_run(struct scoring *s, const struct run *run, const struct variant *variants, struct err *err)
{
    const struct score_options *o = s->options;
    if (o->kind == SCORE_CAUSAL && !s->checked && sees_ahead(run))
        return err_set(err, ERR_ARG, "%s lets a token see those behind it: the next word is no guess, and no likelihood follows",
                       o->model->name);
    s->checked = true;
    for (size_t t = 0; t < run->tokens->n_texts; t++) {
        const struct encoding *text = &run->tokens->texts[t];
        const struct variant *v = &variants[t];
        if (o->kind != SCORE_CAUSAL && !add_place(s, run, t, v->token, (struct place){v->text, v->token, v->id}, err))
            return false;
        for (size_t i = 1; o->kind == SCORE_CAUSAL && i < text->n; i++)
            if (counts(o, text, i) && !add_place(s, run, t, i - 1, (struct place){v->text, i, text->tokens[i].id}, err))
                return false;
    }
    return true;
}

static void drop_queue(struct scoring *s)
{
    for (size_t i = 0; i < s->n_queue; i++)
        encoding_free(&s->queue[i].encoding);
    s->n_queue = s->rows = 0;
}

static bool flush_queue(struct scoring *s, struct err *err)
{
    struct encoding texts[PASS_TEXTS];
    size_t n = s->n_queue;
    if (!n)
        return true;
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    for (size_t i = 0; i < n; i++) {
        texts[i] = s->queue[i].encoding;
        s->queue[i].encoding = (struct encoding){0};
    }
    struct run *run = run_new(s->options->model, &(struct run_inputs){.texts = texts, .n_texts = n}, NULL, err);
    bool ok = run && read_run(s, run, s->queue, err);
    drop_queue(s);
    run_free(run);
    return ok;
}

/* Takes the variant's encoding. */
static bool enqueue(struct scoring *s, struct variant variant, struct err *err)
{
    bool full = s->n_queue == PASS_TEXTS || (s->n_queue && s->rows + variant.encoding.n > PASS_ROWS);
    if (full && !flush_queue(s, err)) {
        encoding_free(&variant.encoding);
        return false;
    }
    s->rows += variant.encoding.n;
    s->queue[s->n_queue++] = variant;
    return true;
}

/* ---- texts ---- */

static bool keep_tokens(const struct encoding *text, struct text_score *out, struct arena *arena, struct err *err)
{
    out->tokens = arena_alloc(arena, text->n + 1, sizeof *out->tokens, "scores", err);
    for (size_t i = 0; out->tokens && i < text->n; i++) {
        out->tokens[i].value = NAN;
        if (!arena_str(arena, text->tokens[i].string, &out->tokens[i].string, err))
            return false;
    }
    return out->tokens != NULL;
}

static bool begin_text(struct scoring *s, const struct encoding *text, size_t number, struct arena *arena, struct err *err)
{
    const struct score_options *o = s->options;
    struct text_score *out = &s->out[number];
    size_t most = o->model->stacks[STACK_MAIN].max_tokens;
    *out = (struct text_score){.n = text->n};
    for (size_t i = 0; i < text->n; i++)
        if (counts(o, text, i)) {
            out->counted++;
            out->unknown += text->tokens[i].id == s->unknown;
        }
    if (!out->counted)
        return err_set(err, ERR_ARG, "the text has no token that counts%s",
                       o->kind == SCORE_CAUSAL && text->n ? ": a causal model says nothing of the first" : "");
    if (most && text->n > most)
        return err_set(err, ERR_LIMIT, "the text has %zu tokens, %s takes at most %zu", text->n, o->model->name, most);
    return !o->keep || keep_tokens(text, out, arena, err);
}

static bool add_text(struct scoring *s, struct str given, size_t number, struct arena *arena, struct err *err)
{
    const struct score_options *o = s->options;
    struct encoding text;
    *o->blamed = number;
    if (!encode(o, given, &text, err))
        return false;
    bool ok = begin_text(s, &text, number, arena, err);
    if (!ok) {
        encoding_free(&text);
        return false;
    }
    *o->blamed = SIZE_MAX; /* a pass is of many */
    if (o->kind == SCORE_CAUSAL)
        return enqueue(s, (struct variant){.encoding = text, .text = number}, err); /* taken */
    for (size_t i = 0; ok && i < text.n; i++) {
        struct variant variant = {.text = number, .token = i, .id = text.tokens[i].id};
        if (counts(o, &text, i))
            ok = make_variant(s, &text, i, &variant.encoding, err) && enqueue(s, variant, err);
    }
    encoding_free(&text);
    return ok;
}

bool score_texts(const struct score_options *o, const struct str *texts, size_t n, struct arena *arena, struct text_score *out,
                 struct err *err)
{
    struct scoring *s = mem_new(1, sizeof *s, "scores", err);
    if (!s)
        return false;
    *s = (struct scoring){.options = o,
                          .out = out,
                          .mask = tokenizer_role(o->model->tokenizer, "mask"),
                          .unknown = tokenizer_role(o->model->tokenizer, "unk"),
                          .V = o->head->width(o->model)};
    s->logits = mem_new(BLOCK * s->V, sizeof *s->logits, "scores", err);
    bool ok = s->logits != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        ok = add_text(s, texts[i], i, arena, err);
        if (ok && o->watch && o->watch->progress)
            o->watch->progress(o->watch->context, i + 1, n);
    }
    ok = ok && flush_queue(s, err) && flush_places(s, err);
    if (!ok && err && (err->code == ERR_CANCELLED || err->code == ERR_MEMORY))
        *o->blamed = SIZE_MAX; /* no text's fault */
    drop_queue(s);
    free(s->hidden);
    free(s->logits);
    free(s);
    return ok;
}
