/* BigBird (Zaheer et al. 2020): BERT's layer, see bert.c, over long texts.
 *
 *   x = LayerNorm(word[id] + type[t] + position[i]), the words times √E where rescale_embeddings is true
 *   masked words:  LayerNorm(act(x·Wt + bt))·wordᵀ + b;  classes: act(x_0·Wc + bc)·Wo + bo
 *
 * What has caused bugs: attention_type block_sparse is full attention all the same up to (5 + 2·num_random_blocks)·block_size
 * tokens; beyond them it draws random blocks and is refused. use_bias is of query, key and value alone. */
#include <math.h>

#include "core/arch/bert.h"

struct big_bird {
    struct bert bert; /* first */
    struct str attention;
    size_t block, random;
    bool biased, rescaled;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    const struct big_bird *w = model->own;
    if (!str_is(w->attention, "original_full") && !str_is(w->attention, "block_sparse"))
        return err_set(err, ERR_UNSUPPORTED,
                       "%s/config.json: attention_type \"%.*s\" is not read (original_full, block_sparse are)", model->folder,
                       STR_ARGS(w->attention));
    return bert_configure(model, config, w->bert.positions, err);
}

static bool bound(struct model *model, struct err *err)
{
    struct bert *w = model->own;
    if (w->classify.out.w.dtype)
        w->classify.activation = model->activation; /* the pooler's is tanh */
    return bert_bound(model, model->activation, err);
}

/* Texts that block_sparse attention would not see in full are refused. */
static void check_lengths(struct pass *pass, const struct big_bird *w)
{
    size_t most = (5 + 2 * w->random) * w->block;
    for (size_t t = 0; str_is(w->attention, "block_sparse") && t < pass->tokens->n_texts; t++)
        if (tokens_length(pass->tokens, t) > most)
            pass_fail(
                pass, ERR_UNSUPPORTED,
                "attention_type block_sparse of %s sees a text in full up to %zu tokens; of this one, with %zu, it would draw "
                "random blocks, which is not read (attention_type original_full in config.json sees all)",
                pass->model->name, most, tokens_length(pass->tokens, t));
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct big_bird *w = model->own;
    const struct tokens *tokens = pass->tokens;
    check_lengths(pass, w);
    float *sum = pass_lookup(pass, &w->bert.word, tokens->ids, "token id", pass_keep(pass, model->E));
    for (size_t i = 0; pass_ok(pass) && w->rescaled && i < pass->rows * model->E; i++)
        sum[i] *= sqrtf((float)model->E);
    pass_lookup_add(pass, &w->bert.type, pass_types(pass, w->bert.types), "token type", sum);
    pass_lookup_add(pass, &w->bert.position, tokens->positions, "position", sum);
    float *x = bert_embed(model, pass, sum);
    if (pass_ok(pass))
        bert_layers(model, pass, x);
}

static bool biased(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct big_bird *)model->own)->biased;
}

static bool plain(const struct model *model, size_t layer)
{
    return !biased(model, layer);
}

static const struct output_head head_mlm = {BERT_MLM("cls.predictions")};

static const struct config_key keys[] = {
    BERT_SIZES(50358, 768, 12, 12, 3072, 4096),
    BERT_OPTIONS,
    BERT_ACTIVATION("gelu_new"),
    {.key = "attention_type", .kind = CONFIG_TEXT, .text = "block_sparse", .field = offsetof(struct big_bird, attention)},
    {.key = "block_size", .kind = CONFIG_SIZE, .letter = 'b', .fallback = 64, .field = offsetof(struct big_bird, block)},
    {.key = "num_random_blocks", .kind = CONFIG_SIZE, .letter = 'r', .fallback = 3, .field = offsetof(struct big_bird, random)},
    {.key = "use_bias", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct big_bird, biased)},
    {.key = "rescale_embeddings", .kind = CONFIG_BOOL, .field = offsetof(struct big_bird, rescaled)},
    {0},
};

/* A projection with a bias or without, as use_bias says. */
#define LINEAR(name_, field_, meaning_)                                                                                          \
    {.name = "encoder.layer.{l}.attention.self." name_,                                                                          \
     .shape = "A,E",                                                                                                             \
     .kind = PARAM_LINEAR,                                                                                                       \
     .layered = true,                                                                                                            \
     .offset = offsetof(struct bert_layer, block.field_),                                                                        \
     .when = biased,                                                                                                             \
     .meaning = meaning_},                                                                                                       \
    {                                                                                                                            \
        .name = "encoder.layer.{l}.attention.self." name_, .shape = "A,E", .kind = PARAM_LINEAR_NO_BIAS, .layered = true,        \
        .offset = offsetof(struct bert_layer, block.field_), .when = plain, .meaning = meaning_                                  \
    }
static const struct param params[] = {
    BERT_TABLES("E"),
    BERT_NORM("E"),
    LINEAR("query", q, "query"),
    LINEAR("key", k, "key"),
    LINEAR("value", v, "value"),
    BERT_LAYER(LINEAR, "attention.output.dense", "E,A", block.o, "output of the heads"),
    BERT_LAYER(NORM, "attention.output.LayerNorm", "E", block.attention_norm, "LayerNorm after attention"),
    BERT_LAYER(LINEAR, "intermediate.dense", "I,E", block.up, "feed-forward, up"),
    BERT_LAYER(LINEAR, "output.dense", "E,I", block.down, "feed-forward, down"),
    BERT_LAYER(NORM, "output.LayerNorm", "E", block.output_norm, "LayerNorm after feed-forward"),
    BERT_MLM_PARAMS("E"),
    CLASSIFY_PARAMS(struct bert, classify, "classifier.dense|pooler", "classifier.out_proj|classifier"),
    BERT_NEXT_PARAM,
    {0},
};

const struct arch arch_big_bird = {
    .name = "big_bird",
    .model_types = "big_bird",
    .summary = "BigBird: BERT for long texts, where its attention is full",
    .source = "Zaheer et al. 2020",
    .prefixes = "bert.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, &classify_next, NULL},
    .own_size = sizeof(struct big_bird),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
