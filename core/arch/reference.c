/* A reference model for attention that published checkpoints do not come as: one small pre-norm Transformer whose configuration
 * says what its scores are sums of and what convolves its projections. It holds the Synthesizer (Tay et al. 2021) and Primer
 * (So et al. 2021); examples/reference.py writes checkpoints of it, with the same model in PyTorch.
 *
 *   x = word[id] (+ position[i] where position_embeddings); each layer:
 *     n = norm1(x);  q, k, v = n·Wq + bq, n·Wk + bk, n·Wv + bv, each convolved over tokens where conv_width is w > 0:
 *       c_i = b + Σ_t kernel_t ⊙ y_{i−s+t}, a kernel a channel, t < w; s = w−1 where causal, else (w−1)/2; 0 beyond the text
 *     score_ij = Σ of the terms that attention_scores names ("content+random"), not scaled but for content:
 *       content            q_i·k_j/√D
 *       dense              W2_h,j · relu(n_i·W1_h + b1_h) + b2_h,j        a vector of P scores from the query's token alone
 *       random             R_h,ij                                        learned, the same for every text
 *       factorized_random  Σ_r R1_h,ir · R2_h,jr                          the same of rank random_rank
 *     x = x + z·Wo + bo;  x = x + down(act(up(norm2(x))))
 *   norm(x) at the end; next word: that times a table of its own, or wordᵀ
 *
 * Synthesizer: attention_scores of the last three, with or without content. Primer (EZ): causal, hidden_act relu2 (squared
 * ReLU), conv_width 3, content. Where there is no content there are no q and k. Texts are at most P = max_position_embeddings
 * long; generation runs whole texts (a convolution looks back). */
#include <math.h>
#include <string.h>

#include "core/arch/gpt.h"

struct conv {
    const float *weight, *bias; /* [A,1,w] [A] */
};
struct reference_layer {
    struct gpt_layer base;
    struct conv q_conv, k_conv, v_conv;
    struct linear dense;                       /* [A,E] */
    const float *dense_keys, *dense_bias;      /* [H,P,D] [H,P] */
    const float *random;                       /* [H,P,P] */
    const float *random_rows, *random_columns; /* [H,P,r] */
};
struct reference {
    struct gpt gpt;         /* first */
    struct tensor position; /* [P,E] */
    struct str scores;
    bool causal, positions;
    size_t width, rank;
    const struct term *terms[MAX_TERMS + 1];
};

/* What the terms of one text's attention need. */
struct synthesized {
    const struct reference_layer *layer;
    const float *inner; /* [T,A] relu(n·W1 + b1) of this text */
    size_t P, rank;
};

/* ---- terms ---- */

static bool dense_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err)
{
    const struct synthesized *own = a->own;
    size_t A = a->H * a->D;
    const float *bias = own->layer->dense_bias + head * own->P;
    (void)scratch, (void)err;
    product_abt(rows, a->Tk, a->D, 1, own->inner + row * A + head * a->D, A, own->layer->dense_keys + head * own->P * a->D, a->D,
                true, out, a->Tk);
    for (size_t i = 0; i < rows; i++)
        op_add(out + i * a->Tk, bias, a->Tk);
    return true;
}

static bool random_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                          struct err *err)
{
    const struct synthesized *own = a->own;
    (void)scratch, (void)err;
    for (size_t i = 0; i < rows; i++)
        op_add(out + i * a->Tk, own->layer->random + (head * own->P + row + i) * own->P, a->Tk);
    return true;
}

static bool factorized_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch,
                              float *out, struct err *err)
{
    const struct synthesized *own = a->own;
    size_t r = own->rank, first = head * own->P;
    (void)scratch, (void)err;
    product_abt(rows, a->Tk, r, 1, own->layer->random_rows + (first + row) * r, r, own->layer->random_columns + first * r, r,
                true, out, a->Tk);
    return true;
}

static const struct term term_dense = {
    .name = "dense", .summary = "scores of all places from the query's token", .logits = dense_logits};
static const struct term term_random = {.name = "random", .summary = "learned score of two places", .logits = random_logits};
static const struct term term_factorized = {
    .name = "factorized_random", .summary = "learned score of two places, of low rank", .logits = factorized_logits};
static const struct term *const known[] = {&term_content, &term_dense, &term_random, &term_factorized};

static bool has_term(const struct model *model, const struct term *term)
{
    const struct reference *w = model->own;
    for (size_t t = 0; w->terms[t]; t++)
        if (w->terms[t] == term)
            return true;
    return false;
}

/* ---- configuration ---- */

/* "content+random" → terms, in the order in which it names them. */
static bool read_scores(struct model *model, struct err *err)
{
    struct reference *w = model->own;
    struct str rest = w->scores;
    for (size_t n = 0; rest.n;) {
        struct str name = rest;
        name.n = 0;
        while (name.n < rest.n && rest.s[name.n] != '+')
            name.n++;
        size_t used = name.n + (name.n < rest.n), t = 0;
        rest = (struct str){rest.s + used, rest.n - used};
        while (t < sizeof known / sizeof *known && !str_is(name, known[t]->name))
            t++;
        if (t == sizeof known / sizeof *known || has_term(model, known[t]))
            return err_set(
                err, ERR_UNSUPPORTED,
                "%s/config.json: attention_scores = \"%.*s\": a sum of content, dense, random and factorized_random is "
                "expected, each at most once",
                model->folder, STR_ARGS(w->scores));
        w->terms[n++] = known[t];
    }
    return w->terms[0] || err_set(err, ERR_FORMAT, "%s/config.json: attention_scores names no term", model->folder);
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct reference *w = model->own;
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    if (!w->causal && w->width % 2 == 0 && w->width)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: conv_width = %zu: both ways it must be odd", model->folder,
                       w->width);
    if (!read_scores(model, err) || !config_heads(model, "hidden_size", model->dim['H'], &shape, err))
        return false;
    model->dim['D'] = shape.D;
    if (!gpt_stack(model, shape, w->terms, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    return true;
}

#define WHEN(name_, expression)                                                                                                  \
    static bool name_(const struct model *model, size_t layer)                                                                   \
    {                                                                                                                            \
        const struct reference *w = model->own;                                                                                  \
        (void)layer, (void)w;                                                                                                    \
        return expression;                                                                                                       \
    }
WHEN(placed, w->positions)
WHEN(convolved, w->width > 0)
WHEN(with_content, has_term(model, &term_content))
WHEN(content_convolved, w->width > 0 && has_term(model, &term_content))
WHEN(with_dense, has_term(model, &term_dense))
WHEN(with_random, has_term(model, &term_random))
WHEN(with_factorized, has_term(model, &term_factorized))

/* ---- the forward pass ---- */

/* y of every text convolved over its tokens, in place. */
static void convolve(struct pass *pass, const struct conv *conv, float *y, size_t A)
{
    const struct reference *w = pass->model->own;
    const struct tokens *tokens = pass->tokens;
    size_t K = w->width, back = w->causal ? K - 1 : (K - 1) / 2;
    float *from = K ? pass_scratch(pass, A) : NULL;
    if (!from || !pass_ok(pass))
        return;
    memcpy(from, y, pass->rows * A * sizeof *y);
    for (size_t t = 0; t < tokens->n_texts; t++)
        for (size_t i = 0, T = tokens_length(tokens, t); i < T; i++) {
            float *to = y + (tokens->starts[t] + i) * A;
            memcpy(to, conv->bias, A * sizeof *to);
            for (size_t k = 0; k < K; k++) {
                if (i + k < back || i + k - back >= T)
                    continue;
                const float *at = from + (tokens->starts[t] + i + k - back) * A;
                for (size_t d = 0; d < A; d++)
                    to[d] += conv->weight[d * K + k] * at[d];
            }
        }
}

/* n·W + b, kept and convolved; of zeros where the model has no such projection. */
static struct strided projected(struct pass *pass, const struct linear *linear, const struct conv *conv, const float *n, size_t A,
                                size_t D)
{
    float *y = pass_keep(pass, A);
    if (y && linear->w.dtype) {
        pass_linear_to(pass, linear, n, NULL, y);
        convolve(pass, conv, y, A);
    } else if (y) {
        memset(y, 0, pass->rows * A * sizeof *y);
    }
    return (struct strided){y, A, D};
}

/* One a text: what the terms of layer l need. */
static const void *const *owns_of(struct pass *pass, const struct reference_layer *layer, const float *n, size_t A)
{
    const struct reference *w = pass->model->own;
    const struct tokens *tokens = pass->tokens;
    struct synthesized *own = pass_keep_items(pass, tokens->n_texts, sizeof *own);
    const void **owns = pass_alloc(pass, tokens->n_texts, sizeof *owns);
    float *inner = layer->dense.w.dtype ? pass_keep(pass, A) : NULL;
    if (inner)
        pass_linear_to(pass, &layer->dense, n, activation_named(STR("relu")), inner);
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
        own[t] = (struct synthesized){layer, inner ? inner + tokens->starts[t] * A : NULL, pass->model->dim['P'], w->rank};
        owns[t] = &own[t];
    }
    return pass_ok(pass) ? owns : NULL;
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct reference *w = model->own;
    pass_whole(pass);
    const struct mask *masks = w->causal ? pass_causal(pass, 0) : NULL;
    float *x = gpt_words(model, pass);
    if (w->positions)
        x = pass_lookup_add(pass, &w->position, pass->tokens->positions, "position", x);
    x = pass_embed(pass, x);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct reference_layer *layer = stack_layer(pass->stack, l);
        size_t D = pass->stack->shape[l].D, A = pass->stack->shape[l].H * D;
        const float *n = gpt_norm(pass, &layer->base.attention_norm, x);
        struct attend attend = {.layer = l, .scale = 1 / sqrtf((float)D), .masks = masks};
        attend.q = projected(pass, &layer->base.q, &layer->q_conv, n, A, D);
        attend.k = projected(pass, &layer->base.k, &layer->k_conv, n, A, D);
        attend.v = projected(pass, &layer->base.v, &layer->v_conv, n, A, D);
        attend.owns = owns_of(pass, layer, n, A);
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, gpt_norm(pass, &layer->base.ffn_norm, a), a));
    }
    gpt_finish(model, pass, x);
}

/* ---- tables ---- */

#define FLAG(key_, fallback_, field_)                                                                                            \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_BOOL, .fallback = fallback_, .field = offsetof(struct reference, field_)                     \
    }
static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = CONFIG_REQUIRED},
    {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = CONFIG_REQUIRED},
    {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = CONFIG_REQUIRED},
    {.key = "num_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = CONFIG_REQUIRED},
    {.key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = CONFIG_REQUIRED},
    GPT_INNER("intermediate_size"),
    {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = "relu2"},
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-5},
    {.key = "attention_scores", .kind = CONFIG_TEXT, .text = "content", .field = offsetof(struct reference, scores)},
    {.key = "random_rank", .kind = CONFIG_SIZE, .letter = 'r', .fallback = 8, .field = offsetof(struct reference, rank)},
    {.key = "conv_width", .kind = CONFIG_SIZE_NULL, .letter = 'w', .fallback = 0, .field = offsetof(struct reference, width)},
    FLAG("causal", true, causal),
    FLAG("position_embeddings", true, positions),
    CAUSAL_TIED(struct gpt, true),
    {0},
};

#define LAYER(kind_, name_, shape_, field_, meaning_, ...)                                                                       \
    {                                                                                                                            \
        .name = "layers.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                                    \
        .offset = offsetof(struct reference_layer, field_), .meaning = meaning_, __VA_ARGS__                                     \
    }
#define CONV(name_, field_, when_)                                                                                               \
    LAYER(FLOATS, "attention." name_ ".weight", "A,1,w", field_.weight, "convolution over tokens", .when = when_,                \
          .init = INIT_NORMAL),                                                                                                  \
        LAYER(FLOATS, "attention." name_ ".bias", "A", field_.bias, "convolution, bias", .when = when_)

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "embed.weight"),
    {.name = "positions.weight",
     .shape = "P,E",
     .kind = PARAM_TABLE,
     .when = placed,
     .offset = offsetof(struct reference, position),
     .meaning = "positions"},
    LAYER(NORM, "norm1", "E", base.attention_norm, "LayerNorm before attention", ),
    LAYER(LINEAR, "attention.q", "A,E", base.q, "query", .when = with_content),
    LAYER(LINEAR, "attention.k", "A,E", base.k, "key", .when = with_content),
    LAYER(LINEAR, "attention.v", "A,E", base.v, "value", ),
    CONV("q_conv", q_conv, content_convolved),
    CONV("k_conv", k_conv, content_convolved),
    CONV("v_conv", v_conv, convolved),
    LAYER(LINEAR, "attention.dense", "A,E", dense, "dense scores, inner", .when = with_dense),
    LAYER(FLOATS, "attention.dense_keys", "H,P,D", dense_keys, "dense scores of each place", .when = with_dense,
          .init = INIT_NORMAL),
    LAYER(FLOATS, "attention.dense_bias", "H,P", dense_bias, "dense scores, bias", .when = with_dense),
    LAYER(FLOATS, "attention.random", "H,P,P", random, "learned scores", .when = with_random, .init = INIT_NORMAL),
    LAYER(FLOATS, "attention.random_rows", "H,P,r", random_rows, "learned scores, rows", .when = with_factorized,
          .init = INIT_NORMAL),
    LAYER(FLOATS, "attention.random_columns", "H,P,r", random_columns, "learned scores, columns", .when = with_factorized,
          .init = INIT_NORMAL),
    LAYER(LINEAR, "attention.o", "E,A", base.o, "output of the heads", ),
    LAYER(NORM, "norm2", "E", base.ffn_norm, "LayerNorm before feed-forward", ),
    LAYER(LINEAR, "up", "I,E", base.up, "feed-forward, up", ),
    LAYER(LINEAR, "down", "E,I", base.down, "feed-forward, down", ),
    GPT_LAST("norm"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    {0},
};

const struct arch arch_reference = {
    .name = "reference",
    .model_types = "gaze-reference",
    .summary = "Synthesizer and Primer: a reference model that says what its scores are made of",
    .source = "Tay et al. 2021, So et al. 2021",
    .prefixes = "model.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_next_word, NULL},
    .own_size = sizeof(struct reference),
    .layer_size = sizeof(struct reference_layer),
    .configure = configure,
    .forward = forward,
};
