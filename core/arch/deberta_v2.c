/* DeBERTa v2 and v3 (He et al. 2021, 2023; one graph): logarithmic buckets of distance, position keys and queries from
 * the layer's own projections where they are shared, an n-gram convolution beside the first layer where configured.
 *
 * Distances beyond max_relative_positions follow transformers, which does not clamp them before taking the bucket. */
#include "core/config.h"
#include "core/arch/disentangled.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct deberta_v2_layer {
    struct block block;
    struct linear position_key, position_query; /* where they are not shared */
};

static bool shared(const struct model *model)
{
    return json_bool(json_get(model->config, "share_att_key"), false);
}

static bool own_c2p(const struct model *model)
{
    return deberta_c2p(model) && !shared(model);
}

static bool own_p2c(const struct model *model)
{
    return deberta_p2c(model) && !shared(model);
}

static bool convolved(const struct model *model)
{
    return model->dim['K'] > 0;
}

/* norm_rel_ebd: words joined by `|`. */
static bool table_normed(const struct model *model)
{
    struct str text = json_str(json_get(model->config, "norm_rel_ebd"), "none");
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
            return deberta_relative(model);
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
    long span = (long)model->dim['R'] / 2;
    long row = (model->dim['k'] ? bucket_of(delta, model->dim['k'], model->dim['M']) : delta) + span;
    return (uint32_t)(row < 0 ? 0 : row > 2 * span - 1 ? 2 * span - 1 : row);
}

static bool configure_buckets(struct model *model, const struct json *config, struct err *err)
{
    double buckets = json_number(json_get(config, "position_buckets"), -1);
    model->dim['k'] = 0;
    if (buckets > 0 && !config_dim(model, "position_buckets", 'k', -1, err))
        return false;
    size_t k = model->dim['k'];
    if (k && (k < 2 || model->dim['M'] - 1 <= k / 2))
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: position_buckets = %zu does not go with %zu relative positions",
                       model->folder, k, model->dim['M']);
    model->dim['R'] = 2 * (k ? k : model->dim['M']);
    return true;
}

static bool configure_conv(struct model *model, const struct json *config, struct err *err)
{
    size_t groups = 1;
    if (!config_dim(model, "conv_kernel_size", 'K', 0, err) || !config_dim(model, "conv_groups", 'g', 1, err))
        return false;
    groups = model->dim['g'];
    if (!convolved(model))
        return true;
    if (model->dim['K'] % 2 == 0)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: conv_kernel_size = %zu is even", model->folder, model->dim['K']);
    if (groups == 0 || model->E % groups)
        return err_set(err, ERR_FORMAT, "%s/config.json: conv_groups = %zu does not divide hidden_size %zu", model->folder,
                       groups, model->E);
    model->dim['G'] = model->E / groups;
    struct str act = json_str(json_get(config, "conv_act"), "tanh");
    return activation_named(act) || err_set(err, ERR_UNSUPPORTED, "%s/config.json: conv_act = \"%.*s\" is no activation that is known",
                                            model->folder, STR_ARGS(act));
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    if (!deberta_configure(model, config, false, err) ||
        !config_dim(model, "attention_head_size", 'D', (long)model->D, err) ||
        !config_is(model, "share_att_key", CONFIG_BOOL, err) || !config_is(model, "norm_rel_ebd", CONFIG_TEXT, err) ||
        !config_is(model, "position_buckets", CONFIG_NUMBER, err) || !config_is(model, "conv_act", CONFIG_TEXT, err))
        return false;
    model->D = model->dim['D'];
    model->dim['A'] = model->H * model->D;
    return configure_buckets(model, config, err) && configure_conv(model, config, err);
}

static bool bound(struct model *model, struct err *err)
{
    struct deberta *w = model->own;
    w->conv_act = activation_named(json_str(json_get(model->config, "conv_act"), "tanh"));
    w->conv_groups = model->dim['g'];
    return deberta_bound(model, err);
}

static bool prepare(struct model *model, struct err *err)
{
    struct deberta *w = model->own;
    if (!deberta_relative(model))
        return true;
    float *table = deberta_relative_table(model, err);
    bool ok = table != NULL;
    for (size_t l = 0; ok && l < model->layers; l++) {
        const struct deberta_v2_layer *layer_w = model_layer(model, l);
        const struct linear *key = shared(model) ? &layer_w->block.k : &layer_w->position_key;
        const struct linear *query = shared(model) ? &layer_w->block.q : &layer_w->position_query;
        w->relatives[l].rows = model->dim['R'];
        ok = (!deberta_c2p(model) || deberta_project_table(model, key, table, &w->relatives[l].keys, err)) &&
             (!deberta_p2c(model) || deberta_project_table(model, query, table, &w->relatives[l].queries, err));
    }
    free(table);
    return ok;
}

/* Each row's window of kernel rows, channel by channel: [rows, E·K], zero beyond the ends of its text. */
static void windows(const struct pass *pass, const float *x, size_t E, size_t K, float *out)
{
    for (size_t t = 0; t < pass->n_texts; t++)
        for (size_t r = pass->starts[t]; r < pass->starts[t + 1]; r++)
            for (size_t k = 0; k < K; k++) {
                long from = (long)r + (long)k - (long)(K / 2);
                bool inside = from >= (long)pass->starts[t] && from < (long)pass->starts[t + 1];
                for (size_t e = 0; e < E; e++)
                    out[(r * E + e) * K + k] = inside ? x[(size_t)from * E + e] : 0;
            }
}

/* y = LayerNorm(y + act(conv(x))), x the embedding output, y the first layer's. */
static bool convolve(const struct model *model, struct pass *pass, const float *x, float *y, struct err *err)
{
    const struct deberta *w = model->own;
    size_t E = model->E, K = model->dim['K'], G = model->dim['G'];
    float *window = pass_scratch(pass, pass->rows, E * K, err), *out = pass_scratch(pass, pass->rows, E, err);
    if (!window || !out)
        return false;
    windows(pass, x, E, K, window);
    for (size_t g = 0; g < w->conv_groups; g++) {
        struct linear linear = {.w = w->conv, .bias = w->conv_bias + g * G, .out = G, .in = G * K};
        linear.w.rank = 2;
        linear.w.shape[0] = G;
        linear.w.shape[1] = G * K;
        linear.w.bytes = w->conv.bytes / w->conv_groups;
        linear.w.data = (const unsigned char *)w->conv.data + g * linear.w.bytes;
        struct linear_out part = {&linear, out + g * G, E, w->conv_act->epilogue};
        if (!pass_linears(pass, &part, 1, window + g * G * K, E * K, err))
            return false;
    }
    if (w->conv_act->epilogue == EPILOGUE_NONE)
        w->conv_act->apply(out, pass->rows * E);
    op_layer_norm(y, out, pass->rows, E, w->conv_norm.weight, w->conv_norm.bias, model->norm_eps, y);
    return true;
}

static bool forward(const struct model *model, struct pass *pass, struct err *err)
{
    const struct deberta *w = model->own;
    const void **owns = NULL;
    float *x, *y, *z;

    if (!deberta_embed(model, pass, &x, err) || !relative_texts(model, pass, w->relatives, row_of, &owns, err))
        return false;
    const float *embedded = x;
    for (size_t l = 0; l < model->layers; l++) {
        const struct deberta_v2_layer *layer_w = model_layer(model, l);
        const struct block *block = &layer_w->block;
        struct attend attend = {
            .stack = STACK_ENCODER,
            .layer = l,
            .scale = w->scale,
            .terms = model->terms,
            .owns = owns + l * pass->n_texts,
        };
        if (!pass_block_begin(pass, block, x, &attend, err) || !attention(pass, &attend, &z, err) ||
            !(y = pass_keep(pass, pass->rows, model->E, err)) || !pass_block_end(pass, block, x, z, y, err))
            return false;
        if (l == 0 && convolved(model) && !convolve(model, pass, embedded, y, err))
            return false;
        if (!layer(pass, l, y, err))
            return false;
        x = y;
    }
    return true;
}

#define LAYER(kind_, name_, shape_, field, when_, meaning_)                                     \
    {.name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true, \
     .offset = offsetof(struct deberta_v2_layer, field), .when = when_, .meaning = meaning_}

static const struct param params[] = {
    DEBERTA_PARAMS,
    {.name = "encoder.LayerNorm", .shape = "E", .kind = PARAM_NORM, .offset = offsetof(struct deberta, relative_norm),
     .when = table_normed, .meaning = "LayerNorm of the relative positions"},
    {.name = "encoder.conv.conv.weight", .shape = "E,G,K", .kind = PARAM_TABLE, .offset = offsetof(struct deberta, conv),
     .when = convolved, .meaning = "n-gram convolution"},
    {.name = "encoder.conv.conv.bias", .shape = "E", .kind = PARAM_FLOATS, .offset = offsetof(struct deberta, conv_bias),
     .when = convolved, .meaning = "n-gram convolution: bias"},
    {.name = "encoder.conv.LayerNorm", .shape = "E", .kind = PARAM_NORM, .offset = offsetof(struct deberta, conv_norm),
     .when = convolved, .meaning = "LayerNorm after the convolution"},
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
    .params = params,
    .heads = deberta_heads,
    .own_size = sizeof(struct deberta),
    .layer_size = sizeof(struct deberta_v2_layer),
    .configure = configure,
    .bound = bound,
    .prepare = prepare,
    .forward = forward,
    .caveat = deberta_caveat,
};
