/* An ablation over the texts of a file. See ablation.h.
 *
 *   lines ─► texts, some words masked ─► batches ─► (means, squares of dimensions, where they are needed)
 *                                    └─► batches ─► before, after, after each control ─► change of loss by text
 */
#include "core/measure/ablation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/measure/retention.h"

enum { ROWS_IN_A_PASS = 512 };

struct text {
    struct encoding encoding; /* as it is run: words that are asked for are masked */
    struct encoding target;   /* of the decoder, shifted right; n 0: the model has none */
    struct asked_place *places;
    size_t n_places;
};

/* Sums over texts of one variant. */
struct sums {
    double loss, change[CHANGES], squares[CHANGES], first, divergence;
};

struct work {
    const struct ablation_options *options;
    struct ablation *ablation;
    struct ablation_texts *out;
    struct text *texts; /* [out->texts] */
    struct outputs outputs;
    double *squares; /* [E] */
    struct sums *sums; /* own, random ones, matched ones */
    size_t done, all;
};

/* ---- texts ---- */

/* Does the token stand in the text itself, so that its word can be asked for? */
static bool is_own(const struct token *token)
{
    return token->text >= 0 && !token->special_id;
}

static bool choose_places(struct work *w, struct text *text, size_t number, struct err *err)
{
    const struct asked *asked = &w->out->asked;
    const struct encoding *of = text->target.n ? &text->target : &text->encoding;
    size_t n = of->n, own = 0;
    struct token *tokens = of->tokens;
    text->places = mem_new(n, sizeof *text->places, "words", err);
    for (size_t i = 0; i < n; i++)
        own += is_own(&tokens[i]);
    for (size_t i = 0, k = 0; text->places && i < n; i++) {
        if (!is_own(&tokens[i]))
            continue;
        bool is_asked = asked->masks ? own < ASKED_EVERY ? k == own / 2 : (k + number) % ASKED_EVERY == 0 : i > 0;
        k++;
        if (is_asked)
            text->places[text->n_places++] = (struct asked_place){asked->masks ? i : i - 1, tokens[i].id, -1};
        if (is_asked && asked->masks)
            tokens[i].id = asked->mask;
    }
    return text->places != NULL;
}

static void text_free(struct text *text)
{
    encoding_free(&text->encoding);
    encoding_free(&text->target);
    free(text->places);
    *text = (struct text){0};
}

/* A line's text, or its source and its target. */
static bool encode(const struct work *w, struct str line, struct text *text, bool *cut_out, struct err *err)
{
    const struct scan_options *o = &w->options->scan;
    if (w->out->asked.head->stack != STACK_DECODER)
        return scan_encode(o, line, &text->encoding, cut_out, err);
    const char *tab = memchr(line.s, '\t', line.n);
    if (!tab)
        return err_set(err, ERR_FORMAT, "no tab: a line is a source, a tab and the target whose words %s is asked for", o->model->name);
    struct str source = {line.s, (size_t)(tab - line.s)}, target = {tab + 1, line.n - source.n - 1};
    bool target_cut;
    struct scan_options plain = *o;
    plain.front = -1;
    if (!scan_encode(o, source, &text->encoding, cut_out, err) || !scan_encode(&plain, target, &text->target, &target_cut, err))
        return false;
    *cut_out = *cut_out || target_cut;
    return encoding_shift_right(o->model->tokenizer, &text->target, o->model->start_token, err);
}

static bool read_texts(struct work *w, struct err *err)
{
    const struct ablation_options *o = w->options;
    struct scan_lines lines = {.rest = o->scan.lines};
    struct str line;
    while (w->out->texts < o->texts && scan_next_line(&lines, &line)) {
        struct text *text = &w->texts[w->out->texts];
        bool was_cut;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!encode(w, line, text, &was_cut, err)) {
            text_free(text);
            return err && (err->code == ERR_CANCELLED || err->code == ERR_MEMORY) ? false
                                                                                    : err_prefix(err, "%s:%zu: ", o->scan.name, lines.line);
        }
        if (!choose_places(w, text, lines.number, err)) {
            text_free(text);
            return false;
        }
        if (!text->n_places) {
            text_free(text);
            w->out->skipped++;
            continue;
        }
        w->out->words += text->n_places;
        w->out->cut += was_cut;
        w->out->texts++;
    }
    return w->out->texts || err_set(err, ERR_NOT_FOUND, "%s: no line with a word to ask for", o->scan.name);
}

/* The texts from `at` on that go through a pass together, at least one. */
static size_t batch(const struct work *w, size_t at)
{
    size_t n = 1, rows = w->texts[at].encoding.n;
    while (!ablation_of_parts(w->ablation) && at + n < w->out->texts && rows + w->texts[at + n].encoding.n <= ROWS_IN_A_PASS)
        rows += w->texts[at + n++].encoding.n;
    return n;
}

static struct run *run_batch(const struct work *w, size_t at, size_t n, const struct intervention *changes, size_t n_changes, struct err *err)
{
    struct encoding *texts = mem_new(2 * n, sizeof *texts, "texts", err);
    bool ok = texts != NULL, targets = w->texts[at].target.n > 0;
    for (size_t i = 0; ok && i < n; i++)
        ok = encoding_copy(&w->texts[at + i].encoding, &texts[i], err) && (!targets || encoding_copy(&w->texts[at + i].target, &texts[n + i], err));
    for (size_t i = 0; texts && !ok && i < 2 * n; i++)
        encoding_free(&texts[i]);
    struct run_inputs inputs = {.texts = texts, .n_texts = n, .targets = targets ? texts + n : NULL, .interventions = changes, .n_interventions = n_changes};
    struct run *run = ok ? run_new(w->options->scan.model, &inputs, NULL, err) : NULL;
    free(texts);
    return run;
}

static bool report(struct work *w, size_t texts, struct err *err)
{
    const struct watch *watch = w->options->scan.watch;
    w->done += texts;
    if (watch && watch->progress)
        watch->progress(watch->context, w->done, w->all);
    return !cancel_requested() || err_set(err, ERR_CANCELLED, "cancelled");
}

/* ---- what the ablation needs to know first ---- */

static bool gather(struct work *w, struct err *err)
{
    bool dims = w->ablation->mode == ABLATE_DIMS;
    struct intervention weigh = dims_weighed(w->squares, w->ablation->rows);
    for (size_t at = 0, n; at < w->out->texts; at += n) {
        n = batch(w, at);
        struct run *run = run_batch(w, at, n, &weigh, dims, err);
        bool ok = run && (dims || outputs_add(&w->outputs, w->ablation, run, err)) && report(w, n, err);
        run_free(run);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- before and after ---- */

/* Add what one text's predictions say to the sums of a variant. */
static void add(struct sums *sums, const struct predicted *predicted, size_t n, double *loss_before)
{
    double before = 0, after = 0, first = 0, divergence = 0, words = (double)n, change[CHANGES] = {0};
    for (size_t i = 0; i < n; i++) {
        const struct predicted *p = &predicted[i];
        before += p->loss[0] / words;
        after += p->loss[1] / words;
        change[CHANGED_PROBABILITY] += (exp(-p->loss[1]) - exp(-p->loss[0])) / words;
        change[CHANGED_MARGIN] += (p->margin[1] - p->margin[0]) / words;
        first += p->first[0] != p->first[1];
        divergence += p->divergence;
    }
    change[CHANGED_LOSS] = after - before;
    sums->loss += after;
    for (size_t c = 0; c < CHANGES; c++) {
        sums->change[c] += change[c];
        sums->squares[c] += change[c] * change[c];
    }
    sums->first += first / words;
    sums->divergence += divergence / words;
    *loss_before += before;
}

static bool compare(struct work *w, const struct run *before, const struct run *after, size_t at, size_t n, struct sums *sums,
                    double *loss, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        const struct text *text = &w->texts[at + i];
        struct predicted *predicted = mem_new(text->n_places, sizeof *predicted, "predictions", err);
        ok = predicted && predicted_compare(before, after, w->out->asked.head, i, text->places, text->n_places, predicted, err);
        if (ok)
            add(sums, predicted, text->n_places, loss);
        free(predicted);
    }
    return ok;
}

static bool change_batch(struct work *w, size_t at, size_t n, struct err *err)
{
    struct dims_controls *controls = &w->out->controls;
    size_t sets = controls->n_random + controls->n_matched, n_changes;
    struct arena *arena = arena_new(err);
    struct run *before = arena ? run_batch(w, at, n, NULL, 0, err) : NULL;
    bool ok = before != NULL;
    for (size_t s = 0; ok && s <= sets; s++) {
        struct ablation one = *w->ablation;
        double unused = 0;
        if (s)
            one.dims = s <= controls->n_random ? controls->random[s - 1] : controls->matched[s - 1 - controls->n_random];
        struct intervention *changes = ablation_make(&one, &w->outputs, before, at, arena, &n_changes, err);
        struct run *after = changes ? run_again(w->options->scan.model, before, changes, n_changes, NULL, err) : NULL;
        ok = after && compare(w, before, after, at, n, &w->sums[s], s ? &unused : &w->out->loss, err) && report(w, n, err);
        run_free(after);
    }
    run_free(before);
    arena_free(arena);
    return ok;
}

static struct mean_change mean_of(const struct sums *sums, size_t texts)
{
    double n = (double)texts;
    struct mean_change out = {.loss = sums->loss / n, .first = sums->first / n, .divergence = sums->divergence / n};
    for (size_t c = 0; c < CHANGES; c++) {
        double mean = sums->change[c] / n, variance = (sums->squares[c] - n * mean * mean) / (n - 1);
        double half = texts > 1 ? student_quantile(0.025, n - 1) * sqrt((variance > 0 ? variance : 0) / n) : NAN;
        out.of[c].change = mean;
        out.of[c].low = mean - half;
        out.of[c].high = mean + half;
    }
    return out;
}

static bool room(struct work *w, struct err *err)
{
    bool dims = w->ablation->mode == ABLATE_DIMS;
    w->texts = mem_new(w->options->texts, sizeof *w->texts, "texts", err);
    w->squares = mem_new(w->options->scan.model->E, sizeof *w->squares, "dimensions", err);
    w->sums = mem_new(1 + 2 * w->options->controls, sizeof *w->sums, "predictions", err);
    w->out->random = mem_new(2 * w->options->controls, sizeof *w->out->random, "predictions", err);
    return w->texts && w->squares && w->sums && w->out->random &&
           (dims || outputs_new(w->ablation, w->options->scan.model, &w->outputs, err));
}

bool ablation_texts(const struct ablation_options *options, struct ablation *ablation, struct ablation_texts *out, struct err *err)
{
    struct work w = {.options = options, .ablation = ablation, .out = out};
    bool dims = ablation->mode == ABLATE_DIMS, first = dims || ablation->mode == ABLATE_MEAN || ablation->mode == ABLATE_RESAMPLE;
    *out = (struct ablation_texts){.asked = asked_head(options->scan.model, options->emd), .squares = NAN};
    if (!out->asked.head)
        out->asked = asked_decoder(options->scan.model);
    bool ok = (out->asked.head || err_set(err, ERR_NOT_FOUND, "%s has no head that can be asked for the words of a text",
                                          options->scan.model->name)) &&
              room(&w, err) && read_texts(&w, err);
    w.all = ok ? out->texts * (1 + first + (dims ? 2 * options->controls : 0)) : 0;
    ok = ok && (!first || gather(&w, err));
    if (ok && dims) {
        ok = dims_controls_draw(&ablation->dims, w.squares, options->scan.model->E, options->controls, options->controls,
                                ablation->seed, &out->controls, err);
        out->squares = ablation->dims.squares;
    }
    for (size_t at = 0, n; ok && at < out->texts; at += n) {
        n = batch(&w, at);
        ok = change_batch(&w, at, n, err);
    }
    if (ok) {
        out->loss /= (double)out->texts;
        out->own = mean_of(&w.sums[0], out->texts);
        out->matched = out->random + out->controls.n_random;
        for (size_t s = 0; s < out->controls.n_random + out->controls.n_matched; s++)
            out->random[s] = mean_of(&w.sums[1 + s], out->texts);
    }
    for (size_t t = 0; w.texts && t < out->texts; t++)
        text_free(&w.texts[t]);
    free(w.texts);
    free(w.squares);
    free(w.sums);
    outputs_free(&w.outputs);
    if (!ok)
        ablation_texts_free(out);
    return ok;
}

void ablation_texts_free(struct ablation_texts *texts)
{
    free(texts->random);
    dims_controls_free(&texts->controls);
    *texts = (struct ablation_texts){0};
}
