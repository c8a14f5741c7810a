/* Phi-1, 1.5 and 2 (Gunasekar et al. 2023; Li et al. 2023): rotary positions in a part of every head, attention and feed-forward
 * side by side behind one norm, causal.
 *
 *   x = word[id]; each layer:  n = norm(x);  q, k, v = n·Wq, n·Wk, n·Wv with biases, k and v of num_key_value_heads
 *     q and k of every head through a LayerNorm where qk_layernorm is true;  the first partial_rotary_factor of them turn
 *     x = x + z·Wo + down(act(up(n)))
 *   norm(x) at the end; next word: that·Wᵀ + b */
#include <math.h>

#include "core/arch/gpt.h"
#include "core/arch/rope.h"

struct phi_layer {
    struct gpt_layer gpt; /* first */
    struct norm q_norm, k_norm;
};

struct phi {
    struct gpt gpt; /* first */
    struct rope rope;
    size_t kv, width;
    float part, theta;
    bool normed;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct phi *w = model->own;
    size_t H = model->dim['H'], kv = w->kv ? w->kv : H;
    struct layer_shape shape;
    model->E = model->dim['E'];
    if (H == 0 || H % kv)
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu heads do not fall into groups for %zu key/value heads",
                       model->folder, H, kv);
    if (!w->width && !config_heads(model, "hidden_size", H, &shape, err))
        return false;
    shape = (struct layer_shape){.H = H, .Hkv = kv, .D = w->width ? w->width : shape.D};
    double part = rope_parameter(model, NULL, "partial_rotary_factor"), theta = rope_parameter(model, NULL, "rope_theta");
    if (!json_get(config, "partial_rotary_factor") && !isnan(part))
        w->part = (float)part;
    if (!json_get(config, "rope_theta") && !isnan(theta))
        w->theta = (float)theta;
    if (!(w->part <= 1))
        return err_set(err, ERR_FORMAT, "%s/config.json: partial_rotary_factor %g turns more than a head", model->folder,
                       (double)w->part);
    model->dim['n'] = model->E / H; /* of the norms of heads, whatever head_dim says */
    return rope_read(model, w->theta, (size_t)((float)shape.D * w->part), ROTARY_HALVES, &w->rope, err) &&
           gpt_stack(model, shape, terms, err);
}

static void norm_heads(struct pass *pass, const struct norm *norm, struct strided view, size_t heads, size_t D)
{
    if (pass_ok(pass) && norm->weight)
        op_layer_norm(view.data, NULL, pass->rows * heads, D, norm->weight, norm->bias, pass->model->norm_eps, view.data);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct phi *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    struct rope_tables tables = rope_make(pass, &w->rope);
    const float *x = pass_embed(pass, gpt_words(model, pass));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct phi_layer *layer = stack_layer(pass->stack, l);
        const struct layer_shape *shape = &pass->stack->shape[l];
        const float *n = gpt_norm(pass, &layer->gpt.attention_norm, x);
        struct attend attend = gpt_attend(pass, l, GPT_THREE, n, masks);
        norm_heads(pass, &layer->q_norm, attend.q, shape->H, shape->D);
        norm_heads(pass, &layer->k_norm, attend.k, shape->Hkv, shape->D);
        rope_turn(pass, &tables, attend.q, shape->H);
        rope_turn(pass, &tables, attend.k, shape->Hkv);
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, n, a));
    }
    gpt_finish(model, pass, x);
}

static bool normed(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct phi *)model->own)->normed;
}

static const struct config_key keys[] = {
    GPT_SIZES(51200, 2048, 24, 32),
    {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 8192},
    {.key = "num_key_value_heads", .kind = CONFIG_SIZE_NULL, .letter = 'k', .field = offsetof(struct phi, kv)},
    {.key = "head_dim", .kind = CONFIG_SIZE_NULL, .letter = 'd', .field = offsetof(struct phi, width)},
    {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = "gelu_new"},
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-5},
    {.key = "rope_theta", .kind = CONFIG_POSITIVE, .fallback = 10000, .field = offsetof(struct phi, theta)},
    {.key = "partial_rotary_factor", .kind = CONFIG_POSITIVE, .fallback = 0.5, .field = offsetof(struct phi, part)},
    {.key = "qk_layernorm", .kind = CONFIG_BOOL, .field = offsetof(struct phi, normed)},
    CAUSAL_TIED(struct gpt, false),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "embed_tokens.weight"),
    GPT_PARAM(NORM, "layers.{l}.input_layernorm", "E", attention_norm, "LayerNorm of a layer's input"),
    GPT_PARAM(LINEAR, "layers.{l}.self_attn.q_proj", "A,E", q, "query"),
    GPT_PARAM(LINEAR, "layers.{l}.self_attn.k_proj", "C,E", k, "key"),
    GPT_PARAM(LINEAR, "layers.{l}.self_attn.v_proj", "C,E", v, "value"),
    {.name = "layers.{l}.self_attn.q_layernorm",
     .shape = "n",
     .kind = PARAM_NORM,
     .layered = true,
     .offset = offsetof(struct phi_layer, q_norm),
     .when = normed,
     .meaning = "LayerNorm of a head's query"},
    {.name = "layers.{l}.self_attn.k_layernorm",
     .shape = "n",
     .kind = PARAM_NORM,
     .layered = true,
     .offset = offsetof(struct phi_layer, k_norm),
     .when = normed,
     .meaning = "LayerNorm of a head's key"},
    GPT_PARAM(LINEAR, "layers.{l}.self_attn.dense", "E,A", o, "output of the heads"),
    GPT_PARAM(LINEAR, "layers.{l}.mlp.fc1", "I,E", up, "feed-forward, up"),
    GPT_PARAM(LINEAR, "layers.{l}.mlp.fc2", "E,I", down, "feed-forward, down"),
    GPT_LAST("final_layernorm"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_SCORE(struct gpt),
    CAUSAL_BIAS(struct gpt, "lm_head.bias"),
    {0},
};

const struct arch arch_phi = {
    .name = "phi",
    .model_types = "phi",
    .summary = "Phi-1, 1.5, 2: causal, partly rotary, attention beside feed-forward",
    .source = "Li et al. 2023",
    .prefixes = "model.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct phi),
    .layer_size = sizeof(struct phi_layer),
    .configure = configure,
    .forward = forward,
};
