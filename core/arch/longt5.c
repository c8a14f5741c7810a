/* LongT5 (Guo et al. 2022): T5, see t5.c, whose encoder's tokens see at most local_radius to either side, and with
 * transient-global attention blocks of the text besides.
 *
 *   block g: tokens g·B … g·B+B−1, B = global_block_size; G = T/B blocks, what is left over belongs to the last of them
 *   k, v of a block: those of norm_l(Σ of its tokens' norm(x)); made anew in every layer
 *   one softmax over the keys |i−j| ≤ local_radius and all blocks; a block's score is q·k + bias[bucket(g − block of i)], from a
 *   table of its own, one for all layers
 *
 * Keys of a map are then the tokens and, behind them, the blocks. What has caused bugs: the reference cuts a text into pieces of
 * local_radius + 1 and lists the maps of pieces; what is seen is the band all the same, and is shown as one map here. Which block
 * a token is in is a sum of 1/B in float32 there, which for some B puts a first token into the block before. A text shorter than
 * a block has none. The encoder calls its attention LocalSelfAttention or TransientGlobalSelfAttention. */
#include "core/arch/t5.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the terms of a map with blocks need: the tokens' bias first. */
struct block_bias {
    struct bias bias;
    const float *values;   /* [b,H] of blocks */
    const uint32_t *index; /* [T,G] bucket of block g for query i */
};

struct t5_blocks {
    const struct tokens *keys; /* tokens, then blocks */
    struct mask *masks;
    const void **owns;
};

static bool block_logits(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err)
{
    const struct block_bias *own = a->own;
    size_t T = own->bias.keys, G = a->Tk - T;
    (void)scratch, (void)err;
    for (size_t i = 0; i < rows; i++)
        for (size_t g = 0; g < G; g++)
            out[i * a->Tk + T + g] += own->values[own->index[(row + i) * G + g] * own->bias.heads + head];
    return true;
}

static const struct term term_blocks = {
    .name = "blocks",
    .summary = "learned bias of a block's relative position",
    .logits = block_logits,
    .edge = block_logits, /* it never sees the key's content */
};
static const struct term *const terms_blocks[] = {&term_content, &term_bias, &term_blocks, NULL};

/* The block of token i of T: of those that are left over the last. */
static size_t block_of(size_t i, size_t T, size_t B)
{
    size_t G = T / B;
    return G && i / B >= G ? G - 1 : i / B;
}

/* A text's tokens with its blocks behind them. */
static bool with_blocks(const struct encoding *text, size_t B, struct encoding *out, struct err *err)
{
    size_t G = text->n / B;
    if (!encoding_new(out, text->n + G, err))
        return false;
    memcpy(out->tokens, text->tokens, text->n * sizeof *out->tokens);
    for (size_t g = 0; g < G; g++) {
        struct token *token = &out->tokens[text->n + g];
        char name[48];
        snprintf(name, sizeof name, "block%zu", g);
        *token = (struct token){.id = -1, .text = -1, .special = true, .word = -1};
        if (!arena_str(out->arena, str_of(name), &token->string, err))
            return false;
    }
    return true;
}

static const struct tokens *key_axis(struct pass *pass, size_t B)
{
    const struct tokens *tokens = pass->tokens;
    struct encoding *texts = pass_alloc(pass, tokens->n_texts, sizeof *texts);
    bool ok = texts != NULL;
    if (ok)
        memset(texts, 0, tokens->n_texts * sizeof *texts);
    for (size_t t = 0; ok && t < tokens->n_texts; t++)
        ok = with_blocks(&tokens->texts[t], B, &texts[t], pass->err);
    if (ok)
        return pass_axis(pass, tokens_new("source and blocks", texts, tokens->n_texts, pass->err));
    for (size_t t = 0; texts && t < tokens->n_texts; t++)
        encoding_free(&texts[t]);
    pass->failed = true;
    return NULL;
}

/* The band, and all blocks. */
static struct mask mask_of(struct pass *pass, size_t T, size_t G, size_t reach)
{
    size_t bytes = (T + G + 7) / 8;
    unsigned char *bits = pass_keep_items(pass, T, bytes);
    for (size_t i = 0; bits && i < T; i++) {
        unsigned char *row = bits + i * bytes;
        memset(row, 0, bytes);
        for (size_t j = 0; j < T + G; j++)
            if (j >= T || (i < j ? j - i : i - j) <= reach)
                row[j / 8] |= (unsigned char)(1 << j % 8);
    }
    return (struct mask){.bitmap = bits};
}

static const void *own_of(struct pass *pass, const void *bias, size_t T, size_t G)
{
    const struct t5 *w = pass->model->own;
    struct block_bias *own = pass_keep_items(pass, 1, sizeof *own);
    uint32_t *index = pass_keep_items(pass, T * (G + 1), sizeof *index);
    for (size_t i = 0; index && i < T * G; i++)
        index[i] = bias_bucket((long)(i % G) - (long)block_of(i / G, T, w->block), true, w->buckets, w->farthest);
    if (own)
        *own = (struct block_bias){*(const struct bias *)bias, w->block_bias, index};
    return own;
}

static struct t5_blocks *blocks_of(struct pass *pass)
{
    const struct t5 *w = pass->model->own;
    const struct tokens *tokens = pass->tokens;
    size_t n = tokens->n_texts;
    struct t5_blocks *b = pass_alloc(pass, 1, sizeof *b);
    const void *const *biases = bias_texts(pass, NULL, w->encoder_bias, pass->model->dim['H'], true, w->buckets, w->farthest);
    if (!b || !biases)
        return NULL;
    *b = (struct t5_blocks){.keys = key_axis(pass, w->block),
                            .masks = pass_keep_items(pass, n, sizeof *b->masks),
                            .owns = pass_alloc(pass, n, sizeof *b->owns)};
    for (size_t t = 0; pass_ok(pass) && t < n; t++) {
        size_t T = tokens_length(tokens, t), G = T / w->block;
        b->masks[t] = mask_of(pass, T, G, w->reach);
        b->owns[t] = pass_ok(pass) ? own_of(pass, biases[t], T, G) : NULL;
    }
    return pass_ok(pass) ? b : NULL;
}

/* norm(Σ in) of the blocks of a text, out [G,E]. */
static void sum_blocks(const struct model *model, const struct t5_layer *layer, const float *in, size_t T, size_t G, float *out)
{
    const struct t5 *w = model->own;
    size_t E = model->E;
    memset(out, 0, G * E * sizeof *out);
    for (size_t i = 0; i < T; i++)
        op_add(out + block_of(i, T, w->block) * E, in + i * E, E);
    op_rms_norm(out, G, E, E, layer->block_norm.weight, 0, model->norm_eps, out);
}

static void attend_with_blocks(struct pass *pass, struct t5_blocks *b, const struct t5_layer *layer, const float *in,
                               struct attend *attend)
{
    const struct linear *linears[] = {&layer->self.k, &layer->self.v};
    struct strided *views[] = {&attend->k, &attend->v};
    const struct tokens *tokens = pass->tokens;
    size_t E = pass->model->E, D = pass->stack->shape[attend->layer].D;
    float *sums = pass_scratch(pass, E); /* a text has no more blocks than tokens */
    for (size_t i = 0; i < 2; i++) {
        size_t width = linears[i]->out;
        float *y = pass_keep_items(pass, b->keys->rows * width, sizeof *y);
        *views[i] = (struct strided){y, width, D};
        for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
            size_t T = tokens_length(tokens, t), G = tokens_length(b->keys, t) - T;
            const float *x = in + tokens->starts[t] * E;
            float *to = y + b->keys->starts[t] * width;
            if (G)
                sum_blocks(pass->model, layer, x, T, G, sums);
            pass->failed = !product_linear(linears[i], x, T, E, T, NULL, to, width, pass->err) ||
                           (G && !product_linear(linears[i], sums, G, E, T, NULL, to + T * width, width, pass->err));
        }
    }
    attend->keys = b->keys;
    attend->masks = b->masks;
    attend->owns = b->owns;
    attend->terms = terms_blocks;
}

/* ---- configuration ---- */

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct t5 *w = model->own;
    if (str_is(w->seen, "transient-global")) {
        w->blocks = blocks_of;
        w->with_blocks = attend_with_blocks;
    } else if (!str_is(w->seen, "local"))
        return err_set(err, ERR_UNSUPPORTED,
                       "%s/config.json: encoder_attention_type = \"%.*s\" is not known (local and transient-global are)",
                       model->folder, STR_ARGS(w->seen));
    if (w->blocks && !w->block)
        return err_set(err, ERR_FORMAT, "%s/config.json: global_block_size = 0: a number above 0 is expected", model->folder);
    if (!t5_configure(model, config, err))
        return false;
    if (w->blocks)
        model->stacks[STACK_MAIN].terms = terms_blocks;
    return true;
}

static bool has_blocks(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct t5 *)model->own)->blocks != NULL;
}

static const struct config_key keys[] = {
    T5_SIZES(32128, 512, 64, 2048, 6, 8),
    T5_PROJ("relu"),
    T5_TIED(true),
    {.key = "local_radius", .kind = CONFIG_SIZE, .letter = 'r', .fallback = 127, .field = offsetof(struct t5, reach)},
    {.key = "global_block_size", .kind = CONFIG_SIZE, .letter = 'B', .fallback = 16, .field = offsetof(struct t5, block)},
    {.key = "encoder_attention_type", .kind = CONFIG_TEXT, .text = "local", .field = offsetof(struct t5, seen)},
    {0},
};

/* As the encoder calls its attention. */
#define OWN(l_, name_)                                                                                                           \
    "encoder.block." l_ ".layer.0.LocalSelfAttention." name_ "|encoder.block." l_ ".layer.0.TransientGlobalSelfAttention." name_
#define LINEAR(name_, shape_, field_, meaning_) T5_LINEAR(STACK_MAIN, t5_layer, OWN("{l}", name_), shape_, field_, meaning_, )

static const struct param params[] = {
    T5_ENDS,
    {.name = OWN("0", "relative_attention_bias.weight"),
     .shape = "b,H",
     .kind = PARAM_FLOATS,
     .init = INIT_NORMAL,
     .offset = offsetof(struct t5, encoder_bias),
     .meaning = "bias of relative positions"},
    {.name = "encoder.block.0.layer.0.TransientGlobalSelfAttention.global_relative_attention_bias.weight",
     .shape = "b,H",
     .kind = PARAM_FLOATS,
     .init = INIT_NORMAL,
     .when = has_blocks,
     .offset = offsetof(struct t5, block_bias),
     .meaning = "bias of blocks"},
    T5_BIAS("decoder", "SelfAttention", decoder_bias, .when = t5_has_decoder),
    LINEAR("q", "A,E", self.q, "attention: query"),
    LINEAR("k", "A,E", self.k, "attention: key"),
    LINEAR("v", "A,E", self.v, "attention: value"),
    LINEAR("o", "E,A", self.o, "attention: output of the heads"),
    T5_NORM(STACK_MAIN, t5_layer, "encoder.block.{l}.layer.0.layer_norm", self.norm, "attention: norm before it"),
    {.name = "encoder.block.{l}.layer.0.TransientGlobalSelfAttention.global_input_layer_norm",
     .shape = "E",
     .kind = PARAM_NORM_NO_BIAS,
     .layered = true,
     .when = has_blocks,
     .offset = offsetof(struct t5_layer, block_norm),
     .meaning = "norm of a block's sum"},
    T5_DECODER_ATTENTIONS,
    T5_FED_FORWARDS,
    {0},
};

const struct arch arch_longt5 = {
    .name = "longt5",
    .model_types = "longt5",
    .summary = "LongT5: T5 whose encoder sees a band, and blocks",
    .source = "Guo et al. 2022",
    .prefixes = "transformer.|model.",
    .keys = keys,
    .params = params,
    .heads = seq2seq_next,
    .own_size = sizeof(struct t5),
    .layer_size = sizeof(struct t5_layer),
    .decoder_size = sizeof(struct t5_decoder_layer),
    .configure = configure,
    .forward = t5_forward,
};
