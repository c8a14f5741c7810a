/* Longformer (Beltagy et al. 2020): RoBERTa, see roberta.c, whose tokens see a window, and a few global ones everything.
 *
 *   local token i:   one softmax over the keys |i−j| ≤ attention_window[l]/2 and those of global tokens, ordinary q, k, v
 *   global token i:  softmax over all keys, with query_global, key_global, value_global
 *   where a run does not choose, those are global that the reference's class of the checkpoint makes global: the first token for
 *   classes of texts, all before the first separator for answers, the second text for a choice, else none
 *   a window is one number, or one a layer
 *
 * Both are one map of n×n here; the reference lists a band and global rows apart. What has caused bugs: a global key inside
 * the window counts once; windows are even; the reference pads texts to a multiple of the window, which changes nothing. */
#include "core/arch/roberta.h"

#include <stdio.h>
#include <string.h>

struct longformer {
    struct bert bert;
    size_t *reach; /* [layers] half of the window */
    int32_t separator;
};
struct longformer_layer {
    struct bert_layer base;
    struct linear q, k, v; /* of global tokens */
};

static bool read_window(const struct model *model, const struct json *value, size_t *reach, struct err *err)
{
    size_t window = 512;
    char what[600];
    snprintf(what, sizeof what, "%s/config.json: attention_window", model->folder);
    if (value && !json_size(value, what, &window, err))
        return false;
    *reach = window / 2;
    return (window > 0 && window % 2 == 0) ||
           err_set(err, ERR_FORMAT, "%s = %zu: an even number above 0 is expected", what, window);
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct longformer *w = model->own;
    const struct json *window = json_get(config, "attention_window");
    if (!bert_counted_configure(model, config, err))
        return false;
    size_t layers = model->stacks[STACK_MAIN].layers;
    w->separator = (int32_t)json_number(json_get(config, "sep_token_id"), 2);
    if (json_is_array(window) && json_count(window) != layers)
        return err_set(err, ERR_FORMAT, "%s/config.json: attention_window has %zu numbers for %zu layers", model->folder,
                       json_count(window), layers);
    w->reach = arena_alloc(model->arena, layers, sizeof *w->reach, "the layers", err);
    for (size_t l = 0; l < layers; l++)
        if (!w->reach || !read_window(model, json_is_array(window) ? json_at(window, l) : window, &w->reach[l], err))
            return false;
    return true;
}

static bool answers(const struct model *model)
{
    return ((const struct longformer *)model->own)->bert.classify.answer.w.dtype != NULL;
}

/* The tokens of a text that are global where nothing is chosen: [*from, *to). */
static void unasked(const struct model *model, const int32_t *ids, size_t T, size_t *from, size_t *to)
{
    size_t sep = 0;
    while (sep < T && ids[sep] != ((const struct longformer *)model->own)->separator)
        sep++;
    bool texts =
        classify_has_text(model, HEAD_SOFTMAX) || classify_has_text(model, HEAD_SIGMOID) || classify_has_text(model, HEAD_VALUE);
    *from = 0;
    *to = texts ? 1 : answers(model) ? sep : 0;
    if (classify_is_choice(model, 0)) {
        *from = sep + 2;
        *to = T;
    }
}

/* [rows] 1: a global token. */
static unsigned char *global_rows(struct pass *pass)
{
    const struct tokens *tokens = pass->tokens;
    const struct run *run = pass->run;
    unsigned char *global = pass_keep_items(pass, pass->rows, 1);
    if (!global)
        return NULL;
    memset(global, 0, pass->rows);
    for (size_t t = 0; t < tokens->n_texts; t++) {
        size_t T = tokens_length(tokens, t);
        size_t from, to;
        unasked(pass->model, tokens->ids + tokens->starts[t], T, &from, &to);
        for (size_t i = from; !run->global && i < to; i++)
            global[tokens->starts[t] + i] = 1;
        for (size_t i = 0; i < run->n_global; i++) {
            if (run->global[i] >= T) {
                pass_fail(pass, ERR_ARG, "token %zu cannot be global: the text has %zu tokens, counted from 0", run->global[i],
                          T);
                return NULL;
            }
            global[tokens->starts[t] + run->global[i]] = 1;
        }
    }
    return global;
}

/* What the queries of one text see: the window and the global keys, or everything. */
static struct mask mask_of(struct pass *pass, const unsigned char *global, size_t T, size_t reach)
{
    size_t bytes = (T + 7) / 8;
    unsigned char *bits = pass_keep_items(pass, T, bytes);
    for (size_t i = 0; bits && i < T; i++) {
        unsigned char *row = bits + i * bytes;
        memset(row, global[i] ? 0xFF : 0, bytes);
        for (size_t j = 0; !global[i] && j < T; j++)
            if (global[j] || (i < j ? j - i : i - j) <= reach)
                row[j / 8] |= (unsigned char)(1 << j % 8);
    }
    return (struct mask){.bitmap = bits};
}

/* Masks of all texts for every layer, [layers]; layers of one window share theirs. */
static const struct mask **window_masks(const struct model *model, struct pass *pass, const unsigned char *global)
{
    const struct longformer *w = model->own;
    const struct tokens *tokens = pass->tokens;
    const struct mask **masks = pass_alloc(pass, pass->stack->layers, sizeof *masks);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        size_t same = 0;
        while (w->reach[same] != w->reach[l])
            same++;
        struct mask *made = same < l ? NULL : pass_keep_items(pass, tokens->n_texts, sizeof *made);
        for (size_t t = 0; made && t < tokens->n_texts; t++)
            made[t] = mask_of(pass, global + tokens->starts[t], tokens_length(tokens, t), w->reach[l]);
        masks[l] = same < l ? masks[same] : made;
    }
    return pass_ok(pass) ? masks : NULL;
}

/* The second queries, keys and values of all texts. */
static const struct second *seconds_of(struct pass *pass, const struct longformer_layer *layer, const float *x, size_t D,
                                       const unsigned char *global)
{
    const struct linear *linears[3] = {&layer->q, &layer->k, &layer->v};
    const struct tokens *tokens = pass->tokens;
    struct linear_out outs[3];
    for (size_t i = 0; i < 3; i++)
        outs[i] = (struct linear_out){linears[i], pass_keep(pass, linears[i]->out), linears[i]->out, NULL};
    pass_linears(pass, outs, 3, x, layer->q.in);
    struct second *seconds = pass_alloc(pass, tokens->n_texts, sizeof *seconds);
    for (size_t t = 0; seconds && pass_ok(pass) && t < tokens->n_texts; t++) {
        struct strided views[3];
        for (size_t i = 0; i < 3; i++)
            views[i] = (struct strided){outs[i].y + tokens->starts[t] * outs[i].y_stride, outs[i].y_stride, D};
        seconds[t] = (struct second){global + tokens->starts[t], views[0], views[1], views[2]};
    }
    return seconds;
}

static void forward(const struct model *model, struct pass *pass)
{
    const unsigned char *global = global_rows(pass);
    const struct mask **masks = global ? window_masks(model, pass, global) : NULL;
    float *x = bert_embed(model, pass, bert_sum(model, pass, roberta_positions(model, pass)));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct longformer_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = bert_attend(pass, NULL, l);
        attend.masks = masks[l];
        pass_block_begin(pass, &layer->base.block, x, &attend);
        attend.seconds = seconds_of(pass, layer, x, pass->stack->shape[l].D, global);
        float *z = pass_attention(pass, &attend);
        float *y = pass_block_end(pass, &layer->base.block, x, z);
        x = pass_layer(pass, l, y);
    }
}

static const struct config_key keys[] = {
    BERT_SIZES(30522, 768, 12, 12, 3072, 512),
    BERT_OPTIONS,
    BERT_ACTIVATION("gelu"),
    BERT_PAD,
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"}, /* the reference cannot prune it */
    {0},
};

#define GLOBAL(name_, field_, meaning_)                                                                                          \
    {                                                                                                                            \
        .name = "encoder.layer.{l}.attention.self." name_, .shape = "A,E", .kind = PARAM_LINEAR, .layered = true,                \
        .offset = offsetof(struct longformer_layer, field_), .meaning = meaning_                                                 \
    }

static const struct param params[] = {
    BERT_TRUNK_PARAMS,
    GLOBAL("query_global", q, "query of global tokens"),
    GLOBAL("key_global", k, "key for global tokens"),
    GLOBAL("value_global", v, "value for global tokens"),
    ROBERTA_HEAD_PARAMS,
    {0},
};

const struct arch arch_longformer = {
    .name = "longformer",
    .model_types = "longformer",
    .summary = "Longformer: RoBERTa with windows and global tokens",
    .source = "Beltagy et al. 2020",
    .prefixes = "longformer.",
    .keys = keys,
    .params = params,
    .heads = roberta_heads,
    .global_tokens = true,
    .own_size = sizeof(struct longformer),
    .layer_size = sizeof(struct longformer_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = roberta_bound,
    .forward = forward,
};
