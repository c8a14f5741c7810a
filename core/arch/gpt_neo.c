/* GPT-Neo (Black et al. 2021): GPT-2, see gpt2.c, in whose every second layer a query sees window_size keys only.
 *
 *   scores  q·k, not divided by √D
 *
 * What has caused bugs: which layers have the window stands in attention_types, [[kinds, how often], …]; projections of attention
 * have no bias but the last; all are stored [out,in]. */
#include "core/arch/gpt.h"

struct gpt_neo {
    struct gpt gpt;         /* first */
    struct tensor position; /* [P,E] */
    size_t window;
};
struct gpt_neo_layer {
    struct gpt_layer gpt; /* first */
    bool local;
};

/* Layer l's kind by attention_layers, else by attention_types, which names kinds and how often they come in turn. */
static struct str kind_of(const struct json *config, size_t l)
{
    const struct json *layers = json_get(config, "attention_layers"), *types = json_get(config, "attention_types");
    if (json_is_array(layers))
        return json_str(json_at(layers, l), "");
    if (!types)
        return l % 2 ? STR("local") : STR("global");
    for (size_t i = 0, before = 0; i < json_count(types); i++) {
        const struct json *kinds = json_at(json_at(types, i), 0);
        size_t n = json_count(kinds), times = (size_t)json_number(json_at(json_at(types, i), 1), 0);
        if (n && (l - before) / n < times)
            return json_str(json_at(kinds, (l - before) % n), "");
        before += n * times;
    }
    return STR("");
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct layer_shape shape;
    model->E = model->dim['E'];
    if (!config_heads(model, "hidden_size", model->dim['H'], &shape, err) || !gpt_stack(model, shape, terms, err))
        return false;
    struct stack *stack = &model->stacks[STACK_MAIN];
    stack->max_tokens = model->dim['P'];
    for (size_t l = 0; l < stack->layers; l++) {
        struct str kind = kind_of(config, l);
        ((struct gpt_neo_layer *)stack_layer(stack, l))->local = str_is(kind, "local");
        if (!str_is(kind, "local") && !str_is(kind, "global"))
            return err_set(err, ERR_UNSUPPORTED,
                           "%s/config.json: attention_types give layer %zu \"%.*s\" (global and local are read)", model->folder,
                           l, STR_ARGS(kind));
    }
    return true;
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct gpt_neo *w = model->own;
    const struct mask *full = pass_causal(pass, 0), *window = pass_causal(pass, w->window);
    float *x = gpt_words(model, pass);
    x = pass_embed(pass, pass_lookup_add(pass, &w->position, pass->tokens->positions, "position", x));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_neo_layer *layer = stack_layer(pass->stack, l);
        const float *n = gpt_norm(pass, &layer->gpt.attention_norm, x);
        struct attend attend = gpt_attend(pass, l, GPT_THREE, n, layer->local ? window : full);
        attend.scale = 1;
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, gpt_norm(pass, &layer->gpt.ffn_norm, a), a));
    }
    gpt_finish(model, pass, x);
}

static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 50257},
    {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 2048},
    {.key = "num_hidden_layers|num_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 24},
    {.key = "num_attention_heads|num_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 16},
    {.key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 2048},
    GPT_INNER("intermediate_size"),
    {.key = "window_size", .kind = CONFIG_SIZE, .letter = 'w', .fallback = 256, .field = offsetof(struct gpt_neo, window)},
    {.key = "activation_function", .kind = CONFIG_ACTIVATION, .text = "gelu_new"},
    {.key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-5},
    CAUSAL_TIED(struct gpt, true),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "wte.weight"),
    {.name = "wpe.weight",
     .shape = "P,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct gpt_neo, position),
     .meaning = "positions"},
    GPT_PARAM(NORM, "h.{l}.ln_1", "E", attention_norm, "LayerNorm before attention"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.attention.q_proj", "A,E", q, "query"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.attention.k_proj", "A,E", k, "key"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.attention.v_proj", "A,E", v, "value"),
    GPT_PARAM(LINEAR, "h.{l}.attn.attention.out_proj", "E,A", o, "output of the heads"),
    GPT_PARAM(NORM, "h.{l}.ln_2", "E", ffn_norm, "LayerNorm before feed-forward"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.c_fc", "I,E", up, "feed-forward, up"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.c_proj", "E,I", down, "feed-forward, down"),
    GPT_LAST("ln_f"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_SCORE(struct gpt),
    {0},
};

const struct arch arch_gpt_neo = {
    .name = "gpt_neo",
    .model_types = "gpt_neo",
    .summary = "GPT-Neo: GPT-2 with windows in every second layer",
    .source = "Black et al. 2021",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct gpt_neo),
    .layer_size = sizeof(struct gpt_neo_layer),
    .configure = configure,
    .forward = forward,
};
