/* BERT (Devlin et al. 2019): a post-norm encoder over word + position + type. With relative_key (Shaw et al. 2018) and
 * relative_key_query (Huang et al. 2020, method 4), the scores get terms of i−j, added before the division by √D. */
#include "core/config.h"
#include "core/arch/bert.h"

#include <math.h>
#include <string.h>

static const struct term term_q_rel = {
    .name = "q_rel",
    .summary = "query · relative position",
    .logits = relative_query_logits,
    .edge = relative_query_logits, /* it never sees the key's content */
};
static const struct term term_k_rel = {
    .name = "k_rel",
    .summary = "key · relative position",
    .logits = relative_key_logits,
    .edge = relative_key_edge,
};
static const struct term *const terms_absolute[] = {&term_content, NULL};
static const struct term *const terms_key[] = {&term_content, &term_q_rel, NULL};
static const struct term *const terms_key_query[] = {&term_content, &term_q_rel, &term_k_rel, NULL};

bool bert_absolute(const struct model *model)
{
    return model->terms == terms_absolute;
}

bool bert_relative(const struct model *model)
{
    return !bert_absolute(model);
}

bool bert_typed(const struct model *model)
{
    return model->dim['S'] > 0;
}

bool bert_untied(const struct model *model)
{
    return !json_bool(json_get(model->config, "tie_word_embeddings"), true);
}

static bool choose_terms(struct model *model, const struct json *config, struct err *err)
{
    struct str type = json_str(json_get(config, "position_embedding_type"), "absolute");
    model->terms = str_is(type, "relative_key")         ? terms_key
                   : str_is(type, "relative_key_query") ? terms_key_query
                                                        : terms_absolute;
    if (model->terms == terms_absolute && !str_is(type, "absolute"))
        return err_set(err, ERR_UNSUPPORTED,
                       "%s/config.json: position_embedding_type \"%.*s\" is not read (absolute, relative_key, "
                       "relative_key_query are)",
                       model->folder, STR_ARGS(type));
    return true;
}

bool bert_configure(struct model *model, const struct json *config, struct err *err)
{
    if (!config_dim(model, "vocab_size", 'V', 30522, err) || !config_dim(model, "hidden_size", 'E', 768, err) ||
        !config_dim(model, "num_hidden_layers", 'L', 12, err) || !config_dim(model, "num_attention_heads", 'H', 12, err) ||
        !config_dim(model, "intermediate_size", 'I', 3072, err) ||
        !config_dim(model, "max_position_embeddings", 'P', 512, err) || !config_dim(model, "type_vocab_size", 'S', 2, err) ||
        !config_activation(model, "hidden_act", "gelu", err) || !config_only(model, "is_decoder", "false", err) ||
        !config_only(model, "add_cross_attention", "false", err) || !config_only(model, "pruned_heads", "{}", err) ||
        !config_is(model, "layer_norm_eps", CONFIG_POSITIVE, err) ||
        !config_is(model, "position_embedding_type", CONFIG_TEXT, err))
        return false;
    model->layers = model->dim['L'];
    model->H = model->Hkv = model->dim['H'];
    model->E = model->dim['E'];
    if (model->H == 0 || model->E % model->H)
        return err_set(err, ERR_FORMAT, "%s/config.json: hidden_size %zu does not divide into %zu heads", model->folder,
                       model->E, model->H);
    model->D = model->dim['D'] = model->E / model->H;
    if (model->dim['P'] == 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: max_position_embeddings is 0", model->folder);
    model->dim['R'] = 2 * model->dim['P'] - 1;
    model->norm_eps = (float)json_number(json_get(config, "layer_norm_eps"), 1e-12);
    return choose_terms(model, config, err);
}

/* The row of i−j is i−j + P−1. */
static uint32_t row_of(const struct model *model, long delta, size_t T)
{
    (void)T; /* at most P: the row is in the table */
    return (uint32_t)(delta + (long)model->dim['P'] - 1);
}

bool bert_bound(struct model *model, const struct activation *head, struct err *err)
{
    struct bert *w = model->own;
    w->mlm.activation = head;
    w->relatives = arena_zalloc(model->arena, model->layers, sizeof *w->relatives, "relative positions", err);
    for (size_t l = 0; w->relatives && bert_relative(model) && l < model->layers; l++) {
        const struct bert_layer *layer_w = model_layer(model, l);
        struct strided table = {(float *)layer_w->distance, model->D, 0}; /* one table for all heads, read only */
        w->relatives[l] = (struct relative){.keys = table, .queries = table, .rows = model->dim['R']};
    }
    return w->relatives != NULL;
}

bool bert_trunk(const struct model *model, struct pass *pass, const int32_t *positions, struct err *err)
{
    const struct bert *w = model->own;
    size_t E = model->E;
    const void **owns = NULL;

    /* x = LayerNorm(word + position + type) */
    float *x = pass_keep(pass, pass->rows, E, err), *y, *z;
    if (!x || !pass_rows(pass, &w->word, pass->ids, "token id", false, x, err))
        return false;
    if (bert_absolute(model)) {
        if (!pass_rows(pass, &w->position, positions, "position", true, x, err))
            return false;
    } else if (!relative_texts(model, pass, w->relatives, row_of, &owns, err)) {
        return false;
    }
    if (bert_typed(model)) {
        int32_t *types = arena_zalloc(pass->scratch, pass->rows, sizeof *types, "a forward pass", err);
        if (!types)
            return false;
        if (model->dim['S'] > 1) /* one row is the same for every token, whatever the tokenizer says */
            memcpy(types, pass->types, pass->rows * sizeof *types);
        if (!pass_rows(pass, &w->type, types, "token type", true, x, err))
            return false;
    }
    op_layer_norm(x, NULL, pass->rows, E, w->norm.weight, w->norm.bias, model->norm_eps, x);
    if (!embed(pass, x, err))
        return false;

    for (size_t l = 0; l < model->layers; l++) {
        const struct block *block = &((const struct bert_layer *)model_layer(model, l))->block;
        struct attend attend = {
            .stack = STACK_ENCODER,
            .layer = l,
            .scale = 1 / sqrtf((float)model->D),
            .terms = model->terms,
            .owns = owns ? owns + l * pass->n_texts : NULL,
        };
        if (!pass_block_begin(pass, block, x, &attend, err) || !attention(pass, &attend, &z, err) ||
            !(y = pass_keep(pass, pass->rows, E, err)) || !pass_block_end(pass, block, x, z, y, err) || !layer(pass, l, y, err))
            return false;
        x = y;
    }
    return true;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    if (!bert_configure(model, config, err))
        return false;
    model->max_tokens = model->dim['P'];
    return true;
}

static bool bound(struct model *model, struct err *err)
{
    return bert_bound(model, model->activation, err);
}

static bool forward(const struct model *model, struct pass *pass, struct err *err)
{
    return bert_trunk(model, pass, pass->positions, err);
}

bool bert_mlm_present(const struct model *model)
{
    const struct bert *w = model->own;
    return mlm_present(&w->mlm) && (!bert_untied(model) || w->mlm.decoder.dtype);
}

size_t bert_mlm_width(const struct model *model)
{
    return model->dim['V'];
}

bool bert_mlm_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    const struct bert *w = model->own;
    return mlm_logits(model, &w->mlm, &w->word, hidden, n, out, err);
}

static const struct output_head head_mlm = {
    .name = "mlm",
    .summary = "masked words (cls.predictions)",
    .present = bert_mlm_present,
    .width = bert_mlm_width,
    .logits = bert_mlm_logits,
};

static const struct param params[] = {
    BERT_TRUNK_PARAMS,
    MLM_PARAMS(struct bert, mlm, "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
               "cls.predictions.bias|cls.predictions.decoder.bias", "E", "masked-LM head"),
    {.name = "cls.predictions.decoder.weight", .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(struct bert, mlm.decoder),
     .when = bert_untied, .optional = true, .meaning = "masked-LM head: table of its own"},
    {0},
};

const struct arch arch_bert = {
    .name = "bert",
    .model_types = "bert",
    .summary = "BERT: absolute positions, or relative_key(_query)",
    .source = "Devlin et al. 2019; Shaw et al. 2018; Huang et al. 2020",
    .prefixes = "bert.",
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, NULL},
    .own_size = sizeof(struct bert),
    .layer_size = sizeof(struct bert_layer),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
