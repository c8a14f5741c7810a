/* A forward pass: the run's axes and room, then the architecture's own pass through the doors of pass.h. See forward.h. */
#include "core/forward.h"

#include <stdlib.h>
#include <string.h>

#include "core/pass.h"
#include "core/past.h"

/* Pack texts into an axis of the run and check their lengths against the stack that reads them. */
static struct tokens *add_axis(struct run *run, const char *name, struct encoding *texts, size_t n_texts, enum stack_kind kind,
                               struct err *err)
{
    struct tokens *tokens = tokens_new(name, texts, n_texts, err);
    if (!tokens)
        return NULL;
    run->axes[run->n_axes++] = tokens;
    size_t most = run->model->stacks[kind].max_tokens;
    size_t before = run->past && run->past->stack == kind ? run->past->length : 0;
    for (size_t t = 0; most && t < n_texts; t++)
        if (before + tokens->texts[t].n > most) {
            err_set(err, ERR_LIMIT, "the %stext has %zu tokens, %s takes at most %zu (shorten it, or run it in parts)",
                    kind == STACK_DECODER ? "target " : "", before + tokens->texts[t].n, run->model->name, most);
            return NULL;
        }
    for (size_t r = 0; before && r < tokens->rows; r++)
        tokens->positions[r] += (int32_t)before;
    return tokens;
}

/* The decoder's texts where none are given: its start token alone. */
static struct encoding *start_texts(const struct model *model, size_t n_texts, struct err *err)
{
    struct encoding *texts = mem_new(n_texts, sizeof *texts, "a run", err);
    for (size_t t = 0; texts && t < n_texts; t++)
        if (!encoding_of_ids(model->tokenizer, &model->start_token, NULL, 1, &texts[t], err)) {
            for (size_t i = 0; i < t; i++)
                encoding_free(&texts[i]);
            free(texts);
            return NULL;
        }
    return texts;
}

static bool add_target(struct run *run, const struct run_inputs *inputs, struct err *err)
{
    if (run->target) /* behind the first pass: the only axis */
        return true;
    bool decodes = run->model->stacks[STACK_DECODER].layers > 0;
    if (!decodes && !inputs->targets)
        return true;
    if (!decodes) {
        for (size_t t = 0; t < inputs->n_texts; t++)
            encoding_free(&inputs->targets[t]);
        return err_set(err, ERR_ARG, "%s has no decoder: it takes no target", run->model->name);
    }
    struct encoding *texts = inputs->targets ? inputs->targets : start_texts(run->model, inputs->n_texts, err);
    run->target = texts ? add_axis(run, "target", texts, inputs->n_texts, STACK_DECODER, err) : NULL;
    if (!inputs->targets)
        free(texts);
    return run->target != NULL;
}

static bool add_interventions(struct run *run, const struct run_inputs *inputs, struct err *err)
{
    size_t n = inputs->n_interventions;
    if (!n)
        return true;
    run->interventions.at = mem_new(n, sizeof *inputs->interventions, "a run", err);
    if (!run->interventions.at)
        return false;
    memcpy(run->interventions.at, inputs->interventions, n * sizeof *inputs->interventions);
    run->interventions.n = n;
    for (size_t i = 0; i < n; i++) {
        struct intervention *own = &run->interventions.at[i];
        float *values = own->n_values ? arena_alloc(run->arena, own->n_values, sizeof *values, "a run", err) : NULL;
        if (own->n_values && !values)
            return false;
        if (values)
            own->values = memcpy(values, own->values, own->n_values * sizeof *values);
    }
    intervene_positions(&run->interventions, STACK_MAIN, run->tokens->positions, run->tokens->rows);
    if (run->target)
        intervene_positions(&run->interventions, STACK_DECODER, run->target->positions, run->target->rows);
    return true;
}

static bool add_positions(struct run *run, const struct run_inputs *inputs, struct err *err)
{
    if (!inputs->positions)
        return true;
    run->positions = *inputs->positions;
    run->positions.list = NULL;
    if (inputs->positions->n) {
        int32_t *list = arena_alloc(run->arena, inputs->positions->n, sizeof *list, "position ids", err);
        if (!list)
            return false;
        memcpy(list, inputs->positions->list, inputs->positions->n * sizeof *list);
        run->positions.list = list;
    }
    return position_rule_apply(&run->positions, run->tokens, run->model->stacks[STACK_MAIN].max_tokens, err);
}

static bool add_capacity(struct run *run, const struct run_inputs *inputs, struct err *err)
{
    run->capacity = inputs->capacity;
    return !inputs->capacity || run->model->arch->expert_capacity ||
           err_set(err, ERR_ARG, "%s has no experts that fill up: there is no capacity to choose", run->model->name);
}

static bool add_global(struct run *run, const struct run_inputs *inputs, struct err *err)
{
    if (!inputs->global)
        return true;
    if (!run->model->arch->global_tokens)
        return err_set(err, ERR_ARG, "%s has no global tokens: every token sees all that its family lets it see",
                       run->model->name);
    run->global = arena_alloc(run->arena, inputs->n_global + 1, sizeof *run->global, "a run", err);
    if (!run->global)
        return false;
    memcpy(run->global, inputs->global, inputs->n_global * sizeof *run->global);
    run->n_global = inputs->n_global;
    return true;
}

/* Floats that the layers of a kind of map keep for each row: q, k, v, z, and the output where the layers are its own. */
static size_t kept_width(const struct model *model, const struct stack *stack)
{
    size_t width = stack->layer_data || stack->kind == STACK_MAIN ? (stack->layers + 1) * model->E : 0;
    for (size_t l = 0; l < stack->layers; l++)
        width += (2 * stack->shape[l].H + 2 * stack->shape[l].Hkv) * stack->shape[l].D;
    return stack->layers ? width : 0;
}

/* Room for what the pass keeps. */
static bool reserve(struct run *run, struct err *err)
{
    size_t attentions = 0, bytes = 0, layers = 0;
    for (int k = 0; k < STACK_KINDS; k++) {
        const struct stack *stack = &run->model->stacks[k];
        const struct tokens *tokens = k == STACK_DECODER || k == STACK_CROSS ? run->target : run->tokens;
        size_t floats;
        if (!size_mul(kept_width(run->model, stack), tokens ? tokens->rows : 0, &floats) || !size_add(bytes, floats, &bytes))
            return err_memory(err, SIZE_MAX, "a run");
        attentions += stack->layers * run->tokens->n_texts;
        layers += stack->layers;
    }
    if (!size_mul(bytes, sizeof(float), &bytes) || !size_add(bytes, layers * (6 * 64 + sizeof(struct qk_made)) + 8 * 64, &bytes))
        return err_memory(err, SIZE_MAX, "a run");
    run->attentions = mem_new(attentions, sizeof *run->attentions, "a run", err);
    run->attentions_capacity = attentions;
    return run->attentions && arena_reserve(run->arena, bytes, err);
}

static bool forward(struct run *run, const struct watch *watch, struct err *err)
{
    struct err ignored;
    struct pass pass = {
        .run = run,
        .model = run->model,
        .arena = arena_new(err),
        .layer = arena_new(err),
        .watch = watch,
        .err = err ? err : &ignored,
        .total = run->model->stacks[STACK_MAIN].layers + run->model->stacks[STACK_DECODER].layers +
                 run->model->stacks[STACK_EMD].layers,
    };
    pass.failed = !pass.arena || !pass.layer;
    pass_enter(&pass, STACK_MAIN, run->tokens);
    if (pass_ok(&pass))
        run->model->arch->forward(run->model, &pass);
    arena_free(pass.arena);
    arena_free(pass.layer);
    return pass_ok(&pass);
}

struct run *run_new(struct model *model, const struct run_inputs *inputs, const struct watch *watch, struct err *err)
{
    struct run *run = mem_new(1, sizeof *run, "a run", err);
    if (!run)
        return NULL;
    run->model = model;
    run->mask = inputs->mask;
    run->past = inputs->past;
    run->maps_room = inputs->maps;
    if (!model_runs(model))
        err_set(err, ERR_ARG, "%s has a tokenizer but no weights: it cannot run", model->name);
    else if (!inputs->texts)
        run->tokens = run->target = add_axis(run, "target", inputs->targets, inputs->n_texts, STACK_DECODER, err);
    else
        run->tokens = add_axis(run, "source", inputs->texts, inputs->n_texts, STACK_MAIN, err);
    if (!run->tokens) {
        for (size_t t = 0; t < inputs->n_texts; t++) { /* taken: those of an axis are empty here */
            if (inputs->texts)
                encoding_free(&inputs->texts[t]);
            if (inputs->targets)
                encoding_free(&inputs->targets[t]);
        }
        goto fail;
    }
    run->arena = arena_new(err);
    if (!add_target(run, inputs, err) || !run->arena || !add_interventions(run, inputs, err) || !add_positions(run, inputs, err) || !add_global(run, inputs, err) ||
        !add_capacity(run, inputs, err) || !reserve(run, err) || !model_unchanged(model, err) || !model_prepare(model, err) || !forward(run, watch, err))
        goto fail;
    if (run->past)
        run->past->length += tokens_length(run->past->stack == STACK_DECODER ? run->target : run->tokens, 0);
    return run;
fail:
    if (run->tokens && inputs->n_texts == 1 && err && err->code == ERR_MEMORY)
        err_prefix(err, "the text has %zu tokens, more than there is memory for (shorten it, or run it in parts): ",
                   tokens_length(run->tokens, 0));
    run_free(run);
    return NULL;
}

struct run *run_one(struct model *model, struct encoding *text, const struct watch *watch, struct err *err)
{
    return run_new(model, &(struct run_inputs){.texts = text, .n_texts = 1}, watch, err);
}

/* Copies of an axis' texts, or NULL with none there. */
static struct encoding *copy_texts(const struct tokens *tokens, struct err *err)
{
    struct encoding *texts = mem_new(tokens->n_texts, sizeof *texts, "a run", err);
    for (size_t t = 0; texts && t < tokens->n_texts; t++)
        if (!encoding_copy(&tokens->texts[t], &texts[t], err)) {
            for (size_t i = 0; i <= t; i++)
                encoding_free(&texts[i]);
            free(texts);
            return NULL;
        }
    return texts;
}

struct run *run_again(struct model *model, const struct run *base, const struct intervention *more, size_t n_more,
                      const struct watch *watch, struct err *err)
{
    size_t n = base->interventions.n;
    struct run *run = NULL;
    struct intervention *all = mem_new(n + n_more, sizeof *all, "a run", err);
    struct encoding *texts = all ? copy_texts(base->tokens, err) : NULL;
    struct encoding *targets = texts && base->target ? copy_texts(base->target, err) : NULL;
    if (all && n)
        memcpy(all, base->interventions.at, n * sizeof *all);
    if (all && n_more)
        memcpy(all + n, more, n_more * sizeof *all);
    if (texts && (targets || !base->target))
        run = run_new(model,
                      &(struct run_inputs){.texts = texts,
                                           .targets = targets,
                                           .n_texts = base->tokens->n_texts,
                                           .interventions = all,
                                           .n_interventions = n + n_more,
                                           .global = base->global,
                                           .n_global = base->n_global,
                                           .mask = base->mask,
                                           .positions = base->positions.kind != POSITIONS_OWN ? &base->positions : NULL,
                                           .capacity = base->capacity},
                      watch, err);
    for (size_t t = 0; !run && texts && t < base->tokens->n_texts; t++) /* of those that no run took */
        encoding_free(&texts[t]);
    free(texts);
    free(targets);
    free(all);
    return run;
}
