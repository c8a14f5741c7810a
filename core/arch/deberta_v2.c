/* DeBERTa v2 and v3 (He et al. 2021, 2023): one graph, other configurations and pretraining.
 *
 *   x = LayerNorm(word[id] (+ position[i]) (+ type[t]))
 *   table = rel_embeddings, through encoder.LayerNorm where norm_rel_ebd says layer_norm
 *   each layer:  q, k, v = x·Wq + bq, …;  PK = table·Wk + bk, PQ = table·Wq + bq with share_att_key, else of their own
 *                s = (q_i·k_j + q_i·PK[b(i−j)] + k_j·PQ[b(i−j)]) / √(D·(1 + [c2p] + [p2c]))
 *                z = softmax(s)·v; a = LayerNorm(x + z·Wo + bo);  x = LayerNorm(a + gelu(a·Wu + bu)·Wd + bd)
 *   after the first layer, where conv_kernel_size > 0:  x = LayerNorm(x + act(conv(embeddings)))
 *   b(d) = clamp(bucket(d) + span, 0, 2·span−1); bucket(d) = d up to mid = buckets/2, then logarithmic up to the farthest
 *
 * What has caused bugs: distances beyond max_relative_positions follow transformers, which does not clamp them before
 * taking the bucket; the convolution reads the embeddings, not the layer's output; the bias of the shared projection
 * counts in PK and PQ. */
#include "core/arch/deberta_heads.h"
#include "core/arch/grouped.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct deberta_v2_layer {
    struct block block;
    struct linear position_key, position_query; /* where they are not shared */
};

static bool own_c2p(const struct model *model, size_t layer)
{
    (void)layer;
    const struct deberta *w = model->own;
    return w->c2p && !w->shared;
}

static bool own_p2c(const struct model *model, size_t layer)
{
    (void)layer;
    const struct deberta *w = model->own;
    return w->p2c && !w->shared;
}

static bool convolved(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct deberta *)model->own)->conv_kernel > 0;
}

/* norm_rel_ebd: words joined by `|`. */
static bool table_normed(const struct model *model, size_t layer)
{
    struct str text = ((const struct deberta *)model->own)->table_norm;
    for (size_t begin = 0; begin <= text.n;) {
        size_t end = begin;
        while (end < text.n && text.s[end] != '|')
            end++;
        struct str word = {text.s + begin, end - begin};
        while (word.n && isspace((unsigned char)word.s[0]))
            word.s++, word.n--;
        while (word.n && isspace((unsigned char)word.s[word.n - 1]))
            word.n--;
        if (word.n == 10 && strncasecmp(word.s, "layer_norm", 10) == 0)
            return deberta_relative(model, layer);
        begin = end + 1;
    }
    return false;
}

/* The bucket of a distance: itself up to mid, then logarithmic; float32 as the reference computes it. */
static long bucket_of(long distance, size_t buckets, size_t farthest)
{
    long mid = (long)(buckets / 2), far = labs(distance);
    if (far <= mid)
        return distance;
    float ratio = logf((float)far / (float)mid) / logf((float)((double)(farthest - 1) / (double)mid));
    float log_bucket = ceilf(ratio * (float)(mid - 1)) + (float)mid;
    return distance < 0 ? -(long)log_bucket : (long)log_bucket;
}

static uint32_t row_of(const struct model *model, long delta, size_t T)
{
    (void)T;
    const struct deberta *w = model->own;
    long span = (long)(w->buckets ? w->buckets : w->farthest);
    long row = (w->buckets ? bucket_of(delta, w->buckets, w->farthest) : delta) + span;
    return (uint32_t)(row < 0 ? 0 : row > 2 * span - 1 ? 2 * span - 1 : row);
}

static bool configure_buckets(struct model *model, const struct json *config, struct err *err)
{
    struct deberta *w = model->own;
    if (json_number(json_get(config, "position_buckets"), -1) > 0 && !config_dim(model, "position_buckets", 'k', -1, err))
        return false;
    w->buckets = model->dim['k'];
    model->dim['R'] = 2 * (w->buckets ? w->buckets : w->farthest);
    if (w->buckets == 1 || w->farthest == 0)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: position_buckets = %zu does not go with %zu relative positions",
                       model->folder, w->buckets, w->farthest);
    /* No distance within the farthest is past mid: there is no logarithmic part, and a text that would need one is refused. */
    size_t *most = &model->stacks[STACK_MAIN].max_tokens, mid = w->buckets / 2;
    if (w->buckets && w->farthest - 1 <= mid && (*most == 0 || *most > mid + 1))
        *most = mid + 1;
    return true;
}

static bool configure_conv(struct model *model, struct err *err)
{
    struct deberta *w = model->own;
    if (w->conv_kernel == 0)
        return true;
    if (w->conv_kernel % 2 == 0)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: conv_kernel_size = %zu is even", model->folder, w->conv_kernel);
    if (w->conv_groups == 0 || model->E % w->conv_groups)
        return err_set(err, ERR_FORMAT, "%s/config.json: conv_groups = %zu does not divide hidden_size %zu", model->folder,
                       w->conv_groups, model->E);
    model->dim['G'] = model->E / w->conv_groups;
    return true;
}

static const struct config_key keys[] = {
    DEBERTA_KEYS,
    {.key = "share_att_key", .kind = CONFIG_BOOL, .field = offsetof(struct deberta, shared)},
    {.key = "norm_rel_ebd", .kind = CONFIG_TEXT, .text = "none", .field = offsetof(struct deberta, table_norm)},
    {.key = "position_buckets", .kind = CONFIG_NUMBER},
    {.key = "conv_kernel_size", .kind = CONFIG_SIZE, .letter = 'K', .field = offsetof(struct deberta, conv_kernel)},
    {.key = "conv_groups", .kind = CONFIG_SIZE, .letter = 'g', .fallback = 1, .field = offsetof(struct deberta, conv_groups)},
    {.key = "conv_act", .kind = CONFIG_ACTIVATION, .text = "tanh", .field = offsetof(struct deberta, conv_act)},
    {0},
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    return config_dim(model, "attention_head_size", 'D', 0, err) &&
           deberta_configure(model, config, model->dim['D'], false, err) && configure_buckets(model, config, err) &&
           configure_conv(model, err);
}

static bool bound(struct model *model, struct err *err)
{
    return deberta_bound(model, err) && emd_bound(model, err);
}

static bool prepare(struct model *model, struct err *err)
{
    struct deberta *w = model->own;
    if (!w->c2p && !w->p2c)
        return true;
    float *table = deberta_relative_table(model, err);
    bool ok = table != NULL;
    for (size_t l = 0; ok && l < model->stacks[STACK_MAIN].layers; l++) {
        const struct deberta_v2_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);
        const struct linear *key = w->shared ? &layer->block.k : &layer->position_key;
        const struct linear *query = w->shared ? &layer->block.q : &layer->position_query;
        struct relative *relative = &w->relatives[l];
        relative->rows = model->dim['R'];
        ok = (!w->c2p || deberta_project_table(model, l, key, table, &relative->keys, err)) &&
             (!w->p2c || deberta_project_table(model, l, query, table, &relative->queries, err));
    }
    free(table);
    return ok;
}

/* Each row's window of kernel rows, channel by channel: [rows, E·K], zero beyond the ends of its text. */
static void windows(const struct tokens *tokens, const float *x, size_t E, size_t K, float *out)
{
    for (size_t t = 0; t < tokens->n_texts; t++)
        for (size_t r = tokens->starts[t]; r < tokens->starts[t + 1]; r++)
            for (size_t k = 0; k < K; k++) {
                long from = (long)r + (long)k - (long)(K / 2);
                bool inside = from >= (long)tokens->starts[t] && from < (long)tokens->starts[t + 1];
                for (size_t e = 0; e < E; e++)
                    out[(r * E + e) * K + k] = inside ? x[(size_t)from * E + e] : 0;
            }
}

/* y = LayerNorm(y + act(conv(x))), x the embedding output, y the first layer's. */
static float *convolve(const struct model *model, struct pass *pass, const float *x, float *y)
{
    const struct deberta *w = model->own;
    size_t E = model->E, K = w->conv_kernel;
    struct grouped conv = {.w = w->conv, .bias = w->conv_bias, .groups = w->conv_groups, .out = E, .in = E * K};
    float *window = pass_scratch(pass, E * K), *out = pass_scratch(pass, E);
    if (!pass_ok(pass))
        return NULL;
    windows(pass->tokens, x, E, K, window);
    pass_grouped(pass, &conv, window, w->conv_act, out);
    return pass_norm(pass, &w->conv_norm, y, out, y);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct deberta *w = model->own;
    const struct stack *stack = pass->stack;
    const void *const *owns = relative_texts(pass, w->relatives, row_of);
    float *x = deberta_embed(model, pass), *embedded = x;

    for (size_t l = 0; pass_ok(pass) && l < stack->layers; l++) {
        const struct deberta_v2_layer *layer = stack_layer(stack, l);
        struct attend attend = {.layer = l, .scale = w->scale, .owns = owns + l * pass->tokens->n_texts};
        pass_block_begin(pass, &layer->block, x, &attend);
        float *entered = x, *z = pass_attention(pass, &attend);
        float *y = pass_block_end(pass, &layer->block, x, z);
        if (l == 0 && w->conv_kernel)
            y = convolve(model, pass, embedded, y);
        x = pass_layer(pass, l, y);
        if (l + 1 == stack->layers) {
            deberta_keep_rtd(pass, x);
            emd_forward(pass, &attend, &layer->block, &layer->block.q, stack->shape[l].D, entered);
        }
    }
}

#define LAYER(kind_, name_, shape_, field, when_, meaning_)                                                                      \
    {                                                                                                                            \
        .name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                             \
        .offset = offsetof(struct deberta_v2_layer, field), .when = when_, .meaning = meaning_                                   \
    }

static const struct param params[] = {
    DEBERTA_PARAMS,
    {.name = "encoder.LayerNorm",
     .shape = "E",
     .kind = PARAM_NORM,
     .offset = offsetof(struct deberta, relative_norm),
     .when = table_normed,
     .meaning = "LayerNorm of the relative positions"},
    {.name = "encoder.conv.conv.weight",
     .shape = "E,G,K",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct deberta, conv),
     .when = convolved,
     .meaning = "n-gram convolution"},
    {.name = "encoder.conv.conv.bias",
     .shape = "E",
     .kind = PARAM_FLOATS,
     .offset = offsetof(struct deberta, conv_bias),
     .when = convolved,
     .meaning = "n-gram convolution: bias"},
    {.name = "encoder.conv.LayerNorm",
     .shape = "E",
     .kind = PARAM_NORM,
     .offset = offsetof(struct deberta, conv_norm),
     .when = convolved,
     .meaning = "LayerNorm after the convolution"},
    LAYER(LINEAR, "attention.self.query_proj", "A,E", block.q, NULL, "query"),
    LAYER(LINEAR, "attention.self.key_proj", "A,E", block.k, NULL, "key"),
    LAYER(LINEAR, "attention.self.value_proj", "A,E", block.v, NULL, "value"),
    LAYER(LINEAR, "attention.self.pos_key_proj", "A,E", position_key, own_c2p, "position key"),
    LAYER(LINEAR, "attention.self.pos_query_proj", "A,E", position_query, own_p2c, "position query"),
    LAYER(LINEAR, "attention.output.dense", "E,A", block.o, NULL, "output of the heads"),
    LAYER(NORM, "attention.output.LayerNorm", "E", block.attention_norm, NULL, "LayerNorm after attention"),
    LAYER(LINEAR, "intermediate.dense", "I,E", block.up, NULL, "feed-forward, up"),
    LAYER(LINEAR, "output.dense", "E,I", block.down, NULL, "feed-forward, down"),
    LAYER(NORM, "output.LayerNorm", "E", block.output_norm, NULL, "LayerNorm after feed-forward"),
    {0},
};

const struct arch arch_deberta_v2 = {
    .name = "deberta-v2",
    .model_types = "deberta-v2",
    .summary = "DeBERTa v2 and v3: logarithmic buckets, shared projections, n-gram convolution",
    .source = "He et al. 2021, 2023",
    .prefixes = "deberta.",
    .keys = keys,
    .params = params,
    .heads = deberta_heads,
    .classify = offsetof(struct deberta, classify),
    .own_size = sizeof(struct deberta),
    .layer_size = sizeof(struct deberta_v2_layer),
    .configure = configure,
    .bound = bound,
    .prepare = prepare,
    .forward = forward,
    .note = deberta_note,
};
