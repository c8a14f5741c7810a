/* XLNet (Yang et al. 2019): post-norm, Transformer-XL's relative positions (Dai et al. 2019). One stream, no permutation, no
 * memory: what the reference does where no target mapping is given.
 *
 *   x = word[id]; each layer:  q, k, v = x·Wq, x·Wk, x·Wv;  r(p) = [sin, cos of p/10000^(2i/E)]·Wr
 *     scores  ((q + u)·k + (q + v)·r(i−j) + (q + s)·g)/√D        five terms, see xlnet.h
 *     x = LayerNorm(x + z·Wo);  x = LayerNorm(x + down(act(up(x))))
 *   words:  x·wordᵀ + b
 *
 * What has caused bugs: projections are stored [E,H,D], that of the output too; attn_type "uni" is causal, and with same_length
 * besides every token sees itself alone; clamp_len bounds i−j; the type of <cls>, which stands at the end, is 2. */
#include "core/arch/xlnet.h"

#include <math.h>

#include "core/arch/causal.h"
#include "core/config.h"

struct xlnet {
    struct causal causal; /* first */
    struct str attends;   /* "bi", "uni" */
    float clamp;          /* > 0: |i−j| at most */
    bool same_length;
};
struct xlnet_layer {
    struct tensor wq, wk, wv, wo, wr; /* [E,H,D] */
    struct block block;
    struct linear r;
    const float *u, *v, *s, *g; /* r_w_bias, r_r_bias, r_s_bias [H,D]; seg_embed [2,H,D] */
};

static bool uni(const struct model *model)
{
    return str_is(((const struct xlnet *)model->own)->attends, "uni");
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    const struct xlnet *w = model->own;
    struct layer_shape shape;
    model->E = model->dim['E'];
    if (!str_is(w->attends, "bi") && !str_is(w->attends, "uni"))
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: attn_type \"%.*s\" is not read (bi, uni are)", model->folder,
                       STR_ARGS(w->attends));
    if (!config_heads(model, "d_model", model->dim['H'], &shape, err))
        return false;
    if (model->E % 2)
        return err_set(err, ERR_FORMAT, "%s/config.json: d_model %zu has no pairs of sines and cosines", model->folder, model->E);
    double width = json_number(json_get(config, "d_head"), (double)shape.D);
    if (width != (double)shape.D)
        return err_set(err, ERR_FORMAT, "%s/config.json: d_head is %g, d_model over n_head is %zu", model->folder, width,
                       shape.D);
    return model_stack(model, STACK_MAIN, model->dim['L'], shape, xlnet_terms, err);
}

/* [E,H,D] as a projection: of E to the heads, or with `back` of the heads to E. */
static struct linear flat(const struct tensor *tensor, bool back)
{
    size_t E = tensor->shape[0], A = tensor->shape[1] * tensor->shape[2];
    struct linear linear = {
        .w = *tensor, .out = back ? E : A, .in = back ? A : E, .layout = back ? LAYOUT_OUT_IN : LAYOUT_IN_OUT};
    linear.w.rank = 2;
    linear.w.shape[1] = A;
    return linear;
}

static bool bound(struct model *model, struct err *err)
{
    const struct stack *stack = &model->stacks[STACK_MAIN];
    (void)err;
    for (size_t l = 0; l < stack->layers; l++) {
        struct xlnet_layer *layer = stack_layer(stack, l);
        layer->block.q = flat(&layer->wq, false);
        layer->block.k = flat(&layer->wk, false);
        layer->block.v = flat(&layer->wv, false);
        layer->block.o = flat(&layer->wo, true);
        layer->r = flat(&layer->wr, false);
    }
    return true;
}

/* Sines and cosines of p = −(T−1) … T−1: [2T−1,E]. */
static const float *waves(struct pass *pass, const struct xlnet *w, size_t T)
{
    size_t E = pass->model->E, half = E / 2;
    float *out = pass_alloc(pass, (2 * T - 1) * E, sizeof *out);
    for (size_t b = 0; out && b < 2 * T - 1; b++) {
        float p = (float)b - (float)(T - 1);
        if (w->clamp > 0)
            p = fminf(w->clamp, fmaxf(-w->clamp, p));
        for (size_t i = 0; i < half; i++) {
            float angle = p * (1 / powf(10000, (float)(2 * i) / (float)E));
            out[b * E + i] = sinf(angle);
            out[b * E + half + i] = cosf(angle);
        }
    }
    return out;
}

/* Position keys r(p) of one layer for a text of T tokens, kept. */
static struct relative keys_of(struct pass *pass, const struct xlnet_layer *layer, const float *waves, size_t T, size_t D)
{
    size_t rows = 2 * T - 1, A = layer->r.out;
    float *keys = pass_keep_items(pass, rows * A, sizeof *keys);
    if (pass_ok(pass) && !product_linear(&layer->r, waves, rows, layer->r.in, rows, NULL, keys, A, pass->err))
        pass->failed = true;
    return (struct relative){.keys = {keys, A, D}, .rows = rows};
}

/* What the terms of every text need in one layer; `waves` and `index` are of each text. */
static const void *const *owns_of(struct pass *pass, const struct xlnet_layer *layer, size_t l, const float *const *waves,
                                  const uint32_t *const *index)
{
    const struct tokens *tokens = pass->tokens;
    const void **owns = pass_alloc(pass, tokens->n_texts, sizeof *owns);
    struct xlnet_terms *own = pass_keep_items(pass, tokens->n_texts, sizeof *own);
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
        own[t] = (struct xlnet_terms){
            .position = keys_of(pass, layer, waves[t], tokens_length(tokens, t), pass->stack->shape[l].D),
            .content_bias = layer->u,
            .position_bias = layer->v,
            .segment_bias = layer->s,
            .segments = layer->g,
            .types = tokens->types + tokens->starts[t],
        };
        own[t].position.index = index[t];
        owns[t] = &own[t];
    }
    return owns;
}

static void forward(const struct model *model, struct pass *pass)
{
    pass_whole(pass);
    const struct xlnet *w = model->own;
    const struct tokens *tokens = pass->tokens;
    const struct mask *masks = uni(model) ? pass_causal(pass, w->same_length ? 1 : 0) : NULL;
    const float **tables = pass_alloc(pass, tokens->n_texts, sizeof *tables);
    const uint32_t **indices = pass_alloc(pass, tokens->n_texts, sizeof *indices);
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
        size_t rows = 2 * tokens_length(tokens, t) - 1;
        uint32_t *index = pass_keep_items(pass, rows, sizeof *index);
        for (size_t b = 0; index && b < rows; b++)
            index[b] = (uint32_t)b;
        indices[t] = index;
        tables[t] = waves(pass, w, tokens_length(tokens, t));
    }
    float *words = pass_lookup(pass, &w->causal.word, tokens->ids, "token id", pass_keep(pass, model->E));
    const float *x = pass_embed(pass, words);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct xlnet_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = {.layer = l, .scale = 1 / sqrtf((float)pass->stack->shape[l].D), .masks = masks};
        attend.owns = owns_of(pass, layer, l, tables, indices);
        pass_block_begin(pass, &layer->block, x, &attend);
        float *z = pass_attention(pass, &attend);
        x = pass_layer(pass, l, pass_block_end(pass, &layer->block, x, z));
    }
}

static bool says(const struct model *model)
{
    return head_next_word.present(model);
}

static const struct output_head head_words = {
    .name = "lm",
    .summary = "the word of each place, itself seen (lm_loss)",
    .from = "hidden",
    .place = HEAD_MASKS,
    .link = HEAD_SOFTMAX,
    .tensor = "logits",
    .present = says,
    .width = model_vocabulary,
    .logits = causal_logits,
};

static const struct output_head *const heads[] = {
    &head_words,      &causal_text,     &causal_text_many,       &causal_text_value,
    &classify_tokens, &classify_answer, &classify_choice_at_end, NULL,
};

static const struct config_key keys[] = {
    {.key = "n_token|vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 32000},
    {.key = "hidden_size|d_model", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 1024},
    {.key = "num_hidden_layers|n_layer", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 24},
    {.key = "num_attention_heads|n_head", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 16},
    {.key = "d_inner", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 4096},
    {.key = "ff_activation", .kind = CONFIG_ACTIVATION, .text = "gelu"},
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-12},
    {.key = "attn_type", .kind = CONFIG_TEXT, .text = "bi", .field = offsetof(struct xlnet, attends)},
    {.key = "clamp_len", .kind = CONFIG_NUMBER, .fallback = -1, .field = offsetof(struct xlnet, clamp)},
    {.key = "same_length", .kind = CONFIG_BOOL, .field = offsetof(struct xlnet, same_length)},
    {.key = "bi_data", .kind = CONFIG_ONLY, .text = "false"},
    CAUSAL_TIED(struct xlnet, true),
    {.key = "summary_type", .kind = CONFIG_ONLY, .text = "\"last\""},
    {.key = "summary_activation",
     .kind = CONFIG_ACTIVATION,
     .text = "tanh",
     .field = offsetof(struct xlnet, causal.classify.activation)},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"},
    {0},
};

#define LAYER(kind_, name_, shape_, field_, meaning_, ...)                                                                       \
    {                                                                                                                            \
        .name = "layer.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                                     \
        .offset = offsetof(struct xlnet_layer, field_), .meaning = meaning_, __VA_ARGS__                                         \
    }
static const struct param params[] = {
    CAUSAL_WORD(struct xlnet, "word_embedding.weight"),
    LAYER(TABLE, "rel_attn.q", "E,H,D", wq, "query"),
    LAYER(TABLE, "rel_attn.k", "E,H,D", wk, "key"),
    LAYER(TABLE, "rel_attn.v", "E,H,D", wv, "value"),
    LAYER(TABLE, "rel_attn.o", "E,H,D", wo, "output of the heads"),
    LAYER(TABLE, "rel_attn.r", "E,H,D", wr, "position key"),
    LAYER(FLOATS, "rel_attn.r_w_bias", "H,D", u, "what every query adds for keys", .init = INIT_NORMAL),
    LAYER(FLOATS, "rel_attn.r_r_bias", "H,D", v, "what every query adds for positions", .init = INIT_NORMAL),
    LAYER(FLOATS, "rel_attn.r_s_bias", "H,D", s, "what every query adds for segments", .init = INIT_NORMAL),
    LAYER(FLOATS, "rel_attn.seg_embed", "2,H,D", g, "same segment, another one", .init = INIT_NORMAL),
    LAYER(NORM, "rel_attn.layer_norm", "E", block.attention_norm, "LayerNorm after attention"),
    LAYER(LINEAR, "ff.layer_1", "I,E", block.up, "feed-forward, up"),
    LAYER(LINEAR, "ff.layer_2", "E,I", block.down, "feed-forward, down"),
    LAYER(NORM, "ff.layer_norm", "E", block.output_norm, "LayerNorm after feed-forward"),
    CAUSAL_HEAD(struct xlnet, "lm_loss.weight"),
    CAUSAL_BIAS(struct xlnet, "lm_loss.bias"),
    CLASSIFY_PARAMS(struct xlnet, causal.classify, "sequence_summary.summary", "logits_proj|classifier"),
    {0},
};

const struct arch arch_xlnet = {
    .name = "xlnet",
    .model_types = "xlnet",
    .summary = "XLNet: relative positions as Transformer-XL's, segments",
    .source = "Yang et al. 2019",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = heads,
    .classify = CAUSAL_CLASSIFY(struct xlnet),
    .own_size = sizeof(struct xlnet),
    .layer_size = sizeof(struct xlnet_layer),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
