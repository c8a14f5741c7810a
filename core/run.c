/* A kept forward pass and the doors to its maps and logits. See run.h. */
#include "core/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_free(struct run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->n_axes; i++)
        tokens_free(run->axes[i]);
    free(run->kept);
    free(run->attentions);
    free(run->interventions.at);
    if (run->effects.free)
        run->effects.free(run->effects.data);
    arena_free(run->arena);
    model_free(run->stand_in);
    free(run);
}

/* "L0 to L5, D0 to D5" */
static void say_layers(const struct model *model, struct buf *out)
{
    for (int k = 0; k < STACK_KINDS; k++)
        if (model->stacks[k].layers)
            buf_printf(out, "%s%c0 to %c%zu", out->n ? ", " : "", stack_letters[k], stack_letters[k],
                       model->stacks[k].layers - 1);
}

bool run_has_maps(const struct run *run, struct err *err)
{
    const struct mixing *mixing = run->model && run->model->arch ? run->model->arch->mixing : NULL;
    return !mixing ||
           err_set(err, ERR_NOT_FOUND, "%s has no attention and no maps of it: its layers mix tokens by %s (mixing shows it)",
                   run->model->name, mixing->summary);
}

const struct attention *run_attention(const struct run *run, struct site site, struct err *err)
{
    if (!run_has_maps(run, err))
        return NULL;
    size_t done = atomic_load_explicit(&run->done, memory_order_acquire);
    for (size_t i = 0; i < done; i++) {
        const struct attention *a = &run->attentions[i];
        if (a->stack->kind == site.stack && a->layer == site.layer && a->text == site.text) {
            if (site.head < a->H)
                return a;
            err_set(err, ERR_NOT_FOUND, "%c%zu has heads H0 to H%zu, not H%zu", stack_letters[site.stack], site.layer, a->H - 1,
                    site.head);
            return NULL;
        }
    }
    struct buf layers = {0};
    say_layers(run->model, &layers);
    err_set(err, ERR_NOT_FOUND, "%s has layers %s, not %c%zu", run->model->name, buf_cstr(&layers), stack_letters[site.stack],
            site.layer);
    buf_free(&layers);
    return NULL;
}

const struct kept *run_kept(const struct run *run, const char *name, enum stack_kind stack, size_t layer)
{
    for (size_t i = 0; i < run->n_kept; i++) {
        const struct kept *kept = &run->kept[i];
        if (kept->stack == stack && kept->layer == layer && strcmp(kept->name, name) == 0)
            return kept;
    }
    return NULL;
}

size_t run_hidden_states(const struct run *run, enum stack_kind stack)
{
    size_t n = 0;
    while (run_kept(run, "hidden", stack, n))
        n++;
    return n;
}

const float *run_hidden(const struct run *run, enum stack_kind stack, size_t index)
{
    const struct kept *kept = run_kept(run, "hidden", stack, index);
    return kept ? kept->data : NULL;
}

/* The tensor that a head reads: the last of that name. */
static const struct kept *head_input(const struct run *run, const struct output_head *head)
{
    const struct kept *last = NULL;
    for (size_t i = 0; i < run->n_kept; i++)
        if (run->kept[i].stack == head->stack && strcmp(run->kept[i].name, head->from) == 0)
            last = &run->kept[i];
    return last;
}

/* The row that a head of texts reads at their end: the last whose id is not the configuration's padding, else the first. */
static size_t end_row(const struct run *run, const struct tokens *tokens, size_t text)
{
    const struct json *pad = json_get(run->model->config, "pad_token_id");
    size_t begin = tokens->starts[text], end = tokens->starts[text + 1];
    double id = json_number(json_is_array(pad) ? json_at(pad, 0) : pad, -1);
    for (size_t r = end; r > begin; r--)
        if ((double)tokens->ids[r - 1] != id)
            return r - 1 - begin;
    return 0;
}

const float *run_head_row(const struct run *run, const struct output_head *head, size_t text, size_t row, size_t *width_out)
{
    const struct kept *from = head_input(run, head);
    if (!from)
        return NULL;
    *width_out = from->shape[1];
    if (head->at_end)
        row = end_row(run, from->tokens, text);
    return (const float *)from->data + (from->tokens->starts[text] + row) * from->shape[1];
}

bool run_logits(const struct run *run, const struct output_head *head, size_t text, const size_t *rows, size_t n, float *out,
                struct err *err)
{
    const struct kept *from = head_input(run, head);
    if (!from)
        return err_set(err, ERR_NOT_FOUND, "this run keeps no %s, which the head %s reads", head->from, head->name);
    if (!model_unchanged(run->model, err))
        return false;
    size_t E = from->shape[1];
    float *hidden = mem_new(n * E, sizeof *hidden, "hidden states", err);
    if (!hidden)
        return false;
    for (size_t i = 0; i < n; i++)
        memcpy(hidden + i * E, run_head_row(run, head, text, rows[i], &E), E * sizeof *hidden);
    bool ok = head->logits(run->model, hidden, n, out, err);
    free(hidden);
    return ok;
}

const struct output_head *run_head(const struct run *run, size_t i)
{
    const struct output_head *head;
    for (size_t h = 0; (head = model_head(run->model, h)); h++)
        if (head_input(run, head) && i-- == 0)
            return head;
    return NULL;
}

const struct output_head *run_vocabulary_head(const struct run *run, bool emd)
{
    const struct output_head *head;
    for (size_t i = 0; (head = run_head(run, i)); i++)
        if ((head->place == HEAD_MASKS || head->place == HEAD_NEXT) && (emd || head->stack != STACK_EMD))
            return head;
    return NULL;
}

const struct pair_head *run_pair_head(const struct run *run, size_t i)
{
    for (const struct pair_head *const *head = run->model->arch->pairs; head && *head; head++)
        if ((*head)->present(run->model) && i-- == 0)
            return *head;
    return NULL;
}

size_t run_pairs(const struct run *run, const struct pair_head *head, size_t text)
{
    size_t T = tokens_length(run->tokens, text), ends = head->before + head->behind;
    return T > ends ? T - ends : 0;
}

size_t run_kept_bytes(const struct run *run)
{
    return arena_bytes(run->arena);
}

void tensor_name(enum stack_kind stack, const char *name, const char *side, size_t layer, char out[TENSOR_NAME])
{
    static const char *const prefixes[STACK_KINDS] = {
        [STACK_MAIN] = "", [STACK_DECODER] = "dec_", [STACK_CROSS] = "cross_", [STACK_EMD] = "emd_"};
    if (layer == NO_LAYER)
        snprintf(out, TENSOR_NAME, "%s%s", prefixes[stack], name);
    else if (side)
        snprintf(out, TENSOR_NAME, "%s.%s.%zu", name, side, layer);
    else
        snprintf(out, TENSOR_NAME, "%s%s.%zu", prefixes[stack], name, layer);
}
