/* Variants of texts through a model. See column_jobs.h. */
#include "core/measure/column_jobs.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/random.h"
#include "core/forward.h"
#include "core/measure/predicted.h"
#include "core/op/log_sum.h"

bool jobs_add(struct jobs *jobs, size_t text, size_t variant, size_t word, struct err *err)
{
    void *grown = jobs->job;
    const struct material *m = jobs->material;
    size_t n = m->length;
    if (!mem_grow(&grown, &jobs->capacity, jobs->n + 1, sizeof *jobs->job, "variants of texts", err))
        return false;
    jobs->job = grown;
    struct job *job = &jobs->job[jobs->n];
    *job = (struct job){.text = text, .variant = variant, .word = word};
    int32_t *ids = mem_new(2 * n, sizeof *ids, "a variant", err);
    size_t *from = mem_new(n, sizeof *from, "a variant", err);
    if (!ids || !from) {
        free(ids);
        free(from);
        return false;
    }
    jobs->n++;
    for (size_t i = 0; i < n; i++) {
        ids[i] = m->texts[text].tokens[i].id;
        ids[n + i] = m->texts[text].tokens[i].type;
        from[i] = i;
    }
    job->made = (struct variant_text){.n = n, .ids = ids, .from = from, .key = {0, n - 1}, .absolute = jobs->absolute,
                                      .word = m->words[word % COLUMN_TEST_WORDS], .filler = m->words[(word + 1) % COLUMN_TEST_WORDS],
                                      .ordinary = m->ordinary, .n_ordinary = m->n_ordinary,
                                      .state = random_stream(jobs->options->seed, text * VARIANTS + variant)};
    variants[variant].make(&job->made);
    return encoding_of_ids(jobs->options->model->tokenizer, ids, ids + n, n, &job->encoding, err);
}

/* The other axis of each job's text, [n]; *out NULL: the model has none. */
static bool other_axis(const struct jobs *jobs, struct encoding **out, struct err *err)
{
    const struct material *m = jobs->material;
    int32_t *ids = m->others ? mem_new(2 * m->length, sizeof *ids, "variants of texts", err) : NULL;
    *out = ids ? mem_new(jobs->n, sizeof **out, "variants of texts", err) : NULL;
    bool ok = !m->others || *out;
    for (size_t i = 0; ok && m->others && i < jobs->n; i++) {
        const struct token *tokens = m->others[jobs->job[i].text].tokens;
        for (size_t k = 0; k < m->length; k++) {
            ids[k] = tokens[k].id;
            ids[m->length + k] = tokens[k].type;
        }
        ok = encoding_of_ids(jobs->options->model->tokenizer, ids, ids + m->length, m->length, &(*out)[i], err);
    }
    free(ids);
    return ok;
}

static void free_encodings(struct encoding *texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++)
        encoding_free(&texts[i]);
    free(texts);
}

struct run *jobs_run(struct jobs *jobs, struct err *err)
{
    size_t n = jobs->material->length;
    bool shifted = false, target = jobs->material->axis == AXIS_TARGET;
    struct encoding *others = NULL;
    struct encoding *texts = mem_new(jobs->n, sizeof *texts, "variants of texts", err);
    float *positions = mem_new(jobs->n * n, sizeof *positions, "position ids", err);
    struct run *run = NULL;
    if (!texts || !positions || !other_axis(jobs, &others, err)) {
        free_encodings(others, jobs->n);
    } else {
        for (size_t i = 0; i < jobs->n; i++) {
            texts[i] = jobs->job[i].encoding;
            jobs->job[i].encoding = (struct encoding){0};
            shifted = shifted || jobs->job[i].made.shifted;
            for (size_t k = 0; k < n; k++)
                positions[i * n + k] = (float)(k + (jobs->job[i].made.shifted ? (size_t)jobs->shift : 0));
        }
        struct intervention changes[2];
        size_t n_changes = 0;
        if (jobs->change)
            changes[n_changes++] = *jobs->change;
        if (shifted)
            changes[n_changes++] = (struct intervention){.kind = intervention_named("positions"), .layer = SIZE_MAX, .head = SIZE_MAX,
                                                         .token = SIZE_MAX, .values = positions,
                                                         .stack = column_axis_stack(jobs->material->axis)};
        run = run_new(jobs->options->model,
                      &(struct run_inputs){.texts = target ? others : texts, .targets = target ? texts : others, .n_texts = jobs->n,
                                           .interventions = changes, .n_interventions = n_changes},
                      NULL, err);
        free(others);
    }
    free(texts);
    free(positions);
    return run;
}

void jobs_clear(struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->n; i++) {
        encoding_free(&jobs->job[i].encoding);
        free(jobs->job[i].made.ids);
        free(jobs->job[i].made.from);
    }
    jobs->n = 0;
}

void jobs_free(struct jobs *jobs)
{
    jobs_clear(jobs);
    free(jobs->job);
}

/* ---- losses ---- */

/* The head that is asked: the model's own over whole texts, or its decoder's. *other: it answers on the axis that stays. */
static struct asked asked_of(const struct jobs *jobs, bool *other)
{
    const struct model *model = jobs->options->model;
    struct asked asked = asked_head(model, true);
    const struct output_head *each;
    *other = false;
    for (size_t i = 0; !asked.head && (each = model_head(model, i)); i++)
        if (each->place == HEAD_NEXT && each->stack == STACK_DECODER) {
            asked = (struct asked){.head = each, .of = "next words of the target", .mask = -1};
            *other = jobs->material->axis == AXIS_SOURCE;
        }
    return asked;
}

/* Is the key one whose word counts, in every variant of the text? */
static bool is_asked(const struct job *job, size_t key, bool masks, bool other)
{
    size_t from = other ? key : job->made.from[key], n = job->made.n;
    if (from == SIZE_MAX || from < 2 || from + 3 >= n || key + 1 >= n)
        return false;
    return !masks || (from + job->text) % ASKED_EVERY == 0;
}

/* Add the losses of all jobs of the run. sums, counts [VARIANTS]. */
static bool add_losses(const struct jobs *jobs, const struct run *run, const struct output_head *head, bool other, double *sums,
                       size_t *counts, struct err *err)
{
    bool masks = head->place == HEAD_MASKS;
    size_t width = head->width(run->model), V = tokenizer_vocab_size(run->model->tokenizer);
    float *logits = mem_new(width, sizeof *logits, "logits", err);
    bool ok = logits != NULL;
    for (size_t j = 0; ok && j < jobs->n; j++)
        for (size_t key = 0; ok && key < jobs->material->length; key++) {
            const struct job *job = &jobs->job[j];
            if (!is_asked(job, key, masks, other))
                continue;
            int32_t id = other ? jobs->material->others[job->text].tokens[key + 1].id : job->made.ids[masks ? key : key + 1];
            if ((size_t)id >= width || (size_t)id >= V)
                continue;
            ok = run_logits(run, head, j, &key, 1, logits, err);
            sums[job->variant] += ok ? log_sum(logits, width) - (double)logits[id] : 0; /* −ln p */
            counts[job->variant]++;
        }
    free(logits);
    return ok;
}

bool column_losses(struct jobs *jobs, size_t first, double *loss_out, const char **of_out, struct err *err)
{
    double sums[VARIANTS] = {0};
    size_t counts[VARIANTS] = {0};
    bool ok = true, other;
    struct asked asked = asked_of(jobs, &other);
    const struct output_head *head = asked.head;
    *of_out = asked.of;
    for (size_t t = first; ok && head && t < jobs->material->n; t += 2) {
        for (size_t v = 0; ok && v < VARIANTS; v++) {
            ok = jobs_add(jobs, t, v, t / 2, err);
            for (size_t key = 0; ok && asked.masks && key < jobs->material->length; key++)
                if (is_asked(&jobs->job[jobs->n - 1], key, true, false))
                    jobs->job[jobs->n - 1].encoding.tokens[key].id = asked.mask;
        }
        struct run *run = ok ? jobs_run(jobs, err) : NULL;
        ok = run && add_losses(jobs, run, head, other, sums, counts, err);
        run_free(run);
        jobs_clear(jobs);
    }
    for (size_t v = 0; v < VARIANTS; v++)
        loss_out[v] = counts[v] ? sums[v] / (double)counts[v] : NAN;
    return ok;
}
