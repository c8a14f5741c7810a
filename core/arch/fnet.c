/* FNet (Lee-Thorp et al. 2022): an encoder without attention; its layers mix tokens by a Fourier transform.
 *
 *   x = LayerNorm(word[id] + type[t] + position[i])·Wp + bp; each layer:
 *     y[t,e] = Re Σ_s Σ_d x[s,d]·exp(−2πi(ts/T + ed/E)) = Σ_s (cos 2πts/T · Σ_d x[s,d] cos 2πed/E − the same of sines)
 *     x = norm(x + y);  x = norm'(x + down(act(up(x))))
 *   masked words:  LayerNorm(act(x·Wt + bt))·wordᵀ + b;  classes: tanh(x_0·Wc + bc)·Wo + bo
 *
 * What has caused bugs: the transform has no scale, is over all tokens of the text, padding too, and over the width; the
 * embeddings are projected although their width is the model's. */
#include <math.h>

#include "core/arch/bert.h"

struct fnet {
    struct bert bert;      /* first */
    struct linear wave[2]; /* x·cosines, x·sines of the width: [E,E] */
};
struct fnet_layer {
    struct norm mixed_norm, output_norm;
    struct linear up, down;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const none[] = {NULL};
    struct stack *stack = &model->stacks[STACK_MAIN];
    (void)config;
    model->dim['H'] = 1; /* of a stack; then its layers have none */
    if (!bert_stack(model, ((const struct bert *)model->own)->positions, err))
        return false;
    stack->terms = none;
    for (size_t l = 0; l < stack->layers; l++)
        stack->shape[l] = (struct layer_shape){.H = 0, .Hkv = 0, .D = 0};
    return true;
}

static bool bound(struct model *model, struct err *err)
{
    return bert_bound(model, model->activation, err);
}

/* out [n,n]: cos 2πij/n, or −sin 2πij/n. */
static void waves(float *out, size_t n, bool sines)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double angle = 2 * M_PI * (double)(i * j % n) / (double)n;
            out[i * n + j] = (float)(sines ? -sin(angle) : cos(angle));
        }
}

/* Rows of floats as a weight, as they lie: [in,out]. */
static struct linear as_linear(const float *w, size_t in, size_t out)
{
    struct linear linear = {.out = out, .in = in, .layout = LAYOUT_IN_OUT};
    linear.w = (struct tensor){.dtype = &DTYPE_F32, .rank = 2, .shape = {in, out}, .bytes = in * out * sizeof *w, .data = w};
    return linear;
}

static bool prepare(struct model *model, struct err *err)
{
    struct fnet *w = model->own;
    size_t E = model->E;
    for (size_t part = 0; part < 2; part++) {
        float *table = arena_alloc(model->arena, E * E, sizeof *table, "cosines and sines", err);
        if (!table)
            return false;
        waves(table, E, part == 1);
        w->wave[part] = as_linear(table, E, E);
    }
    return true;
}

/* The tables over tokens of all texts, one after the other: [Σ T²] each. */
static const float *token_waves(struct pass *pass, bool sines)
{
    const struct tokens *tokens = pass->tokens;
    size_t cells = 0, at = 0;
    for (size_t t = 0; t < tokens->n_texts; t++)
        cells += tokens_length(tokens, t) * tokens_length(tokens, t);
    float *out = pass_alloc(pass, cells, sizeof *out);
    for (size_t t = 0; out && t < tokens->n_texts; t++) {
        size_t T = tokens_length(tokens, t);
        waves(out + at, T, sines);
        at += T * T;
    }
    return out;
}

/* Re of the transform of x over tokens and width: scratch. */
static float *mixed(struct pass *pass, const struct fnet *w, const float *const *over_tokens, const float *x)
{
    const struct tokens *tokens = pass->tokens;
    size_t E = pass->model->E;
    float *y[2] = {pass_scratch(pass, E), pass_scratch(pass, E)};
    for (size_t part = 0; part < 2; part++) {
        const float *over_width = pass_linear(pass, &w->wave[part], x, NULL);
        for (size_t t = 0, at = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
            size_t T = tokens_length(tokens, t), first = tokens->starts[t];
            struct linear text = as_linear(over_width + first * E, T, E);
            pass->failed =
                !product_linear(&text, over_tokens[part] + at, T, T, T, NULL, y[part] + first * E, E, pass->err);
            at += T * T;
        }
    }
    /* cos·cos less sin·sin, both sines with their sign */
    for (size_t i = 0; pass_ok(pass) && i < pass->rows * E; i++)
        y[0][i] -= y[1][i];
    return y[0];
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct fnet *w = model->own;
    const float *over_tokens[2] = {token_waves(pass, false), token_waves(pass, true)};
    const float *x = bert_embed(model, pass, bert_sum(model, pass, pass->tokens->positions));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct fnet_layer *layer = stack_layer(pass->stack, l);
        float *a = mixed(pass, w, over_tokens, x), *y = pass_keep(pass, model->E);
        pass_norm(pass, &layer->mixed_norm, a, x, a);
        pass_feed_forward(pass, &layer->up, &layer->down, a, model->activation, y);
        x = pass_layer(pass, l, pass_norm(pass, &layer->output_norm, y, a, y));
    }
}

static void fourier(size_t T, size_t part, float *out)
{
    waves(out, T, part == 1);
}

static const struct mixing mixing = {
    .summary = "a Fourier transform",
    .parts = "cos|sin",
    .values = fourier,
};

static const struct output_head head_mlm = {BERT_MLM("cls.predictions")};

static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 32000},
    {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 768},
    {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 12},
    {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 3072},
    {.key = "max_position_embeddings",
     .kind = CONFIG_SIZE,
     .letter = 'P',
     .fallback = 512,
     .field = offsetof(struct bert, positions)},
    {.key = "type_vocab_size", .kind = CONFIG_SIZE, .letter = 'S', .fallback = 4, .field = offsetof(struct bert, types)},
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-12},
    BERT_ENCODER,
    BERT_ACTIVATION("gelu_new"),
    {.key = "use_tpu_fourier_optimizations", .kind = CONFIG_BOOL}, /* the same numbers by another way */
    {0},
};

#define LAYER(kind_, name_, shape_, field_, meaning_)                                                                            \
    {                                                                                                                            \
        .name = "encoder.layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                             \
        .offset = offsetof(struct fnet_layer, field_), .meaning = meaning_                                                       \
    }
static const struct param params[] = {
    BERT_TABLES("E"),
    BERT_NORM("E"),
    {.name = "embeddings.projection",
     .shape = "E,E",
     .kind = PARAM_LINEAR,
     .offset = offsetof(struct bert, widen),
     .meaning = "embeddings to the layers"},
    LAYER(NORM, "fourier.output.LayerNorm", "E", mixed_norm, "LayerNorm after mixing"),
    LAYER(LINEAR, "intermediate.dense", "I,E", up, "feed-forward, up"),
    LAYER(LINEAR, "output.dense", "E,I", down, "feed-forward, down"),
    LAYER(NORM, "output.LayerNorm", "E", output_norm, "LayerNorm after feed-forward"),
    BERT_MLM_PARAMS("E"),
    BERT_POOLED_PARAMS,
    BERT_NEXT_PARAM,
    {0},
};

const struct arch arch_fnet = {
    .name = "fnet",
    .model_types = "fnet",
    .summary = "FNet: tokens mixed by a Fourier transform, no attention",
    .source = "Lee-Thorp et al. 2022",
    .prefixes = "fnet.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, &classify_next, NULL},
    .mixing = &mixing,
    .own_size = sizeof(struct fnet),
    .layer_size = sizeof(struct fnet_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .prepare = prepare,
    .forward = forward,
};
