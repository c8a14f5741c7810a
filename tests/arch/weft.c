/* Weft, an architecture of these tests alone: an encoder–decoder that has in three and two layers what the families of the
 * field have one by one.
 *
 *   encoder   x = word[id] + position[i];  E0, E1, E2 with 4, 2, 4 heads of 4, 8, 4 over 2, 1, 4 key/value heads
 *     E0      |i−j| ≤ reach; scores capped;  E1 every second token asks, all answer: from here on the axis is the pooled one
 *     E2      a learned sink; its feed-forward is the one expert that the router prefers, times its probability
 *     scores  (q·k)/√D − slope_h·|i−j|, i and j places in the text;  x += z·Wo;  x += ffn(rms(x));  rms at the end
 *   decoder   y = word[id] + position[i];  D0, D1 with 2, 4 heads of 8, 4 over 1, 2, causal, D1 within a window
 *     cross   X0, X1: queries of y, keys and values of the encoder's last output
 *     ffn     D1's is the sum of the two experts that its router prefers, weighted so that they sum to 1
 *   next word y·wordᵀ
 *
 * reference.py computes the same in double precision and writes model/. */
#include <math.h>
#include <string.h>

#include "core/config.h"
#include "core/op/op.h"
#include "core/pass.h"

struct mixture {
    struct linear router;
    struct linear *up, *down; /* [experts] */
};

struct attending {
    struct linear q, k, v, o;
    const float *norm, *slopes; /* [E], [H] */
};

struct weft_layer {
    struct attending self;
    const float *sink, *ffn_norm; /* [H], [E] */
    struct linear up, down;
    struct mixture mixture;
};

struct weft_decoder_layer {
    struct weft_layer own;
    struct attending cross;
};

struct weft {
    struct tensor word, position;
    const float *norm; /* [E] */
    size_t reach, window;
    float cap;
};

/* ---- the second term: how far apart in the text ---- */

struct slope {
    const float *slopes;         /* [H] */
    size_t query_step, key_step; /* places in the text from one row to the next */
};

static bool slope_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err)
{
    const struct slope *slope = a->own;
    (void)scratch, (void)err;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < a->Tk; j++)
            out[i * a->Tk + j] -=
                slope->slopes[head] * fabsf((float)((row + i) * slope->query_step) - (float)(j * slope->key_step));
    return true;
}

static const struct term term_slope = {
    .name = "slope", .summary = "distance in the text", .logits = slope_logits, .edge = slope_logits};
static const struct term *const terms_self[] = {&term_content, &term_slope, NULL};
static const struct term *const terms_cross[] = {&term_content, NULL};

/* ---- the parts of a layer ---- */

static struct strided heads_of(struct pass *pass, const struct linear *linear, const float *x, size_t D)
{
    float *y = pass_keep(pass, linear->out);
    pass_linear_to(pass, linear, x, NULL, y);
    return (struct strided){y, linear->out, D};
}

static float *normed(struct pass *pass, const float *weight, const float *x)
{
    struct norm norm = {.weight = weight};
    return pass_rms(pass, &norm, x, 0, pass_scratch(pass, pass->model->E));
}

static const void *slope_new(struct pass *pass, const float *slopes, size_t query_step, size_t key_step)
{
    struct slope *slope = pass_keep_items(pass, 1, sizeof *slope);
    if (slope)
        *slope = (struct slope){slopes, query_step, key_step};
    return slope;
}

/* Softmax over the experts, kept as "router"; each token's `k` best, best first, kept as "expert" with their "weight". */
static const int64_t *route(struct pass *pass, const struct mixture *mixture, size_t l, const char *side, const float *x,
                            size_t k)
{
    size_t n = mixture->router.out, rows = pass->rows;
    float *probs = pass_keep(pass, n), *weights = pass_keep(pass, k);
    int64_t *chosen = pass_keep_items(pass, rows * k, sizeof *chosen);
    pass_linear_to(pass, &mixture->router, x, NULL, probs);
    for (size_t r = 0; pass_ok(pass) && r < rows; r++) {
        float *p = probs + r * n, sum = 0;
        op_softmax_row(p, n, 0, n, NULL);
        for (size_t c = 0; c < k; c++) {
            size_t best = n;
            for (size_t e = 0; e < n; e++) {
                bool taken = false;
                for (size_t before = 0; before < c; before++)
                    taken |= chosen[r * k + before] == (int64_t)e;
                if (!taken && (best == n || p[e] > p[best]))
                    best = e;
            }
            chosen[r * k + c] = (int64_t)best;
            sum += weights[r * k + c] = p[best];
        }
        for (size_t c = 0; k > 1 && c < k; c++)
            weights[r * k + c] /= sum;
    }
    pass_kept(pass, "router", side, l, &DTYPE_F32, probs, n, "expert");
    pass_kept(pass, "expert", side, l, &DTYPE_I64, chosen, k, k > 1 ? "choice" : NULL);
    pass_kept(pass, "weight", side, l, &DTYPE_F32, weights, k, "choice");
    return chosen;
}

static float *mixed_ffn(struct pass *pass, const struct mixture *mixture, size_t l, const char *side, const float *x, size_t k)
{
    size_t E = pass->model->E, n = mixture->router.out;
    const int64_t *chosen = route(pass, mixture, l, side, x, k);
    float *out = pass_scratch(pass, E);
    if (!pass_ok(pass))
        return NULL;
    const float *weights = pass->run->kept[pass->run->n_kept - 1].data;
    memset(out, 0, pass->rows * E * sizeof *out);
    for (size_t e = 0; e < n; e++) {
        const float *inner = pass_linear(pass, &mixture->up[e], x, pass->model->activation);
        const float *y = pass_linear(pass, &mixture->down[e], inner, NULL);
        for (size_t i = 0; pass_ok(pass) && i < pass->rows * k; i++)
            for (size_t d = 0; chosen[i] == (int64_t)e && d < E; d++)
                out[i / k * E + d] += weights[i] * y[i / k * E + d];
    }
    return out;
}

/* The second half of a layer: x + ffn(rms(x)), kept. */
static float *fed_forward(struct pass *pass, const struct weft_layer *layer, size_t l, const char *side, const float *x, size_t k)
{
    const float *in = normed(pass, layer->ffn_norm, x);
    if (layer->mixture.up)
        return pass_residual(pass, x, mixed_ffn(pass, &layer->mixture, l, side, in, k));
    const float *inner = pass_linear(pass, &layer->up, in, pass->model->activation);
    return pass_residual(pass, x, pass_linear(pass, &layer->down, inner, NULL));
}

/* ---- the encoder ---- */

/* Every second token of every text as an axis of its own. */
static const struct tokens *pooled_axis(struct pass *pass)
{
    const struct tokens *from = pass->tokens;
    const size_t **rows = pass_alloc(pass, from->n_texts, sizeof *rows);
    size_t *counts = pass_alloc(pass, from->n_texts, sizeof *counts);
    for (size_t t = 0; pass_ok(pass) && t < from->n_texts; t++) {
        counts[t] = (tokens_length(from, t) + 1) / 2;
        size_t *chosen = pass_alloc(pass, counts[t], sizeof *chosen);
        for (size_t i = 0; chosen && i < counts[t]; i++)
            chosen[i] = 2 * i;
        rows[t] = chosen;
    }
    return pass_ok(pass) ? pass_axis(pass, tokens_choose("pooled", from, rows, counts, pass->err)) : NULL;
}

/* The rows of x that the pooled axis holds. */
static float *pooled_rows(struct pass *pass, const struct tokens *full, const struct tokens *pooled, const float *x)
{
    size_t E = pass->model->E;
    float *y = pass_keep(pass, E);
    for (size_t t = 0; pass_ok(pass) && t < pooled->n_texts; t++)
        for (size_t i = 0; i < tokens_length(pooled, t); i++)
            memcpy(y + (pooled->starts[t] + i) * E, x + (full->starts[t] + 2 * i) * E, E * sizeof *y);
    return y;
}

static float *encoder(const struct weft *w, struct pass *pass)
{
    const struct model *model = pass->model;
    const struct stack *stack = pass->stack;
    const struct tokens *keys = pass->tokens;
    float *x = pass_lookup(pass, &w->word, keys->ids, "token id", pass_keep(pass, model->E));
    x = pass_embed(pass, pass_lookup_add(pass, &w->position, keys->positions, "position", x));

    for (size_t l = 0; pass_ok(pass) && l < stack->layers; l++) {
        const struct weft_layer *layer = stack_layer(stack, l);
        size_t D = stack->shape[l].D, key_step = l < 2 ? 1 : 2;
        const float *in = normed(pass, layer->self.norm, x);
        struct attend attend = {
            .layer = l,
            .keys = keys,
            .k = heads_of(pass, &layer->self.k, in, D),
            .v = heads_of(pass, &layer->self.v, in, D),
            .scale = 1 / sqrtf((float)D),
            .cap = l == 0 ? w->cap : 0,
            .masks = l == 0 ? pass_band(pass, w->reach) : NULL,
            .sink = layer->sink,
            .own = slope_new(pass, layer->self.slopes, l ? 2 : 1, key_step),
        };
        if (l == 1 && pass_ok(pass)) {
            const struct tokens *pooled = pooled_axis(pass);
            if (!pooled)
                return NULL;
            pass_enter(pass, STACK_MAIN, pooled);
            x = pooled_rows(pass, keys, pooled, x);
            in = normed(pass, layer->self.norm, x);
            keys = pooled; /* of what follows */
        }
        attend.q = heads_of(pass, &layer->self.q, in, D);
        float *z = pass_attention(pass, &attend);
        float *a = pass_residual(pass, x, pass_linear(pass, &layer->self.o, z, NULL));
        x = pass_layer(pass, l, fed_forward(pass, layer, l, "enc", a, 1));
    }
    struct norm norm = {.weight = w->norm};
    return pass_finish(pass, pass_rms(pass, &norm, x, 0, pass_keep(pass, model->E)));
}

/* ---- the decoder ---- */

/* Keys and values of all cross-attentions, while the rows are still the encoder's. */
static void cross_keys(struct pass *pass, const float *encoded, const struct tokens *keys, struct attend *crosses)
{
    const struct stack *stack = &pass->model->stacks[STACK_DECODER];
    for (size_t l = 0; pass_ok(pass) && l < stack->layers; l++) {
        const struct weft_decoder_layer *layer = stack_layer(stack, l);
        size_t D = stack->shape[l].D;
        crosses[l] = (struct attend){
            .kind = STACK_CROSS,
            .layer = l,
            .keys = keys,
            .k = heads_of(pass, &layer->cross.k, encoded, D),
            .v = heads_of(pass, &layer->cross.v, encoded, D),
            .scale = 1 / sqrtf((float)D),
        };
    }
}

static void decoder(const struct weft *w, struct pass *pass, struct attend *crosses)
{
    const struct stack *stack = pass->stack;
    const struct tokens *tokens = pass->tokens;
    float *y = pass_lookup(pass, &w->word, tokens->ids, "token id", pass_keep(pass, pass->model->E));
    y = pass_embed(pass, pass_lookup_add(pass, &w->position, tokens->positions, "position", y));

    for (size_t l = 0; pass_ok(pass) && l < stack->layers; l++) {
        const struct weft_decoder_layer *layer = stack_layer(stack, l);
        size_t D = stack->shape[l].D;
        const float *in = normed(pass, layer->own.self.norm, y);
        struct attend self = {
            .kind = STACK_DECODER,
            .layer = l,
            .q = heads_of(pass, &layer->own.self.q, in, D),
            .k = heads_of(pass, &layer->own.self.k, in, D),
            .v = heads_of(pass, &layer->own.self.v, in, D),
            .scale = 1 / sqrtf((float)D),
            .masks = pass_causal(pass, l == 1 ? w->window : 0),
            .own = slope_new(pass, layer->own.self.slopes, 1, 1),
        };
        float *z = pass_attention(pass, &self);
        y = pass_residual(pass, y, pass_linear(pass, &layer->own.self.o, z, NULL));
        crosses[l].q = heads_of(pass, &layer->cross.q, normed(pass, layer->cross.norm, y), D);
        z = pass_attention(pass, &crosses[l]);
        y = pass_residual(pass, y, pass_linear(pass, &layer->cross.o, z, NULL));
        y = pass_layer(pass, l, fed_forward(pass, &layer->own, l, "dec", y, 2));
    }
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct weft *w = model->own;
    struct attend *crosses = pass_alloc(pass, model->stacks[STACK_DECODER].layers, sizeof *crosses);
    float *encoded = encoder(w, pass);
    cross_keys(pass, encoded, pass->tokens, crosses);
    pass_enter(pass, STACK_DECODER, pass->run->target);
    decoder(w, pass, crosses);
}

/* ---- configuration ---- */

/* {"heads": [4,2,4], "kv": [2,1,4], "width": [4,8,4]} of a stack's layers. */
static bool shape_stack(struct model *model, enum stack_kind kind, const struct json *shapes, const struct term *const *terms,
                        struct err *err)
{
    static const char *const keys[] = {"heads", "kv", "width"};
    size_t layers = json_count(json_get(shapes, "heads"));
    if (!model_stack(model, kind, layers, (struct layer_shape){1, 1, 1}, terms, err))
        return false;
    for (size_t l = 0; l < layers; l++) {
        struct layer_shape *shape = &model->stacks[kind].shape[l];
        size_t *const to[] = {&shape->H, &shape->Hkv, &shape->D};
        for (size_t i = 0; i < 3; i++)
            if (!json_size(json_at(json_get(shapes, keys[i]), l), keys[i], to[i], err))
                return false;
    }
    return true;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    model->E = model->dim['E'];
    model->start_token = 0;
    if (!shape_stack(model, STACK_MAIN, json_get(config, "encoder"), terms_self, err) ||
        !shape_stack(model, STACK_DECODER, json_get(config, "decoder"), terms_self, err) ||
        !shape_stack(model, STACK_CROSS, json_get(config, "decoder"), terms_cross, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->stacks[STACK_DECODER].max_tokens = model->dim['P'];
    model->stacks[STACK_MAIN].finished = true;
    return true;
}

static bool routed_encoder(const struct model *model, size_t layer)
{
    return layer + 1 == model->stacks[STACK_MAIN].layers;
}

static bool routed_decoder(const struct model *model, size_t layer)
{
    return layer + 1 == model->stacks[STACK_DECODER].layers;
}

static bool plain_encoder(const struct model *model, size_t layer)
{
    return !routed_encoder(model, layer);
}

static bool plain_decoder(const struct model *model, size_t layer)
{
    return !routed_decoder(model, layer);
}

static bool present(const struct model *model)
{
    (void)model;
    return true;
}

static bool logits(const struct model *model, const float *from, size_t n, float *out, struct err *err)
{
    const struct weft *w = model->own;
    struct linear head = {.w = w->word, .out = model->dim['V'], .in = model->E};
    return product_linear(&head, from, n, model->E, n, NULL, out, head.out, err);
}

static const struct output_head head_next = {
    .name = "lm",
    .summary = "the next word",
    .from = "hidden",
    .stack = STACK_DECODER,
    .place = HEAD_NEXT,
    .link = HEAD_SOFTMAX,
    .tensor = "logits",
    .present = present,
    .width = model_vocabulary,
    .logits = logits,
};

static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = CONFIG_REQUIRED},
    {.key = "d_model", .kind = CONFIG_SIZE, .letter = 'E', .fallback = CONFIG_REQUIRED},
    {.key = "d_ff", .kind = CONFIG_SIZE, .letter = 'I', .fallback = CONFIG_REQUIRED},
    {.key = "experts", .kind = CONFIG_SIZE, .letter = 'X', .fallback = CONFIG_REQUIRED},
    {.key = "positions", .kind = CONFIG_SIZE, .letter = 'P', .fallback = CONFIG_REQUIRED},
    {.key = "reach", .kind = CONFIG_SIZE, .letter = 'r', .field = offsetof(struct weft, reach), .fallback = 2},
    {.key = "window", .kind = CONFIG_SIZE, .letter = 'w', .field = offsetof(struct weft, window), .fallback = 3},
    {.key = "cap", .kind = CONFIG_POSITIVE, .field = offsetof(struct weft, cap), .fallback = 2},
    {.key = "activation", .kind = CONFIG_ACTIVATION, .text = "relu"},
    {.key = "eps", .kind = CONFIG_EPS, .fallback = 1e-6},
    {0},
};

#define LINEAR(stack_, layer_, name_, shape_, field, ...)                                                                        \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = PARAM_LINEAR_NO_BIAS, .layered = true, .stack = stack_,                          \
        .offset = offsetof(struct layer_, field), __VA_ARGS__.meaning = "a projection"                                           \
    }
#define FLOATS(stack_, layer_, name_, shape_, field, ...)                                                                        \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = PARAM_FLOATS, .layered = true, .stack = stack_,                                  \
        .offset = offsetof(struct layer_, field), __VA_ARGS__.meaning = "a vector"                                               \
    }
#define ATTENDING(stack_, layer_, prefix, field)                                                                                 \
    LINEAR(stack_, layer_, prefix ".q", "A,E", field.q, ), LINEAR(stack_, layer_, prefix ".k", "C,E", field.k, ),                \
        LINEAR(stack_, layer_, prefix ".v", "C,E", field.v, ), LINEAR(stack_, layer_, prefix ".o", "E,A", field.o, ),            \
        FLOATS(stack_, layer_, prefix ".norm", "E", field.norm, )
#define FED_FORWARD(stack_, layer_, prefix, field, plain, routed)                                                                \
    FLOATS(stack_, layer_, prefix ".ffn_norm", "E", field ffn_norm, ),                                                           \
        LINEAR(stack_, layer_, prefix ".up", "I,E", field up, .when = plain, ),                                                  \
        LINEAR(stack_, layer_, prefix ".down", "E,I", field down, .when = plain, ),                                              \
        LINEAR(stack_, layer_, prefix ".router", "X,E", field mixture.router, .when = routed, ),                                 \
        LINEAR(stack_, layer_, prefix ".expert.{e}.up", "I,E", field mixture.up, .when = routed, .count = 'X', ),                \
        LINEAR(stack_, layer_, prefix ".expert.{e}.down", "E,I", field mixture.down, .when = routed, .count = 'X', )

static const struct param params[] = {
    {.name = "word", .shape = "V,E", .kind = PARAM_TABLE, .offset = offsetof(struct weft, word), .meaning = "words"},
    {.name = "position", .shape = "P,E", .kind = PARAM_TABLE, .offset = offsetof(struct weft, position), .meaning = "positions"},
    {.name = "norm", .shape = "E", .kind = PARAM_FLOATS, .offset = offsetof(struct weft, norm), .meaning = "the encoder's end"},
    ATTENDING(STACK_MAIN, weft_layer, "encoder.{l}", self),
    FLOATS(STACK_MAIN, weft_layer, "encoder.{l}.slopes", "H", self.slopes, ),
    FLOATS(STACK_MAIN, weft_layer, "encoder.{l}.sink", "H", sink, .when = routed_encoder, ),
    FED_FORWARD(STACK_MAIN, weft_layer, "encoder.{l}", , plain_encoder, routed_encoder),
    ATTENDING(STACK_DECODER, weft_decoder_layer, "decoder.{l}", own.self),
    FLOATS(STACK_DECODER, weft_decoder_layer, "decoder.{l}.slopes", "H", own.self.slopes, ),
    ATTENDING(STACK_DECODER, weft_decoder_layer, "decoder.{l}.cross", cross),
    FED_FORWARD(STACK_DECODER, weft_decoder_layer, "decoder.{l}", own., plain_decoder, routed_decoder),
    {0},
};

extern const struct arch arch_weft;
const struct arch arch_weft = {
    .name = "weft",
    .model_types = "weft",
    .summary = "the test build's own encoder–decoder",
    .source = "none",
    .prefixes = "",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_next, NULL},
    .own_size = sizeof(struct weft),
    .layer_size = sizeof(struct weft_layer),
    .decoder_size = sizeof(struct weft_decoder_layer),
    .configure = configure,
    .forward = forward,
};
