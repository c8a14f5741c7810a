/* A forward pass, kept, and the doors to its maps and logits. See run.h. */
#include "core/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pass.h"

void run_free(struct run *run)
{
    if (!run)
        return;
    for (size_t t = 0; t < run->n_texts; t++)
        encoding_free(&run->texts[t]);
    free(run->texts);
    free(run->starts);
    free(run->ids);
    free(run->types);
    free(run->positions);
    free(run->hidden);
    free(run->attentions);
    free(run->interventions);
    arena_free(run->arena);
    free(run);
}

/* A run that owns the encodings, without anything computed. */
static struct run *run_with(struct model *model, struct encoding *texts, size_t n_texts, struct err *err)
{
    struct run *run = mem_new(1, sizeof *run, "a run", err);
    if (run)
        run->texts = mem_new(n_texts, sizeof *texts, "a run", err);
    if (!run || !run->texts) {
        free(run);
        for (size_t t = 0; t < n_texts; t++)
            encoding_free(&texts[t]);
        return NULL;
    }
    memcpy(run->texts, texts, n_texts * sizeof *texts);
    memset(texts, 0, n_texts * sizeof *texts); /* taken */
    run->n_texts = n_texts;
    run->model = model;
    return run;
}

static bool too_long(const struct model *model, size_t n, struct err *err)
{
    return err_set(err, ERR_LIMIT, "the text has %zu tokens, %s takes at most %zu (shorten it, or run it in parts)", n,
                   model->name, model->max_tokens);
}

/* Rows, ids, types and positions of all texts, packed. */
static bool pack(struct run *run, struct err *err)
{
    run->starts = mem_new(run->n_texts + 1, sizeof *run->starts, "a run", err);
    if (!run->starts)
        return false;
    for (size_t t = 0; t < run->n_texts; t++) {
        size_t n = run->texts[t].n;
        if (n == 0)
            return err_set(err, ERR_ARG, "the text has no tokens: nothing to run");
        if (run->model->max_tokens && n > run->model->max_tokens)
            return too_long(run->model, n, err);
        run->starts[t + 1] = run->starts[t] + n;
    }
    run->rows = run->starts[run->n_texts];
    run->ids = mem_new(run->rows, sizeof *run->ids, "a run", err);
    run->types = mem_new(run->rows, sizeof *run->types, "a run", err);
    run->positions = mem_new(run->rows, sizeof *run->positions, "a run", err);
    if (!run->ids || !run->types || !run->positions)
        return false;
    for (size_t t = 0; t < run->n_texts; t++)
        for (size_t i = 0; i < run->texts[t].n; i++) {
            size_t row = run->starts[t] + i;
            run->ids[row] = run->texts[t].tokens[i].id;
            run->types[row] = run->texts[t].tokens[i].type;
            run->positions[row] = (int32_t)i;
        }
    for (size_t i = 0; i < run->n_interventions; i++)
        if (run->interventions[i].kind->positions)
            run->interventions[i].kind->positions(&run->interventions[i], run->positions, run->rows);
    return true;
}

/* Room for what the pass keeps: q, k, v, z of every layer and the hidden states. */
static bool reserve(struct run *run, struct err *err)
{
    const struct model *model = run->model;
    size_t attentions = model->layers * run->n_texts, bytes;
    size_t width = model->layers * (2 * model->H + 2 * model->Hkv) * model->D + (model->layers + 1) * model->E;
    if (!size_mul(width, run->rows, &bytes) || !size_mul(bytes, sizeof(float), &bytes) ||
        !size_add(bytes, (5 * model->layers + 8) * 64, &bytes))
        return err_memory(err, SIZE_MAX, "a run");
    run->hidden = mem_new(model->layers + 1, sizeof *run->hidden, "a run", err);
    run->attentions = mem_new(attentions, sizeof *run->attentions, "a run", err);
    run->attentions_capacity = attentions;
    return run->hidden && run->attentions && arena_reserve(run->arena, bytes, err);
}

static bool forward(struct run *run, const struct watch *watch, struct err *err)
{
    struct pass pass = {
        .run = run,
        .scratch = arena_new(err),
        .n_texts = run->n_texts,
        .rows = run->rows,
        .starts = run->starts,
        .ids = run->ids,
        .types = run->types,
        .positions = run->positions,
        .watch = watch,
    };
    bool ok = pass.scratch && run->model->arch->forward(run->model, &pass, err);
    arena_free(pass.scratch);
    return ok;
}

struct run *run_new(struct model *model, struct encoding *texts, size_t n_texts, const struct intervention *interventions,
                    size_t n_interventions, const struct watch *watch, struct err *err)
{
    struct run *run = run_with(model, texts, n_texts, err);
    if (!run)
        return NULL;
    if (!model_runs(model)) {
        err_set(err, ERR_ARG, "%s has a tokenizer but no weights: it cannot run", model->name);
        goto fail;
    }
    if (n_interventions) {
        run->interventions = mem_new(n_interventions, sizeof *interventions, "a run", err);
        if (!run->interventions)
            goto fail;
        memcpy(run->interventions, interventions, n_interventions * sizeof *interventions);
        run->n_interventions = n_interventions;
    }
    run->arena = arena_new(err);
    if (!run->arena || !pack(run, err) || !reserve(run, err) || !model_prepare(model, err) || !forward(run, watch, err))
        goto fail;
    return run;
fail:
    run_free(run);
    return NULL;
}

const struct attention *run_attention(const struct run *run, struct site site, struct err *err)
{
    size_t done = atomic_load_explicit(&run->done, memory_order_acquire);
    for (size_t i = 0; i < done; i++) {
        const struct attention *a = &run->attentions[i];
        if (a->stack == site.stack && a->layer == site.layer && a->text == site.text) {
            if (site.head < a->H)
                return a;
            err_set(err, ERR_NOT_FOUND, "%c%zu has heads H0 to H%zu, not H%zu", stack_letters[site.stack], site.layer, a->H - 1,
                    site.head);
            return NULL;
        }
    }
    err_set(err, ERR_NOT_FOUND, "%s has layers L0 to L%zu, not %c%zu", run->model->name, run->model->layers - 1,
            stack_letters[site.stack], site.layer);
    return NULL;
}

bool run_map(const struct run *run, struct site site, struct part part, size_t row, size_t rows, float *out, struct err *err)
{
    const struct attention *a = run_attention(run, site, err);
    if (!a)
        return false;
    if (row > a->Tq || rows > a->Tq - row)
        return err_set(err, ERR_LIMIT, "rows %zu to %zu of a map of %zu queries", row, row + rows, a->Tq);
    return attention_map(a, site.head, part, row, rows, out, err);
}

bool run_logits(const struct run *run, const struct output_head *head, size_t text, const size_t *rows, size_t n, float *out,
                struct err *err)
{
    size_t E = run->model->E;
    float *hidden = mem_new(n * E, sizeof *hidden, "hidden states", err);
    if (!hidden)
        return false;
    const float *last = run->hidden[run->n_hidden - 1];
    for (size_t i = 0; i < n; i++)
        memcpy(hidden + i * E, last + (run->starts[text] + rows[i]) * E, E * sizeof *hidden);
    bool ok = head->logits(run->model, hidden, n, out, err);
    free(hidden);
    return ok;
}

size_t run_kept_bytes(const struct run *run)
{
    return arena_bytes(run->arena);
}
