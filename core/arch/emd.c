/* The enhanced mask decoder. See emd.h. */
#include "core/arch/emd.h"

#include <string.h>

enum { PASSES = 2 };

bool emd_present(const struct model *model)
{
    const struct deberta *w = model->own;
    return !w->biased && w->position.dtype && mlm_present(&w->lm) && w->embedding == model->E;
}

bool emd_bound(struct model *model, struct err *err)
{
    const struct stack *stack = &model->stacks[STACK_MAIN];
    return !emd_present(model) || model_stack(model, STACK_EMD, PASSES, stack->shape[stack->layers - 1], stack->terms, err);
}

static bool within_positions(const struct tokens *tokens, size_t positions)
{
    for (size_t t = 0; t < tokens->n_texts; t++)
        if (tokens_length(tokens, t) > positions)
            return false;
    return true;
}

void emd_forward(struct pass *pass, const struct attend *last, const struct block *block, const struct linear *query, size_t step,
                 const float *kv)
{
    const struct deberta *w = pass->model->own;
    size_t E = pass->model->E;
    if (!pass_ok(pass) || !emd_present(pass->model) || !within_positions(pass->tokens, w->positions))
        return;
    pass_enter(pass, STACK_EMD, pass->tokens);
    float *q = pass_keep(pass, E);
    if (q)
        memcpy(q, kv, pass->rows * E * sizeof *q);
    q = pass_embed(pass, pass_lookup_add(pass, &w->position, pass->tokens->positions, "position", q));
    for (size_t s = 0; s < PASSES; s++) {
        struct attend attend = *last;
        float *rows = pass_keep(pass, query->out);
        pass_linear_to(pass, query, q, NULL, rows);
        attend.kind = STACK_EMD;
        attend.layer = s;
        attend.q = (struct strided){rows, query->out, step};
        float *z = pass_attention(pass, &attend);
        float *y = pass_block_end(pass, block, q, z);
        q = pass_layer(pass, s, y);
    }
}
