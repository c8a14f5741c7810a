/* GPT-J (Wang and Komatsuzaki 2021): rotary positions, attention and feed-forward side by side behind one norm, causal.
 *
 *   x = word[id]; each layer:  n = norm(x);  q, k, v = n·Wq, n·Wk, n·Wv;  the first rotary_dim numbers of every head of q and k
 *     turn by position/10000^(2i/rotary_dim);  query i sees keys j ≤ i;  x = x + z·Wo + down(act(up(n)))
 *   norm(x) at the end; next word: that·Wᵀ + b
 *
 * What has caused bugs: pairs are neighbours (2i, 2i+1); the projections of attention have no bias, the head has one; positions
 * have a table of n_positions rows, so that longer texts do not run. */
#include "core/arch/gpt.h"
#include "core/arch/rope.h"

struct gptj {
    struct gpt gpt; /* first */
    struct rope rope;
    size_t turned;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct gptj *w = model->own;
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    if (!config_heads(model, "n_embd", model->dim['H'], &shape, err))
        return false;
    if (w->turned == 0 || w->turned > shape.D || w->turned % 2)
        return err_set(err, ERR_FORMAT, "%s/config.json: rotary_dim %zu of heads of width %zu: an even number of them turns",
                       model->folder, w->turned, shape.D);
    w->rope = rope_plain(10000, w->turned, ROTARY_NEIGHBOURS);
    if (!gpt_stack(model, shape, terms, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    return true;
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct gptj *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    struct rope_tables tables = rope_make(pass, &w->rope);
    const float *x = pass_embed(pass, gpt_words(model, pass));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        const struct layer_shape *shape = &pass->stack->shape[l];
        const float *n = gpt_norm(pass, &layer->attention_norm, x);
        struct attend attend = gpt_attend(pass, l, GPT_THREE, n, masks);
        rope_turn(pass, &tables, attend.q, shape->H);
        rope_turn(pass, &tables, attend.k, shape->Hkv);
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, n, a));
    }
    gpt_finish(model, pass, x);
}

static const struct config_key keys[] = {
    GPT_SIZES(50400, 4096, 28, 16),
    {.key = "max_position_embeddings|n_positions", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 2048},
    GPT_INNER("n_inner"),
    {.key = "rotary_dim", .kind = CONFIG_SIZE_NULL, .letter = 'r', .fallback = 64, .field = offsetof(struct gptj, turned)},
    {.key = "activation_function", .kind = CONFIG_ACTIVATION, .text = "gelu_new"},
    {.key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-5},
    CAUSAL_TIED(struct gpt, false),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "wte.weight"),
    GPT_PARAM(NORM, "h.{l}.ln_1", "E", attention_norm, "LayerNorm of a layer's input"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.q_proj", "A,E", q, "query"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.k_proj", "A,E", k, "key"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.v_proj", "A,E", v, "value"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.out_proj", "E,A", o, "output of the heads"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.fc_in", "I,E", up, "feed-forward, up"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.fc_out", "E,I", down, "feed-forward, down"),
    GPT_LAST("ln_f"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_SCORE(struct gpt),
    CAUSAL_BIAS(struct gpt, "lm_head.bias"),
    {0},
};

const struct arch arch_gptj = {
    .name = "gptj",
    .model_types = "gptj",
    .summary = "GPT-J: causal, rotary, attention beside feed-forward",
    .source = "Wang and Komatsuzaki 2021",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct gptj),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
