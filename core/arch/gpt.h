/* What GPT-2's kin share: LayerNorms, a feed-forward of two projections, queries, keys and values often in one tensor; causal.
 *
 *   a = r + z·Wo + bo;  y = a + down(act(up(f)))          r the layer's input or its norm, f a norm of a, of the input, or …
 *
 * What r and f are is each family's own, and so are its positions. A struct gpt stands first in the own struct of each. */
#ifndef GAZE_CORE_ARCH_GPT_H
#define GAZE_CORE_ARCH_GPT_H

#include "core/arch/causal.h"
#include "core/config.h"
#include "core/pass.h"

struct gpt_layer {
    struct linear qkv;     /* of one tensor, or */
    struct linear q, k, v; /* of three */
    struct linear o, up, down;
    struct norm attention_norm, ffn_norm;
};

struct gpt {
    struct causal causal; /* first */
    struct norm last;
};

/* How queries, keys and values lie in a row of the fused projection. */
enum gpt_fused {
    GPT_THREE,  /* there is none */
    GPT_BLOCKS, /* all queries, all keys, all values */
    GPT_GROUPS  /* for each key/value head its queries, its key, its value */
};

/* A stack of equal layers with these terms, which a norm finishes; the inner width is 4·E where no key gave one. */
NODISCARD bool gpt_stack(struct model *model, struct layer_shape shape, const struct term *const *terms, struct err *err);
/* Row r of the word table for each token, kept. */
float *gpt_words(const struct model *model, struct pass *pass);
/* norm(x), scratch. */
float *gpt_norm(struct pass *pass, const struct norm *norm, const float *x);
/* Queries, keys and values of `in`, kept; the views, the scale 1/√D and the causal masks of layer l's attention. */
struct attend gpt_attend(struct pass *pass, size_t l, enum gpt_fused fused, const float *in, const struct mask *masks);
/* residual + attention·Wo, scratch. */
float *gpt_attended(struct pass *pass, const struct attend *attend, const float *residual);
/* residual + ffn(in), kept. */
float *gpt_fed_forward(struct pass *pass, size_t l, const float *in, const float *residual);
/* The last hidden state: the last norm's. */
void gpt_finish(const struct model *model, struct pass *pass, const float *x);

/* ---- rows of tables ---- */

/* Sizes by the names that GPT-2's configurations have, and by those of later classes, which win where both are there. */
#define GPT_SIZES(V_, E_, L_, H_)                                                                                                \
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = V_},                                                   \
        {.key = "hidden_size|n_embd", .kind = CONFIG_SIZE, .letter = 'E', .fallback = E_},                                       \
        {.key = "num_hidden_layers|n_layer", .kind = CONFIG_SIZE, .letter = 'L', .fallback = L_},                                \
    {                                                                                                                            \
        .key = "num_attention_heads|n_head", .kind = CONFIG_SIZE, .letter = 'H', .fallback = H_                                  \
    }
#define GPT_INNER(key_)                                                                                                          \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_SIZE_NULL, .letter = 'I', .fallback = 0                                                      \
    }
#define GPT_UNPRUNED                                                                                                             \
    {                                                                                                                            \
        .key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"                                                                 \
    }

#define GPT_PARAM(kind_, name_, shape_, field_, meaning_, ...)                                                                   \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true, .offset = offsetof(struct gpt_layer, field_),    \
        .meaning = meaning_, __VA_ARGS__                                                                                         \
    }
/* Three projections with biases and pre-norm layers, by fairseq's names. */
#define GPT_FAIRSEQ_LAYERS                                                                                                       \
    GPT_PARAM(LINEAR, "layers.{l}.self_attn.q_proj", "A,E", q, "query"),                                                         \
        GPT_PARAM(LINEAR, "layers.{l}.self_attn.k_proj", "A,E", k, "key"),                                                       \
        GPT_PARAM(LINEAR, "layers.{l}.self_attn.v_proj", "A,E", v, "value"),                                                     \
        GPT_PARAM(LINEAR, "layers.{l}.self_attn.out_proj", "E,A", o, "output of the heads"),                                     \
        GPT_PARAM(NORM, "layers.{l}.self_attn_layer_norm", "E", attention_norm, "LayerNorm before attention"),                   \
        GPT_PARAM(LINEAR, "layers.{l}.fc1", "I,E", up, "feed-forward, up"),                                                      \
        GPT_PARAM(LINEAR, "layers.{l}.fc2", "E,I", down, "feed-forward, down"),                                                  \
        GPT_PARAM(NORM, "layers.{l}.final_layer_norm", "E", ffn_norm, "LayerNorm before feed-forward")
#define GPT_LAST(name_)                                                                                                          \
    {                                                                                                                            \
        .name = name_, .shape = "E", .kind = PARAM_NORM, .offset = offsetof(struct gpt, last), .meaning = "last LayerNorm"       \
    }

#endif
