/* ALBERT (Lan et al. 2020): BERT's layer, see bert.c, of which a few sets of weights serve all layers, behind narrow
 * embeddings.
 *
 *   x = LayerNorm(word[id] + position[i] + type[t])·Wp + bp, the norm in the width of the embeddings
 *   pass i uses group ⌊i·groups/layers⌋ and runs its inner layers one after the other
 *   masked words:    LayerNorm(act(x·Wt + bt))·wordᵀ + b in the width of the embeddings
 *   classes, order:  of tanh(x_0·Wc + bc)
 *
 * Maps are layers × inner layers, and hidden states count passes: with one inner layer (every published model) they are
 * one a map. What has caused bugs: relative_key(_query) products are added after the division by √D, not before it as in
 * BERT; pruned_heads counts sets of weights; v2 uses the tanh form of gelu. */
#include "core/arch/bert.h"

#include <math.h>

struct albert {
    struct bert bert;
    size_t groups, inner;
    size_t *sets; /* [layers] which set of weights */
};

static void layer_name(const struct model *model, size_t layer, struct buf *out)
{
    const struct albert *w = model->own;
    buf_printf(out, "%zu.albert_layers.%zu", w->sets[layer] / w->inner, w->sets[layer] % w->inner);
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct albert *w = model->own;
    size_t passes = model->dim['L'], layers;
    if (w->groups == 0 || w->inner == 0 || !size_mul(passes, w->inner, &layers))
        return err_set(err, ERR_FORMAT, "%s/config.json: %zu groups of %zu inner layers: not a model", model->folder, w->groups,
                       w->inner);
    model->dim['L'] = layers;
    if (!bert_stack(model, w->bert.positions, err))
        return false;
    w->sets = arena_alloc(model->arena, layers, sizeof *w->sets, "the layers", err);
    for (size_t l = 0; w->sets && l < layers; l++) {
        size_t group = (size_t)((double)(l / w->inner) / ((double)passes / (double)w->groups)); /* as the reference rounds */
        w->sets[l] = group * w->inner + l % w->inner;
    }
    return w->sets && bert_prune(model, config, w->sets, w->groups * w->inner, err);
}

/* The tables of relative positions times √D, which the scale takes away again. */
static bool bound(struct model *model, struct err *err)
{
    const struct albert *w = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    for (size_t l = 0; w->bert.relative && l < stack->layers; l++) {
        struct bert_layer *layer = stack_layer(stack, l);
        layer->distance = bert_scaled_distance(model, l, sqrtf((float)stack->shape[l].D), err);
        if (!layer->distance)
            return false;
    }
    return bert_bound(model, model->activation, err);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct albert *w = model->own;
    const void *const *owns = bert_owns(model, pass);
    float *x = bert_embed(model, pass, bert_sum(model, pass, pass->tokens->positions));
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct bert_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = bert_attend(pass, owns, l);
        pass_block_begin(pass, &layer->block, x, &attend);
        float *z = pass_attention(pass, &attend);
        x = pass_block_end(pass, &layer->block, x, z);
        if ((l + 1) % w->inner == 0)
            x = pass_state(pass, (l + 1) / w->inner, x);
        pass_layer_done(pass);
    }
}

static const struct output_head head_mlm = {BERT_MLM("predictions")};

static const struct config_key keys[] = {
    BERT_SIZES(30000, 4096, 12, 64, 16384, 512),
    BERT_OPTIONS,
    BERT_ACTIVATION("gelu_new"),
    BERT_POSITION_TYPE,
    {.key = "embedding_size", .kind = CONFIG_SIZE, .letter = 'B', .fallback = 128, .field = offsetof(struct bert, embedding)},
    {.key = "num_hidden_groups", .kind = CONFIG_SIZE, .letter = 'g', .fallback = 1, .field = offsetof(struct albert, groups)},
    {.key = "inner_group_num", .kind = CONFIG_SIZE, .letter = 'n', .fallback = 1, .field = offsetof(struct albert, inner)},
    {0},
};

#define LAYER(kind_, name_, shape_, field, meaning_)                                                                             \
    {                                                                                                                            \
        .name = "encoder.albert_layer_groups.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,               \
        .offset = offsetof(struct bert_layer, field), .meaning = meaning_                                                        \
    }

static const struct param params[] = {
    BERT_TABLES("B"),
    BERT_NORM("B"),
    {.name = "encoder.embedding_hidden_mapping_in",
     .shape = "E,B",
     .kind = PARAM_LINEAR,
     .offset = offsetof(struct bert, widen),
     .meaning = "embeddings to model width"},
    LAYER(LINEAR, "attention.query", "A,E", block.q, "query"),
    LAYER(LINEAR, "attention.key", "A,E", block.k, "key"),
    LAYER(LINEAR, "attention.value", "A,E", block.v, "value"),
    {.name = "encoder.albert_layer_groups.{l}.attention.distance_embedding.weight",
     .shape = "R,D",
     .kind = PARAM_FLOATS,
     .init = INIT_NORMAL,
     .layered = true,
     .offset = offsetof(struct bert_layer, distance),
     .when = bert_relative,
     .meaning = "relative positions i−j"},
    LAYER(LINEAR, "attention.dense", "E,A", block.o, "output of the heads"),
    LAYER(NORM, "attention.LayerNorm", "E", block.attention_norm, "LayerNorm after attention"),
    LAYER(LINEAR, "ffn", "I,E", block.up, "feed-forward, up"),
    LAYER(LINEAR, "ffn_output", "E,I", block.down, "feed-forward, down"),
    LAYER(NORM, "full_layer_layer_norm", "E", block.output_norm, "LayerNorm after feed-forward"),
    MLM_PARAMS(struct bert, mlm, "predictions.dense", "predictions.LayerNorm", "predictions.bias|predictions.decoder.bias", "B",
               "masked-LM head"),
    BERT_MLM_TABLE("predictions.decoder.weight", "B"),
    CLASSIFY_PARAMS(struct bert, classify, "pooler", "classifier"),
    CLASSIFY_PARAM(struct bert, classify, pair, "sop_classifier.classifier", "*,E", "sentence order"),
    {0},
};

const struct arch arch_albert = {
    .name = "albert",
    .model_types = "albert",
    .summary = "ALBERT: shared layers behind narrow embeddings",
    .source = "Lan et al. 2020",
    .prefixes = "albert.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, &classify_order, NULL},
    .layer_name = layer_name,
    .own_size = sizeof(struct albert),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
