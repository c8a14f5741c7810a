/* Pre-norm layers. See prenorm.h. */
#include "core/arch/prenorm.h"

void prenorm_begin(struct pass *pass, const struct block *block, const float *x, struct attend *attend)
{
    float *normed = pass_norm(pass, &block->attention_norm, x, NULL, pass_scratch(pass, pass->model->E));
    pass_block_begin(pass, block, normed, attend);
}

float *prenorm_end(struct pass *pass, const struct block *block, const float *x, const float *z)
{
    size_t E = pass->model->E;
    float *attended = pass_linear(pass, &block->o, z, NULL), *y = pass_keep(pass, E);
    if (pass_ok(pass))
        op_add(attended, x, pass->rows * E);
    float *normed = pass_norm(pass, &block->output_norm, attended, NULL, pass_scratch(pass, E));
    pass_feed_forward(pass, &block->up, &block->down, normed, pass->model->activation, y);
    if (pass_ok(pass))
        op_add(y, attended, pass->rows * E);
    return y;
}

void prenorm_trunk(const struct model *model, struct pass *pass, const int32_t *positions)
{
    const struct prenorm *w = model->own;
    const void *const *owns = bert_owns(model, pass);
    float *x = bert_embed(model, pass, bert_sum(model, pass, positions));
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct bert_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = bert_attend(pass, owns, l);
        prenorm_begin(pass, &layer->block, x, &attend);
        float *z = pass_attention(pass, &attend);
        float *y = prenorm_end(pass, &layer->block, x, z);
        x = pass_layer(pass, l, y);
    }
    pass_finish(pass, pass_norm(pass, &w->last, x, NULL, pass_keep(pass, model->E)));
}
