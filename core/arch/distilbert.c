/* DistilBERT (Sanh et al. 2019): BERT's post-norm encoder without token types and with names of its own. */
#include <math.h>
#include <stddef.h>

#include "core/config.h"
#include "core/arch/mlm.h"
#include "core/pass.h"

struct distilbert {
    struct tensor word, position; /* [V,E] [P,E] */
    struct norm norm;
    struct mlm mlm;
};

static bool untied(const struct model *model)
{
    return !json_bool(json_get(model->config, "tie_word_embeddings"), true);
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    if (!config_dim(model, "vocab_size", 'V', 30522, err) || !config_dim(model, "dim", 'E', 768, err) ||
        !config_dim(model, "n_layers", 'L', 6, err) || !config_dim(model, "n_heads", 'H', 12, err) ||
        !config_dim(model, "hidden_dim", 'I', 3072, err) || !config_dim(model, "max_position_embeddings", 'P', 512, err) ||
        !config_activation(model, "activation", "gelu", err) || !config_only(model, "pruned_heads", "{}", err))
        return false;
    model->layers = model->dim['L'];
    model->H = model->Hkv = model->dim['H'];
    model->E = model->dim['E'];
    if (model->H == 0 || model->E % model->H)
        return err_set(err, ERR_FORMAT, "%s/config.json: dim %zu does not divide into %zu heads", model->folder, model->E, model->H);
    model->D = model->dim['D'] = model->E / model->H;
    model->max_tokens = model->dim['P'];
    model->norm_eps = 1e-12f; /* the class has no key for it */
    (void)config;
    static const struct term *const terms[] = {&term_content, NULL};
    model->terms = terms;
    return true;
}

static bool bound(struct model *model, struct err *err)
{
    (void)err;
    ((struct distilbert *)model->own)->mlm.activation = model->activation;
    return true;
}

static bool forward(const struct model *model, struct pass *pass, struct err *err)
{
    const struct distilbert *w = model->own;
    size_t E = model->E;

    /* x = LayerNorm(word + position) */
    float *x = pass_keep(pass, pass->rows, E, err), *y, *z;
    if (!x || !pass_rows(pass, &w->word, pass->ids, "token id", false, x, err) ||
        !pass_rows(pass, &w->position, pass->positions, "position", true, x, err))
        return false;
    op_layer_norm(x, NULL, pass->rows, E, w->norm.weight, w->norm.bias, model->norm_eps, x);
    if (!embed(pass, x, err))
        return false;

    for (size_t l = 0; l < model->layers; l++) {
        const struct block *block = model_layer(model, l);
        struct attend attend = {
            .stack = STACK_ENCODER, .layer = l, .scale = 1 / sqrtf((float)model->D), .terms = model->terms,
        };
        if (!pass_block_begin(pass, block, x, &attend, err) || !attention(pass, &attend, &z, err) ||
            !(y = pass_keep(pass, pass->rows, E, err)) || !pass_block_end(pass, block, x, z, y, err) || !layer(pass, l, y, err))
            return false;
        x = y;
    }
    return true;
}

static bool head_present(const struct model *model)
{
    const struct distilbert *w = model->own;
    return mlm_present(&w->mlm) && (!untied(model) || w->mlm.decoder.dtype);
}

static size_t head_width(const struct model *model)
{
    return model->dim['V'];
}

static bool head_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    const struct distilbert *w = model->own;
    return mlm_logits(model, &w->mlm, &w->word, hidden, n, out, err);
}

static const struct output_head head_mlm = {
    .name = "mlm",
    .summary = "masked words (vocab_transform, vocab_projector)",
    .present = head_present,
    .width = head_width,
    .logits = head_logits,
};

#define LAYER(kind_, name_, shape_, field, meaning_)                                           \
    {.name = "transformer.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true, \
     .offset = offsetof(struct block, field), .meaning = meaning_}

static const struct param params[] = {
    {.name = "embeddings.word_embeddings.weight", .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(struct distilbert, word),
     .meaning = "word embeddings"},
    {.name = "embeddings.position_embeddings.weight", .shape = "P,E", .kind = PARAM_TABLE,
     .offset = offsetof(struct distilbert, position), .meaning = "absolute positions"},
    {.name = "embeddings.LayerNorm", .shape = "E", .kind = PARAM_NORM, .offset = offsetof(struct distilbert, norm),
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
    {.name = "vocab_projector.weight", .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(struct distilbert, mlm.decoder),
     .when = untied, .optional = true, .meaning = "masked-LM head: table of its own"},
    {0},
};

const struct arch arch_distilbert = {
    .name = "distilbert",
    .model_types = "distilbert",
    .summary = "DistilBERT: BERT without token types",
    .source = "Sanh et al. 2019",
    .prefixes = "distilbert.",
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, NULL},
    .own_size = sizeof(struct distilbert),
    .layer_size = sizeof(struct block),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
