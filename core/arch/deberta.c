/* DeBERTa v1 (He et al. 2021): disentangled attention over a table of every distance up to the span, q, k and v from
 * one matrix whose rows are interleaved head by head, talking heads where the configuration asks for them. */
#include "core/config.h"
#include "core/arch/disentangled.h"

#include <stdlib.h>

struct deberta_layer {
    struct block block;         /* q, k, v unused */
    struct linear in;           /* [3A,E]: head h owns rows 3Dh … 3D(h+1) as q, k, v */
    const float *q_bias, *v_bias; /* [A], head-major */
    struct linear position_key, position_query;
    const float *mix_scores, *mix_probs; /* [H,H] */
};

static bool talking(const struct model *model)
{
    return json_bool(json_get(model->config, "talking_head"), false);
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    if (!deberta_configure(model, config, true, err) || !config_is(model, "talking_head", CONFIG_BOOL, err))
        return false;
    model->dim['R'] = 2 * model->dim['M'];
    model->dim['Q'] = 3 * model->dim['A'];
    return true;
}

/* The bias of the joint projection: q_bias and v_bias at their heads' rows, keys have none. */
static bool bound(struct model *model, struct err *err)
{
    size_t D = model->D;
    for (size_t l = 0; l < model->layers; l++) {
        struct deberta_layer *w = (struct deberta_layer *)model_layer(model, l);
        float *bias = arena_zalloc(model->arena, 3 * model->dim['A'], sizeof *bias, "biases", err);
        if (!bias)
            return false;
        for (size_t i = 0; i < model->dim['A']; i++) {
            size_t head = i / D, d = i % D;
            bias[(3 * head + 0) * D + d] = w->q_bias[i];
            bias[(3 * head + 2) * D + d] = w->v_bias[i];
        }
        w->in.bias = bias;
    }
    return deberta_bound(model, err);
}

static bool prepare(struct model *model, struct err *err)
{
    struct deberta *w = model->own;
    if (!deberta_relative(model))
        return true;
    float *table = deberta_relative_table(model, err);
    bool ok = table != NULL;
    for (size_t l = 0; ok && l < model->layers; l++) {
        const struct deberta_layer *layer_w = model_layer(model, l);
        w->relatives[l].rows = model->dim['R'];
        ok = (!deberta_c2p(model) || deberta_project_table(model, &layer_w->position_key, table, &w->relatives[l].keys, err)) &&
             (!deberta_p2c(model) || deberta_project_table(model, &layer_w->position_query, table, &w->relatives[l].queries, err));
    }
    free(table);
    return ok;
}

/* span = min(T, M); the rows [M−span, M+span) of the table; clamp(i−j+span, 0, 2·span−1) within them. */
static uint32_t row_of(const struct model *model, long delta, size_t T)
{
    long M = (long)model->dim['M'], span = (long)T < M ? (long)T : M, row = delta + span;
    row = row < 0 ? 0 : row > 2 * span - 1 ? 2 * span - 1 : row;
    return (uint32_t)(M - span + row);
}

static bool forward(const struct model *model, struct pass *pass, struct err *err)
{
    const struct deberta *w = model->own;
    size_t A = model->dim['A'], D = model->D;
    const void **owns = NULL;
    float *x, *y, *z;

    if (!deberta_embed(model, pass, &x, err) || !relative_texts(model, pass, w->relatives, row_of, &owns, err))
        return false;
    for (size_t l = 0; l < model->layers; l++) {
        const struct deberta_layer *layer_w = model_layer(model, l);
        float *qkv = pass_keep(pass, pass->rows, 3 * A, err);
        if (!qkv || !pass_linear(pass, &layer_w->in, x, EPILOGUE_NONE, qkv, err))
            return false;
        struct attend attend = {
            .stack = STACK_ENCODER,
            .layer = l,
            .q = {qkv, 3 * A, 3 * D},
            .k = {qkv + D, 3 * A, 3 * D},
            .v = {qkv + 2 * D, 3 * A, 3 * D},
            .scale = w->scale,
            .terms = model->terms,
            .mix_scores = layer_w->mix_scores,
            .mix_probs = layer_w->mix_probs,
            .owns = owns + l * pass->n_texts,
        };
        if (!attention(pass, &attend, &z, err) || !(y = pass_keep(pass, pass->rows, model->E, err)) ||
            !pass_block_end(pass, &layer_w->block, x, z, y, err) || !layer(pass, l, y, err))
            return false;
        x = y;
    }
    return true;
}

#define LAYER(kind_, name_, shape_, field, when_, meaning_)                                     \
    {.name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true, \
     .offset = offsetof(struct deberta_layer, field), .when = when_, .meaning = meaning_}

static const struct param params[] = {
    DEBERTA_PARAMS,
    LAYER(LINEAR_NO_BIAS, "attention.self.in_proj", "Q,E", in, NULL, "query, key and value, rows interleaved by head"),
    LAYER(FLOATS, "attention.self.q_bias", "A", q_bias, NULL, "bias of the queries"),
    LAYER(FLOATS, "attention.self.v_bias", "A", v_bias, NULL, "bias of the values"),
    LAYER(LINEAR_NO_BIAS, "attention.self.pos_proj", "A,E", position_key, deberta_c2p, "position key"),
    LAYER(LINEAR, "attention.self.pos_q_proj", "A,E", position_query, deberta_p2c, "position query"),
    LAYER(FLOATS, "attention.self.head_logits_proj.weight", "H,H", mix_scores, talking, "talking heads, before the softmax"),
    LAYER(FLOATS, "attention.self.head_weights_proj.weight", "H,H", mix_probs, talking, "talking heads, after the softmax"),
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
    .params = params,
    .heads = deberta_heads,
    .own_size = sizeof(struct deberta),
    .layer_size = sizeof(struct deberta_layer),
    .configure = configure,
    .bound = bound,
    .prepare = prepare,
    .forward = forward,
    .caveat = deberta_caveat,
};
