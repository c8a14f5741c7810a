/* Decoders of Llama's kind. See decoder.h. */
#include "core/arch/decoder.h"

#include <math.h>
#include <string.h>

/* ---- configuration ---- */

/* Grouped keys: num_key_value_heads divide the heads. */
static bool shape_of(const struct model *model, struct layer_shape *out, struct err *err)
{
    const struct decoder *d = model->own;
    size_t H = model->dim['H'], kv = d->kv ? d->kv : H;
    if (H == 0 || H % kv)
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu heads do not fall into groups for %zu key/value heads",
                       model->folder, H, kv);
    if (!d->width && !config_heads(model, "hidden_size", H, out, err))
        return false;
    *out = (struct layer_shape){.H = H, .Hkv = kv, .D = d->width ? d->width : out->D};
    return true;
}

/* What rope_parameters says where the configuration itself says nothing. */
static float own_or(const struct model *model, const char *layers, const char *key, float own)
{
    double newer = rope_parameter(model, layers, key);
    return json_get(model->config, key) || isnan(newer) ? own : (float)newer;
}

bool decoder_configure(struct model *model, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct decoder *d = model->own;
    struct layer_shape shape;
    model->E = model->dim['E'];
    if (!shape_of(model, &shape, err))
        return false;
    d->partial = own_or(model, "full_attention", "partial_rotary_factor", d->partial);
    size_t turned = (size_t)((float)shape.D * (d->partial > 0 ? d->partial : 1));
    if (turned > shape.D)
        return err_set(err, ERR_FORMAT, "%s/config.json: partial_rotary_factor %g turns more than a head", model->folder,
                       (double)d->partial);
    float theta = own_or(model, "full_attention", "rope_theta", d->theta);
    if (!rope_read_of(model, "full_attention", theta, turned, d->pairs, &d->rope[0], err))
        return false;
    d->rope[1] = d->rope[0];
    model->dim['K'] = shape.Hkv;
    model->dim['Q'] = (shape.H + 2 * shape.Hkv) * shape.D;
    model->dim['J'] = 2 * model->dim['I'];
    if (!model_stack(model, STACK_MAIN, model->dim['L'], shape, terms, err))
        return false;
    model->stacks[STACK_MAIN].finished = true;
    return true;
}

bool decoder_windows(struct model *model, bool (*slides)(const struct model *model, size_t layer), struct err *err)
{
    const struct decoder *d = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    const struct json *types = slides ? json_get(model->config, "layer_types") : NULL;
    if (json_is_array(types) && json_count(types) != stack->layers)
        return err_set(err, ERR_FORMAT, "%s/config.json: layer_types has %zu items, there are %zu layers", model->folder,
                       json_count(types), stack->layers);
    for (size_t l = 0; l < stack->layers; l++) {
        struct decoder_layer *layer = stack_layer(stack, l);
        struct str type = json_str(json_at(types, l), NULL);
        if (json_is_array(types) && !str_is(type, "sliding_attention") && !str_is(type, "full_attention"))
            return err_set(err, ERR_UNSUPPORTED,
                           "%s/config.json: layer_types[%zu] is \"%.*s\", which is not read for %s (full_attention, "
                           "sliding_attention are)",
                           model->folder, l, STR_ARGS(type), model->arch->name);
        layer->local = json_is_array(types) ? str_is(type, "sliding_attention") : !slides || slides(model, l);
        layer->window = layer->local ? d->window : 0;
    }
    return true;
}

void decoder_may_slide(struct model *model)
{
    struct decoder *d = model->own;
    if (!d->slides)
        d->window = 0;
}

bool decoder_slides_above(const struct model *model, size_t l)
{
    const struct decoder *d = model->own;
    return l >= d->slides_from;
}

bool decoder_routes_sparsely(const struct model *model, size_t l)
{
    const struct json *dense = json_get(model->config, "mlp_only_layers");
    for (size_t i = 0; i < json_count(dense); i++)
        if (json_number(json_at(dense, i), -1) == (double)l)
            return false;
    return model->dim['X'] > 0 && model->dim['s'] > 0 && (l + 1) % model->dim['s'] == 0;
}

bool decoder_route(struct model *model, bool (*routes)(const struct model *model, size_t layer), struct err *err)
{
    const struct decoder *d = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    size_t routed = 0, k = d->mixture.chosen, n = model->dim['X'];
    for (size_t l = 0; l < stack->layers; l++) {
        struct decoder_layer *layer = stack_layer(stack, l);
        layer->routed = !routes || routes(model, l);
        routed += layer->routed;
    }
    return !routed || (k >= 1 && k <= n) ||
           err_set(err, ERR_FORMAT, "%s/config.json: num_experts_per_tok is %zu, of %zu experts", model->folder, k, n);
}

bool decoder_split(struct model *model, struct err *err)
{
    const struct stack *stack = &model->stacks[STACK_MAIN];
    for (size_t l = 0; l < stack->layers; l++) {
        struct decoder_layer *layer = stack_layer(stack, l);
        const struct layer_shape *shape = &stack->shape[l];
        size_t A = shape->H * shape->D, C = shape->Hkv * shape->D, I = layer->both.out / 2;
        if (layer->qkv.w.dtype) {
            layer->q = linear_rows(&layer->qkv, 0, A);
            layer->k = linear_rows(&layer->qkv, A, C);
            layer->v = linear_rows(&layer->qkv, A + C, C);
        }
        if (layer->both.w.dtype) {
            layer->gate = linear_rows(&layer->both, 0, I);
            layer->up = linear_rows(&layer->both, I, I);
        }
    }
    (void)err;
    return true;
}

#define WHEN(name_, expression)                                                                                                  \
    bool decoder_##name_(const struct model *model, size_t l)                                                                    \
    {                                                                                                                            \
        const struct decoder *d = model->own;                                                                                    \
        const struct decoder_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);                                          \
        (void)d, (void)layer;                                                                                                    \
        return expression;                                                                                                       \
    }
WHEN(qkv_biased, d->qkv_biased)
WHEN(qkv_plain, !d->qkv_biased)
WHEN(o_biased, d->o_biased)
WHEN(o_plain, !d->o_biased)
WHEN(ffn_biased, d->ffn_biased && !layer->routed)
WHEN(ffn_plain, !d->ffn_biased && !layer->routed)
WHEN(routed, layer->routed)
WHEN(qk_normed, d->qk_norm != QK_NONE)
WHEN(sequential, !d->parallel)

/* ---- the forward pass ---- */

static const float *normed(struct pass *pass, const struct norm *norm, const float *x, float *y)
{
    const struct decoder *d = pass->model->own;
    if (!norm->weight)
        return x;
    return d->layer_norm ? pass_norm(pass, norm, x, NULL, y) : pass_rms(pass, norm, x, d->norm_add, y);
}

static const float *normed_aside(struct pass *pass, const struct norm *norm, const float *x)
{
    return normed(pass, norm, x, norm->weight ? pass_scratch(pass, pass->model->E) : NULL);
}

/* Queries or keys of all rows, heads side by side: q [rows, H·D], in place. */
static void norm_heads(struct pass *pass, const float *weight, float *q, size_t H, size_t D)
{
    const struct decoder *d = pass->model->own;
    size_t rows = pass->rows, width = H * D;
    float eps = pass->model->norm_eps;
    if (!pass_ok(pass) || d->qk_norm == QK_NONE)
        return;
    if (d->qk_norm == QK_HEAD_RMS)
        op_rms_norm(q, rows * H, D, D, weight, d->norm_add, eps, q);
    else if (d->qk_norm == QK_WIDTH_RMS)
        op_rms_norm(q, rows, width, width, weight, d->norm_add, eps, q);
    else {
        op_layer_norm(q, NULL, rows * H, D, NULL, NULL, eps, q);
        for (size_t r = 0; r < rows; r++)
            op_multiply(q + r * width, weight, width);
    }
}

static void clip(struct pass *pass, float *x, size_t width)
{
    const struct decoder *d = pass->model->own;
    for (size_t i = 0; pass_ok(pass) && d->clip > 0 && i < pass->rows * width; i++)
        x[i] = fminf(d->clip, fmaxf(-d->clip, x[i]));
}

/* Queries, keys and values of x, kept, into attend's views. */
static void project(struct pass *pass, const struct decoder_layer *layer, const float *x, size_t D, struct attend *attend)
{
    const struct linear *linears[] = {&layer->q, &layer->k, &layer->v};
    struct strided *views[] = {&attend->q, &attend->k, &attend->v};
    struct linear_out outs[3];
    for (size_t i = 0; i < 3; i++) {
        outs[i] = (struct linear_out){linears[i], pass_keep(pass, linears[i]->out), linears[i]->out, NULL};
        *views[i] = (struct strided){outs[i].y, linears[i]->out, D};
    }
    pass_linears(pass, outs, 3, x, layer->q.in);
}

struct surroundings {
    struct rope_tables tables[2];
    const struct mask *full, *window; /* NULL: everything is seen */
};

/* post(z·Wo) of one layer. */
static float *attend(struct pass *pass, const struct decoder_layer *layer, size_t l, const struct surroundings *around,
                     const float *in)
{
    const struct decoder *d = pass->model->own;
    const struct layer_shape *shape = &pass->stack->shape[l];
    struct attend attend = {
        .layer = l,
        .scale = d->scale > 0 ? d->scale : 1 / sqrtf((float)shape->D),
        .cap = d->cap,
        .sink = layer->sink,
        .masks = layer->window ? around->window : around->full,
        .odd = layer->attention_post.weight ? "their projection goes through a norm of its own first"
               : d->residual_scale > 0      ? "their projection is multiplied by a constant first"
                                            : NULL,
    };
    project(pass, layer, in, shape->D, &attend);
    norm_heads(pass, layer->q_norm, attend.q.data, shape->H, shape->D);
    norm_heads(pass, layer->k_norm, attend.k.data, shape->Hkv, shape->D);
    clip(pass, attend.q.data, attend.q.row);
    clip(pass, attend.k.data, attend.k.row);
    clip(pass, attend.v.data, attend.v.row);
    if (!layer->still) {
        rope_turn(pass, &around->tables[layer->local], attend.q, shape->H);
        rope_turn(pass, &around->tables[layer->local], attend.k, shape->Hkv);
    }
    float *a = pass_linear(pass, &layer->o, pass_attention(pass, &attend), NULL);
    normed(pass, &layer->attention_post, a, a);
    return a;
}

/* post(ffn(in)) of one layer. */
static float *feed_forward(struct pass *pass, const struct decoder_layer *layer, size_t l, const float *in)
{
    const struct decoder *d = pass->model->own;
    const struct activation *activation = pass->model->activation;
    float *y;
    if (layer->routed)
        y = mixture_forward(pass, &layer->mixture, &d->mixture, l, in);
    else if (d->plain_ffn)
        y = pass_feed_forward(pass, &layer->up, &layer->down, in, activation, NULL);
    else
        y = pass_gated(pass, &layer->gate, &layer->up, &layer->down, in, activation);
    normed(pass, &layer->ffn_post, y, y);
    return y;
}

static void scale(struct pass *pass, float *x, float by)
{
    for (size_t i = 0; pass_ok(pass) && by > 0 && i < pass->rows * pass->model->E; i++)
        x[i] *= by;
}

/* x + f·residual, kept. */
static float *added(struct pass *pass, const float *x, float *f)
{
    const struct decoder *d = pass->model->own;
    scale(pass, f, d->residual_scale);
    return pass_residual(pass, x, f);
}

void decoder_forward(const struct model *model, struct pass *pass)
{
    const struct decoder *d = model->own;
    if (d->both_ways)
        pass_whole(pass);
    struct surroundings around = {
        .tables = {rope_make(pass, &d->rope[0]), rope_make(pass, &d->rope[1])},
        .full = d->both_ways ? NULL : pass_causal(pass, 0),
        .window = !d->window     ? NULL
                  : d->both_ways ? pass_band(pass, d->window - 1)
                                 : pass_causal(pass, d->window),
    };
    float *x = pass_lookup(pass, &d->causal.word, pass->tokens->ids, "token id", pass_keep(pass, model->E));
    scale(pass, x, d->embed_scale);
    x = pass_embed(pass, x);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct decoder_layer *layer = stack_layer(pass->stack, l);
        const float *in = normed_aside(pass, &layer->attention_norm, x);
        float *y = added(pass, x, attend(pass, layer, l, &around, in));
        if (!d->parallel)
            in = normed_aside(pass, &layer->ffn_norm, y);
        else if (layer->ffn_norm.weight)
            in = normed_aside(pass, &layer->ffn_norm, x);
        x = pass_layer(pass, l, added(pass, y, feed_forward(pass, layer, l, in)));
    }
    float *y = pass_keep(pass, model->E);
    pass_finish(pass, (float *)normed(pass, &d->last, x, y));
}
