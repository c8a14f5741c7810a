/* MPNet (Song et al. 2020): BERT's layer, see bert.c, without token types, with one bias of relative positions for all layers.
 *
 *   x = LayerNorm(word[id] + position[i]), positions from 2 as RoBERTa's, see roberta.c
 *   s = q·kᵀ/√D + bias[bucket(i−j)]
 *   masked words:  LayerNorm(gelu(x·Wt + bt))·wordᵀ + b, the exact gelu whatever hidden_act says
 *
 * What has caused bugs: 32 buckets up to distance 128 whatever the configuration says; padding is id 1, whatever it says; the
 * bias is added after the division by √D. */
#include "core/arch/bias.h"
#include "core/arch/roberta.h"

enum { BUCKETS = 32, FARTHEST = 128, PAD = 1 };

struct mpnet {
    struct bert bert;
    const float *bias; /* [rows,H] */
    size_t buckets;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, &term_bias, NULL};
    struct mpnet *w = model->own;
    w->bert.pad = PAD;
    if (w->buckets < BUCKETS)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: relative_attention_num_buckets %zu: MPNet uses %d of them",
                       model->folder, w->buckets, BUCKETS);
    if (!bert_counted_configure(model, config, err))
        return false;
    model->stacks[STACK_MAIN].terms = terms;
    return true;
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct mpnet *w = model->own;
    const void *const *owns = bias_texts(pass, NULL, w->bias, model->dim['H'], true, BUCKETS, FARTHEST);
    float *x = bert_embed(model, pass, bert_sum(model, pass, roberta_positions(model, pass)));
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct bert_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = bert_attend(pass, NULL, l);
        attend.owns = owns;
        pass_block_begin(pass, &layer->block, x, &attend);
        float *z = pass_attention(pass, &attend);
        float *y = pass_block_end(pass, &layer->block, x, z);
        x = pass_layer(pass, l, y);
    }
}

static const struct config_key keys[] = {
    BERT_SIZES(30527, 768, 12, 12, 3072, 512),
    BERT_ACTIVATION("gelu"),
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-12},
    {.key = "relative_attention_num_buckets",
     .kind = CONFIG_SIZE,
     .letter = 'b',
     .fallback = BUCKETS,
     .field = offsetof(struct mpnet, buckets)},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"}, /* the bias keeps all heads: the reference cannot run it */
    {.key = "tie_word_embeddings", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct bert, tied)},
    {0},
};

static const struct param params[] = {
    {.name = "embeddings.word_embeddings.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct bert, word),
     .meaning = "word embeddings"},
    {.name = "embeddings.position_embeddings.weight",
     .shape = "P,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct bert, position),
     .meaning = "absolute positions"},
    BERT_NORM("E"),
    {.name = "encoder.relative_attention_bias.weight",
     .shape = "b,H",
     .kind = PARAM_FLOATS,
     .init = INIT_NORMAL,
     .offset = offsetof(struct mpnet, bias),
     .meaning = "bias of relative positions"},
    BERT_LAYER(LINEAR, "attention.attn.q", "A,E", block.q, "query"),
    BERT_LAYER(LINEAR, "attention.attn.k", "A,E", block.k, "key"),
    BERT_LAYER(LINEAR, "attention.attn.v", "A,E", block.v, "value"),
    BERT_LAYER(LINEAR, "attention.attn.o", "E,A", block.o, "output of the heads"),
    BERT_LAYER(NORM, "attention.LayerNorm", "E", block.attention_norm, "LayerNorm after attention"),
    BERT_LAYER(LINEAR, "intermediate.dense", "I,E", block.up, "feed-forward, up"),
    BERT_LAYER(LINEAR, "output.dense", "E,I", block.down, "feed-forward, down"),
    BERT_LAYER(NORM, "output.LayerNorm", "E", block.output_norm, "LayerNorm after feed-forward"),
    ROBERTA_HEAD_PARAMS,
    {0},
};

const struct arch arch_mpnet = {
    .name = "mpnet",
    .model_types = "mpnet",
    .summary = "MPNet: absolute positions and a bias of relative ones",
    .source = "Song et al. 2020",
    .prefixes = "mpnet.",
    .keys = keys,
    .params = params,
    .heads = roberta_heads,
    .own_size = sizeof(struct mpnet),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = roberta_bound,
    .forward = forward,
};
