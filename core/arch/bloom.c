/* BLOOM (Scao et al. 2022): pre-norm, no positions but ALiBi's slopes, causal.
 *
 *   x = LayerNorm(word[id]); each layer:  n = norm(x);  q, k, v = n·Wqkv, for each head its q, k, v
 *     scores  q·k/√D + slope_h·j;  a = x + z·Wo;  x = a + down(gelu_tanh(up(norm'(a))))
 *     where apply_residual_connection_post_layernorm is true, n stands for x and norm'(a) for a in the two sums
 *   norm(x) at the end; next word: that times wordᵀ
 *
 * What has caused bugs: with pretraining_tp > 1 and slow_but_exact the reference sums slices of two products and leaves their
 * biases out. */
#include "core/arch/alibi.h"
#include "core/arch/gpt.h"

struct bloom {
    struct gpt gpt; /* first */
    struct norm norm;
    struct alibi alibi;
    size_t slices;
    bool from_norm, slow;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, &term_alibi, NULL};
    struct bloom *w = model->own;
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    model->activation = activation_named(str_of("gelu_pytorch_tanh"));
    return config_heads(model, "hidden_size", model->dim['H'], &shape, err) && gpt_stack(model, shape, terms, err) &&
           alibi_make(model, shape.H, 1, false, &w->alibi, err);
}

static bool bound(struct model *model, struct err *err)
{
    const struct bloom *w = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    (void)err;
    for (size_t l = 0; w->slow && w->slices > 1 && l < stack->layers; l++) {
        struct gpt_layer *layer = stack_layer(stack, l);
        layer->o.bias = layer->down.bias = NULL;
    }
    return true;
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct bloom *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    float *words = gpt_words(model, pass);
    pass_kept_list(pass, "slopes", w->alibi.slopes, pass->stack->shape[0].H, "head");
    const float *x = pass_embed(pass, pass_norm(pass, &w->norm, words, NULL, words));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        const float *n = gpt_norm(pass, &layer->attention_norm, x);
        struct attend attend = gpt_attend(pass, l, GPT_GROUPS, n, masks);
        attend.own = &w->alibi;
        attend.odd = w->from_norm ? "it is the norm of the layer's input" : NULL;
        const float *a = gpt_attended(pass, &attend, w->from_norm ? n : x);
        const float *in = gpt_norm(pass, &layer->ffn_norm, a);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, in, w->from_norm ? in : a));
    }
    gpt_finish(model, pass, x);
}

static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 250880},
    {.key = "n_embed|hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 64},
    {.key = "num_hidden_layers|n_layer", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 2},
    {.key = "num_attention_heads|n_head", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 8},
    {.key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-5},
    {.key = "apply_residual_connection_post_layernorm", .kind = CONFIG_BOOL, .field = offsetof(struct bloom, from_norm)},
    {.key = "pretraining_tp", .kind = CONFIG_SIZE, .letter = 't', .fallback = 1, .field = offsetof(struct bloom, slices)},
    {.key = "slow_but_exact", .kind = CONFIG_BOOL, .field = offsetof(struct bloom, slow)},
    CAUSAL_TIED(struct gpt, true),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "word_embeddings.weight"),
    {.name = "word_embeddings_layernorm",
     .shape = "E",
     .kind = PARAM_NORM,
     .offset = offsetof(struct bloom, norm),
     .meaning = "LayerNorm of the embeddings"},
    GPT_PARAM(NORM, "h.{l}.input_layernorm", "E", attention_norm, "LayerNorm before attention"),
    GPT_PARAM(LINEAR, "h.{l}.self_attention.query_key_value", "Q,E", qkv, "query, key, value"),
    GPT_PARAM(LINEAR, "h.{l}.self_attention.dense", "E,A", o, "output of the heads"),
    GPT_PARAM(NORM, "h.{l}.post_attention_layernorm", "E", ffn_norm, "LayerNorm before feed-forward"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.dense_h_to_4h", "I,E", up, "feed-forward, up"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.dense_4h_to_h", "E,I", down, "feed-forward, down"),
    GPT_LAST("ln_f"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_SCORE(struct gpt),
    {0},
};

const struct arch arch_bloom = {
    .name = "bloom",
    .model_types = "bloom",
    .summary = "BLOOM: causal, ALiBi",
    .source = "Scao et al. 2022",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct bloom),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
