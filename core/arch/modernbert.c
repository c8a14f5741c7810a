/* ModernBERT (Warner et al. 2024): pre-norm, rotary positions, a gated feed-forward, and layers that see everything or a
 * window.
 *
 *   x = LayerNorm(word[id]); each layer:  q, k, v = norm(x)·Wqkv, one tensor [3,H,D]; layer 0 has no norm before attention
 *     q and k turn by position, halves (i, i + D/2); layer l is global where l % global_attn_every_n_layers = 0, with base
 *     global_rope_theta; the others see |i−j| ≤ local_attention/2, with base local_rope_theta
 *     a = x + z·Wo;  x = a + (act(first half of norm(a)·Wi) · second half)·Wo
 *   masked words:  LayerNorm(act(f·Wd))·wordᵀ + b of f = final_norm(x)
 *   classes:       LayerNorm(act(f·Wd))·Wc + bc of the first token's f, or of their mean where classifier_pooling is mean
 *
 * What has caused bugs: hidden states list the last layer's output before final_norm; norms and projections have biases
 * only where norm_bias, attention_bias, mlp_bias, classifier_bias say so. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/classify.h"
#include "core/arch/mlm.h"
#include "core/arch/rope.h"
#include "core/config.h"

struct modernbert {
    struct tensor word; /* [V,E] */
    struct norm norm, last;
    struct mlm mlm; /* its decoder's bias is NULL where decoder_bias is false */
    struct classify classify;
    const struct activation *classifier_act;
    struct str pooling;  /* "cls", "mean" */
    struct rope rope[2]; /* global, local */
    float base[2];
    size_t every, window;
    bool tied, norm_bias, attention_bias, mlp_bias, decoder_bias, classifier_bias;
};
struct modernbert_layer {
    struct norm attention_norm, mlp_norm; /* layer 0 has no attention_norm */
    struct linear qkv, o, in, down;       /* in: [2I,E] */
    struct linear gate, up;               /* halves of in */
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct modernbert *w = model->own;
    struct layer_shape shape;
    model->E = model->dim['E'];
    if (w->every == 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: global_attn_every_n_layers is 0", model->folder);
    if (!str_is(w->pooling, "cls") && !str_is(w->pooling, "mean"))
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: classifier_pooling \"%.*s\" is not read (cls, mean are)",
                       model->folder, STR_ARGS(w->pooling));
    if (json_is_null(json_get(config, "local_rope_theta")))
        w->base[1] = w->base[0];
    if (!config_heads(model, "hidden_size", model->dim['H'], &shape, err) ||
        !rope_read(model, w->base[0], shape.D, ROTARY_HALVES, &w->rope[0], err) ||
        !rope_read(model, w->base[1], shape.D, ROTARY_HALVES, &w->rope[1], err))
        return false;
    model->dim['Q'] = 3 * model->E;
    model->dim['J'] = 2 * model->dim['I'];
    return model_stack(model, STACK_MAIN, model->dim['L'], shape, terms, err);
}

/* LayerNorm(act(f·Wd)) of f = final_norm(x), or of f themselves: what classes are read from. */
static bool pooled(const struct model *model, const float *x, size_t n, float *out, struct err *err);
static bool pooled_mean(const struct model *model, const float *f, size_t n, float *out, struct err *err);

static bool means(const struct model *model)
{
    return str_is(((const struct modernbert *)model->own)->pooling, "mean");
}

static bool bound(struct model *model, struct err *err)
{
    struct modernbert *w = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    size_t I = model->dim['I'];
    (void)err;
    for (size_t l = 0; l < stack->layers; l++) {
        struct modernbert_layer *layer = stack_layer(stack, l);
        layer->gate = linear_rows(&layer->in, 0, I);
        layer->up = linear_rows(&layer->in, I, I);
    }
    w->mlm.activation = w->classifier_act;
    w->classify.dense = w->mlm.dense;
    if (classify_is_answer(model)) {
        w->classify.answer = w->classify.out;
        w->classify.out = (struct linear){0};
    }
    w->classify.pool = means(model) && !classify_has_tokens(model) && !w->classify.answer.w.dtype ? pooled_mean : pooled;
    return true;
}

static void feed_forward(struct pass *pass, const struct modernbert_layer *layer, float *attended, float *y)
{
    size_t n = pass->rows * pass->model->E;
    float *normed = pass_norm(pass, &layer->mlp_norm, attended, NULL, pass_scratch(pass, pass->model->E));
    float *inner = pass_gated(pass, &layer->gate, &layer->up, &layer->down, normed, pass->model->activation);
    if (!pass_ok(pass))
        return;
    memcpy(y, inner, n * sizeof *y);
    op_add(y, attended, n);
}

/* The mean of final_norm(x) over each text, in all of its rows: what classes are read from with classifier_pooling mean. */
static void keep_means(const struct modernbert *w, struct pass *pass, const float *x)
{
    const struct tokens *tokens = pass->tokens;
    size_t E = pass->model->E;
    float *f = pass_norm(pass, &w->last, x, NULL, pass_scratch(pass, E)), *mean = pass_keep(pass, E);
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
        size_t begin = tokens->starts[t], T = tokens_length(tokens, t);
        for (size_t e = 0; e < E; e++) {
            double sum = 0;
            for (size_t r = begin; r < begin + T; r++)
                sum += f[r * E + e];
            for (size_t r = begin; r < begin + T; r++)
                mean[r * E + e] = (float)(sum / (double)T);
        }
    }
    pass_kept(pass, "mean", NULL, pass->stack->layers, &DTYPE_F32, mean, E, "dim");
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct modernbert *w = model->own;
    const struct rope_tables tables[2] = {rope_make(pass, &w->rope[0]), rope_make(pass, &w->rope[1])};
    const struct mask *band = pass_band(pass, w->window / 2);
    size_t E = model->E;
    float *x = pass_lookup(pass, &w->word, pass->tokens->ids, "token id", pass_keep(pass, E));
    x = pass_embed(pass, pass_norm(pass, &w->norm, x, NULL, x));
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct modernbert_layer *layer = stack_layer(pass->stack, l);
        const struct layer_shape *shape = &pass->stack->shape[l];
        size_t A = shape->H * shape->D;
        bool local = l % w->every != 0;
        float *qkv = pass_keep(pass, 3 * A), *y = pass_keep(pass, E);
        const float *normed =
            layer->attention_norm.weight ? pass_norm(pass, &layer->attention_norm, x, NULL, pass_scratch(pass, E)) : x;
        pass_linear_to(pass, &layer->qkv, normed, NULL, qkv);
        if (!pass_ok(pass))
            return;
        struct attend attend = {
            .layer = l,
            .scale = 1 / sqrtf((float)shape->D),
            .q = {qkv, 3 * A, shape->D},
            .k = {qkv + A, 3 * A, shape->D},
            .v = {qkv + 2 * A, 3 * A, shape->D},
            .masks = local ? band : NULL,
        };
        rope_turn(pass, &tables[local], attend.q, shape->H);
        rope_turn(pass, &tables[local], attend.k, shape->H);
        float *z = pass_attention(pass, &attend), *attended = pass_linear(pass, &layer->o, z, NULL);
        if (pass_ok(pass))
            op_add(attended, x, pass->rows * E);
        feed_forward(pass, layer, attended, y);
        x = pass_layer(pass, l, y);
    }
    if (w->classify.out.w.dtype && w->classify.pool == pooled_mean)
        keep_means(w, pass, x);
}

/* ---- heads ---- */

static void norm_rows(const struct model *model, const struct norm *norm, const float *x, size_t n, float *y)
{
    op_layer_norm(x, NULL, n, model->E, norm->weight, norm->bias, model->norm_eps, y);
}

static void last(const struct model *model, const float *x, size_t n, float *out)
{
    norm_rows(model, &((const struct modernbert *)model->own)->last, x, n, out);
}

static bool pooled_mean(const struct model *model, const float *f, size_t n, float *out, struct err *err)
{
    const struct modernbert *w = model->own;
    const struct linear *dense = &w->mlm.dense;
    if (!product_linear(dense, f, n, model->E, n, w->classifier_act, out, model->E, err))
        return false;
    norm_rows(model, &w->mlm.norm, out, n, out);
    return true;
}

static bool pooled(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    const struct modernbert *w = model->own;
    float *f = mem_new(n * model->E, sizeof *f, "a head of classes", err);
    if (!f)
        return false;
    norm_rows(model, &w->last, x, n, f);
    bool ok = pooled_mean(model, f, n, out, err);
    free(f);
    return ok;
}

/* Classes have the dense layer and the norm too; without a bias of the vocabulary a classifier tells that they are theirs. */
static bool mlm_head_present(const struct model *model)
{
    const struct modernbert *w = model->own;
    return w->mlm.dense.w.dtype && w->mlm.norm.weight && (w->mlm.bias || (!w->decoder_bias && !w->classify.out.w.dtype && !w->classify.answer.w.dtype)) &&
           (w->tied || w->mlm.decoder.dtype);
}

static bool mlm_head_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    const struct modernbert *w = model->own;
    float *f = mem_new(n * model->E, sizeof *f, "the masked-LM head", err);
    if (!f)
        return false;
    norm_rows(model, &w->last, x, n, f);
    bool ok = mlm_logits(model, &w->mlm, &w->word, f, n, out, err);
    free(f);
    return ok;
}

static const struct output_head head_mlm = {
    .name = "mlm",
    .summary = "masked words (head, decoder)",
    .from = "hidden",
    .place = HEAD_MASKS,
    .tensor = "logits",
    .present = mlm_head_present,
    .width = model_vocabulary,
    .logits = mlm_head_logits,
};

#define TEXT_HEAD(name_, mean, from_, link_, summary_)                                                                           \
    static bool present_##name_(const struct model *model)                                                                       \
    {                                                                                                                            \
        return means(model) == mean && classify_has_text(model, link_);                                                          \
    }                                                                                                                            \
    static const struct output_head head_##name_ = CLASSIFY_TEXT(summary_, from_, link_, present_##name_)
TEXT_HEAD(one, false, "hidden", HEAD_SOFTMAX, "one class a text");
TEXT_HEAD(many, false, "hidden", HEAD_SIGMOID, "any number of classes a text");
TEXT_HEAD(value, false, "hidden", HEAD_VALUE, "values of a text");
TEXT_HEAD(mean_one, true, "mean", HEAD_SOFTMAX, "one class a text, of its tokens' mean");
TEXT_HEAD(mean_many, true, "mean", HEAD_SIGMOID, "any number of classes a text, of its tokens' mean");
TEXT_HEAD(mean_value, true, "mean", HEAD_VALUE, "values of a text, of its tokens' mean");

/* ---- tables ---- */

#define FLAG(key_, fallback_, field_)                                                                                            \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_BOOL, .fallback = fallback_, .field = offsetof(struct modernbert, field_)                    \
    }
static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 50368},
    {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 768},
    {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 1152},
    {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 22},
    {.key = "num_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 12},
    {.key = "hidden_activation", .kind = CONFIG_ACTIVATION, .text = "gelu"},
    {.key = "norm_eps", .kind = CONFIG_EPS, .fallback = 1e-5},
    {.key = "rope_theta|global_rope_theta", .kind = CONFIG_POSITIVE, .fallback = 160000, .field = offsetof(struct modernbert, base[0])},
    {.key = "local_rope_theta", .kind = CONFIG_POSITIVE, .fallback = 10000, .field = offsetof(struct modernbert, base[1])},
    {.key = "global_attn_every_n_layers",
     .kind = CONFIG_SIZE,
     .letter = 'n',
     .fallback = 3,
     .field = offsetof(struct modernbert, every)},
    {.key = "local_attention", .kind = CONFIG_SIZE, .letter = 'w', .fallback = 128, .field = offsetof(struct modernbert, window)},
    FLAG("norm_bias", false, norm_bias),
    FLAG("attention_bias", false, attention_bias),
    FLAG("mlp_bias", false, mlp_bias),
    FLAG("decoder_bias", true, decoder_bias),
    FLAG("classifier_bias", false, classifier_bias),
    FLAG("tie_word_embeddings", true, tied),
    {.key = "classifier_activation",
     .kind = CONFIG_ACTIVATION,
     .text = "gelu",
     .field = offsetof(struct modernbert, classifier_act)},
    {.key = "classifier_pooling", .kind = CONFIG_TEXT, .text = "cls", .field = offsetof(struct modernbert, pooling)},
    {.key = "partial_rotary_factor", .kind = CONFIG_ONLY, .text = "1"},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"},
    {0},
};

#define WHEN(name_, expression)                                                                                                  \
    static bool name_(const struct model *model, size_t layer)                                                                   \
    {                                                                                                                            \
        const struct modernbert *w = model->own;                                                                                 \
        (void)layer;                                                                                                             \
        return expression;                                                                                                       \
    }
WHEN(norm_biased, w->norm_bias)
WHEN(norm_plain, !w->norm_bias)
WHEN(inner_norm_biased, w->norm_bias &&layer > 0)
WHEN(inner_norm_plain, !w->norm_bias && layer > 0)
WHEN(attention_biased, w->attention_bias)
WHEN(attention_plain, !w->attention_bias)
WHEN(mlp_biased, w->mlp_bias)
WHEN(mlp_plain, !w->mlp_bias)
WHEN(head_biased, w->classifier_bias)
WHEN(head_plain, !w->classifier_bias)
WHEN(decoder_biased, w->decoder_bias)
WHEN(untied, !w->tied)

/* A row with a bias and one without, of which the configuration takes one. */
#define PARAM2(kind_, name_, shape_, offset_, layered_, optional_, when_, meaning_)                                              \
    {.name = name_,                                                                                                              \
     .shape = shape_,                                                                                                            \
     .kind = PARAM_##kind_,                                                                                                      \
     .layered = layered_,                                                                                                        \
     .offset = offset_,                                                                                                          \
     .optional = optional_,                                                                                                      \
     .when = when_##_biased,                                                                                                     \
     .meaning = meaning_},                                                                                                       \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = PARAM_##kind_##_NO_BIAS, .layered = layered_, .offset = offset_,                 \
        .optional = optional_, .when = when_##_plain, .meaning = meaning_                                                        \
    }
#define LAYER(kind_, name_, shape_, field, when_, meaning_)                                                                      \
    PARAM2(kind_, "layers.{l}." name_, shape_, offsetof(struct modernbert_layer, field), true, false, when_, meaning_)
#define OWN(kind_, name_, shape_, field, optional_, when_, meaning_)                                                             \
    PARAM2(kind_, name_, shape_, offsetof(struct modernbert, field), false, optional_, when_, meaning_)

static const struct param params[] = {
    {.name = "embeddings.tok_embeddings.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct modernbert, word),
     .meaning = "word embeddings"},
    OWN(NORM, "embeddings.norm", "E", norm, false, norm, "LayerNorm of the embeddings"),
    LAYER(NORM, "attn_norm", "E", attention_norm, inner_norm, "LayerNorm before attention"),
    LAYER(LINEAR, "attn.Wqkv", "Q,E", qkv, attention, "query, key, value"),
    LAYER(LINEAR, "attn.Wo", "E,E", o, attention, "output of the heads"),
    LAYER(NORM, "mlp_norm", "E", mlp_norm, norm, "LayerNorm before feed-forward"),
    LAYER(LINEAR, "mlp.Wi", "J,E", in, mlp, "feed-forward, gate and up"),
    LAYER(LINEAR, "mlp.Wo", "E,I", down, mlp, "feed-forward, down"),
    OWN(NORM, "final_norm", "E", last, false, norm, "last LayerNorm"),
    OWN(LINEAR, "head.dense", "E,E", mlm.dense, true, head, "head: dense"),
    OWN(NORM, "head.norm", "E", mlm.norm, true, norm, "head: LayerNorm"),
    {.name = "decoder.bias",
     .shape = "V",
     .kind = PARAM_FLOATS,
     .offset = offsetof(struct modernbert, mlm.bias),
     .when = decoder_biased,
     .optional = true,
     .meaning = "masked-LM head: bias of the vocabulary"},
    {.name = "decoder.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct modernbert, mlm.decoder),
     .when = untied,
     .optional = true,
     .meaning = "masked-LM head: table of its own"},
    CLASSIFY_PARAM(struct modernbert, classify, out, "classifier", "*,E", "classes; of a token: start and end of an answer"),
    {0},
};

const struct arch arch_modernbert = {
    .name = "modernbert",
    .model_types = "modernbert",
    .summary = "ModernBERT: rotary, global and local layers, gated",
    .source = "Warner et al. 2024",
    .prefixes = "model.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, &head_one, &head_many, &head_value, &head_mean_one, &head_mean_many,
                                                 &head_mean_value, &classify_tokens, &classify_answer, NULL},
    .own_size = sizeof(struct modernbert),
    .layer_size = sizeof(struct modernbert_layer),
    .classify = offsetof(struct modernbert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
    .last = last,
};
