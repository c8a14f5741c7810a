/* The logit lens. See lens.h. */
#include "core/effect/lens.h"

#include <stdlib.h>
#include <string.h>

#include "core/op/op.h"

bool lens_open(const struct run *run, const struct output_head **head_out, size_t *states_out, struct err *err)
{
    const struct model *model = run->model;
    const struct output_head *head = run_vocabulary_head(run, false);
    if (!head)
        return err_set(err, ERR_NOT_FOUND, "%s has no head over its vocabulary in its weights: there is no lens to look through",
                       model->name);
    const struct stack *stack = &model->stacks[head->stack];
    if (strcmp(head->from, "hidden") != 0)
        return err_set(err, ERR_UNSUPPORTED, "no logit lens: the head of %s reads %s, which layers in between do not have",
                       model->name, head->from);
    if (model->arch->entangled)
        return err_set(err, ERR_UNSUPPORTED, "no logit lens: %s", model->arch->entangled);
    if (stack->finished && !run->finals[head->stack].norm.weight)
        return err_set(err, ERR_UNSUPPORTED, "no logit lens: what %s does behind its last layer is more than a norm", model->name);
    *head_out = head;
    *states_out = run_hidden_states(run, head->stack);
    return true;
}

bool lens_logits(const struct run *run, const struct output_head *head, size_t state, size_t text, const size_t *rows, size_t n,
                 float *out, struct err *err)
{
    const struct stack *stack = &run->model->stacks[head->stack];
    const struct final_norm *last = &run->finals[head->stack];
    const struct kept *kept = run_kept(run, "hidden", head->stack, state);
    if (!kept)
        return err_set(err, ERR_NOT_FOUND, "this run keeps no hidden state %zu", state);
    size_t E = kept->shape[1];
    float *x = mem_new(n * E, sizeof *x, "hidden states", err);
    if (!x)
        return false;
    for (size_t i = 0; i < n; i++)
        memcpy(x + i * E, (const float *)kept->data + (kept->tokens->starts[text] + rows[i]) * E, E * sizeof *x);
    if (stack->finished && state < stack->layers) {
        if (last->rms)
            op_rms_norm(x, n, E, E, last->norm.weight, last->add, run->model->norm_eps, x);
        else
            op_layer_norm(x, NULL, n, E, last->norm.weight, last->norm.bias, run->model->norm_eps, x);
    }
    bool ok = head->logits(run->model, x, n, out, err);
    free(x);
    return ok;
}
