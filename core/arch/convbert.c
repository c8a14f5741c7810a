/* ConvBERT (Jiang et al. 2020): BERT's layer, see bert.c, in which half of the width is attention and half a convolution whose
 * kernel each token makes for itself.
 *
 *   H = ⌊heads/head_ratio⌋ (at least 1), D = ⌊E/H/2⌋, A = H·D = E/2;  z = softmax(q·kᵀ/√D)·v
 *   s = pointwise(depthwise(x)) ⊙ q, the depthwise window of conv_kernel_size tokens ahead and behind, zero beyond the text
 *   kernel = softmax over its K places of s·Wk + bk, a kernel a head;  c_t = Σ_k kernel_t[k]·(x·Wc + bc)_{t+k−(K−1)/2}
 *   x = LayerNorm(x + [z, c]·Wo + bo); feed-forward as BERT's, in num_groups groups stored [groups, in, out]
 *   masked words:  LayerNorm(gelu(x·Wt + bt))·wordᵀ + b, as ELECTRA's generator;  classes: act(x_0·Wc + bc)·Wo + bo
 *
 * What has caused bugs: maps are those of the attention heads alone; their number is not num_attention_heads. */
#include "core/arch/bert.h"
#include "core/arch/grouped.h"

#include <math.h>
#include <string.h>

struct convbert {
    struct bert bert;
    size_t ratio, kernel, groups;
};
struct convbert_layer {
    struct bert_layer base;
    const float *depthwise, *pointwise_bias; /* [E,1,K] [A,1] */
    struct tensor pointwise;                 /* [A,E,1] */
    struct linear kernel, span;              /* [H·K,A] [A,E] */
    struct grouped up, down;                 /* where num_groups > 1 */
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct convbert *w = model->own;
    size_t heads = model->dim['H'], E = model->dim['E'], I = model->dim['I'], K = w->kernel, groups = w->groups;
    if (w->ratio == 0 || K % 2 == 0)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: head_ratio %zu, conv_kernel_size %zu: the kernel must be odd",
                       model->folder, w->ratio, K);
    if (groups == 0 || E % groups || I % groups)
        return err_set(err, ERR_FORMAT, "%s/config.json: num_groups = %zu does not divide %zu and %zu", model->folder, groups, E,
                       I);
    model->dim['H'] = heads / w->ratio > 0 ? heads / w->ratio : 1;
    if (!bert_stack(model, w->bert.positions, err))
        return false;
    struct stack *stack = &model->stacks[STACK_MAIN];
    for (size_t l = 0; l < stack->layers; l++)
        stack->shape[l].D /= 2;
    size_t A = model->dim['H'] * stack->shape[0].D;
    if (2 * A != E)
        return err_set(err, ERR_FORMAT, "%s/config.json: hidden_size %zu is not twice the %zu of %zu heads", model->folder, E, A,
                       model->dim['H']);
    model->dim['K'] = K;
    model->dim['k'] = model->dim['H'] * K;
    model->dim['g'] = groups;
    model->dim['e'] = E / groups;
    model->dim['i'] = I / groups;
    (void)config;
    return true;
}

static bool bound(struct model *model, struct err *err)
{
    struct convbert *w = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    for (size_t l = 0; l < stack->layers; l++) {
        struct convbert_layer *layer = stack_layer(stack, l);
        struct grouped *up = &layer->up, *down = &layer->down;
        up->groups = down->groups = w->groups;
        up->layout = down->layout = LAYOUT_IN_OUT;
        up->in = down->out = model->E;
        up->out = down->in = model->dim['I'];
    }
    w->bert.classify.activation = model->activation;
    return bert_bound(model, activation_named(STR("gelu")), err);
}

static bool grouped(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct convbert *)model->own)->groups > 1;
}

static bool whole(const struct model *model, size_t layer)
{
    return !grouped(model, layer);
}

/* out[t] = Σ_k weight(t, k) · x[t + k − (K−1)/2] over the rows of t's text; weights [E,K] of channels, or [rows,H,K] of heads. */
static void depthwise(const struct tokens *tokens, const float *x, const float *kernel, size_t E, size_t K, float *out)
{
    for (size_t t = 0; t < tokens->n_texts; t++)
        for (size_t r = tokens->starts[t]; r < tokens->starts[t + 1]; r++) {
            memset(out + r * E, 0, E * sizeof *out);
            for (size_t k = 0; k < K; k++) {
                if (r + k < tokens->starts[t] + K / 2 || r + k - K / 2 >= tokens->starts[t + 1])
                    continue;
                const float *from = x + (r + k - K / 2) * E;
                for (size_t e = 0; e < E; e++)
                    out[r * E + e] += kernel[e * K + k] * from[e];
            }
        }
}

/* The same where each head of each row has a kernel [rows,H,K] of its own, into out with `stride` floats a row. */
static void spans(const struct tokens *tokens, const float *x, const float *kernels, struct layer_shape shape, size_t K,
                  float *out, size_t stride)
{
    size_t A = shape.H * shape.D;
    for (size_t t = 0; t < tokens->n_texts; t++)
        for (size_t r = tokens->starts[t]; r < tokens->starts[t + 1]; r++) {
            memset(out + r * stride, 0, A * sizeof *out);
            for (size_t k = 0; k < K; k++) {
                if (r + k < tokens->starts[t] + K / 2 || r + k - K / 2 >= tokens->starts[t + 1])
                    continue;
                const float *from = x + (r + k - K / 2) * A;
                for (size_t a = 0; a < A; a++)
                    out[r * stride + a] += kernels[(r * shape.H + a / shape.D) * K + k] * from[a];
            }
        }
}

/* [z, c]: what the heads give and what the convolution gives, side by side; scratch. */
static float *with_convolution(const struct model *model, struct pass *pass, size_t l, const float *x, const float *q,
                               const float *z)
{
    const struct convbert_layer *layer = stack_layer(pass->stack, l);
    struct layer_shape shape = pass->stack->shape[l];
    size_t E = model->E, A = shape.H * shape.D, K = model->dim['K'];
    struct linear pointwise = {.w = layer->pointwise, .bias = layer->pointwise_bias, .out = A, .in = E};
    pointwise.w.rank = 2;
    float *window = pass_scratch(pass, E), *both = pass_scratch(pass, E);
    if (pass_ok(pass))
        depthwise(pass->tokens, x, layer->depthwise, E, K, window);
    float *keys = pass_linear(pass, &pointwise, window, NULL);
    if (pass_ok(pass))
        op_multiply(keys, q, pass->rows * A);
    float *kernels = pass_linear(pass, &layer->kernel, keys, NULL);
    float *values = pass_linear(pass, &layer->span, x, NULL);
    if (!pass_ok(pass))
        return NULL;
    for (size_t i = 0; i < pass->rows * shape.H; i++)
        op_softmax_row(kernels + i * K, K, 0, K, NULL);
    spans(pass->tokens, values, kernels, shape, K, both + A, E);
    for (size_t r = 0; r < pass->rows; r++)
        memcpy(both + r * E, z + r * A, A * sizeof *both);
    return both;
}

/* BERT's block end, or the same with the feed-forward in groups. */
static float *block_end(const struct model *model, struct pass *pass, size_t l, const float *x, const float *context)
{
    const struct convbert_layer *layer = stack_layer(pass->stack, l);
    const struct block *block = &layer->base.block;
    if (whole(model, l))
        return pass_block_end(pass, block, x, context);
    float *y = pass_keep(pass, model->E), *inner = pass_scratch(pass, layer->up.out);
    float *attended = pass_linear(pass, &block->o, context, NULL);
    pass_norm(pass, &block->attention_norm, attended, x, attended);
    pass_grouped(pass, &layer->up, attended, model->activation, inner);
    pass_grouped(pass, &layer->down, inner, NULL, y);
    return pass_norm(pass, &block->output_norm, y, attended, y);
}

static void forward(const struct model *model, struct pass *pass)
{
    float *x = bert_embed(model, pass, bert_sum(model, pass, pass->tokens->positions));
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct convbert_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = bert_attend(pass, NULL, l);
        pass_block_begin(pass, &layer->base.block, x, &attend);
        float *z = pass_attention(pass, &attend);
        float *context = with_convolution(model, pass, l, x, attend.q.data, z);
        float *y = block_end(model, pass, l, x, context);
        x = pass_layer(pass, l, y);
    }
}

static const struct output_head head_mlm = {BERT_MLM("generator_predictions")};

static const struct config_key keys[] = {
    BERT_SIZES(30522, 768, 12, 12, 3072, 512),
    BERT_OPTIONS,
    BERT_ACTIVATION("gelu"),
    {.key = "embedding_size", .kind = CONFIG_SIZE, .letter = 'B', .fallback = 768, .field = offsetof(struct bert, embedding)},
    {.key = "head_ratio", .kind = CONFIG_SIZE, .letter = 'r', .fallback = 2, .field = offsetof(struct convbert, ratio)},
    {.key = "conv_kernel_size", .kind = CONFIG_SIZE, .letter = 'K', .fallback = 9, .field = offsetof(struct convbert, kernel)},
    {.key = "num_groups", .kind = CONFIG_SIZE, .letter = 'g', .fallback = 1, .field = offsetof(struct convbert, groups)},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"}, /* the convolution keeps all heads: the reference cannot run it */
    {0},
};

#define OWN(kind_, name_, shape_, field, meaning_)                                                                               \
    {                                                                                                                            \
        .name = "encoder.layer.{l}.attention.self." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,              \
        .offset = offsetof(struct convbert_layer, field), .meaning = meaning_                                                    \
    }
#define FORWARD(kind_, name_, shape_, field, when_, meaning_)                                                                    \
    {                                                                                                                            \
        .name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                             \
        .offset = offsetof(struct convbert_layer, field), .when = when_, .meaning = meaning_                                     \
    }

static const struct param params[] = {
    BERT_TABLES("B"),
    BERT_NORM("B"),
    BERT_WIDEN,
    BERT_LAYER(LINEAR, "attention.self.query", "A,E", block.q, "query"),
    BERT_LAYER(LINEAR, "attention.self.key", "A,E", block.k, "key"),
    BERT_LAYER(LINEAR, "attention.self.value", "A,E", block.v, "value"),
    OWN(FLOATS, "key_conv_attn_layer.depthwise.weight", "E,1,K", depthwise, "convolution, window of each channel"),
    OWN(TABLE, "key_conv_attn_layer.pointwise.weight", "A,E,1", pointwise, "convolution, channels to heads"),
    OWN(FLOATS, "key_conv_attn_layer.bias", "A,1", pointwise_bias, "convolution, channels to heads: bias"),
    OWN(LINEAR, "conv_kernel_layer", "k,A", kernel, "convolution, the kernel"),
    OWN(LINEAR, "conv_out_layer", "A,E", span, "convolution, what it runs over"),
    BERT_LAYER(LINEAR, "attention.output.dense", "E,E", block.o, "output of the heads"),
    BERT_LAYER(NORM, "attention.output.LayerNorm", "E", block.attention_norm, "LayerNorm after attention"),
    FORWARD(LINEAR, "intermediate.dense", "I,E", base.block.up, whole, "feed-forward, up"),
    FORWARD(LINEAR, "output.dense", "E,I", base.block.down, whole, "feed-forward, down"),
    FORWARD(TABLE, "intermediate.dense.weight", "g,e,i", up.w, grouped, "feed-forward, up"),
    FORWARD(FLOATS, "intermediate.dense.bias", "I", up.bias, grouped, "feed-forward, up: bias"),
    FORWARD(TABLE, "output.dense.weight", "g,i,e", down.w, grouped, "feed-forward, down"),
    FORWARD(FLOATS, "output.dense.bias", "E", down.bias, grouped, "feed-forward, down: bias"),
    BERT_LAYER(NORM, "output.LayerNorm", "E", block.output_norm, "LayerNorm after feed-forward"),
    MLM_PARAMS(struct bert, mlm, "generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head.bias", "B",
               "masked-LM head"),
    BERT_MLM_TABLE("generator_lm_head.weight", "B"),
    CLASSIFY_PARAMS(struct bert, classify, "classifier.dense", "classifier.out_proj|classifier"),
    {0},
};

const struct arch arch_convbert = {
    .name = "convbert",
    .model_types = "convbert",
    .summary = "ConvBERT: half attention, half span-based convolution",
    .source = "Jiang et al. 2020",
    .prefixes = "convbert.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, NULL},
    .own_size = sizeof(struct convbert),
    .layer_size = sizeof(struct convbert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
