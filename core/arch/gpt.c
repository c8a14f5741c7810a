/* What GPT-2's kin share. See gpt.h. */
#include "core/arch/gpt.h"

#include <math.h>
#include <string.h>

bool gpt_stack(struct model *model, struct layer_shape shape, const struct term *const *terms, struct err *err)
{
    if (!model->dim['I'])
        model->dim['I'] = 4 * model->E;
    model->dim['Q'] = (shape.H + 2 * shape.Hkv) * shape.D;
    model->stacks[STACK_MAIN].finished = true;
    return model_stack(model, STACK_MAIN, model->dim['L'], shape, terms, err);
}

float *gpt_words(const struct model *model, struct pass *pass)
{
    const struct gpt *w = model->own;
    return pass_lookup(pass, &w->causal.word, pass->tokens->ids, "token id", pass_keep(pass, model->E));
}

float *gpt_norm(struct pass *pass, const struct norm *norm, const float *x)
{
    return pass_norm(pass, norm, x, NULL, pass_scratch(pass, pass->model->E));
}

/* Queries in groups that keys and values part, side by side. */
static struct strided gathered(struct pass *pass, const float *qkv, size_t width, const struct layer_shape *shape)
{
    size_t D = shape->D, group = shape->H / shape->Hkv, A = shape->H * D;
    float *q = pass_keep(pass, A);
    for (size_t r = 0; pass_ok(pass) && r < pass->rows; r++)
        for (size_t g = 0; g < shape->Hkv; g++)
            memcpy(q + r * A + g * group * D, qkv + r * width + g * (group + 2) * D, group * D * sizeof *q);
    return (struct strided){q, A, D};
}

static void project_fused(struct pass *pass, const struct gpt_layer *layer, enum gpt_fused fused, const float *in,
                          struct attend *attend)
{
    const struct layer_shape *shape = &pass->stack->shape[attend->layer];
    size_t D = shape->D, A = shape->H * D, group = shape->H / shape->Hkv, width = layer->qkv.out;
    float *qkv = pass_keep(pass, width);
    pass_linear_to(pass, &layer->qkv, in, NULL, qkv);
    if (!pass_ok(pass))
        return;
    if (fused == GPT_BLOCKS) {
        attend->q = (struct strided){qkv, width, D};
        attend->k = (struct strided){qkv + A, width, D};
        attend->v = (struct strided){qkv + A + shape->Hkv * D, width, D};
        return;
    }
    size_t step = (group + 2) * D;
    attend->k = (struct strided){qkv + group * D, width, step};
    attend->v = (struct strided){qkv + (group + 1) * D, width, step};
    if (group == 1 || shape->Hkv == 1)
        attend->q = (struct strided){qkv, width, group == 1 ? step : D};
    else
        attend->q = gathered(pass, qkv, width, shape);
}

struct attend gpt_attend(struct pass *pass, size_t l, enum gpt_fused fused, const float *in, const struct mask *masks)
{
    const struct gpt_layer *layer = stack_layer(pass->stack, l);
    size_t D = pass->stack->shape[l].D;
    struct attend attend = {.layer = l, .scale = 1 / sqrtf((float)D), .masks = masks};
    if (fused != GPT_THREE) {
        project_fused(pass, layer, fused, in, &attend);
        return attend;
    }
    const struct linear *linears[] = {&layer->q, &layer->k, &layer->v};
    struct strided *views[] = {&attend.q, &attend.k, &attend.v};
    struct linear_out outs[3];
    for (size_t i = 0; i < 3; i++) {
        outs[i] = (struct linear_out){linears[i], pass_keep(pass, linears[i]->out), linears[i]->out, NULL};
        *views[i] = (struct strided){outs[i].y, linears[i]->out, D};
    }
    pass_linears(pass, outs, 3, in, layer->q.in);
    return attend;
}

float *gpt_attended(struct pass *pass, const struct attend *attend, const float *residual)
{
    const struct gpt_layer *layer = stack_layer(pass->stack, attend->layer);
    float *a = pass_linear(pass, &layer->o, pass_attention(pass, attend), NULL);
    if (pass_ok(pass))
        op_add(a, residual, pass->rows * pass->model->E);
    return a;
}

float *gpt_fed_forward(struct pass *pass, size_t l, const float *in, const float *residual)
{
    const struct gpt_layer *layer = stack_layer(pass->stack, l);
    float *y = pass_keep(pass, pass->model->E);
    pass_feed_forward(pass, &layer->up, &layer->down, in, pass->model->activation, y);
    if (pass_ok(pass))
        op_add(y, residual, pass->rows * pass->model->E);
    return y;
}

void gpt_finish(const struct model *model, struct pass *pass, const float *x)
{
    const struct gpt *w = model->own;
    pass_finish(pass, pass_norm(pass, &w->last, x, NULL, pass_keep(pass, model->E)));
}
