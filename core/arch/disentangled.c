/* The parts that DeBERTa v1 and v2/v3 share. See disentangled.h. */
#include "core/config.h"
#include "core/arch/disentangled.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct term term_c2c = {
    .name = "c2c",
    .summary = "content query · content key",
    .logits = term_content_logits,
};
static const struct term term_c2p = {
    .name = "c2p",
    .summary = "content query · position key",
    .logits = relative_query_logits,
    .edge = relative_query_logits, /* it never sees the key's content */
};
static const struct term term_p2c = {
    .name = "p2c",
    .summary = "position query · content key",
    .logits = relative_key_logits,
    .edge = relative_key_edge,
};
static const struct term *const terms_none[] = {&term_c2c, NULL};
static const struct term *const terms_c2p[] = {&term_c2c, &term_c2p, NULL};
static const struct term *const terms_p2c[] = {&term_c2c, &term_p2c, NULL};
static const struct term *const terms_both[] = {&term_c2c, &term_c2p, &term_p2c, NULL};

/* What configure() learns before there is a struct deberta: in dim, by letter. */
enum { TYPES = 't', BIASED = 'b', FACTOR = 'f' };
enum { TYPE_C2P = 1, TYPE_P2C = 2 };

bool deberta_biased(const struct model *model)
{
    return model->dim[BIASED];
}

bool deberta_unbiased(const struct model *model)
{
    return !deberta_biased(model);
}

bool deberta_typed(const struct model *model)
{
    return model->dim['S'] > 0;
}

bool deberta_factored(const struct model *model)
{
    return model->dim['B'] != model->dim['E'];
}

bool deberta_c2p(const struct model *model)
{
    return model->dim[TYPES] & TYPE_C2P;
}

bool deberta_p2c(const struct model *model)
{
    return model->dim[TYPES] & TYPE_P2C;
}

bool deberta_relative(const struct model *model)
{
    return model->dim[TYPES] != 0;
}

bool deberta_untied(const struct model *model)
{
    return !json_bool(json_get(model->config, "tie_word_embeddings"), true);
}

static struct str trimmed(struct str s)
{
    while (s.n && isspace((unsigned char)s.s[0]))
        s.s++, s.n--;
    while (s.n && isspace((unsigned char)s.s[s.n - 1]))
        s.n--;
    return s;
}

static bool same_fold(struct str s, const char *name)
{
    return s.n == strlen(name) && strncasecmp(s.s, name, s.n) == 0;
}

/* pos_att_type: a list of words, or words joined by `|`. Counts entries as the reference does: an empty text is one. */
static bool position_types(const struct json *config, bool *c2p, bool *p2c, size_t *count)
{
    const struct json *value = json_get(config, "pos_att_type");
    *c2p = *p2c = false;
    *count = 0;
    if (json_is_string(value)) {
        struct str text = json_str(value, "");
        for (size_t begin = 0; begin <= text.n; (*count)++) {
            size_t end = begin;
            while (end < text.n && text.s[end] != '|')
                end++;
            struct str word = trimmed((struct str){text.s + begin, end - begin});
            *c2p |= same_fold(word, "c2p");
            *p2c |= same_fold(word, "p2c");
            begin = end + 1;
        }
        return true;
    }
    if (value && !json_is_array(value) && !json_is_null(value))
        return false;
    *count = json_count(value);
    for (size_t i = 0; i < *count; i++) {
        *c2p |= str_is(json_str(json_at(value, i), ""), "c2p");
        *p2c |= str_is(json_str(json_at(value, i), ""), "p2c");
    }
    return true;
}

static bool configure_terms(struct model *model, const struct json *config, bool count_types, struct err *err)
{
    bool c2p, p2c;
    size_t count;
    if (!position_types(config, &c2p, &p2c, &count))
        return err_set(err, ERR_FORMAT, "%s/config.json: pos_att_type is neither a list nor a text", model->folder);
    /* The scale counts the types even where relative_attention is false. */
    model->dim[FACTOR] = 1 + (count_types ? count : (size_t)c2p + p2c);
    bool relative = json_bool(json_get(config, "relative_attention"), false);
    model->dim[TYPES] = relative ? (c2p ? TYPE_C2P : 0) | (p2c ? TYPE_P2C : 0) : 0;
    static const struct term *const *const by_types[] = {terms_none, terms_c2p, terms_p2c, terms_both};
    model->terms = by_types[model->dim[TYPES]];
    return true;
}

bool deberta_configure(struct model *model, const struct json *config, bool count_types, struct err *err)
{
    if (!config_dim(model, "vocab_size", 'V', -1, err) || !config_dim(model, "hidden_size", 'E', -1, err) ||
        !config_dim(model, "num_hidden_layers", 'L', -1, err) || !config_dim(model, "num_attention_heads", 'H', -1, err) ||
        !config_dim(model, "intermediate_size", 'I', -1, err) ||
        !config_dim(model, "max_position_embeddings", 'P', 512, err) || !config_dim(model, "type_vocab_size", 'S', 0, err) ||
        !config_dim(model, "embedding_size", 'B', (long)model->dim['E'], err) ||
        !config_activation(model, "hidden_act", "gelu", err) ||
        !config_is(model, "layer_norm_eps", CONFIG_POSITIVE, err) ||
        !config_is(model, "position_biased_input", CONFIG_BOOL, err) ||
        !config_is(model, "relative_attention", CONFIG_BOOL, err) ||
        !config_is(model, "max_relative_positions", CONFIG_NUMBER, err) || !config_is(model, "legacy", CONFIG_BOOL, err))
        return false;
    model->layers = model->dim['L'];
    model->H = model->Hkv = model->dim['H'];
    model->E = model->dim['E'];
    if (model->H == 0 || model->E % model->H)
        return err_set(err, ERR_FORMAT, "%s/config.json: hidden_size %zu does not divide into %zu heads", model->folder,
                       model->E, model->H);
    model->D = model->dim['D'] = model->E / model->H;
    model->dim['A'] = model->E;
    model->norm_eps = (float)json_number(json_get(config, "layer_norm_eps"), 1e-7);
    model->dim[BIASED] = json_bool(json_get(config, "position_biased_input"), true);
    model->max_tokens = deberta_biased(model) ? model->dim['P'] : 0; /* relative positions alone take any length */
    /* max_relative_positions < 1 (usually −1) stands for max_position_embeddings. */
    double farthest = json_number(json_get(config, "max_relative_positions"), -1);
    model->dim['M'] = model->dim['P'];
    if (farthest >= 1 && !config_dim(model, "max_relative_positions", 'M', -1, err))
        return false;
    return configure_terms(model, config, count_types, err);
}

bool deberta_bound(struct model *model, struct err *err)
{
    struct deberta *w = model->own;
    w->cls.activation = w->lm.activation = model->activation;
    w->legacy = json_bool(json_get(model->config, "legacy"), true);
    w->scale = 1 / sqrtf((float)(model->D * model->dim[FACTOR]));
    w->relatives = arena_zalloc(model->arena, model->layers, sizeof *w->relatives, "position keys", err);
    return w->relatives != NULL;
}

bool deberta_embed(const struct model *model, struct pass *pass, float **x_out, struct err *err)
{
    const struct deberta *w = model->own;
    float *x = pass_keep(pass, pass->rows, model->E, err);
    float *narrow = x && deberta_factored(model) ? pass_scratch(pass, pass->rows, model->dim['B'], err) : x;
    if (!narrow || !pass_rows(pass, &w->word, pass->ids, "token id", false, narrow, err))
        return false;
    if (deberta_biased(model) && !pass_rows(pass, &w->position, pass->positions, "position", true, narrow, err))
        return false;
    if (deberta_typed(model)) {
        int32_t *types = arena_zalloc(pass->scratch, pass->rows, sizeof *types, "a forward pass", err);
        if (!types)
            return false;
        if (model->dim['S'] > 1)
            memcpy(types, pass->types, pass->rows * sizeof *types);
        if (!pass_rows(pass, &w->type, types, "token type", true, narrow, err))
            return false;
    }
    if (narrow != x && !pass_linear(pass, &w->widen, narrow, EPILOGUE_NONE, x, err))
        return false;
    op_layer_norm(x, NULL, pass->rows, model->E, w->norm.weight, w->norm.bias, model->norm_eps, x);
    *x_out = x;
    return embed(pass, x, err);
}

float *deberta_relative_table(const struct model *model, struct err *err)
{
    const struct deberta *w = model->own;
    size_t R = model->dim['R'], E = model->E, n;
    float *table = size_mul(R, E, &n) ? mem_new(n, sizeof *table, "relative positions", err) : NULL;
    if (!table)
        return NULL;
    w->relative.dtype->widen(w->relative.data, n, table);
    if (w->relative_norm.weight)
        op_layer_norm(table, NULL, R, E, w->relative_norm.weight, w->relative_norm.bias, model->norm_eps, table);
    return table;
}

bool deberta_project_table(struct model *model, const struct linear *linear, const float *table, struct strided *out,
                           struct err *err)
{
    size_t R = model->dim['R'], A = model->dim['A'];
    float *rows = arena_alloc(model->arena, R * A, sizeof *rows, "position keys", err);
    *out = (struct strided){rows, A, model->D};
    return rows && product_linear(linear, table, R, model->E, R, EPILOGUE_NONE, rows, A, err);
}

/* ---- heads ---- */

/* `legacy` names the head that the reference reads; a checkpoint with only the other's tensors uses that one. */
static const struct mlm *chosen(const struct model *model)
{
    const struct deberta *w = model->own;
    bool cls = mlm_present(&w->cls) && (!deberta_untied(model) || w->cls.decoder.dtype);
    bool lm = mlm_present(&w->lm) && !deberta_factored(model);
    if (w->legacy)
        return cls ? &w->cls : lm ? &w->lm : NULL;
    return lm ? &w->lm : cls ? &w->cls : NULL;
}

static bool head_present(const struct model *model)
{
    return chosen(model) != NULL;
}

static size_t head_width(const struct model *model)
{
    return model->dim['V'];
}

static bool head_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    const struct deberta *w = model->own;
    return mlm_logits(model, chosen(model), &w->word, hidden, n, out, err);
}

static const struct output_head head_mlm = {
    .name = "mlm",
    .summary = "masked words (cls.predictions, or the authors' lm_predictions.lm_head)",
    .present = head_present,
    .width = head_width,
    .logits = head_logits,
};
const struct output_head *const deberta_heads[] = {&head_mlm, NULL};

const char *deberta_caveat(const struct model *model)
{
    const struct deberta *w = model->own;
    if (deberta_biased(model) || !w->position.dtype)
        return NULL;
    return "this checkpoint's head was trained behind an enhanced mask decoder, which is not run yet: the head is used "
           "without it, and its predictions are worse than the model's own";
}
