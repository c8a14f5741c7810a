/* GPTBigCode (Ben Allal et al. 2023: SantaCoder; Li et al. 2023: StarCoder): GPT-2, see gpt2.c, where all heads share one key and
 * one value.
 *
 *   q, k, v = norm(x)·Wqkv: all queries, the key, the value; for each head its query, key and value where multi_query is false
 *
 * What has caused bugs: unlike GPT-2's, projections are stored [out,in]; the activation is gelu_pytorch_tanh where none is named;
 * attention_softmax_in_fp32 and scale_attention_softmax_in_fp32 change no number in float32. */
#include "core/arch/gpt.h"

struct gpt_bigcode {
    struct gpt gpt;         /* first */
    struct tensor position; /* [P,E] */
    bool shared, scaled;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    const struct gpt_bigcode *w = model->own;
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    if (!config_heads(model, "n_embd", model->dim['H'], &shape, err))
        return false;
    if (w->shared)
        shape.Hkv = 1;
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    return gpt_stack(model, shape, terms, err);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct gpt_bigcode *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    float *x = gpt_words(model, pass);
    x = pass_embed(pass, pass_lookup_add(pass, &w->position, pass->tokens->positions, "position", x));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        const float *n = gpt_norm(pass, &layer->attention_norm, x);
        struct attend attend = gpt_attend(pass, l, w->shared ? GPT_BLOCKS : GPT_GROUPS, n, masks);
        if (!w->scaled)
            attend.scale = 1;
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, gpt_norm(pass, &layer->ffn_norm, a), a));
    }
    gpt_finish(model, pass, x);
}

#define FLAG(key_, field_)                                                                                                       \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct gpt_bigcode, field_)                        \
    }
static const struct config_key keys[] = {
    GPT_SIZES(50257, 768, 12, 12),
    {.key = "max_position_embeddings|n_positions", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 1024},
    GPT_INNER("n_inner"),
    {.key = "activation_function", .kind = CONFIG_ACTIVATION, .text = "gelu_pytorch_tanh"},
    {.key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-5},
    CAUSAL_TIED(struct gpt, true),
    FLAG("multi_query", shared),
    FLAG("scale_attn_weights", scaled),
    {.key = "add_cross_attention", .kind = CONFIG_ONLY, .text = "false"},
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "wte.weight"),
    {.name = "wpe.weight",
     .shape = "P,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct gpt_bigcode, position),
     .meaning = "positions"},
    GPT_PARAM(NORM, "h.{l}.ln_1", "E", attention_norm, "LayerNorm before attention"),
    GPT_PARAM(LINEAR, "h.{l}.attn.c_attn", "Q,E", qkv, "query, key, value"),
    GPT_PARAM(LINEAR, "h.{l}.attn.c_proj", "E,A", o, "output of the heads"),
    GPT_PARAM(NORM, "h.{l}.ln_2", "E", ffn_norm, "LayerNorm before feed-forward"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.c_fc", "I,E", up, "feed-forward, up"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.c_proj", "E,I", down, "feed-forward, down"),
    GPT_LAST("ln_f"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_SCORE(struct gpt),
    {0},
};

const struct arch arch_gpt_bigcode = {
    .name = "gpt_bigcode",
    .model_types = "gpt_bigcode",
    .summary = "StarCoder: GPT-2 with one key and one value for all heads",
    .source = "Li et al. 2023",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct gpt_bigcode),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
