/* Switch Transformers (Fedus et al. 2021): T5, see t5.c, where every few layers many feed-forwards stand in place of one, and
 * each token goes through the one that a router prefers.
 *
 *   p = softmax(x·Wr);  e = argmax p;  f = p_e · expert_e(x), expert(x) = act(x·Wi)·Wo
 *   an expert takes the first expert_capacity tokens of a text that choose it; what comes after gets f = 0
 *   sparse layers: l mod step = 1, or every layer where step is 1; both stacks have a step of their own
 *
 * What has caused bugs: the count of an expert follows the order of the text, whatever p says; a dropped token still names the
 * expert that it chose; where a configuration has no step it is layers/sparse layers, and with no sparse layers at all the
 * number of layers, so that layer 1 is sparse all the same (the reference's code, not its comment).
 *
 * Kept: router [T,experts], expert [T], dropped [T] (1: it found its expert full). */
#include <string.h>

#include "core/arch/t5.h"

/* The choice of one text's tokens: which expert, and whether it was full. */
static void choose(const float *probs, size_t T, size_t n, size_t capacity, size_t *taken, int64_t *expert, int64_t *dropped)
{
    memset(taken, 0, n * sizeof *taken);
    for (size_t i = 0; i < T; i++) {
        const float *p = probs + i * n;
        size_t best = 0;
        for (size_t e = 1; e < n; e++)
            if (p[e] > p[best])
                best = e;
        expert[i] = (int64_t)best;
        dropped[i] = ++taken[best] > capacity;
    }
}

/* f of the tokens of one text that expert e takes; x and f [T,E], a and b scratch of [T,E] and [T,I]. */
static bool expert_rows(const struct t5_layer *layer, const struct activation *activation, size_t e, const int64_t *expert,
                        const int64_t *dropped, const float *probs, size_t T, const float *x, float *f, float *a, float *b,
                        struct err *err)
{
    const struct linear *up = &layer->expert_up[e], *down = &layer->expert_down[e];
    size_t E = up->in, rows = 0;
    for (size_t i = 0; i < T; i++)
        if (expert[i] == (int64_t)e && !dropped[i])
            memcpy(a + rows++ * E, x + i * E, E * sizeof *a);
    if (!rows)
        return true;
    if (!product_linear(up, a, rows, E, T, activation, b, up->out, err) ||
        !product_linear(down, b, rows, up->out, T, NULL, a, E, err))
        return false;
    for (size_t i = 0, row = 0; i < T; i++)
        if (expert[i] == (int64_t)e && !dropped[i]) {
            float p = probs[i * layer->router.out + e];
            for (size_t d = 0; d < E; d++)
                f[i * E + d] = p * a[row * E + d];
            row++;
        }
    return true;
}

static float *experts(struct pass *pass, const struct t5_layer *layer, size_t l, const float *in)
{
    const struct t5 *w = pass->model->own;
    const struct tokens *tokens = pass->tokens;
    size_t E = pass->model->E, n = layer->router.out, capacity = pass->run->capacity ? pass->run->capacity : w->capacity;
    float *probs = pass_keep(pass, n);
    int64_t *expert = pass_keep_items(pass, pass->rows, sizeof *expert),
            *dropped = pass_keep_items(pass, pass->rows, sizeof *dropped);
    float *f = pass_scratch(pass, E), *a = pass_scratch(pass, E), *b = pass_scratch(pass, layer->expert_up[0].out);
    size_t *taken = pass_alloc(pass, n, sizeof *taken);
    pass_linear_to(pass, &layer->router, in, NULL, probs);
    if (!pass_ok(pass))
        return NULL;
    memset(f, 0, pass->rows * E * sizeof *f);
    for (size_t r = 0; r < pass->rows; r++)
        op_softmax_row(probs + r * n, n, 0, n, NULL);
    for (size_t t = 0; t < tokens->n_texts; t++) {
        size_t at = tokens->starts[t], T = tokens_length(tokens, t);
        choose(probs + at * n, T, n, capacity, taken, expert + at, dropped + at);
        for (size_t e = 0; pass_ok(pass) && e < n; e++)
            pass->failed = !expert_rows(layer, pass->model->activation, e, expert + at, dropped + at, probs + at * n, T,
                                        in + at * E, f + at * E, a, b, pass->err);
    }
    const char *side = pass->stack->kind == STACK_DECODER ? "dec" : "enc";
    pass_kept(pass, "router", side, l, &DTYPE_F32, probs, n, "expert");
    pass_kept(pass, "expert", side, l, &DTYPE_I64, expert, 1, NULL);
    pass_kept(pass, "dropped", side, l, &DTYPE_I64, dropped, 1, NULL);
    return pass_ok(pass) ? f : NULL;
}

/* ---- configuration ---- */

/* Every how many layers experts stand. */
static bool step_of(const struct json *config, const char *key, const char *sparse_key, size_t layers, size_t *out,
                    struct err *err)
{
    const struct json *given = json_get(config, key), *sparse = json_get(config, sparse_key);
    size_t n = 3;
    if (given && !json_is_null(given))
        return json_size(given, key, out, err);
    if (sparse && !json_is_null(sparse) && !json_size(sparse, sparse_key, &n, err))
        return false;
    *out = n ? layers / n : layers;
    return true;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct t5 *w = model->own;
    w->experts = experts;
    return t5_configure(model, config, err) &&
           step_of(config, "encoder_sparse_step", "num_sparse_encoder_layers", model->stacks[STACK_MAIN].layers, &w->encoder_step,
                   err) &&
           step_of(config, "decoder_sparse_step", "num_sparse_decoder_layers", model->stacks[STACK_DECODER].layers,
                   &w->decoder_step, err);
}

static bool sparse(size_t layer, size_t step)
{
    return step == 1 || (step && layer % step == 1);
}

static bool sparse_encoder(const struct model *model, size_t layer)
{
    return sparse(layer, ((const struct t5 *)model->own)->encoder_step);
}

static bool sparse_decoder(const struct model *model, size_t layer)
{
    return sparse(layer, ((const struct t5 *)model->own)->decoder_step);
}

static bool dense_encoder(const struct model *model, size_t layer)
{
    return !sparse_encoder(model, layer);
}

static bool dense_decoder(const struct model *model, size_t layer)
{
    return !sparse_decoder(model, layer);
}

static bool biased_encoder(const struct model *model, size_t layer)
{
    return json_bool(json_get(model->config, "router_bias"), false) && sparse_encoder(model, layer);
}

static bool biased_decoder(const struct model *model, size_t layer)
{
    return json_bool(json_get(model->config, "router_bias"), false) && sparse_decoder(model, layer);
}

static const struct config_key keys[] = {
    T5_SIZES(32128, 768, 64, 2048, 12, 12),
    T5_TIED(true),
    {.key = "dense_act_fn", .kind = CONFIG_ACTIVATION, .text = "relu"},
    {.key = "num_experts", .kind = CONFIG_SIZE, .letter = 'X', .fallback = 8},
    {.key = "expert_capacity", .kind = CONFIG_SIZE, .letter = 'c', .fallback = 64, .field = offsetof(struct t5, capacity)},
    {.key = "router_bias", .kind = CONFIG_BOOL},
    {.key = "router_dtype", .kind = CONFIG_ONLY, .text = "\"float32\""},
    {0},
};

#define FED_FORWARD(stack_, layer_, name_, field_, dense_, sparse_, biased_)                                                     \
    T5_LINEAR(stack_, layer_, name_ ".wi", "I,E", field_ up, "feed-forward, up", .when = dense_),                                \
        T5_LINEAR(stack_, layer_, name_ ".wo", "E,I", field_ down, "feed-forward, down", .when = dense_),                        \
        T5_LINEAR(stack_, layer_, name_ ".router.classifier", "X,E", field_ router, "router", .when = sparse_),                  \
        {.name = name_ ".router.classifier.bias",                                                                                \
         .shape = "X",                                                                                                           \
         .kind = PARAM_FLOATS,                                                                                                   \
         .layered = true,                                                                                                        \
         .stack = stack_,                                                                                                        \
         .when = biased_,                                                                                                        \
         .offset = offsetof(struct layer_, field_ router.bias),                                                                  \
         .meaning = "router, bias"},                                                                                             \
        T5_LINEAR(stack_, layer_, name_ ".experts.expert_{e}.wi", "I,E", field_ expert_up, "expert, up", .when = sparse_,        \
                  .count = 'X'),                                                                                                 \
        T5_LINEAR(stack_, layer_, name_ ".experts.expert_{e}.wo", "E,I", field_ expert_down, "expert, down", .when = sparse_,    \
                  .count = 'X')

static const struct param params[] = {
    T5_ENDS,
    T5_BIASES("SelfAttention"),
    T5_ATTENTIONS("SelfAttention"),
    T5_FFN_NORMS,
    FED_FORWARD(STACK_MAIN, t5_layer, "encoder.block.{l}.layer.1.mlp", , dense_encoder, sparse_encoder, biased_encoder),
    FED_FORWARD(STACK_DECODER, t5_decoder_layer, "decoder.block.{l}.layer.2.mlp", own., dense_decoder, sparse_decoder,
                biased_decoder),
    {0},
};

const struct arch arch_switch = {
    .name = "switch",
    .model_types = "switch_transformers",
    .summary = "Switch Transformers: T5 with experts that fill up",
    .source = "Fedus et al. 2021",
    .prefixes = "transformer.|model.",
    .keys = keys,
    .params = params,
    .heads = seq2seq_next,
    .own_size = sizeof(struct t5),
    .layer_size = sizeof(struct t5_layer),
    .decoder_size = sizeof(struct t5_decoder_layer),
    .expert_capacity = true,
    .configure = configure,
    .forward = t5_forward,
};
