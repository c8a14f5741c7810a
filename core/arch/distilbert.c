/* DistilBERT (Sanh et al. 2019): BERT's post-norm encoder, see bert.c, without token types and with names of its own.
 *
 *   x = LayerNorm(word[id] + position[i]); layers as BERT's
 *   masked words:  LayerNorm(act(x·Wt + bt))·wordᵀ + b;  classes: relu(x_0·Wc + bc)·Wo + bo
 *
 * What has caused bugs: the norm's eps is 1e-12 and no key says so; sinusoidal positions are stored like learned ones. */
#include <math.h>
#include <stddef.h>

#include "core/arch/classify.h"
#include "core/arch/mlm.h"
#include "core/config.h"
#include "core/pass.h"

struct distilbert {
    struct tensor word, position; /* [V,E] [P,E] */
    struct norm norm;
    struct mlm mlm;
    struct classify classify;
    size_t positions;
    bool tied;
};

static bool untied(const struct model *model, size_t layer)
{
    (void)layer;
    return !((const struct distilbert *)model->own)->tied;
}

static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 30522},
    {.key = "hidden_size|dim", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 768},
    {.key = "num_hidden_layers|n_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 6},
    {.key = "num_attention_heads|n_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 12},
    {.key = "hidden_dim", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 3072},
    {.key = "max_position_embeddings",
     .kind = CONFIG_SIZE,
     .letter = 'P',
     .fallback = 512,
     .field = offsetof(struct distilbert, positions)},
    {.key = "activation", .kind = CONFIG_ACTIVATION, .text = "gelu"},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"},
    {.key = "tie_word_embeddings", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct distilbert, tied)},
    {0},
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    model->norm_eps = 1e-12f;
    if (!config_heads(model, "dim", model->dim['H'], &shape, err) ||
        !model_stack(model, STACK_MAIN, model->dim['L'], shape, terms, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = ((struct distilbert *)model->own)->positions;
    return true;
}

static bool bound(struct model *model, struct err *err)
{
    struct distilbert *w = model->own;
    (void)err;
    w->mlm.activation = model->activation;
    w->classify.activation = activation_named(STR("relu"));
    return true;
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct distilbert *w = model->own;
    const struct stack *stack = pass->stack;

    float *x = pass_lookup(pass, &w->word, pass->tokens->ids, "token id", pass_keep(pass, model->E));
    x = pass_lookup_add(pass, &w->position, pass->tokens->positions, "position", x);
    x = pass_embed(pass, pass_norm(pass, &w->norm, x, NULL, x));

    for (size_t l = 0; l < stack->layers; l++) {
        const struct block *block = stack_layer(stack, l);
        struct attend attend = {.layer = l, .scale = 1 / sqrtf((float)stack->shape[l].D)};
        pass_block_begin(pass, block, x, &attend);
        float *z = pass_attention(pass, &attend);
        float *y = pass_block_end(pass, block, x, z);
        x = pass_layer(pass, l, y);
    }
}

static bool head_present(const struct model *model)
{
    const struct distilbert *w = model->own;
    return mlm_present(&w->mlm) && (w->tied || w->mlm.decoder.dtype);
}

static bool head_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    const struct distilbert *w = model->own;
    return mlm_logits(model, &w->mlm, &w->word, hidden, n, out, err);
}

static const struct output_head head_mlm = {
    .name = "mlm",
    .summary = "masked words (vocab_transform, vocab_projector)",
    .from = "hidden",
    .place = HEAD_MASKS,
    .tensor = "logits",
    .present = head_present,
    .width = model_vocabulary,
    .logits = head_logits,
};

#define LAYER(kind_, name_, shape_, field, meaning_)                                                                             \
    {                                                                                                                            \
        .name = "transformer.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                         \
        .offset = offsetof(struct block, field), .meaning = meaning_                                                             \
    }

static const struct param params[] = {
    {.name = "embeddings.word_embeddings.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct distilbert, word),
     .meaning = "word embeddings"},
    {.name = "embeddings.position_embeddings.weight",
     .shape = "P,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct distilbert, position),
     .meaning = "absolute positions"},
    {.name = "embeddings.LayerNorm",
     .shape = "E",
     .kind = PARAM_NORM,
     .offset = offsetof(struct distilbert, norm),
     .meaning = "LayerNorm of the embeddings"},
    LAYER(LINEAR, "attention.q_lin", "E,E", q, "query"),
    LAYER(LINEAR, "attention.k_lin", "E,E", k, "key"),
    LAYER(LINEAR, "attention.v_lin", "E,E", v, "value"),
    LAYER(LINEAR, "attention.out_lin", "E,E", o, "output of the heads"),
    LAYER(NORM, "sa_layer_norm", "E", attention_norm, "LayerNorm after attention"),
    LAYER(LINEAR, "ffn.lin1", "I,E", up, "feed-forward, up"),
    LAYER(LINEAR, "ffn.lin2", "E,I", down, "feed-forward, down"),
    LAYER(NORM, "output_layer_norm", "E", output_norm, "LayerNorm after feed-forward"),
    MLM_PARAMS(struct distilbert, mlm, "vocab_transform", "vocab_layer_norm", "vocab_projector.bias", "E", "masked-LM head"),
    {.name = "vocab_projector.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct distilbert, mlm.decoder),
     .when = untied,
     .optional = true,
     .meaning = "masked-LM head: table of its own"},
    CLASSIFY_PARAMS(struct distilbert, classify, "pre_classifier", "classifier"),
    {0},
};

const struct arch arch_distilbert = {
    .name = "distilbert",
    .model_types = "distilbert",
    .summary = "DistilBERT: BERT without token types",
    .source = "Sanh et al. 2019",
    .prefixes = "distilbert.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, NULL},
    .own_size = sizeof(struct distilbert),
    .layer_size = sizeof(struct block),
    .classify = offsetof(struct distilbert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
