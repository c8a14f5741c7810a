/* DeBERTa v1 (He et al. 2021): disentangled attention over a table of every distance up to the span.
 *
 *   x = LayerNorm(word[id] (+ position[i]) (+ type[t]))            positions only with position_biased_input
 *   each layer:  q, k, v = x·Win + [qb, 0, vb]        rows of Win interleaved head by head: q(D), k(D), v(D)
 *                PK, PQ = table·Wpk, table·Wpq + b    once a model: no input changes them
 *                s = (q_i·k_j + q_i·PK[b(i−j)] + k_j·PQ[b(i−j)]) / √(D·(1 + number of pos_att_type))
 *                z = M2·softmax(M1·s)·v               M1, M2 mix heads where talking_head is set
 *                a = LayerNorm(x + z·Wo + bo);  x = LayerNorm(a + gelu(a·Wu + bu)·Wd + bd)
 *   b(d) = clamp(d + span, 0, 2·span−1) of the rows [max−span, max+span), span = min(T, max_relative_positions)
 *
 * What has caused bugs: Win is not three blocks; keys have no bias; the scale counts the types even where
 * relative_attention is false. */
#include "core/arch/deberta_heads.h"

#include <stdlib.h>

struct deberta_layer {
    struct block block;           /* q, k, v unused */
    struct linear in;             /* [3A,E]: head h owns rows 3Dh … 3D(h+1) as q, k, v */
    const float *q_bias, *v_bias; /* [A], head-major */
    struct linear position_key, position_query;
    const float *mix_scores, *mix_probs; /* [H,H] */
};

static bool talking(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct deberta *)model->own)->talking;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    if (!deberta_configure(model, config, 0, true, err))
        return false;
    model->dim['R'] = 2 * model->dim['M'];
    model->dim['Q'] = 3 * model->E;
    return true;
}

/* The bias of the joint projection: q_bias and v_bias at their heads' rows, keys have none. */
static bool bound(struct model *model, struct err *err)
{
    const struct stack *stack = &model->stacks[STACK_MAIN];
    for (size_t l = 0; l < stack->layers; l++) {
        struct deberta_layer *layer = stack_layer(stack, l);
        size_t D = stack->shape[l].D, A = stack->shape[l].H * D;
        float *bias = arena_zalloc(model->arena, 3 * A, sizeof *bias, "biases", err);
        if (!bias)
            return false;
        for (size_t i = 0; i < A; i++) {
            size_t head = i / D, d = i % D;
            bias[(3 * head + 0) * D + d] = layer->q_bias[i];
            bias[(3 * head + 2) * D + d] = layer->v_bias[i];
        }
        layer->in.bias = bias;
    }
    return deberta_bound(model, err) && emd_bound(model, err);
}

static bool prepare(struct model *model, struct err *err)
{
    struct deberta *w = model->own;
    if (!w->c2p && !w->p2c)
        return true;
    float *table = deberta_relative_table(model, err);
    bool ok = table != NULL;
    for (size_t l = 0; ok && l < model->stacks[STACK_MAIN].layers; l++) {
        const struct deberta_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);
        struct relative *relative = &w->relatives[l];
        relative->rows = model->dim['R'];
        ok = (!w->c2p || deberta_project_table(model, l, &layer->position_key, table, &relative->keys, err)) &&
             (!w->p2c || deberta_project_table(model, l, &layer->position_query, table, &relative->queries, err));
    }
    free(table);
    return ok;
}

/* span = min(T, M); the rows [M−span, M+span) of the table; clamp(i−j+span, 0, 2·span−1) within them. */
static uint32_t row_of(const struct model *model, long delta, size_t T)
{
    long M = (long)((const struct deberta *)model->own)->farthest, span = (long)T < M ? (long)T : M, row = delta + span;
    row = row < 0 ? 0 : row > 2 * span - 1 ? 2 * span - 1 : row;
    return (uint32_t)(M - span + row);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct deberta *w = model->own;
    const struct stack *stack = pass->stack;
    const void *const *owns = relative_texts(pass, w->relatives, row_of);
    float *x = deberta_embed(model, pass);

    for (size_t l = 0; pass_ok(pass) && l < stack->layers; l++) {
        const struct deberta_layer *layer = stack_layer(stack, l);
        size_t D = stack->shape[l].D, width = layer->in.out;
        float *qkv = pass_keep(pass, width), *entered = x;
        pass_linear_to(pass, &layer->in, x, NULL, qkv);
        struct attend attend = {
            .layer = l,
            .q = {qkv, width, 3 * D},
            .k = {qkv + D, width, 3 * D},
            .v = {qkv + 2 * D, width, 3 * D},
            .scale = w->scale,
            .mix_scores = layer->mix_scores,
            .mix_probs = layer->mix_probs,
            .owns = owns + l * pass->tokens->n_texts,
        };
        float *z = pass_attention(pass, &attend);
        float *y = pass_block_end(pass, &layer->block, x, z);
        x = pass_layer(pass, l, y);
        if (l + 1 == stack->layers) {
            deberta_keep_rtd(pass, x);
            emd_forward(pass, &attend, &layer->block, &layer->in, 3 * D, entered);
        }
    }
}

#define LAYER(kind_, name_, shape_, field, when_, meaning_)                                                                      \
    {                                                                                                                            \
        .name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                             \
        .offset = offsetof(struct deberta_layer, field), .when = when_, .meaning = meaning_                                      \
    }

static const struct config_key keys[] = {
    DEBERTA_KEYS,
    {.key = "talking_head", .kind = CONFIG_BOOL, .field = offsetof(struct deberta, talking)},
    {0},
};

static const struct param params[] = {
    DEBERTA_PARAMS,
    LAYER(LINEAR_NO_BIAS, "attention.self.in_proj", "Q,E", in, NULL, "query, key and value, rows interleaved by head"),
    LAYER(FLOATS, "attention.self.q_bias", "A", q_bias, NULL, "bias of the queries"),
    LAYER(FLOATS, "attention.self.v_bias", "A", v_bias, NULL, "bias of the values"),
    LAYER(LINEAR_NO_BIAS, "attention.self.pos_proj", "A,E", position_key, deberta_c2p, "position key"),
    LAYER(LINEAR, "attention.self.pos_q_proj", "A,E", position_query, deberta_p2c, "position query"),
    {.name = "encoder.layer.{l}.attention.self.head_logits_proj.weight",
     .shape = "H,H",
     .kind = PARAM_FLOATS,
     .layered = true,
     .offset = offsetof(struct deberta_layer, mix_scores),
     .when = talking,
     .init = INIT_NORMAL,
     .meaning = "talking heads, before the softmax"},
    {.name = "encoder.layer.{l}.attention.self.head_weights_proj.weight",
     .shape = "H,H",
     .kind = PARAM_FLOATS,
     .layered = true,
     .offset = offsetof(struct deberta_layer, mix_probs),
     .when = talking,
     .init = INIT_NORMAL,
     .meaning = "talking heads, after the softmax"},
    LAYER(LINEAR, "attention.output.dense", "E,A", block.o, NULL, "output of the heads"),
    LAYER(NORM, "attention.output.LayerNorm", "E", block.attention_norm, NULL, "LayerNorm after attention"),
    LAYER(LINEAR, "intermediate.dense", "I,E", block.up, NULL, "feed-forward, up"),
    LAYER(LINEAR, "output.dense", "E,I", block.down, NULL, "feed-forward, down"),
    LAYER(NORM, "output.LayerNorm", "E", block.output_norm, NULL, "LayerNorm after feed-forward"),
    {0},
};

const struct arch arch_deberta = {
    .name = "deberta",
    .model_types = "deberta",
    .summary = "DeBERTa v1: disentangled attention, every distance up to the span",
    .source = "He et al. 2021",
    .prefixes = "deberta.",
    .keys = keys,
    .params = params,
    .heads = deberta_heads,
    .classify = offsetof(struct deberta, classify),
    .own_size = sizeof(struct deberta),
    .layer_size = sizeof(struct deberta_layer),
    .configure = configure,
    .bound = bound,
    .prepare = prepare,
    .forward = forward,
    .note = deberta_note,
};
