/* The parts that DeBERTa v1 and v2/v3 share. See disentangled.h. */
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

bool deberta_biased(const struct model *model, size_t layer)
{
    const struct deberta *w = model->own;
    (void)layer;
    return w->biased;
}

bool deberta_unbiased(const struct model *model, size_t layer)
{
    const struct deberta *w = model->own;
    (void)layer;
    return !w->biased;
}

bool deberta_typed(const struct model *model, size_t layer)
{
    const struct deberta *w = model->own;
    (void)layer;
    return w->types > 0;
}

bool deberta_factored(const struct model *model, size_t layer)
{
    const struct deberta *w = model->own;
    (void)layer;
    return w->embedding != model->E;
}

bool deberta_c2p(const struct model *model, size_t layer)
{
    const struct deberta *w = model->own;
    (void)layer;
    return w->c2p;
}

bool deberta_p2c(const struct model *model, size_t layer)
{
    const struct deberta *w = model->own;
    (void)layer;
    return w->p2c;
}

bool deberta_relative(const struct model *model, size_t layer)
{
    const struct deberta *w = model->own;
    (void)layer;
    return w->c2p || w->p2c;
}

bool deberta_untied(const struct model *model, size_t layer)
{
    const struct deberta *w = model->own;
    (void)layer;
    return !w->tied;
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

/* The terms of pos_att_type; the scale counts its entries even where relative_attention is false. */
static const struct term *const *configure_terms(struct model *model, const struct json *config, bool count_types, size_t *factor,
                                                 struct err *err)
{
    static const struct term *const *const by_types[] = {terms_none, terms_c2p, terms_p2c, terms_both};
    struct deberta *w = model->own;
    size_t count;
    if (!position_types(config, &w->c2p, &w->p2c, &count)) {
        err_set(err, ERR_FORMAT, "%s/config.json: pos_att_type is neither a list nor a text", model->folder);
        return NULL;
    }
    *factor = 1 + (count_types ? count : (size_t)w->c2p + w->p2c);
    w->c2p &= w->relative_attention;
    w->p2c &= w->relative_attention;
    return by_types[w->c2p + 2 * w->p2c];
}

bool deberta_configure(struct model *model, const struct json *config, size_t D, bool count_types, struct err *err)
{
    struct deberta *w = model->own;
    struct layer_shape shape;
    size_t factor;
    model->E = model->dim['E'];
    if (!config_dim(model, "embedding_size", 'B', (long)model->E, err) ||
        !config_heads(model, "hidden_size", model->dim['H'], &shape, err))
        return false;
    if (D)
        shape.D = D;
    w->embedding = model->dim['B'];
    /* max_relative_positions < 1 (usually −1) stands for max_position_embeddings. */
    model->dim['M'] = w->positions;
    if (json_number(json_get(config, "max_relative_positions"), -1) >= 1 &&
        !config_dim(model, "max_relative_positions", 'M', -1, err))
        return false;
    w->farthest = model->dim['M'];
    const struct term *const *terms = configure_terms(model, config, count_types, &factor, err);
    if (!terms || !model_stack(model, STACK_MAIN, model->dim['L'], shape, terms, err))
        return false;
    w->scale = 1 / sqrtf((float)(shape.D * factor));
    model->stacks[STACK_MAIN].max_tokens = w->biased ? w->positions : 0; /* relative positions alone take any length */
    return true;
}

bool deberta_bound(struct model *model, struct err *err)
{
    struct deberta *w = model->own;
    w->cls.activation = w->lm.activation = model->activation;
    w->relatives = arena_zalloc(model->arena, model->stacks[STACK_MAIN].layers, sizeof *w->relatives, "position keys", err);
    return w->relatives != NULL;
}

float *deberta_embed(const struct model *model, struct pass *pass)
{
    const struct deberta *w = model->own;
    bool factored = w->embedding != model->E;
    float *x = pass_keep(pass, model->E), *narrow = factored ? pass_scratch(pass, w->embedding) : x;
    narrow = pass_lookup(pass, &w->word, pass->tokens->ids, "token id", narrow);
    if (w->biased)
        narrow = pass_lookup_add(pass, &w->position, pass->tokens->positions, "position", narrow);
    if (w->types)
        narrow = pass_lookup_add(pass, &w->type, pass_types(pass, w->types), "token type", narrow);
    if (factored)
        pass_linear_to(pass, &w->widen, narrow, NULL, x);
    return pass_embed(pass, pass_norm(pass, &w->norm, x, NULL, x));
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

bool deberta_project_table(struct model *model, size_t l, const struct linear *linear, const float *table, struct strided *out,
                           struct err *err)
{
    const struct layer_shape *shape = &model->stacks[STACK_MAIN].shape[l];
    size_t R = model->dim['R'], A = shape->H * shape->D;
    float *rows = arena_alloc(model->arena, R * A, sizeof *rows, "position keys", err);
    *out = (struct strided){rows, A, shape->D};
    return rows && product_linear(linear, table, R, model->E, R, NULL, rows, A, err);
}
