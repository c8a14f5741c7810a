/* Megatron-BERT (Shoeybi et al. 2019): BERT, see bert.c, with pre-norm layers, see prenorm.h.
 *
 *   x = word[id] + position[i] + type[t], without a norm; a last norm, encoder.ln, behind the layers
 *
 * What has caused bugs: there is no embeddings.LayerNorm; `attention.ln` and `ln` stand before the parts that BERT's norms
 * stand behind. */
#include "core/arch/prenorm.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    if (!bert_configure(model, config, ((const struct bert *)model->own)->positions, err))
        return false;
    model->stacks[STACK_MAIN].finished = true;
    return true;
}

static bool bound(struct model *model, struct err *err)
{
    return bert_bound(model, model->activation, err);
}

static void forward(const struct model *model, struct pass *pass)
{
    prenorm_trunk(model, pass, pass->tokens->positions);
}

static const struct output_head head_mlm = {BERT_MLM("cls.predictions")};

static const struct config_key keys[] = {
    BERT_SIZES(29056, 1024, 24, 16, 4096, 512), BERT_OPTIONS, BERT_ACTIVATION("gelu"), BERT_POSITION_TYPE, {0},
};

static const struct param params[] = {
    BERT_TABLES("E"),
    BERT_LAYER(NORM, "attention.ln", "E", block.attention_norm, "LayerNorm before attention"),
    BERT_LAYER(LINEAR, "attention.self.query", "A,E", block.q, "query"),
    BERT_LAYER(LINEAR, "attention.self.key", "A,E", block.k, "key"),
    BERT_LAYER(LINEAR, "attention.self.value", "A,E", block.v, "value"),
    BERT_DISTANCE,
    BERT_LAYER(LINEAR, "attention.output.dense", "E,A", block.o, "output of the heads"),
    BERT_LAYER(NORM, "ln", "E", block.output_norm, "LayerNorm before feed-forward"),
    BERT_LAYER(LINEAR, "intermediate.dense", "I,E", block.up, "feed-forward, up"),
    BERT_LAYER(LINEAR, "output.dense", "E,I", block.down, "feed-forward, down"),
    PRENORM_LAST("encoder.ln"),
    BERT_MLM_PARAMS("E"),
    BERT_POOLED_PARAMS,
    BERT_NEXT_PARAM,
    {0},
};

const struct arch arch_megatron_bert = {
    .name = "megatron-bert",
    .model_types = "megatron-bert",
    .summary = "Megatron-BERT: BERT with the norms before its parts",
    .source = "Shoeybi et al. 2019",
    .prefixes = "bert.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, &classify_next, NULL},
    .own_size = sizeof(struct prenorm),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
