/* T5's trunk. See t5.h, and t5.c for the architecture. */
#include <math.h>

#include "core/arch/t5.h"

static const struct term *const terms_self[] = {&term_content, &term_bias, NULL};
static const struct term *const terms_cross[] = {&term_content, NULL};

/* ---- the forward pass ---- */

static float *normed(struct pass *pass, const struct norm *norm, const float *x)
{
    return pass_rms(pass, norm, x, 0, pass_scratch(pass, pass->model->E));
}

static struct attend queries(struct pass *pass, const struct t5_attending *w, size_t l, const float *in)
{
    return (struct attend){
        .kind = pass->stack->kind, .layer = l, .q = seq2seq_heads(pass, &w->q, in, pass->stack->shape[l].D), .scale = 1};
}

static struct attend self_attend(struct pass *pass, const struct t5_attending *w, size_t l, const float *in)
{
    struct attend attend = queries(pass, w, l, in);
    attend.k = seq2seq_heads(pass, &w->k, in, pass->stack->shape[l].D);
    attend.v = seq2seq_heads(pass, &w->v, in, pass->stack->shape[l].D);
    return attend;
}

/* x + z·Wo, scratch. */
static float *attended(struct pass *pass, const struct linear *o, const float *x, const float *z)
{
    float *y = pass_linear(pass, o, z, NULL);
    if (y)
        op_add(y, x, pass->rows * pass->model->E);
    return y;
}

/* x + feed-forward(norm(x)), kept. */
static float *fed_forward(struct pass *pass, const struct t5_layer *layer, size_t l, const float *x)
{
    const struct t5 *w = pass->model->own;
    const struct activation *activation = pass->model->activation;
    const float *in = normed(pass, &layer->ffn_norm, x);
    if (layer->router.w.dtype)
        return pass_residual(pass, x, w->experts(pass, layer, l, in));
    if (layer->gate.w.dtype)
        return pass_residual(pass, x, pass_gated(pass, &layer->gate, &layer->up, &layer->down, in, activation));
    return pass_residual(pass, x, pass_feed_forward(pass, &layer->up, &layer->down, in, activation, NULL));
}

/* A table of biases as the attentions of all texts take it. NULL: none. */
static const void *const *biases(struct pass *pass, const float *table, bool both)
{
    const struct t5 *w = pass->model->own;
    return table ? bias_texts(pass, NULL, table, pass->model->dim['H'], both, w->buckets, w->farthest) : NULL;
}

static float *encoder(const struct t5 *w, struct pass *pass)
{
    const struct stack *stack = pass->stack;
    float *x = pass_lookup(pass, &w->words.table, pass->tokens->ids, "token id", pass_keep(pass, pass->model->E));
    const struct mask *masks = w->reach ? pass_band(pass, w->reach) : NULL;
    const void *const *owns = biases(pass, w->encoder_bias, true);
    struct t5_blocks *blocks = w->blocks ? w->blocks(pass) : NULL;
    x = pass_embed(pass, x);
    for (size_t l = 0; pass_ok(pass) && l < stack->layers; l++) {
        const struct t5_layer *layer = stack_layer(stack, l);
        const float *in = normed(pass, &layer->self.norm, x);
        struct attend attend;
        if (blocks) {
            attend = queries(pass, &layer->self, l, in);
            w->with_blocks(pass, blocks, layer, in, &attend);
        } else {
            attend = self_attend(pass, &layer->self, l, in);
            attend.masks = masks;
            attend.owns = layer->bias ? biases(pass, layer->bias, true) : owns;
        }
        x = attended(pass, &layer->self.o, x, pass_attention(pass, &attend));
        x = pass_layer(pass, l, fed_forward(pass, layer, l, x));
    }
    return pass_finish(pass, pass_rms(pass, &w->encoder_norm, x, 0, pass_keep(pass, pass->model->E)));
}

static void decoder(const struct t5 *w, struct pass *pass, struct attend *crosses)
{
    const struct stack *stack = pass->stack;
    float *y = pass_lookup(pass, &w->words.table, pass->tokens->ids, "token id", pass_keep(pass, pass->model->E));
    const struct mask *masks = pass_causal(pass, 0);
    const void *const *owns = biases(pass, w->decoder_bias, false);
    y = pass_embed(pass, y);
    for (size_t l = 0; pass_ok(pass) && l < stack->layers; l++) {
        const struct t5_decoder_layer *layer = stack_layer(stack, l);
        struct attend self = self_attend(pass, &layer->own.self, l, normed(pass, &layer->own.self.norm, y));
        self.masks = masks;
        self.owns = layer->own.bias ? biases(pass, layer->own.bias, false) : owns;
        y = attended(pass, &layer->own.self.o, y, pass_attention(pass, &self));
        crosses[l].q = seq2seq_heads(pass, &layer->cross.q, normed(pass, &layer->cross.norm, y), stack->shape[l].D);
        y = attended(pass, &layer->cross.o, y, pass_attention(pass, &crosses[l]));
        y = pass_layer(pass, l, fed_forward(pass, &layer->own, l, y));
    }
    pass_finish(pass, pass_rms(pass, &w->decoder_norm, y, 0, pass_keep(pass, pass->model->E)));
}

void t5_forward(const struct model *model, struct pass *pass)
{
    const struct t5 *w = model->own;
    const float *encoded = pass_goes_on(pass) ? NULL : encoder(w, pass);
    if (!pass->run->target)
        return;
    struct attend *crosses =
        seq2seq_cross(pass, encoded, offsetof(struct t5_decoder_layer, cross.k), offsetof(struct t5_decoder_layer, cross.v), 1);
    pass_enter(pass, STACK_DECODER, pass->run->target);
    if (pass_ok(pass))
        decoder(w, pass, crosses);
}

/* ---- configuration ---- */

/* "relu", "gated-gelu": whether there is a gate, and through what. The keys dense_act_fn and is_gated_act, which the reference
 * writes beside it, win over it there as here. */
static bool read_activation(struct model *model, const struct json *config, struct err *err)
{
    struct t5 *w = model->own;
    struct str name = w->proj;
    if (!name.s) /* Switch has no such key */
        return true;
    bool gated = str_starts(name, STR("gated-"));
    if (gated)
        name = (struct str){name.s + 6, name.n - 6};
    if (gated && str_is(name, "gelu"))
        name = STR("gelu_new");
    name = json_str(json_get(config, "dense_act_fn"), "").n ? json_str(json_get(config, "dense_act_fn"), "") : name;
    w->gated = json_bool(json_get(config, "is_gated_act"), gated);
    model->activation = activation_named(name);
    return model->activation ||
           err_set(err, ERR_UNSUPPORTED, "%s/config.json: feed_forward_proj = \"%.*s\" is no activation that is known",
                   model->folder, STR_ARGS(w->proj));
}

static bool decoder_layers(struct model *model, const struct json *config, size_t *out, struct err *err)
{
    const struct json *given = json_get(config, "num_decoder_layers");
    *out = model->dim['L'];
    if (seq2seq_encoder_only(config))
        *out = 0;
    else if (given && !json_is_null(given))
        return json_size(given, "config.json: num_decoder_layers", out, err);
    return true;
}

bool t5_configure(struct model *model, const struct json *config, struct err *err)
{
    struct t5 *w = model->own;
    size_t H = model->dim['H'], layers;
    struct layer_shape shape = {H, H, model->dim['k']};
    model->E = model->dim['E'];
    if (w->buckets < 4 || w->farthest <= w->buckets / 2)
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu buckets of relative positions up to distance %zu", model->folder,
                       w->buckets, w->farthest);
    if (!read_activation(model, config, err) || !decoder_layers(model, config, &layers, err) ||
        !model_stack(model, STACK_MAIN, model->dim['L'], shape, terms_self, err))
        return false;
    model->stacks[STACK_MAIN].finished = true;
    if (!layers)
        return true;
    model->stacks[STACK_DECODER].finished = true;
    w->words.scale = w->words.tied ? 1 / sqrtf((float)model->E) : 0; /* tied, hidden states are divided by √E */
    return seq2seq_start(model, config, 0, err) && model_stack(model, STACK_DECODER, layers, shape, terms_self, err) &&
           model_stack(model, STACK_CROSS, layers, shape, terms_cross, err);
}

bool t5_has_decoder(const struct model *model, size_t layer)
{
    (void)layer;
    return model->stacks[STACK_DECODER].layers > 0;
}

bool t5_gated(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct t5 *)model->own)->gated;
}
