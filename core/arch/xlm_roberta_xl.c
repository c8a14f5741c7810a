/* XLM-RoBERTa-XL (Goyal et al. 2021): RoBERTa's positions and heads, see roberta.c, with pre-norm layers, see prenorm.h.
 *
 *   x = word[id] + position[pad+1+i] + type[0], without a norm; a last norm, encoder.LayerNorm, behind the layers
 *
 * What has caused bugs: a layer's norm before the feed-forward is named LayerNorm as the last one is. */
#include "core/arch/prenorm.h"
#include "core/arch/roberta.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    if (!bert_counted_configure(model, config, err))
        return false;
    model->stacks[STACK_MAIN].finished = true;
    return true;
}

static void forward(const struct model *model, struct pass *pass)
{
    prenorm_trunk(model, pass, roberta_positions(model, pass));
}

static const struct config_key keys[] = {
    BERT_SIZES(250880, 2560, 36, 32, 10240, 514),
    {.key = "type_vocab_size", .kind = CONFIG_SIZE, .letter = 'S', .fallback = 1, .field = offsetof(struct bert, types)},
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-5},
    BERT_ENCODER,
    BERT_ACTIVATION("gelu"),
    BERT_POSITION_TYPE,
    BERT_PAD,
    {0},
};

static const struct param params[] = {
    BERT_TABLES("E"),
    BERT_LAYER(NORM, "attention.self_attn_layer_norm", "E", block.attention_norm, "LayerNorm before attention"),
    BERT_LAYER(LINEAR, "attention.self.query", "A,E", block.q, "query"),
    BERT_LAYER(LINEAR, "attention.self.key", "A,E", block.k, "key"),
    BERT_LAYER(LINEAR, "attention.self.value", "A,E", block.v, "value"),
    BERT_DISTANCE,
    BERT_LAYER(LINEAR, "attention.output.dense", "E,A", block.o, "output of the heads"),
    BERT_LAYER(NORM, "LayerNorm", "E", block.output_norm, "LayerNorm before feed-forward"),
    BERT_LAYER(LINEAR, "intermediate.dense", "I,E", block.up, "feed-forward, up"),
    BERT_LAYER(LINEAR, "output.dense", "E,I", block.down, "feed-forward, down"),
    PRENORM_LAST("encoder.LayerNorm"),
    ROBERTA_HEAD_PARAMS,
    {0},
};

const struct arch arch_xlm_roberta_xl = {
    .name = "xlm-roberta-xl",
    .model_types = "xlm-roberta-xl",
    .summary = "XLM-RoBERTa-XL: RoBERTa with the norms before its parts",
    .source = "Goyal et al. 2021",
    .prefixes = "roberta.",
    .keys = keys,
    .params = params,
    .heads = roberta_heads,
    .own_size = sizeof(struct prenorm),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = roberta_bound,
    .forward = forward,
};
