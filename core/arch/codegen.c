/* CodeGen (Nijkamp et al. 2022): GPT-J, see gptj.c, whose queries, keys and values lie in one tensor.
 *
 *   rows of Wqkv: four blocks, each a quarter of the queries, then of the values, then of the keys
 *
 * What has caused bugs: the order within a block is query, value, key; the output of the heads has no bias; the head has one. */
#include <string.h>

#include "core/arch/gpt.h"
#include "core/arch/rope.h"

struct codegen {
    struct gpt gpt; /* first */
    struct rope rope;
    size_t turned;
};
enum { BLOCKS = 4 };

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct codegen *w = model->own;
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    if (!config_heads(model, "n_embd", model->dim['H'], &shape, err))
        return false;
    if (shape.H % BLOCKS)
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu heads do not fall into %d blocks", model->folder, shape.H, BLOCKS);
    if (w->turned == 0 || w->turned > shape.D || w->turned % 2)
        return err_set(err, ERR_FORMAT, "%s/config.json: rotary_dim %zu of heads of width %zu: an even number of them turns",
                       model->folder, w->turned, shape.D);
    w->rope = rope_plain(10000, w->turned, ROTARY_NEIGHBOURS);
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    return gpt_stack(model, shape, terms, err);
}

/* Part 0 (queries), 1 (values) or 2 (keys) of all blocks of qkv [rows,3E], its heads side by side. */
static struct strided gathered(struct pass *pass, const float *qkv, size_t part, size_t D)
{
    size_t E = pass->model->E, n = E / BLOCKS;
    float *y = pass_keep(pass, E);
    for (size_t r = 0; pass_ok(pass) && r < pass->rows; r++)
        for (size_t b = 0; b < BLOCKS; b++)
            memcpy(y + r * E + b * n, qkv + r * 3 * E + (3 * b + part) * n, n * sizeof *y);
    return (struct strided){y, E, D};
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct codegen *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    struct rope_tables tables = rope_make(pass, &w->rope);
    const float *x = pass_embed(pass, gpt_words(model, pass));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        const struct layer_shape *shape = &pass->stack->shape[l];
        const float *n = gpt_norm(pass, &layer->attention_norm, x);
        struct attend attend = gpt_attend(pass, l, GPT_BLOCKS, n, masks);
        const float *qkv = attend.q.data;
        attend.q = gathered(pass, qkv, 0, shape->D);
        attend.v = gathered(pass, qkv, 1, shape->D);
        attend.k = gathered(pass, qkv, 2, shape->D);
        rope_turn(pass, &tables, attend.q, shape->H);
        rope_turn(pass, &tables, attend.k, shape->H);
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, n, a));
    }
    gpt_finish(model, pass, x);
}

static const struct config_key keys[] = {
    GPT_SIZES(50400, 4096, 28, 16),
    {.key = "max_position_embeddings|n_positions", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 2048},
    GPT_INNER("n_inner"),
    {.key = "rotary_dim", .kind = CONFIG_SIZE_NULL, .letter = 'r', .fallback = 64, .field = offsetof(struct codegen, turned)},
    {.key = "activation_function", .kind = CONFIG_ACTIVATION, .text = "gelu_new"},
    {.key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-5},
    CAUSAL_TIED(struct gpt, false),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "wte.weight"),
    GPT_PARAM(NORM, "h.{l}.ln_1", "E", attention_norm, "LayerNorm of a layer's input"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.qkv_proj", "Q,E", qkv, "query, value, key, in four blocks"),
    GPT_PARAM(LINEAR_NO_BIAS, "h.{l}.attn.out_proj", "E,A", o, "output of the heads"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.fc_in", "I,E", up, "feed-forward, up"),
    GPT_PARAM(LINEAR, "h.{l}.mlp.fc_out", "E,I", down, "feed-forward, down"),
    GPT_LAST("ln_f"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    CAUSAL_BIAS(struct gpt, "lm_head.bias"),
    {0},
};

const struct arch arch_codegen = {
    .name = "codegen",
    .model_types = "codegen",
    .summary = "CodeGen: GPT-J with fused projections",
    .source = "Nijkamp et al. 2022",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct codegen),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
