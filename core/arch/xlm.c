/* XLM (Lample and Conneau 2019): post-norm, learned absolute positions; masked words, or causal.
 *
 *   x = LayerNorm(word[id] + position[i]); each layer:  q, k, v = x·Wq, x·Wk, x·Wv, all with biases
 *     x = norm1(x + z·Wo);  x = norm2(x + down(act(up(x))))        act: gelu, or relu where gelu_activation is false
 *   where causal is true, query i sees keys j ≤ i
 *   words:  x·wordᵀ + b, the next one where causal is true;  classes of a text:  x_0·W + b, its first token's
 *
 * What has caused bugs: the feed-forward is always 4·E wide; a language is an input of its own, which no tokenizer gives and
 * without which the reference adds none of lang_embeddings; types, where an input gives them, are rows of the table of words. */
#include <math.h>

#include "core/arch/causal.h"
#include "core/config.h"
#include "core/pass.h"

struct xlm {
    struct causal causal;   /* first */
    struct tensor position; /* [P,E] */
    struct norm norm;
    bool ahead_hidden, gelu;
};
struct xlm_layer {
    struct block block;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    const struct xlm *w = model->own;
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    model->dim['I'] = 4 * model->E;
    model->activation = activation_named(str_of(w->gelu ? "gelu" : "relu"));
    if (!config_heads(model, "emb_dim", model->dim['H'], &shape, err) ||
        !model_stack(model, STACK_MAIN, model->dim['L'], shape, terms, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    return true;
}

static void forward(const struct model *model, struct pass *pass)
{
    pass_whole(pass);
    const struct xlm *w = model->own;
    const struct tokens *tokens = pass->tokens;
    const struct mask *masks = w->ahead_hidden ? pass_causal(pass, 0) : NULL;
    float *words = pass_lookup(pass, &w->causal.word, tokens->ids, "token id", pass_keep(pass, model->E));
    pass_lookup_add(pass, &w->position, tokens->positions, "position", words);
    const float *x = pass_embed(pass, pass_norm(pass, &w->norm, words, NULL, words));
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct xlm_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = {.layer = l, .scale = 1 / sqrtf((float)pass->stack->shape[l].D), .masks = masks};
        pass_block_begin(pass, &layer->block, x, &attend);
        float *z = pass_attention(pass, &attend);
        x = pass_layer(pass, l, pass_block_end(pass, &layer->block, x, z));
    }
}

/* ---- heads: the same numbers, about this word or the next ---- */

static bool says_this(const struct model *model)
{
    return !((const struct xlm *)model->own)->ahead_hidden && head_next_word.present(model);
}

static bool says_next(const struct model *model)
{
    return ((const struct xlm *)model->own)->ahead_hidden && head_next_word.present(model);
}

static const struct output_head head_masks = {
    .name = "mlm",
    .summary = "masked words (pred_layer)",
    .from = "hidden",
    .place = HEAD_MASKS,
    .link = HEAD_SOFTMAX,
    .tensor = "logits",
    .present = says_this,
    .width = model_vocabulary,
    .logits = causal_logits,
};
static const struct output_head head_next = {
    .name = "lm",
    .summary = "the next word (pred_layer)",
    .from = "hidden",
    .place = HEAD_NEXT,
    .link = HEAD_SOFTMAX,
    .tensor = "logits",
    .present = says_next,
    .width = model_vocabulary,
    .logits = causal_logits,
};

/* ---- tables ---- */

static const struct config_key keys[] = {
    {.key = "n_words|vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 30145},
    {.key = "hidden_size|emb_dim", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 2048},
    {.key = "num_hidden_layers|n_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 12},
    {.key = "num_attention_heads|n_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 16},
    {.key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 512},
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-12},
    {.key = "gelu_activation", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct xlm, gelu)},
    {.key = "causal", .kind = CONFIG_BOOL, .field = offsetof(struct xlm, ahead_hidden)},
    CAUSAL_TIED(struct xlm, true),
    {.key = "is_encoder", .kind = CONFIG_ONLY, .text = "true"},
    {.key = "asm", .kind = CONFIG_ONLY, .text = "false"},
    {.key = "summary_type", .kind = CONFIG_ONLY, .text = "\"first\""},
    {.key = "summary_activation", .kind = CONFIG_ONLY, .text = "null"},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"},
    {0},
};

#define LAYER(kind_, name_, shape_, field_, meaning_)                                                                            \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true, .offset = offsetof(struct xlm_layer, field_),    \
        .meaning = meaning_                                                                                                      \
    }
static const struct param params[] = {
    CAUSAL_WORD(struct xlm, "embeddings.weight"),
    {.name = "position_embeddings.weight",
     .shape = "P,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct xlm, position),
     .meaning = "positions"},
    {.name = "layer_norm_emb",
     .shape = "E",
     .kind = PARAM_NORM,
     .offset = offsetof(struct xlm, norm),
     .meaning = "LayerNorm of the embeddings"},
    LAYER(LINEAR, "attentions.{l}.q_lin", "A,E", block.q, "query"),
    LAYER(LINEAR, "attentions.{l}.k_lin", "A,E", block.k, "key"),
    LAYER(LINEAR, "attentions.{l}.v_lin", "A,E", block.v, "value"),
    LAYER(LINEAR, "attentions.{l}.out_lin", "E,A", block.o, "output of the heads"),
    LAYER(NORM, "layer_norm1.{l}", "E", block.attention_norm, "LayerNorm after attention"),
    LAYER(LINEAR, "ffns.{l}.lin1", "I,E", block.up, "feed-forward, up"),
    LAYER(LINEAR, "ffns.{l}.lin2", "E,I", block.down, "feed-forward, down"),
    LAYER(NORM, "layer_norm2.{l}", "E", block.output_norm, "LayerNorm after feed-forward"),
    CAUSAL_HEAD(struct xlm, "pred_layer.proj.weight"),
    CAUSAL_BIAS(struct xlm, "pred_layer.proj.bias"),
    CLASSIFY_PARAM(struct xlm, causal.classify, out, "sequence_summary.summary|classifier", "*,E", "classes"),
    CLASSIFY_PARAM(struct xlm, causal.classify, answer, "qa_outputs", "*,E", "start and end of an answer"),
    {0},
};

const struct arch arch_xlm = {
    .name = "xlm",
    .model_types = "xlm",
    .summary = "XLM: post-norm, masked words or causal",
    .source = "Lample and Conneau 2019",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_masks, &head_next, CLASSIFY_HEADS, NULL},
    .classify = CAUSAL_CLASSIFY(struct xlm),
    .own_size = sizeof(struct xlm),
    .layer_size = sizeof(struct xlm_layer),
    .configure = configure,
    .forward = forward,
};
