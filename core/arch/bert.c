/* BERT (Devlin et al. 2019): a post-norm encoder.
 *
 *   x = LayerNorm(word[id] + position[i] + type[t])
 *   each layer:  q, k, v = x·Wq + bq, x·Wk + bk, x·Wv + bv                 H heads of D = E/H
 *                z = softmax((q·kᵀ + relative terms)/√D)·v
 *                a = LayerNorm(x + z·Wo + bo)
 *                x = LayerNorm(a + gelu(a·Wu + bu)·Wd + bd)
 *   masked words:  LayerNorm(gelu(x·Wt + bt))·wordᵀ + b
 *
 * relative_key (Shaw et al. 2018): + q_i·R[i−j]; relative_key_query (Huang et al. 2020, method 4): + k_j·R[i−j] too, both
 * before the division by √D. What has caused bugs: gelu is the exact one; the second text's tokens take type row 1; old
 * files name a norm's weights gamma and beta; a pruned head is gone from q, k, v and o. */
#include "core/arch/bert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

bool bert_relative(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct bert *)model->own)->relative;
}

bool bert_absolute(const struct model *model, size_t layer)
{
    return !bert_relative(model, layer);
}

bool bert_typed(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct bert *)model->own)->types > 0;
}

bool bert_factored(const struct model *model, size_t layer)
{
    (void)layer;
    return model->dim['B'] != model->E;
}

bool bert_untied(const struct model *model, size_t layer)
{
    (void)layer;
    return !((const struct bert *)model->own)->tied;
}

static const struct term *const *choose_terms(const struct model *model, struct str type, struct err *err)
{
    if (str_is(type, "absolute"))
        return terms_absolute;
    if (str_is(type, "relative_key"))
        return terms_key;
    if (str_is(type, "relative_key_query"))
        return terms_key_query;
    err_set(err, ERR_UNSUPPORTED,
            "%s/config.json: position_embedding_type \"%.*s\" is not read (absolute, relative_key, relative_key_query are)",
            model->folder, STR_ARGS(type));
    return NULL;
}

/* pruned_heads: {"layer": [head, …]}: each takes its rows out of the layer; the heads that stay move up. */
bool bert_prune(struct model *model, const struct json *config, const size_t *sets, size_t n, struct err *err)
{
    const struct json *pruned = json_get(config, "pruned_heads"), *heads;
    struct stack *stack = &model->stacks[STACK_MAIN];
    struct json_cursor cursor = {0};
    struct str key;
    if (pruned && !json_is_object(pruned) && !json_is_null(pruned))
        return err_set(err, ERR_FORMAT, "%s/config.json: pruned_heads is not an object", model->folder);
    while (json_next(pruned, &cursor, &key, &heads)) {
        char number[24];
        snprintf(number, sizeof number, "%.*s", (int)key.n, key.s);
        char *end;
        size_t set = strtoul(number, &end, 10), gone = json_count(heads);
        if (*end || end == number || !json_is_array(heads) || set >= n || gone >= model->dim['H'])
            return err_set(err, ERR_FORMAT,
                           "%s/config.json: pruned_heads of layer \"%.*s\": heads of a layer that is there, "
                           "and not all of them, are expected",
                           model->folder, STR_ARGS(key));
        for (size_t l = 0; l < stack->layers; l++)
            if ((sets ? sets[l] : l) == set)
                stack->shape[l].H = stack->shape[l].Hkv = model->dim['H'] - gone;
    }
    return true;
}

bool bert_stack(struct model *model, size_t max_tokens, struct err *err)
{
    struct bert *w = model->own;
    struct layer_shape shape;
    model->E = model->dim['E'];
    model->dim['B'] = w->embedding ? w->embedding : model->E;
    if (!config_heads(model, "hidden_size", model->dim['H'], &shape, err))
        return false;
    if (w->positions == 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: max_position_embeddings is 0", model->folder);
    model->dim['R'] = 2 * w->positions - 1;
    const struct term *const *terms = w->position_type.s ? choose_terms(model, w->position_type, err) : terms_absolute;
    w->relative = terms != terms_absolute;
    if (!terms || !model_stack(model, STACK_MAIN, model->dim['L'], shape, terms, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = max_tokens;
    return true;
}

bool bert_configure(struct model *model, const struct json *config, size_t max_tokens, struct err *err)
{
    return bert_stack(model, max_tokens, err) && bert_prune(model, config, NULL, model->dim['L'], err);
}

/* The row of i−j is i−j + P−1. */
static uint32_t row_of(const struct model *model, long delta, size_t T)
{
    (void)T; /* at most P: the row is in the table */
    return (uint32_t)(delta + (long)((const struct bert *)model->own)->positions - 1);
}

bool bert_bound(struct model *model, const struct activation *head, struct err *err)
{
    struct bert *w = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    w->mlm.activation = head;
    w->relatives = arena_zalloc(model->arena, stack->layers, sizeof *w->relatives, "relative positions", err);
    for (size_t l = 0; w->relatives && w->relative && l < stack->layers; l++) {
        const struct bert_layer *layer = stack_layer(stack, l);
        struct strided table = {(float *)layer->distance, stack->shape[l].D, 0}; /* one table for all heads, read only */
        w->relatives[l] = (struct relative){.keys = table, .queries = table, .rows = model->dim['R']};
    }
    return w->relatives != NULL;
}

const float *bert_scaled_distance(struct model *model, size_t l, float factor, struct err *err)
{
    const struct stack *stack = &model->stacks[STACK_MAIN];
    const struct bert_layer *layer = stack_layer(stack, l);
    size_t n = model->dim['R'] * stack->shape[l].D;
    float *table = arena_alloc(model->arena, n, sizeof *table, "relative positions", err);
    for (size_t i = 0; table && i < n; i++)
        table[i] = layer->distance[i] * factor;
    return table;
}

float *bert_sum(const struct model *model, struct pass *pass, const int32_t *positions)
{
    const struct bert *w = model->own;
    const struct tokens *tokens = pass->tokens;
    float *x = pass_keep(pass, model->dim['B']);
    x = pass_lookup(pass, &w->word, tokens->ids, "token id", x);
    if (positions && !w->relative)
        x = pass_lookup_add(pass, &w->position, positions, "position", x);
    if (w->types)
        x = pass_lookup_add(pass, &w->type, pass_types(pass, w->types), "token type", x);
    return x;
}

float *bert_embed(const struct model *model, struct pass *pass, float *sum)
{
    const struct bert *w = model->own;
    size_t B = model->dim['B'];
    float *x = w->widen.w.dtype ? pass_keep(pass, model->E) : sum;
    if (pass_ok(pass) && w->norm.weight)
        op_layer_norm(sum, NULL, pass->rows, B, w->norm.weight, w->norm.bias, model->norm_eps, sum);
    if (w->norm.weight) {
        pass_saw_norm(pass, &w->norm, sum);
        pass_by(pass, ROWS_NORMS, sum, B);
    }
    if (w->widen.w.dtype)
        pass_linear_to(pass, &w->widen, sum, NULL, x);
    return pass_embed(pass, x);
}

const void *const *bert_owns(const struct model *model, struct pass *pass)
{
    const struct bert *w = model->own;
    return w->relative ? relative_texts(pass, w->relatives, row_of) : NULL;
}

struct attend bert_attend(const struct pass *pass, const void *const *owns, size_t l)
{
    return (struct attend){
        .layer = l,
        .scale = 1 / sqrtf((float)pass->stack->shape[l].D),
        .owns = owns ? owns + l * pass->tokens->n_texts : NULL,
    };
}

void bert_layers(const struct model *model, struct pass *pass, float *x)
{
    const void *const *owns = bert_owns(model, pass);
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct bert_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = bert_attend(pass, owns, l);
        pass_block_begin(pass, &layer->block, x, &attend);
        float *z = pass_attention(pass, &attend);
        float *y = pass_block_end(pass, &layer->block, x, z);
        x = pass_layer(pass, l, y);
    }
}

void bert_trunk(const struct model *model, struct pass *pass, const int32_t *positions)
{
    float *sum = bert_sum(model, pass, positions);
    bert_layers(model, pass, bert_embed(model, pass, sum));
}

int32_t *bert_counted_positions(struct pass *pass, int32_t pad)
{
    const struct tokens *tokens = pass->tokens;
    int32_t *positions = pass_alloc(pass, pass->rows, sizeof *positions);
    for (size_t t = 0; positions && t < tokens->n_texts; t++) {
        int32_t pads = 0; /* padding in front of this token, which positions do not count */
        for (size_t r = tokens->starts[t]; r < tokens->starts[t + 1]; r++) {
            bool padding = tokens->ids[r] == pad;
            positions[r] = padding ? pad : pad + 1 + tokens->positions[r] - pads;
            pads += padding;
        }
    }
    return positions;
}

bool bert_counted_configure(struct model *model, const struct json *config, struct err *err)
{
    const struct bert *w = model->own;
    if (w->positions <= w->pad + 1 && w->positions > 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: max_position_embeddings %zu leaves no position after pad_token_id %zu",
                       model->folder, w->positions, w->pad);
    return bert_configure(model, config, w->positions - w->pad - 1, err);
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    return bert_configure(model, config, ((struct bert *)model->own)->positions, err);
}

static bool bound(struct model *model, struct err *err)
{
    return bert_bound(model, model->activation, err);
}

static void forward(const struct model *model, struct pass *pass)
{
    bert_trunk(model, pass, pass->tokens->positions);
}

bool bert_mlm_present(const struct model *model)
{
    const struct bert *w = model->own;
    return mlm_present(&w->mlm) && (w->tied || w->mlm.decoder.dtype);
}

bool bert_mlm_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    const struct bert *w = model->own;
    return mlm_logits(model, &w->mlm, &w->word, hidden, n, out, err);
}

static const struct output_head head_mlm = {BERT_MLM("cls.predictions")};

static const struct config_key keys[] = {BERT_KEYS, {0}};

static const struct param params[] = {BERT_TRUNK_PARAMS, BERT_MLM_PARAMS("E"), BERT_POOLED_PARAMS, BERT_NEXT_PARAM, {0}};

const struct arch arch_bert = {
    .name = "bert",
    .model_types = "bert",
    .summary = "BERT: absolute positions, or relative_key(_query)",
    .source = "Devlin et al. 2019; Shaw et al. 2018; Huang et al. 2020",
    .prefixes = "bert.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, &classify_next, NULL},
    .own_size = sizeof(struct bert),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
