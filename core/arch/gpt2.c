/* GPT-2 (Radford et al. 2019), and GPT-3's small kin: pre-norm, learned absolute positions, causal.
 *
 *   x = word[id] + position[i]; each layer:
 *     q, k, v = norm(x)·Wqkv, three blocks of E;  query i sees keys j ≤ i;  a = x + z·Wo
 *     x = a + down(act(up(norm'(a))))
 *   norm(x) at the end; next word: that times wordᵀ
 *
 * What has caused bugs: weights of the projections are stored [in,out]; n_inner null is 4·E; where
 * scale_attn_by_inverse_layer_idx is true, layer l's scores are divided by l+1 besides (GPT-2 as Mistral trained it);
 * reorder_and_upcast_attn changes no number in float32. */
#include <math.h>

#include "core/arch/gpt.h"

struct gpt2 {
    struct gpt gpt;         /* first */
    struct tensor position; /* [P,E] */
    bool scaled, by_layer;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    if (!config_heads(model, "n_embd", model->dim['H'], &shape, err) || !gpt_stack(model, shape, terms, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    return true;
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct gpt2 *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    float *x = gpt_words(model, pass);
    x = pass_embed(pass, pass_lookup_add(pass, &w->position, pass->tokens->positions, "position", x));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = gpt_attend(pass, l, GPT_BLOCKS, gpt_norm(pass, &layer->attention_norm, x), masks);
        if (!w->scaled)
            attend.scale = 1;
        if (w->by_layer)
            attend.scale /= (float)(l + 1);
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, gpt_norm(pass, &layer->ffn_norm, a), a));
    }
    gpt_finish(model, pass, x);
}

#define FLAG(key_, fallback_, field_)                                                                                            \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_BOOL, .fallback = fallback_, .field = offsetof(struct gpt2, field_)                          \
    }
static const struct config_key keys[] = {
    GPT_SIZES(50257, 768, 12, 12),
    {.key = "max_position_embeddings|n_positions", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 1024},
    GPT_INNER("n_inner"),
    {.key = "activation_function", .kind = CONFIG_ACTIVATION, .text = "gelu_new"},
    {.key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-5},
    CAUSAL_TIED(struct gpt, true),
    FLAG("scale_attn_weights", true, scaled),
    FLAG("scale_attn_by_inverse_layer_idx", false, by_layer),
    {.key = "reorder_and_upcast_attn", .kind = CONFIG_BOOL},
    {.key = "add_cross_attention", .kind = CONFIG_ONLY, .text = "false"},
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "wte.weight"),
    {.name = "wpe.weight",
     .shape = "P,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct gpt2, position),
     .meaning = "positions"},
    GPT_PARAM(NORM, "h.{l}.ln_1", "E", attention_norm, "LayerNorm before attention"),
    GPT_PARAM(LINEAR, "h.{l}.attn.c_attn", "Q,E", qkv, "query, key, value", .layout = LAYOUT_IN_OUT),
    GPT_PARAM(LINEAR, "h.{l}.attn.c_proj", "E,A", o, "output of the heads", .layout = LAYOUT_IN_OUT),
    GPT_PARAM(NORM, "h.{l}.ln_2", "E", ffn_norm, "LayerNorm before feed-forward"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.c_fc", "I,E", up, "feed-forward, up", .layout = LAYOUT_IN_OUT),
    GPT_PARAM(LINEAR, "h.{l}.mlp.c_proj", "E,I", down, "feed-forward, down", .layout = LAYOUT_IN_OUT),
    GPT_LAST("ln_f"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_SCORE(struct gpt),
    {0},
};

const struct arch arch_gpt2 = {
    .name = "gpt2",
    .model_types = "gpt2",
    .summary = "GPT-2: causal, learned positions",
    .source = "Radford et al. 2019",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct gpt2),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
