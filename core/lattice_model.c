/* Scores of a lattice from a model. See lattice_model.h. */
#include "core/lattice_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/forward.h"
#include "core/op/log_sum.h"

enum { BATCH = 32 }; /* contexts a pass */

/* The token that begins a text: the configuration's, else the tokenizer's. */
static bool find_start(struct lattice_model *out, struct err *err)
{
    static const char *const keys[] = {"bos_token_id", "eos_token_id"}, *const roles[] = {"bos", "cls", "eos"};
    const struct model *model = out->model;
    if (out->decodes) {
        out->start = model->start_token;
        return true;
    }
    double width = (double)out->head->width(model);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct json *value = json_get(model->config, keys[i]);
        double id = json_is_number(value) ? json_number(value, -1) : -1;
        out->start = (int32_t)id;
        if (id >= 0 && id < width)
            return true;
    }
    for (size_t i = 0; model->tokenizer && i < sizeof roles / sizeof *roles; i++)
        if ((out->start = tokenizer_role(model->tokenizer, roles[i])) >= 0 && out->start < width)
            return true;
    return err_set(err, ERR_UNSUPPORTED, "%s names no token that begins a text: there is nothing that order 0 could stand on",
                   model->name);
}

bool lattice_model_open(struct model *model, const struct encoding *prompt, size_t n, struct lattice_model *out, struct err *err)
{
    *out = (struct lattice_model){
        .model = model, .head = generate_head(model, err), .prompt = prompt, .decodes = model->stacks[STACK_DECODER].layers > 0};
    if (!out->head)
        return false;
    if (!prompt->n)
        return err_set(err, ERR_ARG, "an empty prompt: there is nothing to go on from");
    size_t begin = out->decodes ? 1 : prompt->n, most = model->stacks[out->decodes ? STACK_DECODER : STACK_MAIN].max_tokens;
    if (most && (n > most || begin > most - n))
        return err_set(err, ERR_LIMIT, "%zu tokens and %zu new ones: %s takes at most %zu", begin, n, model->name, most);
    return find_start(out, err);
}

static bool prompt_ids(const struct lattice_model *lattice, const int32_t *behind, size_t n, struct encoding *out,
                       struct err *err)
{
    size_t before = lattice->prompt->n;
    int32_t *ids = mem_new(before + n, sizeof *ids, "a text", err);
    for (size_t i = 0; ids && i < before; i++)
        ids[i] = lattice->prompt->tokens[i].id;
    if (ids && n)
        memcpy(ids + before, behind, n * sizeof *ids);
    bool ok = ids && encoding_of_ids(NULL, ids, NULL, before + n, out, err);
    free(ids);
    return ok;
}

static void free_texts(struct encoding *texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++)
        encoding_free(&texts[i]);
    free(texts);
}

/* A pass over n short texts of m tokens; the first stands at position `at`. */
static struct run *short_pass(const struct lattice_model *lattice, const int32_t *ids, size_t m, size_t n, size_t at,
                              struct err *err)
{
    struct encoding *texts = mem_new(n, sizeof *texts, "a text", err), *sources = mem_new(n, sizeof *sources, "a text", err);
    float *positions = mem_new(n * m, sizeof *positions, "a text", err);
    struct run *run = NULL;
    bool ok = texts && sources && positions;
    for (size_t i = 0; ok && i < n; i++)
        ok = encoding_of_ids(NULL, ids + i * m, NULL, m, &texts[i], err) &&
             (!lattice->decodes || prompt_ids(lattice, NULL, 0, &sources[i], err));
    for (size_t i = 0; ok && i < n * m; i++)
        positions[i] = (float)(at + i % m);
    if (ok) {
        struct intervention moved = {
            .kind = intervention_named("positions"), .values = positions, .stack = lattice->decodes ? STACK_DECODER : STACK_MAIN};
        run = run_new(lattice->model,
                      &(struct run_inputs){.texts = lattice->decodes ? sources : texts,
                                           .targets = lattice->decodes ? texts : NULL,
                                           .n_texts = n,
                                           .interventions = &moved,
                                           .n_interventions = 1},
                      NULL, err);
        free(texts); /* what they held is the run's */
        free(sources);
    } else {
        free_texts(texts, n);
        free_texts(sources, n);
    }
    free(positions);
    return run;
}

/* The tokens that order m sees before a position: of the sequence, and of what is given before it where that does not reach.
 * Returns how many. */
static size_t see(const struct lattice_model *lattice, size_t order, size_t position, const int32_t *context, size_t m,
                  int32_t *out)
{
    size_t given = lattice->decodes ? 1 : lattice->prompt->n, want = order - m, n = 0;
    if (order == 0) {
        out[0] = lattice->start;
        return 1;
    }
    want = want < given ? want : given;
    for (size_t i = 0; position < order && i < want; i++)
        out[n++] = lattice->decodes ? lattice->start : lattice->prompt->tokens[given - want + i].id;
    if (m)
        memcpy(out + n, context, m * sizeof *out);
    return n + m;
}

static bool score(void *context, size_t order, size_t position, const int32_t *contexts, size_t m, size_t n, float *out,
                  struct err *err)
{
    const struct lattice_model *lattice = context;
    size_t V = lattice->head->width(lattice->model), given = lattice->decodes ? 1 : lattice->prompt->n;
    for (size_t from = 0; from < n; from += BATCH) {
        size_t some = n - from < BATCH ? n - from : BATCH, length = 0;
        int32_t ids[BATCH * LATTICE_ORDERS], one[LATTICE_ORDERS];
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        for (size_t i = 0; i < some; i++) {
            length = see(lattice, order, position, contexts ? contexts + (from + i) * m : NULL, m, one);
            memcpy(ids + i * length, one, length * sizeof *ids);
        }
        struct run *run = short_pass(lattice, ids, length, some, given + position - length, err);
        bool ok = run != NULL;
        for (size_t i = 0; ok && i < some; i++) {
            size_t last = length - 1;
            ok = run_logits(run, lattice->head, i, &last, 1, out + (from + i) * V, err);
            if (ok)
                log_softmax(out + (from + i) * V, V);
        }
        run_free(run);
        if (!ok)
            return false;
    }
    return true;
}

struct lattice_scorer lattice_model_scorer(struct lattice_model *lattice)
{
    return (struct lattice_scorer){.width = lattice->head->width(lattice->model), .score = score, .context = lattice};
}

bool lattice_full_score(const struct lattice_model *lattice, const int32_t *ids, size_t n, double *out, struct err *err)
{
    size_t V = lattice->head->width(lattice->model), before = lattice->decodes ? 1 : lattice->prompt->n;
    float *logits = mem_new(V, sizeof *logits, "what comes next", err);
    int32_t *target = mem_new(n, sizeof *target, "a text", err);
    struct encoding text = {0}, decoded = {0};
    bool ok = logits && target;
    if (ok && lattice->decodes) {
        target[0] = lattice->start;
        memcpy(target + 1, ids, (n - 1) * sizeof *ids);
        ok = prompt_ids(lattice, NULL, 0, &text, err) && encoding_of_ids(NULL, target, NULL, n, &decoded, err);
    } else if (ok) {
        ok = prompt_ids(lattice, ids, n - 1, &text, err);
    }
    struct run_inputs inputs = {.texts = &text, .targets = lattice->decodes ? &decoded : NULL, .n_texts = 1};
    struct run *run = ok ? run_new(lattice->model, &inputs, NULL, err) : NULL;
    *out = 0;
    for (size_t i = 0; run && ok && i < n; i++) {
        size_t row = before - 1 + i;
        ok = run_logits(run, lattice->head, 0, &row, 1, logits, err);
        if (ok)
            log_softmax(logits, V);
        *out += ok ? (double)logits[ids[i]] : 0;
    }
    ok = ok && run;
    if (!run) {
        encoding_free(&text);
        encoding_free(&decoded);
    }
    run_free(run);
    free(logits);
    free(target);
    return ok;
}
