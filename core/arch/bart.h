/* BART's trunk, which BART, mBART, Marian and Pegasus share: absolute positions, an encoder and a decoder of LayerNorm layers.
 * See bart.c for the architecture. */
#ifndef GAZE_CORE_ARCH_BART_H
#define GAZE_CORE_ARCH_BART_H

#include "core/arch/seq2seq.h"
#include "core/config.h"

struct bart_attending {
    struct linear q, k, v, o;
    struct norm norm;
};

struct bart_layer {
    struct bart_attending self;
    struct linear up, down;
    struct norm ffn_norm;
};

struct bart_decoder_layer {
    struct bart_layer own;
    struct bart_attending cross;
};

/* Of one stack, around its layers. */
struct bart_ends {
    struct tensor position; /* [P+offset,E]; dtype NULL: sinusoids */
    struct norm embedding;  /* weight NULL: none, as in `last` */
    struct norm last;
};

struct bart {
    struct seq2seq_words words;
    struct bart_ends encoder, decoder;
    bool scaled;   /* word embeddings times √E */
    bool pre;      /* norms stand before their parts, and one at the end */
    bool counted;  /* positions count from pad + 1 over the tokens that are no padding, and are fairseq's sinusoids */
    size_t pad;    /* then */
    size_t offset; /* row of the first position in a learned table */
    long start;    /* what the decoder begins with where the configuration does not say */
};

/* The stacks; a family sets pre and offset, and adds what is its own. */
NODISCARD bool bart_configure(struct model *model, const struct json *config, struct err *err);
void bart_forward(const struct model *model, struct pass *pass);

#define BART_SIZES(V_, E_, L_, M_, H_, I_, P_)                                                                                   \
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = V_},                                                   \
        {.key = "hidden_size|d_model", .kind = CONFIG_SIZE, .letter = 'E', .fallback = E_},                                      \
        {.key = "encoder_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = L_},                                           \
        {.key = "decoder_layers", .kind = CONFIG_SIZE, .letter = 'M', .fallback = M_},                                           \
        {.key = "num_attention_heads|encoder_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = H_},              \
        {.key = "decoder_attention_heads", .kind = CONFIG_SIZE, .letter = 'G', .fallback = H_},                                  \
        {.key = "encoder_ffn_dim", .kind = CONFIG_SIZE, .letter = 'I', .fallback = I_},                                          \
        {.key = "decoder_ffn_dim", .kind = CONFIG_SIZE, .letter = 'J', .fallback = I_},                                          \
    {                                                                                                                            \
        .key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = P_                                     \
    }
#define BART_OPTIONS(activation_, scaled_)                                                                                       \
    {.key = "activation_function", .kind = CONFIG_ACTIVATION, .text = activation_},                                              \
        {.key = "scale_embedding", .kind = CONFIG_BOOL, .fallback = scaled_, .field = offsetof(struct bart, scaled)},            \
        {.key = "tie_word_embeddings", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct bart, words.tied)},       \
    {                                                                                                                            \
        .key = "is_encoder_decoder", .kind = CONFIG_ONLY, .text = "true"                                                         \
    }
#define BART_KEYS(V_) BART_SIZES(V_, 1024, 12, 12, 16, 4096, 1024), BART_OPTIONS("gelu", false)

#define BART_OWN(name_, shape_, kind_, field_, meaning_, ...)                                                                    \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = kind_, .offset = offsetof(struct bart, field_), .meaning = meaning_, __VA_ARGS__ \
    }
#define BART_WORDS                                                                                                               \
    BART_OWN("shared.weight|encoder.embed_tokens.weight|decoder.embed_tokens.weight", "V,E", PARAM_TABLE, words.table,           \
             "word embeddings"),                                                                                                 \
        BART_OWN("lm_head", "V,E", PARAM_LINEAR_NO_BIAS, words.lm, "next word", .when = seq2seq_untied, .optional = true),       \
        BART_OWN("final_logits_bias", "1,V", PARAM_FLOATS, words.bias, "next word, bias", .optional = true)
#define BART_POSITIONS(...)                                                                                                      \
    BART_OWN("encoder.embed_positions.weight", "*,E", PARAM_TABLE, encoder.position, "absolute positions", __VA_ARGS__),         \
        BART_OWN("decoder.embed_positions.weight", "*,E", PARAM_TABLE, decoder.position, "absolute positions", __VA_ARGS__)
#define BART_EMBEDDING_NORMS                                                                                                     \
    BART_OWN("encoder.layernorm_embedding", "E", PARAM_NORM, encoder.embedding, "LayerNorm of the embeddings"),                  \
        BART_OWN("decoder.layernorm_embedding", "E", PARAM_NORM, decoder.embedding, "LayerNorm of the embeddings")
#define BART_LAST_NORMS                                                                                                          \
    BART_OWN("encoder.layer_norm", "E", PARAM_NORM, encoder.last, "the encoder's last LayerNorm"),                               \
        BART_OWN("decoder.layer_norm", "E", PARAM_NORM, decoder.last, "the decoder's last LayerNorm")

#define BART_LAYER(stack_, layer_, kind_, name_, shape_, field_, meaning_)                                                       \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = kind_, .layered = true, .stack = stack_,                                         \
        .offset = offsetof(struct layer_, field_), .meaning = meaning_                                                           \
    }
#define BART_ATTENDING(stack_, layer_, name_, field_, meaning_)                                                                  \
    BART_LAYER(stack_, layer_, PARAM_LINEAR, name_ ".q_proj", "A,E", field_.q, meaning_ ": query"),                              \
        BART_LAYER(stack_, layer_, PARAM_LINEAR, name_ ".k_proj", "A,E", field_.k, meaning_ ": key"),                            \
        BART_LAYER(stack_, layer_, PARAM_LINEAR, name_ ".v_proj", "A,E", field_.v, meaning_ ": value"),                          \
        BART_LAYER(stack_, layer_, PARAM_LINEAR, name_ ".out_proj", "E,A", field_.o, meaning_ ": output of the heads"),          \
        BART_LAYER(stack_, layer_, PARAM_NORM, name_ "_layer_norm", "E", field_.norm, meaning_ ": LayerNorm")
#define BART_FED_FORWARD(stack_, layer_, name_, inner_, field_)                                                                  \
    BART_LAYER(stack_, layer_, PARAM_LINEAR, name_ ".fc1", inner_ ",E", field_ up, "feed-forward, up"),                          \
        BART_LAYER(stack_, layer_, PARAM_LINEAR, name_ ".fc2", "E," inner_, field_ down, "feed-forward, down"),                  \
        BART_LAYER(stack_, layer_, PARAM_NORM, name_ ".final_layer_norm", "E", field_ ffn_norm, "feed-forward: LayerNorm")
#define BART_LAYERS                                                                                                              \
    BART_ATTENDING(STACK_MAIN, bart_layer, "encoder.layers.{l}.self_attn", self, "attention"),                                   \
        BART_FED_FORWARD(STACK_MAIN, bart_layer, "encoder.layers.{l}", "I", ),                                                   \
        BART_ATTENDING(STACK_DECODER, bart_decoder_layer, "decoder.layers.{l}.self_attn", own.self, "attention"),                \
        BART_ATTENDING(STACK_DECODER, bart_decoder_layer, "decoder.layers.{l}.encoder_attn", cross, "cross-attention"),          \
        BART_FED_FORWARD(STACK_DECODER, bart_decoder_layer, "decoder.layers.{l}", "J", own.)

#endif
