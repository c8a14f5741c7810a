/* Generation: greedy, sampled and beam search. See generate.h. */
#include "core/generate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/random.h"
#include "core/forward.h"
#include "core/op/log_sum.h"
#include "core/past.h"

struct generation {
    struct model *model;
    const struct generate_options *options;
    const struct output_head *head;
    const struct encoding *prompt;
    size_t width;      /* of the vocabulary */
    bool decodes;      /* an encoder–decoder */
    struct past *past; /* NULL: every step runs whole texts */
    struct run *first; /* the first pass, whose memory the past of an encoder–decoder reads */
};

const struct output_head *generate_head(const struct model *model, struct err *err)
{
    const struct output_head *head;
    for (size_t i = 0; (head = model_head(model, i)); i++)
        if (head->place == HEAD_NEXT && head->link == HEAD_SOFTMAX)
            return head;
    err_set(err, ERR_ARG, "%s has no head that says what comes next%s", model->name,
            model_head(model, 0) ? " (predict shows what its heads say)" : "");
    return NULL;
}

/* ---- one step ---- */

/* The ids it begins with, then the new ones. */
static bool encode(const struct generation *g, const int32_t *begin, size_t n_begin, const struct sequence *sequence,
                   struct encoding *out, struct err *err)
{
    size_t n = n_begin + (sequence ? sequence->n : 0);
    int32_t *ids = mem_new(n ? n : 1, sizeof *ids, "a text", err);
    bool ok = ids != NULL;
    if (ok) {
        memcpy(ids, begin, n_begin * sizeof *ids);
        if (sequence && sequence->n)
            memcpy(ids + n_begin, sequence->ids, sequence->n * sizeof *ids);
        ok = encoding_of_ids(g->model->tokenizer, ids, NULL, n, out, err);
    }
    free(ids);
    return ok;
}

static void free_encodings(struct encoding *encodings, size_t n)
{
    for (size_t i = 0; encodings && i < n; i++)
        encoding_free(&encodings[i]);
    free(encodings);
}

/* A pass over what comes behind the past: the prompt at first, then the last token of each sequence. Without a past: over all. */
static struct run *step_run(struct generation *g, const struct sequence *sequences, size_t n, struct err *err)
{
    bool first = !g->past || g->past->length == 0;
    size_t n_prompt = g->prompt->n;
    int32_t *prompt = mem_new(n_prompt, sizeof *prompt, "a prompt", err);
    struct encoding *texts = mem_new(n, sizeof *texts, "a text", err), *targets = mem_new(n, sizeof *targets, "a text", err);
    struct run *run = NULL;
    bool ok = prompt && texts && targets;
    for (size_t i = 0; ok && i < n_prompt; i++)
        prompt[i] = g->prompt->tokens[i].id;
    for (size_t i = 0; ok && i < n; i++) {
        const int32_t *last = sequences[i].n ? &sequences[i].ids[sequences[i].n - 1] : &g->model->start_token;
        struct encoding *growing = g->decodes ? &targets[i] : &texts[i];
        if (!first)
            ok = encode(g, last, 1, NULL, growing, err);
        else if (g->decodes)
            ok = encode(g, prompt, n_prompt, NULL, &texts[i], err) &&
                 encode(g, &g->model->start_token, 1, &sequences[i], growing, err);
        else
            ok = encode(g, prompt, n_prompt, &sequences[i], growing, err);
    }
    if (ok) {
        struct run_inputs inputs = {.texts = first || !g->decodes ? texts : NULL,
                                    .targets = g->decodes ? targets : NULL,
                                    .n_texts = n,
                                    .mask = g->options->mask,
                                    .past = g->past};
        run = run_new(g->model, &inputs, NULL, err);
        free(texts); /* what they held is the run's */
        free(targets);
    } else {
        free_encodings(texts, n);
        free_encodings(targets, n);
    }
    free(prompt);
    return run;
}

/* Logits of what follows each sequence, out [n,width]. */
static bool step_once(struct generation *g, const struct sequence *sequences, size_t n, float *out, struct err *err)
{
    struct run *run = step_run(g, sequences, n, err);
    bool ok = run != NULL;
    for (size_t t = 0; ok && t < n; t++) {
        const struct tokens *tokens = g->decodes ? run->target : run->tokens;
        size_t last = tokens_length(tokens, t) - 1;
        ok = run_logits(run, g->head, t, &last, 1, out + t * g->width, err);
    }
    if (ok && g->past && !g->first)
        g->first = run;
    else
        run_free(run);
    return ok;
}

/* The same, whole texts where the family can only run these. */
static bool step(struct generation *g, const struct sequence *sequences, size_t n, float *out, struct err *err)
{
    struct err own = {0};
    err = err ? err : &own; /* its code decides */
    if (step_once(g, sequences, n, out, err))
        return true;
    if (!g->past || g->past->length || err->code != ERR_UNSUPPORTED)
        return false;
    past_free(g->past);
    g->past = NULL;
    *err = (struct err){0};
    return step_once(g, sequences, n, out, err);
}

/* ---- one sequence ---- */

static bool is_end(const struct generate_options *options, int32_t id)
{
    for (size_t i = 0; i < options->n_ends; i++)
        if (options->ends[i] == id)
            return true;
    return false;
}

static size_t largest(const float *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

struct choice {
    float value;
    size_t index;
};

/* Largest first; equal ones by their number. */
static int by_value(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

/* A draw from the logits; choices [n] is room. */
static size_t draw(const struct generate_options *options, const float *logits, size_t n, struct choice *choices, uint64_t *state)
{
    double sum = 0, kept = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        choices[i] = (struct choice){logits[i] / options->temperature, i};
    qsort(choices, n, sizeof *choices, by_value);
    size_t most = options->top_k && options->top_k < n ? options->top_k : n, count = 0;
    float top = choices[0].value;
    for (size_t i = 0; i < most; i++)
        sum += exp((double)(choices[i].value - top));
    while (count < most && (count == 0 || kept < (double)options->top_p * sum))
        kept += exp((double)(choices[count++].value - top));
    double wanted = (double)(random_next(state) >> 11) * 0x1p-53 * kept;
    for (size_t i = 0; i < count; i++) {
        at += exp((double)(choices[i].value - top));
        if (wanted < at)
            return choices[i].index;
    }
    return choices[count - 1].index;
}

static bool one_sequence(struct generation *g, struct sequence *out, bool *cancelled, struct err *err)
{
    const struct generate_options *options = g->options;
    float *logits = mem_new(g->width, sizeof *logits, "what comes next", err);
    struct choice *choices = mem_new(g->width, sizeof *choices, "what comes next", err);
    uint64_t state = random_stream(options->seed, 0);
    bool ok = logits && choices;
    while (ok && out->n < options->max) {
        ok = !cancel_requested() && step(g, out, 1, logits, err);
        if (cancel_requested()) {
            *cancelled = ok = true;
            break;
        }
        if (!ok)
            break;
        size_t next = options->sample ? draw(options, logits, g->width, choices, &state) : largest(logits, g->width);
        log_softmax(logits, g->width);
        out->score += (double)logits[next];
        out->ids[out->n++] = (int32_t)next;
        if (options->each)
            options->each(options->context, (int32_t)next);
        if (is_end(options, (int32_t)next))
            break;
    }
    free(logits);
    free(choices);
    return ok;
}

/* ---- beams ---- */

/* Sequences side by side, their ids in one block. */
struct beams {
    struct sequence *at;
    int32_t *ids;
    size_t n;
};

static bool beams_new(struct beams *beams, size_t n, size_t max, struct err *err)
{
    size_t ids;
    beams->at = mem_new(n, sizeof *beams->at, "the beams", err);
    if (!beams->at || !size_mul(n, max, &ids) || !(beams->ids = mem_new(ids, sizeof *beams->ids, "the beams", err)))
        return false;
    for (size_t i = 0; i < n; i++)
        beams->at[i].ids = beams->ids + i * max;
    return true;
}

static void beams_free(struct beams *beams)
{
    free(beams->at);
    free(beams->ids);
}

static void beams_put(struct beams *beams, size_t i, const struct sequence *from, int32_t id, double score)
{
    memcpy(beams->at[i].ids, from->ids, from->n * sizeof *from->ids);
    beams->at[i].ids[from->n] = id;
    beams->at[i].n = from->n + 1;
    beams->at[i].score = score;
}

/* Put a finished sequence among the best, best first; one that is no better than the last of a full list falls out. */
static void finish(struct beams *done, size_t most, const struct sequence *from, int32_t id, double score)
{
    size_t i = done->n < most ? done->n++ : most - 1;
    if (i + 1 == most && done->n == most && done->at[i].n && !(score > done->at[i].score))
        return;
    struct sequence slot = done->at[i];
    for (; i > 0 && score > done->at[i - 1].score; i--)
        done->at[i] = done->at[i - 1];
    done->at[i] = slot;
    beams_put(done, i, from, id, score);
}

struct candidate {
    double score;
    size_t beam;
    int32_t id;
};

/* The best `want` of running + log-probabilities [running,width], best first. */
static size_t best_of(const struct beams *running, const float *logs, size_t width, size_t want, struct candidate *out)
{
    size_t n = 0;
    for (size_t b = 0; b < running->n; b++)
        for (size_t v = 0; v < width; v++) {
            double score = running->at[b].score + (double)logs[b * width + v];
            if (n == want && !(score > out[n - 1].score))
                continue;
            size_t i = n < want ? n++ : n - 1;
            for (; i > 0 && score > out[i - 1].score; i--)
                out[i] = out[i - 1];
            out[i] = (struct candidate){score, b, (int32_t)v};
        }
    return n;
}

/* One step of the search: who goes on (into next, parents) and who is done. Is there more to look for? */
static bool choose(const struct generation *g, const struct beams *running, const struct candidate *candidates, size_t n,
                   struct beams *next, size_t *parents, struct beams *done)
{
    const struct generate_options *options = g->options;
    size_t length = running->at[0].n + 1;
    bool last = length == options->max;
    next->n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct candidate *c = &candidates[i];
        bool ends = last || is_end(options, c->id);
        if (ends && i < options->beams)
            finish(done, options->beams, &running->at[c->beam], c->id, c->score / (double)length);
        if (!ends && next->n < options->beams) {
            parents[next->n] = c->beam;
            beams_put(next, next->n++, &running->at[c->beam], c->id, c->score);
        }
    }
    if (last || !next->n)
        return false;
    /* As the reference guesses it: what runs best would have to beat what is done worst, were it to end now. */
    return done->n < options->beams || next->at[0].score / (double)length > done->at[done->n - 1].score;
}

/* Cancelled: what runs is as good as done. */
static void finish_running(const struct beams *running, size_t most, struct beams *done)
{
    for (size_t b = 0; b < running->n; b++) {
        struct sequence before = running->at[b];
        if (before.n == 0)
            continue;
        before.n--;
        finish(done, most, &before, before.ids[before.n], running->at[b].score / (double)running->at[b].n);
    }
}

static bool search(struct generation *g, struct beams *running, struct beams *next, struct beams *done, float *logs,
                   struct candidate *candidates, size_t *parents, bool *cancelled, struct err *err)
{
    const struct generate_options *options = g->options;
    size_t want = (1 + (options->n_ends ? options->n_ends : 1)) * options->beams;
    running->n = 1;
    for (bool more = true; more;) {
        bool ok = !cancel_requested() && step(g, running->at, running->n, logs, err);
        if (cancel_requested()) {
            *cancelled = true;
            finish_running(running, options->beams, done);
            return true;
        }
        if (!ok)
            return false;
        for (size_t b = 0; b < running->n; b++)
            log_softmax(logs + b * g->width, g->width);
        size_t n = best_of(running, logs, g->width, want, candidates);
        more = choose(g, running, candidates, n, next, parents, done);
        if (more && g->past && !past_choose(g->past, g->model, parents, next->n, err))
            return false;
        struct beams swap = *running;
        *running = *next;
        *next = swap;
    }
    return true;
}

static bool beam_search(struct generation *g, struct sequence *out, size_t *n, bool *cancelled, struct err *err)
{
    const struct generate_options *options = g->options;
    size_t B = options->beams, cells;
    struct beams running = {0}, next = {0}, done = {0};
    float *logs = size_mul(B, g->width, &cells) ? mem_new(cells, sizeof *logs, "the beams", err) : NULL;
    struct candidate *candidates = mem_new((2 + options->n_ends) * B, sizeof *candidates, "the beams", err);
    size_t *parents = mem_new(B, sizeof *parents, "the beams", err);
    bool ok = logs && candidates && parents && beams_new(&running, B, options->max, err) &&
              beams_new(&next, B, options->max, err) && beams_new(&done, B, options->max, err) &&
              search(g, &running, &next, &done, logs, candidates, parents, cancelled, err);
    for (size_t i = 0; ok && i < done.n; i++) {
        memcpy(out[i].ids, done.at[i].ids, done.at[i].n * sizeof *out->ids);
        out[i].n = done.at[i].n;
        out[i].score = done.at[i].score;
    }
    *n = ok ? done.n : 0;
    beams_free(&running);
    beams_free(&next);
    beams_free(&done);
    free(logs);
    free(candidates);
    free(parents);
    return ok;
}

/* ---- */

void sequences_free(struct sequence *sequences, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(sequences[i].ids);
        sequences[i] = (struct sequence){0};
    }
}

static bool fits(const struct generation *g, struct err *err)
{
    size_t begin = g->decodes ? 1 : g->prompt->n;
    size_t most = g->model->stacks[g->decodes ? STACK_DECODER : STACK_MAIN].max_tokens;
    if (most && (g->options->max > most || begin > most - g->options->max))
        return err_set(err, ERR_LIMIT, "%zu tokens and %zu new ones: %s takes at most %zu", begin, g->options->max,
                       g->model->name, most);
    return true;
}

bool generate(struct model *model, const struct encoding *prompt, const struct generate_options *options, struct sequence *out,
              size_t *n, bool *cancelled, struct err *err)
{
    struct generation g = {.model = model, .options = options, .prompt = prompt, .head = generate_head(model, err)};
    *n = 0;
    *cancelled = false;
    if (!g.head)
        return false;
    if (!prompt->n)
        return err_set(err, ERR_ARG, "an empty prompt: there is nothing to go on from");
    g.width = g.head->width(model);
    g.decodes = model->stacks[STACK_DECODER].layers > 0;
    bool ok = fits(&g, err);
    for (size_t i = 0; ok && i < options->beams; i++) {
        out[i] = (struct sequence){.ids = mem_new(options->max, sizeof *out[i].ids, "the new tokens", err)};
        ok = out[i].ids != NULL;
    }
    if (ok && !options->whole)
        ok = (g.past = past_new(model, (g.decodes ? 1 : prompt->n) + options->max, err)) != NULL;
    if (ok && options->beams > 1)
        ok = beam_search(&g, out, n, cancelled, err);
    else if (ok) {
        ok = one_sequence(&g, out, cancelled, err);
        *n = ok ? 1 : 0;
    }
    run_free(g.first);
    past_free(g.past);
    for (size_t i = ok ? *n : 0; i < options->beams; i++) {
        free(out[i].ids);
        out[i] = (struct sequence){0};
    }
    return ok;
}
