/* Reformer (Kitaev et al. 2020): reversible layers of two streams, whose attention is local or hashed.
 *
 *   a = h = word[id] + position; each layer:  a = a + z·Wo of norm(h);  h = h + down(act(up(norm'(a))))
 *     local   q·k/√D among the tokens of a chunk of local_attn_chunk_length and of its neighbours
 *     lsh     queries are keys: q·k, k = q/(rms(q)·√D); a token sees itself only where it sees nothing else
 *     query i sees keys j ≤ i where is_decoder is true
 *   words:  norm([a; h])·W + b
 *   position  of axial tables [row of i div n; row of i mod n], or one table where axial_pos_embds is false
 *
 * What has caused bugs: hidden states are the stream h; the last norm and the head are over both streams side by side. Up to
 * lsh_attn_chunk_length tokens nothing is hashed and all of them are seen; longer texts would be put into random buckets and are
 * refused. A text longer than a chunk is padded in the reference to a multiple of both chunks, and its chunks lie on a ring. */
#include <math.h>
#include <string.h>

#include "core/arch/causal.h"
#include "core/config.h"
#include "core/pass.h"

struct reformer {
    struct causal causal;   /* first; its head [V,2E] */
    struct tensor position; /* [P,E] */
    const float *axis[2];   /* [n0,1,d0], [1,n1,d1] */
    size_t places[2], widths[2];
    struct norm last; /* [2E] */
    size_t lsh_chunk, local_chunk, before, after;
    bool axial, decodes;
};
struct reformer_layer {
    struct norm attention_norm, ffn_norm;
    struct linear q, k, v, o, up, down; /* hashed layers have no k */
    bool hashed;
};

/* ---- configuration ---- */

static bool read_pair(const struct model *model, const char *key, size_t out[2], struct err *err)
{
    const struct json *value = json_get(model->config, key);
    if (!value)
        return true;
    if (json_count(value) != 2)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: %s has %zu numbers, two are read", model->folder, key,
                       json_count(value));
    return json_size(json_at(value, 0), key, &out[0], err) && json_size(json_at(value, 1), key, &out[1], err);
}

static bool configure_positions(struct model *model, struct err *err)
{
    struct reformer *w = model->own;
    size_t most = model->dim['P'], ring;
    w->places[0] = w->places[1] = 64;
    w->widths[0] = 64, w->widths[1] = 192;
    if (!w->axial)
        return true;
    if (!read_pair(model, "axial_pos_shape", w->places, err) || !read_pair(model, "axial_pos_embds_dim", w->widths, err))
        return false;
    if (w->widths[0] > model->E || w->widths[1] != model->E - w->widths[0] || !w->places[1])
        return err_set(err, ERR_FORMAT, "%s/config.json: axial_pos_embds_dim %zu and %zu do not add up to hidden_size %zu",
                       model->folder, w->widths[0], w->widths[1], model->E);
    model->dim['a'] = w->places[0];
    model->dim['b'] = w->places[1];
    model->dim['x'] = w->widths[0];
    model->dim['y'] = w->widths[1];
    if (!size_mul(w->places[0], w->places[1], &ring) || ring < most)
        model->dim['P'] = w->places[0] * w->places[1];
    return true;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    static const char *const usual[] = {"local", "lsh"};
    const struct json *kinds = json_get(config, "attn_layers");
    size_t layers = kinds ? json_count(kinds) : 6, H = model->dim['H'];
    model->E = model->dim['E'];
    model->dim['F'] = 2 * model->E;
    if (!configure_positions(model, err) ||
        !model_stack(model, STACK_MAIN, layers, (struct layer_shape){H, H, model->dim['D']}, terms, err))
        return false;
    for (size_t l = 0; l < layers; l++) {
        struct reformer_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);
        struct str kind = kinds ? json_str(json_at(kinds, l), "") : str_of(usual[l % 2]);
        layer->hashed = str_is(kind, "lsh");
        if (!layer->hashed && !str_is(kind, "local"))
            return err_set(err, ERR_UNSUPPORTED, "%s/config.json: attn_layers[%zu] \"%.*s\" is not read (local, lsh are)",
                           model->folder, l, STR_ARGS(kind));
    }
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    return true;
}

/* ---- what is seen ---- */

static bool has_kind(const struct model *model, bool hashed)
{
    bool any = false;
    for (size_t l = 0; l < model->stacks[STACK_MAIN].layers; l++)
        any |= ((const struct reformer_layer *)stack_layer(&model->stacks[STACK_MAIN], l))->hashed == hashed;
    return any;
}

static size_t common_multiple(size_t a, size_t b)
{
    size_t x = a, y = b;
    while (y) {
        size_t rest = x % y;
        x = y;
        y = rest;
    }
    return x ? a / x * b : 0;
}

/* To how many tokens the reference pads a text of T. */
static size_t padded(const struct model *model, size_t T)
{
    const struct reformer *w = model->own;
    size_t lsh = has_kind(model, true) ? w->lsh_chunk : w->local_chunk;
    size_t local = has_kind(model, false) ? w->local_chunk : w->lsh_chunk, least = lsh < local ? lsh : local;
    size_t multiple = common_multiple(lsh, local);
    return multiple == 0 || T <= least || T % multiple == 0 ? T : (T / multiple + 1) * multiple;
}

static void check_lengths(const struct model *model, struct pass *pass)
{
    const struct reformer *w = model->own;
    for (size_t t = 0; pass_ok(pass) && t < pass->tokens->n_texts; t++) {
        size_t T = tokens_length(pass->tokens, t), n = padded(model, T);
        if (has_kind(model, true) && n > w->lsh_chunk)
            pass_fail(
                pass, ERR_UNSUPPORTED,
                "lsh attention of %s sees a text in full up to lsh_attn_chunk_length %zu; this one, of %zu tokens, it would "
                "put into random buckets, which is not read",
                model->name, w->lsh_chunk, T);
        else if (n > T && n > model->dim['P'])
            pass_fail(pass, ERR_LIMIT, "the text is padded to %zu tokens, %s takes at most %zu", n, model->name, model->dim['P']);
        else if (w->local_chunk && n > w->local_chunk && w->before + w->after + 1 > n / w->local_chunk)
            pass_fail(pass, ERR_UNSUPPORTED,
                      "local attention of %s over %zu chunks, fewer than local_num_chunks_before and local_num_chunks_after ask "
                      "for, would see keys twice, which is not read",
                      model->name, n / w->local_chunk);
    }
}

/* Does query i of n tokens on a ring of chunks see key j? */
static bool sees(const struct reformer *w, bool hashed, size_t n, size_t i, size_t j)
{
    if (w->decodes && j > i)
        return false;
    if (hashed)
        return i != j;
    if (n <= w->local_chunk)
        return true;
    size_t chunks = n / w->local_chunk, ahead = (j / w->local_chunk + chunks - i / w->local_chunk) % chunks;
    return ahead <= w->after || chunks - ahead <= w->before;
}

/* Bitmaps of all texts; a hashed layer's query that sees nothing else sees itself. */
static const struct mask *masks_of(const struct model *model, struct pass *pass, bool hashed)
{
    const struct reformer *w = model->own;
    struct mask *masks = pass_keep_items(pass, pass->tokens->n_texts, sizeof *masks);
    for (size_t t = 0; pass_ok(pass) && t < pass->tokens->n_texts; t++) {
        size_t T = tokens_length(pass->tokens, t), n = padded(model, T), bytes = (T + 7) / 8;
        unsigned char *bits = pass_keep_items(pass, T * bytes, 1);
        masks[t] = (struct mask){.bitmap = bits};
        if (!bits)
            return NULL;
        memset(bits, 0, T * bytes);
        for (size_t i = 0; i < T; i++) {
            bool any = false;
            for (size_t j = 0; j < T; j++)
                if (sees(w, hashed, n, i, j)) {
                    bits[i * bytes + j / 8] |= (unsigned char)(1 << j % 8);
                    any = true;
                }
            if (!any)
                bits[i * bytes + i / 8] |= (unsigned char)(1 << i % 8);
        }
    }
    return masks;
}

/* ---- the forward pass ---- */

static void add_positions(const struct reformer *w, struct pass *pass, float *x)
{
    const struct tokens *tokens = pass->tokens;
    size_t E = pass->model->E;
    if (!w->axial) {
        pass_lookup_add(pass, &w->position, tokens->positions, "position", x);
        return;
    }
    for (size_t r = 0; pass_ok(pass) && r < pass->rows; r++) {
        size_t p = (size_t)tokens->positions[r], at[2] = {p / w->places[1], p % w->places[1]};
        if (tokens->positions[r] < 0 || at[0] >= w->places[0]) {
            pass_fail(pass, ERR_LIMIT, "position %d is outside the tables of %zu × %zu positions", tokens->positions[r],
                      w->places[0], w->places[1]);
            return;
        }
        float *to = x + r * E;
        for (size_t i = 0; i < 2; i++)
            for (size_t d = 0; d < w->widths[i]; d++)
                *to++ += w->axis[i][at[i] * w->widths[i] + d];
    }
}

static struct strided projected(struct pass *pass, const struct linear *linear, const float *x, size_t D)
{
    float *y = pass_keep(pass, linear->out);
    pass_linear_to(pass, linear, x, NULL, y);
    return (struct strided){y, linear->out, D};
}

/* Queries of unit length, each head by itself, over √D: the keys of hashed layers. */
static struct strided shared_keys(struct pass *pass, struct strided q, size_t D)
{
    float *k = pass_keep(pass, q.row);
    if (!pass_ok(pass))
        return (struct strided){0};
    size_t heads = q.row / D;
    op_rms_norm(q.data, pass->rows * heads, D, D, NULL, 0, 1e-6f, k);
    for (size_t i = 0; i < pass->rows * q.row; i++)
        k[i] /= sqrtf((float)D);
    return (struct strided){k, q.row, D};
}

static float *attended(struct pass *pass, const struct reformer_layer *layer, size_t l, const float *in, const struct mask *masks)
{
    size_t D = pass->stack->shape[l].D;
    struct attend attend = {.layer = l, .masks = masks, .scale = layer->hashed ? 1 : 1 / sqrtf((float)D)};
    attend.q = projected(pass, &layer->q, in, D);
    attend.v = projected(pass, &layer->v, in, D);
    attend.k = layer->hashed ? shared_keys(pass, attend.q, D) : projected(pass, &layer->k, in, D);
    return pass_linear(pass, &layer->o, pass_attention(pass, &attend), NULL);
}

/* norm([a; h]), which the head reads. */
static void keep_streams(const struct reformer *w, struct pass *pass, const float *a, const float *h)
{
    size_t E = pass->model->E;
    float *both = pass_keep(pass, 2 * E);
    for (size_t r = 0; pass_ok(pass) && r < pass->rows; r++) {
        memcpy(both + r * 2 * E, a + r * E, E * sizeof *both);
        memcpy(both + r * 2 * E + E, h + r * E, E * sizeof *both);
    }
    if (pass_ok(pass))
        op_layer_norm(both, NULL, pass->rows, 2 * E, w->last.weight, w->last.bias, pass->model->norm_eps, both);
    pass_kept(pass, "streams", NULL, pass->stack->layers, &DTYPE_F32, both, 2 * E, "dim");
}

static void forward(const struct model *model, struct pass *pass)
{
    pass_whole(pass);
    const struct reformer *w = model->own;
    size_t E = model->E;
    check_lengths(model, pass);
    const struct mask *masks[2] = {masks_of(model, pass, false), masks_of(model, pass, true)};
    float *words = pass_lookup(pass, &w->causal.word, pass->tokens->ids, "token id", pass_keep(pass, E));
    add_positions(w, pass, words);
    const float *a = words, *h = pass_embed(pass, words);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct reformer_layer *layer = stack_layer(pass->stack, l);
        const float *in = pass_norm(pass, &layer->attention_norm, h, NULL, pass_scratch(pass, E));
        a = pass_residual(pass, a, attended(pass, layer, l, in, masks[layer->hashed]));
        in = pass_norm(pass, &layer->ffn_norm, a, NULL, pass_scratch(pass, E));
        h = pass_layer(pass, l, pass_residual(pass, h, pass_feed_forward(pass, &layer->up, &layer->down, in, model->activation, NULL)));
    }
    keep_streams(w, pass, a, h);
}

/* ---- heads: the same numbers, about this word or the next ---- */

static bool says_next(const struct model *model)
{
    const struct reformer *w = model->own;
    return w->decodes && w->causal.head.dtype;
}

static bool says_this(const struct model *model)
{
    const struct reformer *w = model->own;
    return !w->decodes && w->causal.head.dtype;
}

#define HEAD(symbol, name_, summary_, place_, present_)                                                                          \
    static const struct output_head symbol = {.name = name_,                                                                     \
                                              .summary = summary_,                                                               \
                                              .from = "streams",                                                                 \
                                              .place = place_,                                                                   \
                                              .link = HEAD_SOFTMAX,                                                              \
                                              .tensor = "logits",                                                                \
                                              .present = present_,                                                               \
                                              .width = model_vocabulary,                                                         \
                                              .logits = causal_logits}
HEAD(head_next, "lm", "the next word (lm_head)", HEAD_NEXT, says_next);
HEAD(head_masks, "mlm", "masked words (lm_head)", HEAD_MASKS, says_this);

/* ---- tables ---- */

#define SIZE(key_, letter_, fallback_, ...)                                                                                      \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_SIZE, .letter = letter_, .fallback = fallback_, __VA_ARGS__                                  \
    }
static const struct config_key keys[] = {
    SIZE("vocab_size", 'V', 320, ),
    SIZE("hidden_size", 'E', 256, ),
    SIZE("num_attention_heads", 'H', 12, ),
    SIZE("attention_head_size", 'D', 64, ),
    SIZE("feed_forward_size", 'I', 512, ),
    SIZE("max_position_embeddings", 'P', 4096, ),
    SIZE("lsh_attn_chunk_length", 'h', 64, .field = offsetof(struct reformer, lsh_chunk)),
    SIZE("local_attn_chunk_length", 'c', 64, .field = offsetof(struct reformer, local_chunk)),
    SIZE("local_num_chunks_before", 'n', 1, .field = offsetof(struct reformer, before)),
    SIZE("local_num_chunks_after", 'm', 0, .field = offsetof(struct reformer, after)),
    {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = "relu"},
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-12},
    {.key = "axial_pos_embds", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct reformer, axial)},
    {.key = "is_decoder", .kind = CONFIG_BOOL, .field = offsetof(struct reformer, decodes)},
    {.key = "tie_word_embeddings", .kind = CONFIG_ONLY, .text = "false"},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"},
    {0},
};

#define WHEN(name_, expression)                                                                                                  \
    static bool name_(const struct model *model, size_t l)                                                                       \
    {                                                                                                                            \
        const struct reformer *w = model->own;                                                                                   \
        const struct reformer_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);                                         \
        (void)w, (void)layer;                                                                                                    \
        return expression;                                                                                                       \
    }
WHEN(axial, w->axial)
WHEN(one_table, !w->axial)
WHEN(hashed, layer->hashed)
WHEN(local, !layer->hashed)

#define LAYER(kind_, name_, shape_, field_, meaning_, ...)                                                                       \
    {                                                                                                                            \
        .name = "encoder.layers.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                            \
        .offset = offsetof(struct reformer_layer, field_), .meaning = meaning_, __VA_ARGS__                                      \
    }
#define OWN(kind_, name_, shape_, field_, meaning_, ...)                                                                         \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = PARAM_##kind_, .offset = offsetof(struct reformer, field_), .meaning = meaning_, \
        __VA_ARGS__                                                                                                              \
    }
static const struct param params[] = {
    CAUSAL_WORD(struct reformer, "embeddings.word_embeddings.weight"),
    OWN(TABLE, "embeddings.position_embeddings.embedding.weight", "P,E", position, "positions", .when = one_table),
    OWN(FLOATS, "embeddings.position_embeddings.weights.0", "a,1,x", axis[0], "positions, rows", .when = axial,
        .init = INIT_NORMAL),
    OWN(FLOATS, "embeddings.position_embeddings.weights.1", "1,b,y", axis[1], "positions, columns", .when = axial,
        .init = INIT_NORMAL),
    LAYER(NORM, "attention.layer_norm", "E", attention_norm, "LayerNorm before attention"),
    LAYER(LINEAR_NO_BIAS, "attention.self_attention.query_key", "A,E", q, "query and key", .when = hashed),
    LAYER(LINEAR_NO_BIAS, "attention.self_attention.query", "A,E", q, "query", .when = local),
    LAYER(LINEAR_NO_BIAS, "attention.self_attention.key", "A,E", k, "key", .when = local),
    LAYER(LINEAR_NO_BIAS, "attention.self_attention.value", "A,E", v, "value"),
    LAYER(LINEAR_NO_BIAS, "attention.output.dense", "E,A", o, "output of the heads"),
    LAYER(NORM, "feed_forward.layer_norm", "E", ffn_norm, "LayerNorm before feed-forward"),
    LAYER(LINEAR, "feed_forward.dense.dense", "I,E", up, "feed-forward, up"),
    LAYER(LINEAR, "feed_forward.output.dense", "E,I", down, "feed-forward, down"),
    OWN(NORM, "encoder.layer_norm", "F", last, "last LayerNorm, of both streams"),
    OWN(TABLE, "lm_head.decoder.weight", "V,F", causal.head, "words of both streams", .optional = true),
    OWN(FLOATS, "lm_head.bias|lm_head.decoder.bias", "V", causal.bias, "bias of the vocabulary", .optional = true),
    {0},
};

const struct arch arch_reformer = {
    .name = "reformer",
    .model_types = "reformer",
    .summary = "Reformer: two streams, local and hashed attention within a chunk",
    .source = "Kitaev et al. 2020",
    .entangled = "its layers hand on two streams",
    .prefixes = "reformer.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_next, &head_masks, NULL},
    .own_size = sizeof(struct reformer),
    .layer_size = sizeof(struct reformer_layer),
    .configure = configure,
    .forward = forward,
};
