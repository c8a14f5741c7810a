/* T5's trunk, which T5, mT5, UMT5, LongT5 and Switch share: pre-norm layers on the root mean square, no bias anywhere, scores
 * that are not divided by √D, and a learned bias of relative positions in place of position embeddings. See t5.c. */
#ifndef GAZE_CORE_ARCH_T5_H
#define GAZE_CORE_ARCH_T5_H

#include "core/arch/bias.h"
#include "core/arch/seq2seq.h"
#include "core/config.h"

struct t5_attending {
    struct linear q, k, v, o;
    struct norm norm;
};

struct t5_layer {
    struct t5_attending self;
    const float *bias;      /* [b,H] its own; NULL: the stack's */
    struct norm block_norm; /* LongT5: of a block's sum */
    struct norm ffn_norm;
    struct linear gate, up, down; /* gate where gated */
    struct linear router;         /* Switch's sparse layers */
    struct linear *expert_up, *expert_down;
};

struct t5_decoder_layer {
    struct t5_layer own;
    struct t5_attending cross;
};

struct t5_blocks;

struct t5 {
    struct seq2seq_words words;
    struct norm encoder_norm, decoder_norm;
    const float *encoder_bias, *decoder_bias; /* [b,H] of all layers of a stack, or NULL */
    size_t buckets, farthest;
    size_t reach; /* LongT5: an encoder's token sees keys at most this far away; 0: all */
    /* LongT5's transient-global attention: what a pass needs of it, NULL where it has failed; and keys, values, masks and terms
     * of one layer of in = norm(x), in place of those of the tokens alone. NULL: it is not there. */
    struct t5_blocks *(*blocks)(struct pass *pass);
    void (*with_blocks)(struct pass *pass, struct t5_blocks *blocks, const struct t5_layer *layer, const float *in,
                        struct attend *attend);
    size_t block;            /* tokens a block */
    const float *block_bias; /* [b,H] */
    struct str seen;         /* encoder_attention_type */
    struct str proj;         /* feed_forward_proj */
    bool gated;
    /* Switch: what stands in place of the feed-forward where a layer has a router. f [rows,E], scratch, of in = norm(x). */
    float *(*experts)(struct pass *pass, const struct t5_layer *layer, size_t l, const float *in);
    size_t capacity;                   /* tokens that an expert takes */
    size_t encoder_step, decoder_step; /* every how many layers experts stand; 0: nowhere */
};

/* The stacks and the feed-forward's activation from the keys below. */
NODISCARD bool t5_configure(struct model *model, const struct json *config, struct err *err);
void t5_forward(const struct model *model, struct pass *pass);
bool t5_has_decoder(const struct model *model, size_t layer); /* of the parameters that only a decoder needs */
bool t5_gated(const struct model *model, size_t layer);

#define T5_SIZES(V_, E_, k_, I_, L_, H_)                                                                                         \
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = V_},                                                   \
        {.key = "hidden_size|d_model", .kind = CONFIG_SIZE, .letter = 'E', .fallback = E_},                                      \
        {.key = "head_dim|d_kv", .kind = CONFIG_SIZE, .letter = 'k', .fallback = k_},                                            \
        {.key = "d_ff", .kind = CONFIG_SIZE, .letter = 'I', .fallback = I_},                                                     \
        {.key = "num_hidden_layers|num_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = L_},                             \
        {.key = "num_attention_heads|num_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = H_},                            \
        {.key = "relative_attention_num_buckets",                                                                                \
         .kind = CONFIG_SIZE,                                                                                                    \
         .letter = 'b',                                                                                                          \
         .fallback = 32,                                                                                                         \
         .field = offsetof(struct t5, buckets)},                                                                                 \
        {.key = "relative_attention_max_distance",                                                                               \
         .kind = CONFIG_SIZE,                                                                                                    \
         .letter = 'm',                                                                                                          \
         .fallback = 128,                                                                                                        \
         .field = offsetof(struct t5, farthest)},                                                                                \
    {                                                                                                                            \
        .key = "layer_norm_epsilon", .kind = CONFIG_EPS, .fallback = 1e-6                                                        \
    }
#define T5_PROJ(proj_)                                                                                                           \
    {                                                                                                                            \
        .key = "feed_forward_proj", .kind = CONFIG_TEXT, .text = proj_, .field = offsetof(struct t5, proj)                       \
    }
#define T5_TIED(tied_)                                                                                                           \
    {                                                                                                                            \
        .key = "tie_word_embeddings", .kind = CONFIG_BOOL, .fallback = tied_, .field = offsetof(struct t5, words.tied)           \
    }

#define T5_LINEAR(stack_, layer_, name_, shape_, field_, meaning_, ...)                                                          \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = PARAM_LINEAR_NO_BIAS, .layered = true, .stack = stack_,                          \
        .offset = offsetof(struct layer_, field_), .meaning = meaning_, __VA_ARGS__                                              \
    }
#define T5_NORM(stack_, layer_, name_, field_, meaning_)                                                                         \
    {                                                                                                                            \
        .name = name_, .shape = "E", .kind = PARAM_NORM_NO_BIAS, .layered = true, .stack = stack_,                               \
        .offset = offsetof(struct layer_, field_), .meaning = meaning_                                                           \
    }
#define T5_ATTENDING(stack_, layer_, name_, norm_, field_, meaning_)                                                             \
    T5_LINEAR(stack_, layer_, name_ ".q", "A,E", field_.q, meaning_ ": query"),                                                  \
        T5_LINEAR(stack_, layer_, name_ ".k", "A,E", field_.k, meaning_ ": key"),                                                \
        T5_LINEAR(stack_, layer_, name_ ".v", "A,E", field_.v, meaning_ ": value"),                                              \
        T5_LINEAR(stack_, layer_, name_ ".o", "E,A", field_.o, meaning_ ": output of the heads"),                                \
        T5_NORM(stack_, layer_, norm_, field_.norm, meaning_ ": norm before it")
/* The attentions of both stacks; `self_` as the encoder calls its own. */
#define T5_ATTENTIONS(self_)                                                                                                     \
    T5_ATTENDING(STACK_MAIN, t5_layer, "encoder.block.{l}.layer.0." self_, "encoder.block.{l}.layer.0.layer_norm", self,         \
                 "attention"),                                                                                                   \
        T5_DECODER_ATTENTIONS
#define T5_DECODER_ATTENTIONS                                                                                                    \
    T5_ATTENDING(STACK_DECODER, t5_decoder_layer, "decoder.block.{l}.layer.0.SelfAttention",                                     \
                 "decoder.block.{l}.layer.0.layer_norm", own.self, "attention"),                                                 \
        T5_ATTENDING(STACK_DECODER, t5_decoder_layer, "decoder.block.{l}.layer.1.EncDecAttention",                               \
                     "decoder.block.{l}.layer.1.layer_norm", cross, "cross-attention")
#define T5_FFN_NORMS                                                                                                             \
    T5_NORM(STACK_MAIN, t5_layer, "encoder.block.{l}.layer.1.layer_norm", ffn_norm, "norm before feed-forward"),                 \
        T5_NORM(STACK_DECODER, t5_decoder_layer, "decoder.block.{l}.layer.2.layer_norm", own.ffn_norm,                           \
                "norm before feed-forward")
#define T5_FED_FORWARD(stack_, layer_, name_, field_)                                                                            \
    T5_LINEAR(stack_, layer_, name_ ".wi_0", "I,E", field_ gate, "feed-forward, gate", .when = t5_gated),                        \
        T5_LINEAR(stack_, layer_, name_ ".wi|" name_ ".wi_1", "I,E", field_ up, "feed-forward, up"),                             \
        T5_LINEAR(stack_, layer_, name_ ".wo", "E,I", field_ down, "feed-forward, down")
#define T5_FED_FORWARDS                                                                                                          \
    T5_FFN_NORMS, T5_FED_FORWARD(STACK_MAIN, t5_layer, "encoder.block.{l}.layer.1.DenseReluDense", ),                            \
        T5_FED_FORWARD(STACK_DECODER, t5_decoder_layer, "decoder.block.{l}.layer.2.DenseReluDense", own.)
#define T5_BIAS(stack_name_, attention_, field_, ...)                                                                            \
    {                                                                                                                            \
        .name = stack_name_ ".block.0.layer.0." attention_ ".relative_attention_bias.weight", .shape = "b,H",                    \
        .kind = PARAM_FLOATS, .init = INIT_NORMAL, .offset = offsetof(struct t5, field_),                                        \
        .meaning = "bias of relative positions", __VA_ARGS__                                                                     \
    }
#define T5_BIASES(self_)                                                                                                         \
    T5_BIAS("encoder", self_, encoder_bias, ), T5_BIAS("decoder", "SelfAttention", decoder_bias, .when = t5_has_decoder)
#define T5_ENDS                                                                                                                  \
    {.name = "shared.weight|encoder.embed_tokens.weight|decoder.embed_tokens.weight",                                            \
     .shape = "V,E",                                                                                                             \
     .kind = PARAM_TABLE,                                                                                                        \
     .offset = offsetof(struct t5, words.table),                                                                                 \
     .meaning = "word embeddings"},                                                                                              \
        {.name = "encoder.final_layer_norm",                                                                                     \
         .shape = "E",                                                                                                           \
         .kind = PARAM_NORM_NO_BIAS,                                                                                             \
         .offset = offsetof(struct t5, encoder_norm),                                                                            \
         .meaning = "the encoder's last norm"},                                                                                  \
        {.name = "decoder.final_layer_norm",                                                                                     \
         .shape = "E",                                                                                                           \
         .kind = PARAM_NORM_NO_BIAS,                                                                                             \
         .when = t5_has_decoder,                                                                                                 \
         .offset = offsetof(struct t5, decoder_norm),                                                                            \
         .meaning = "the decoder's last norm"},                                                                                  \
    {                                                                                                                            \
        .name = "lm_head", .shape = "V,E", .kind = PARAM_LINEAR_NO_BIAS, .when = seq2seq_untied, .optional = true,               \
        .offset = offsetof(struct t5, words.lm), .meaning = "next word"                                                          \
    }

#endif
