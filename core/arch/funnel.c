/* Funnel-Transformer (Dai et al. 2020): blocks of post-norm layers, each on half the tokens of the one before; a decoder on all
 * of them again.
 *
 *   x = LayerNorm(word[id])
 *   a block's first layer: queries are the tokens pooled two by two (mean or max), keys and values those before the pooling,
 *     or the pooled ones where pool_q_only is false; with separate_cls the first token stays alone
 *   s[i,j] = ((q_i + r_w)·k_j + (q_i + r_r)·R[distance(i,j)]·Wr + (q_i + r_s)·seg[same segment])/√D, R sines then cosines;
 *     with separate_cls the last two are 0 in the first row and column; type 2 is of every segment
 *   decoder: the last state, each token repeated 2^(blocks−1) times, plus the state after block_sizes[0] layers
 *   masked words:  x·wordᵀ + b;  replaced tokens as ELECTRA's;  classes: tanh(x_0·Wc + bc)·Wo + bo
 *
 * Maps of a pooling layer are not square; maps and hidden states list the encoder, the state that enters the decoder, the
 * decoder. What has caused bugs: block_repeats runs a layer again with the same weights, and the decoder still reads state
 * number block_sizes[0]; truncate_seq drops a text's last token when it pools; relative_shift and factorized give the same
 * numbers; sequence classification has no decoder (FunnelBaseModel). */
#include "core/arch/funnel.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/classify.h"
#include "core/arch/rtd.h"
#include "core/config.h"

struct step {
    size_t block, index; /* weights: encoder.blocks.BLOCK.INDEX, or decoder.layers.INDEX */
    bool pools;          /* the first of a block but the first */
};
struct funnel {
    struct tensor word; /* [V,E] */
    struct norm norm;
    struct rtd rtd;
    struct classify classify;
    struct tensor head; /* [V,E]; dtype NULL: tied */
    const float *head_bias;
    struct str pooling, attention_type;
    struct funnel_pool pool;
    size_t encoder, decoder, first; /* layers; block_sizes[0] */
    struct step *steps;             /* [encoder + decoder] */
    bool pool_q_only, tied;
};

static bool untied(const struct model *model, size_t layer)
{
    (void)layer;
    return !((const struct funnel *)model->own)->tied;
}

static void layer_name(const struct model *model, size_t layer, struct buf *out)
{
    const struct funnel *w = model->own;
    if (layer < w->encoder)
        buf_printf(out, "encoder.blocks.%zu.%zu", w->steps[layer].block, w->steps[layer].index);
    else
        buf_printf(out, "decoder.layers.%zu", layer - w->encoder);
}

/* A checkpoint of FunnelBaseModel, or of a class upon it, ends with the encoder. */
static bool has_decoder(const struct json *config)
{
    static const char *const bases[] = {"FunnelBaseModel", "FunnelForSequenceClassification", "FunnelForMultipleChoice"};
    struct str class = json_str(json_at(json_get(config, "architectures"), 0), "");
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (str_is(class, bases[i]))
            return false;
    return true;
}

/* The size or the repeats of block b. */
static bool block_number(const struct model *model, const char *key, const struct json *list, size_t b, size_t *out,
                         struct err *err)
{
    char what[600];
    snprintf(what, sizeof what, "%s/config.json: %s", model->folder, key);
    *out = 1;
    if (list && !json_is_null(list) && !json_size(json_at(list, b), what, out, err))
        return false;
    return (*out > 0 && *out <= 1000) || err_set(err, ERR_FORMAT, "%s: %zu is no number of layers", what, *out);
}

/* Every run of a layer in its order. */
static bool plan(struct model *model, const struct json *config, struct err *err)
{
    struct funnel *w = model->own;
    const struct json *sizes = json_get(config, "block_sizes"), *repeats = json_get(config, "block_repeats");
    size_t most = 0;
    w->pool.blocks = sizes ? json_count(sizes) : 3;
    if (w->pool.blocks == 0 || (json_is_array(repeats) && json_count(repeats) != w->pool.blocks))
        return err_set(err, ERR_FORMAT, "%s/config.json: block_sizes and block_repeats do not name the same blocks",
                       model->folder);
    for (int fill = 0; fill < 2; fill++) {
        w->encoder = 0;
        for (size_t b = 0, size, times; b < w->pool.blocks; b++) {
            if (!block_number(model, "block_repeats", repeats, b, &times, err) ||
                !block_number(model, "block_sizes", sizes, b, &size, err))
                return false;
            size = sizes ? size : 4;
            w->first = b == 0 ? size : w->first;
            for (size_t i = 0; i < size * times; i++, w->encoder++)
                if (fill)
                    w->steps[w->encoder] = (struct step){b, i / times, b > 0 && i == 0};
        }
        most = w->encoder + w->decoder;
        if (!fill && !(w->steps = arena_zalloc(model->arena, most, sizeof *w->steps, "the layers", err)))
            return false;
    }
    return true;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct funnel *w = model->own;
    struct layer_shape shape = {.H = model->dim['H'], .Hkv = model->dim['H'], .D = model->dim['D']};
    model->E = model->dim['E'];
    w->pool.mean = str_is(w->pooling, "mean");
    w->decoder = has_decoder(config) ? model->dim['l'] : 0;
    if (!str_is(w->pooling, "mean") && !str_is(w->pooling, "max"))
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: pooling_type \"%.*s\" is not read (mean, max are)", model->folder,
                       STR_ARGS(w->pooling));
    if (!str_is(w->attention_type, "relative_shift") && !str_is(w->attention_type, "factorized"))
        return err_set(err, ERR_UNSUPPORTED,
                       "%s/config.json: attention_type \"%.*s\" is not read (relative_shift, factorized are)", model->folder,
                       STR_ARGS(w->attention_type));
    if (model->E % 2 || w->decoder > 1000)
        return err_set(err, ERR_FORMAT, "%s/config.json: d_model %zu, num_decoder_layers %zu: not a model", model->folder,
                       model->E, w->decoder);
    return plan(model, config, err) && model_stack(model, STACK_MAIN, w->encoder + w->decoder, shape, funnel_terms, err);
}

/* ---- a layer ---- */

/* What the terms need, for every text: [n_texts]. */
static const void *const *owns_of(const struct funnel *w, struct pass *pass, const struct funnel_layer *layer, size_t l,
                                  struct funnel_distance distance, const struct tokens *keys)
{
    const struct tokens *queries = pass->tokens;
    size_t E = pass->model->E, A = pass->stack->shape[l].H * pass->stack->shape[l].D;
    const void **owns = pass_alloc(pass, queries->n_texts, sizeof *owns);
    struct funnel_own *own = pass_keep_items(pass, queries->n_texts, sizeof *own);
    struct linear kernel = {.w = layer->kernel, .out = A, .in = E, .layout = LAYOUT_IN_OUT};
    kernel.w.rank = 2;
    kernel.w.shape[1] = A;
    for (size_t t = 0; pass_ok(pass) && t < queries->n_texts; t++) {
        size_t Tq = tokens_length(queries, t), Tk = tokens_length(keys, t);
        struct funnel_distance here =
            Tq == Tk && distance.step == 2 ? (struct funnel_distance){1, 2 * distance.stride, 0} : distance;
        size_t rows = here.step * (Tq - 1) + Tk;
        float *table = pass_keep_items(pass, rows, A * sizeof *table),
              *R = table ? funnel_sinusoids(here, Tq, Tk, E, pass->err) : NULL;
        pass->failed |= !R || !product_linear(&kernel, R, rows, E, rows, NULL, table, A, pass->err);
        free(R);
        own[t] = (struct funnel_own){
            layer, table, here.step, w->pool.separate, queries->types + queries->starts[t], keys->types + keys->starts[t]};
        owns[t] = &own[t];
    }
    return pass_ok(pass) ? owns : NULL;
}

/* One layer: queries of x on the pass's axis, keys and values of `source` on its own. */
static float *run_layer(const struct funnel *w, struct pass *pass, size_t l, const float *x, const struct tokens *keys,
                        const float *source, struct funnel_distance distance)
{
    const struct funnel_layer *layer = stack_layer(pass->stack, l);
    const struct tokens *queries = pass->tokens;
    size_t D = pass->stack->shape[l].D, A = pass->stack->shape[l].H * D;
    struct attend attend = {.layer = l, .scale = 1 / sqrtf((float)D), .keys = keys};
    if (!pass_ok(pass))
        return NULL;
    pass_enter(pass, STACK_MAIN, keys);
    struct linear_out outs[] = {{&layer->block.k, pass_keep(pass, A), A, NULL},
                                {&layer->block.v, pass_keep(pass, A), A, NULL}};
    pass_linears(pass, outs, 2, source, pass->model->E);
    pass_enter(pass, STACK_MAIN, queries);
    float *q = pass_keep(pass, A);
    pass_linear_to(pass, &layer->block.q, x, NULL, q);
    attend.q = (struct strided){q, A, D};
    attend.k = (struct strided){outs[0].y, A, D};
    attend.v = (struct strided){outs[1].y, A, D};
    attend.owns = owns_of(w, pass, layer, l, distance, keys);
    float *z = pass_attention(pass, &attend);
    return pass_block_end(pass, &layer->block, x, z);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct funnel *w = model->own;
    const struct tokens *all = pass->tokens, *axis = all;
    float *x = pass_lookup(pass, &w->word, all->ids, "token id", pass_keep(pass, model->E));
    x = pass_embed(pass, pass_norm(pass, &w->norm, x, NULL, x));
    const float *early = x;
    for (size_t l = 0; pass_ok(pass) && l < w->encoder; l++) {
        size_t stride = (size_t)1 << w->steps[l].block;
        struct funnel_distance distance = {1, stride, 0};
        const struct tokens *keys = axis;
        const float *source = x;
        if (w->steps[l].pools) {
            const struct tokens *pooled = funnel_pooled_axis(&w->pool, pass);
            if (!pooled)
                return;
            pass_enter(pass, STACK_MAIN, pooled);
            x = funnel_pool_rows(&w->pool, pass, axis, pooled, x);
            axis = pooled;
            if (w->pool_q_only)
                distance = (struct funnel_distance){2, stride / 2, w->pool.separate};
            else
                keys = pooled, source = x;
        }
        x = pass_state(pass, l + 1, run_layer(w, pass, l, x, keys, source, distance));
        pass_layer_done(pass);
        early = l + 1 == w->first ? x : early;
    }
    if (!w->decoder || !pass_ok(pass))
        return;
    pass_enter(pass, STACK_MAIN, all);
    x = pass_state(pass, w->encoder + 1, funnel_upsample(&w->pool, pass, axis, x, early));
    for (size_t l = w->encoder; l < w->encoder + w->decoder; l++) {
        x = pass_state(pass, l + 2, run_layer(w, pass, l, x, all, x, (struct funnel_distance){1, 1, 0}));
        pass_layer_done(pass);
    }
}

/* ---- heads ---- */

static bool head_present(const struct model *model)
{
    const struct funnel *w = model->own;
    return w->decoder && w->head_bias && (w->tied || w->head.dtype);
}

static bool head_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    const struct funnel *w = model->own;
    size_t V = model->dim['V'];
    struct linear head = {.w = w->head.dtype ? w->head : w->word, .bias = w->head_bias, .out = V, .in = model->E};
    return product_linear(&head, hidden, n, model->E, n, NULL, out, V, err);
}

static bool discriminates(const struct model *model)
{
    return rtd_present(&((const struct funnel *)model->own)->rtd);
}

static bool discriminator_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    return rtd_logits(model, &((const struct funnel *)model->own)->rtd, hidden, n, out, err);
}

static const struct output_head head_mlm = {
    .name = "mlm",
    .summary = "masked words (lm_head)",
    .from = "hidden",
    .place = HEAD_MASKS,
    .tensor = "logits",
    .present = head_present,
    .width = model_vocabulary,
    .logits = head_logits,
};
static const struct output_head head_rtd = {RTD_HEAD(discriminates, discriminator_logits)};

/* ---- tables ---- */

#define KEY(key_, kind_, letter_, fallback_)                                                                                     \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_##kind_, .letter = letter_, .fallback = fallback_                                            \
    }
#define FIELD(key_, kind_, fallback_, text_, field_)                                                                             \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_##kind_, .fallback = fallback_, .text = text_, .field = offsetof(struct funnel, field_)      \
    }
static const struct config_key keys[] = {
    KEY("vocab_size", SIZE, 'V', 30522),
    KEY("hidden_size|d_model", SIZE, 'E', 768),
    KEY("num_attention_heads|n_head", SIZE, 'H', 12),
    KEY("d_head", SIZE, 'D', 64),
    KEY("d_inner", SIZE, 'I', 3072),
    KEY("num_decoder_layers", SIZE, 'l', 2),
    KEY("layer_norm_eps", EPS, 0, 1e-9),
    {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = "gelu_new"},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"}, /* the reference cannot prune it */
    FIELD("pooling_type", TEXT, 0, "mean", pooling),
    FIELD("attention_type", TEXT, 0, "relative_shift", attention_type),
    FIELD("separate_cls", BOOL, true, NULL, pool.separate),
    FIELD("truncate_seq", BOOL, true, NULL, pool.truncate),
    FIELD("pool_q_only", BOOL, true, NULL, pool_q_only),
    FIELD("tie_word_embeddings", BOOL, true, NULL, tied),
    {0},
};

#define LAYER(kind_, name_, shape_, field_, meaning_)                                                                            \
    {                                                                                                                            \
        .name = "{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                                           \
        .offset = offsetof(struct funnel_layer, field_), .meaning = meaning_                                                     \
    }

static const struct param params[] = {
    {.name = "embeddings.word_embeddings.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct funnel, word),
     .meaning = "word embeddings"},
    {.name = "embeddings.layer_norm",
     .shape = "E",
     .kind = PARAM_NORM,
     .offset = offsetof(struct funnel, norm),
     .meaning = "LayerNorm of the embeddings"},
    LAYER(LINEAR_NO_BIAS, "attention.q_head", "A,E", block.q, "query"),
    LAYER(LINEAR, "attention.k_head", "A,E", block.k, "key"),
    LAYER(LINEAR, "attention.v_head", "A,E", block.v, "value"),
    LAYER(FLOATS, "attention.r_w_bias", "H,D", content, "bias of the query that keys meet"),
    LAYER(FLOATS, "attention.r_r_bias", "H,D", position, "bias of the query that distances meet"),
    LAYER(FLOATS, "attention.r_s_bias", "H,D", segment, "bias of the query that segments meet"),
    LAYER(TABLE, "attention.r_kernel", "E,H,D", kernel, "distances to heads"),
    LAYER(FLOATS, "attention.seg_embed", "2,H,D", segments, "another segment, the same"),
    LAYER(LINEAR, "attention.post_proj", "E,A", block.o, "output of the heads"),
    LAYER(NORM, "attention.layer_norm", "E", block.attention_norm, "LayerNorm after attention"),
    LAYER(LINEAR, "ffn.linear_1", "I,E", block.up, "feed-forward, up"),
    LAYER(LINEAR, "ffn.linear_2", "E,I", block.down, "feed-forward, down"),
    LAYER(NORM, "ffn.layer_norm", "E", block.output_norm, "LayerNorm after feed-forward"),
    {.name = "lm_head.bias",
     .shape = "V",
     .kind = PARAM_FLOATS,
     .offset = offsetof(struct funnel, head_bias),
     .optional = true,
     .meaning = "masked-LM head: bias of the vocabulary"},
    {.name = "lm_head.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct funnel, head),
     .when = untied,
     .optional = true,
     .meaning = "masked-LM head: table of its own"},
    RTD_PARAMS(struct funnel, rtd),
    CLASSIFY_PARAMS(struct funnel, classify, "classifier.linear_hidden", "classifier.linear_out|classifier"),
    {0},
};

const struct arch arch_funnel = {
    .name = "funnel",
    .model_types = "funnel",
    .summary = "Funnel-Transformer: pooled queries, relative distances and segments",
    .source = "Dai et al. 2020",
    .entangled = "its blocks pool the tokens, and the decoder joins them again",
    .prefixes = "funnel.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, &head_rtd, CLASSIFY_HEADS, NULL},
    .layer_name = layer_name,
    .own_size = sizeof(struct funnel),
    .layer_size = sizeof(struct funnel_layer),
    .classify = offsetof(struct funnel, classify),
    .configure = configure,
    .forward = forward,
};
