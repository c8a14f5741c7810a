/* What decoders of Llama's kind share: everything but their configuration and the names of their tensors.
 *
 *   x = word[id]·scale; each layer:
 *     n = norm(x);  q, k, v = n·Wq, n·Wk, n·Wv;  q and k normed where the family does;  q and k turn by position
 *     query i sees key j where 0 ≤ i−j (< window);  a = post(z·Wo)
 *     x += a·residual;  x += post(ffn(norm(x)))·residual          ffn: down(act(gate(x)) · up(x)), or down(act(up(x))), or
 * experts in parallel families  x += a + ffn(norm(x)) of the x before, with a norm of its own or with n norm(x) at the end; the
 * last hidden state is what it gives
 *
 * A norm that has no weights is not there. A family fills in what differs in `configure` before decoder_configure. */
#ifndef GAZE_CORE_ARCH_DECODER_H
#define GAZE_CORE_ARCH_DECODER_H

#include "core/arch/causal.h"
#include "core/arch/mixture.h"
#include "core/arch/rope.h"
#include "core/config.h"

/* What is normed of queries and keys before they turn. */
enum qk_norm {
    QK_NONE,
    QK_HEAD_RMS,  /* each head by its root mean square; weights [D] for all heads */
    QK_WIDTH_RMS, /* all heads together; weights [H·D], [Hkv·D] */
    QK_HEAD_LAYER /* each head by LayerNorm without bias; weights [H·D], [Hkv·D], each head its own */
};

struct decoder_layer {
    struct norm attention_norm, attention_post, ffn_norm, ffn_post;
    struct linear q, k, v, o, qkv; /* qkv: [q; k; v] in one tensor, of which q, k, v are rows */
    const float *q_norm, *k_norm;
    const float *sink;                  /* [H] */
    struct linear gate, up, down, both; /* both: [gate; up] in one tensor */
    struct mixture mixture;
    size_t window; /* 0: everything before */
    bool routed;   /* its feed-forward is the mixture */
    bool still;    /* no rotary positions */
    bool local;    /* which of the decoder's two rotations */
};

struct decoder {
    struct causal causal; /* first */
    struct norm last;
    struct rope rope[2]; /* of local layers [1]; with one rotation both are the same */
    float theta, local_theta, partial;
    enum rotary_pairs pairs;
    size_t kv, width, window, chosen; /* of the configuration: key/value heads and head width (0: what follows from E and H) */
    bool layer_norm;                  /* norms are LayerNorm, else by root mean square */
    float norm_add;                   /* added to the weights of the latter */
    enum qk_norm qk_norm;
    float clip;                          /* q, k and v stay within ±clip; 0: unbounded */
    float embed_scale, residual_scale;   /* 0: 1 */
    float scale, cap;                    /* of scores: 0: 1/√D; 0: none */
    bool parallel, plain_ffn, both_ways; /* both_ways: nothing is hidden but by windows, which reach to both sides */
    bool qkv_biased, o_biased, ffn_biased;
    struct mixture_kind mixture;
};

/* The stack, its shapes and its rotations, from the keys; then layer->window, still, local and routed may be set. */
NODISCARD bool decoder_configure(struct model *model, struct err *err);
/* layer->window of the layers that `layer_types` calls sliding_attention, or where there is no such list, those for which
 * `slides` says so; NULL: all. They are `local` too. Errors name a kind of layer that is not read. */
NODISCARD bool decoder_windows(struct model *model, bool (*slides)(const struct model *model, size_t layer), struct err *err);
/* Refuse k experts of n where that is no choice. */
NODISCARD bool decoder_choice(const struct model *model, const char *key, size_t k, size_t n, struct err *err);
/* Views into fused tensors; call in `bound`. */
void decoder_split(struct model *model);
void decoder_forward(const struct model *model, struct pass *pass);

/* ---- rows of tables ---- */

#define DECODER(field_) offsetof(struct decoder, field_)
#define DECODER_SIZES(V_, E_, I_, L_, H_)                                                                                        \
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = V_},                                                   \
        {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = E_},                                              \
        {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = I_},                                        \
        {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = L_},                                        \
    {                                                                                                                            \
        .key = "num_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = H_                                         \
    }
/* Fallbacks of 0: as many as there are query heads; E/H. */
#define DECODER_KV(kv_)                                                                                                          \
    {                                                                                                                            \
        .key = "num_key_value_heads", .kind = CONFIG_SIZE_NULL, .letter = 'k', .fallback = kv_, .field = DECODER(kv)             \
    }
#define DECODER_WIDTH(D_)                                                                                                        \
    {                                                                                                                            \
        .key = "head_dim", .kind = CONFIG_SIZE_NULL, .letter = 'd', .fallback = D_, .field = DECODER(width)                      \
    }
#define DECODER_WINDOW(w_)                                                                                                       \
    {                                                                                                                            \
        .key = "sliding_window", .kind = CONFIG_SIZE_NULL, .letter = 'w', .fallback = w_, .field = DECODER(window)               \
    }
#define DECODER_THETA(theta_)                                                                                                    \
    {                                                                                                                            \
        .key = "rope_theta", .kind = CONFIG_POSITIVE, .fallback = theta_, .field = DECODER(theta)                                \
    }
#define DECODER_PARTIAL(part_)                                                                                                   \
    {                                                                                                                            \
        .key = "partial_rotary_factor", .kind = CONFIG_POSITIVE, .fallback = part_, .field = DECODER(partial)                    \
    }
#define DECODER_WHOLE                                                                                                            \
    {                                                                                                                            \
        .key = "partial_rotary_factor", .kind = CONFIG_ONLY, .text = "1"                                                         \
    }
#define DECODER_ACT(key_, name_)                                                                                                 \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_ACTIVATION, .text = name_                                                                    \
    }
#define DECODER_EPS(key_, eps_)                                                                                                  \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_EPS, .fallback = eps_                                                                        \
    }
#define DECODER_FLAG(key_, fallback_, field_)                                                                                    \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_BOOL, .fallback = fallback_, .field = DECODER(field_)                                        \
    }
#define DECODER_NUMBER(key_, fallback_, field_)                                                                                  \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_POSITIVE, .fallback = fallback_, .field = DECODER(field_)                                    \
    }
#define DECODER_TIED(fallback_) CAUSAL_TIED(struct decoder, fallback_)

bool decoder_qkv_biased(const struct model *model, size_t layer);
bool decoder_qkv_plain(const struct model *model, size_t layer);
bool decoder_o_biased(const struct model *model, size_t layer);
bool decoder_o_plain(const struct model *model, size_t layer);
bool decoder_ffn_biased(const struct model *model, size_t layer); /* and not routed */
bool decoder_ffn_plain(const struct model *model, size_t layer);
bool decoder_routed(const struct model *model, size_t layer);
bool decoder_qk_normed(const struct model *model, size_t layer);
bool decoder_sequential(const struct model *model, size_t layer);

#define DECODER_ROW(kind_, name_, shape_, field_, meaning_, ...)                                                                 \
    {                                                                                                                            \
        .name = "layers.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                                    \
        .offset = offsetof(struct decoder_layer, field_), .meaning = meaning_, __VA_ARGS__                                       \
    }
/* A projection with a bias or without, as `which` of the configuration says. */
#define DECODER_LINEAR(name_, shape_, field_, which, meaning_)                                                                   \
    DECODER_ROW(LINEAR, name_, shape_, field_, meaning_, .when = decoder_##which##_biased),                                      \
        DECODER_ROW(LINEAR_NO_BIAS, name_, shape_, field_, meaning_, .when = decoder_##which##_plain)

#define DECODER_OWN CAUSAL_WORD(struct decoder, "embed_tokens.weight"), CAUSAL_HEAD(struct decoder, "lm_head.weight")
#define DECODER_LAST_RMS                                                                                                         \
    {                                                                                                                            \
        .name = "norm", .shape = "E", .kind = PARAM_NORM_NO_BIAS, .offset = DECODER(last), .meaning = "last norm"                \
    }
#define DECODER_QKV                                                                                                              \
    DECODER_LINEAR("self_attn.q_proj", "A,E", q, qkv, "query"), DECODER_LINEAR("self_attn.k_proj", "C,E", k, qkv, "key"),        \
        DECODER_LINEAR("self_attn.v_proj", "C,E", v, qkv, "value")
#define DECODER_O DECODER_LINEAR("self_attn.o_proj", "E,A", o, o, "output of the heads")
#define DECODER_QK_FLOATS(shape_q, shape_k)                                                                                      \
    DECODER_ROW(FLOATS, "self_attn.q_norm.weight", shape_q, q_norm, "norm of queries", .when = decoder_qk_normed,                \
                .init = INIT_ONES),                                                                                              \
        DECODER_ROW(FLOATS, "self_attn.k_norm.weight", shape_k, k_norm, "norm of keys", .when = decoder_qk_normed,               \
                    .init = INIT_ONES)
#define DECODER_FFN                                                                                                              \
    DECODER_LINEAR("mlp.gate_proj", "I,E", gate, ffn, "feed-forward, gate"),                                                     \
        DECODER_LINEAR("mlp.up_proj", "I,E", up, ffn, "feed-forward, up"),                                                       \
        DECODER_LINEAR("mlp.down_proj", "E,I", down, ffn, "feed-forward, down")
#define DECODER_NORM_RMS(name_, field_, meaning_) DECODER_ROW(NORM_NO_BIAS, name_, "E", field_, meaning_)
#define DECODER_PRE_NORMS                                                                                                        \
    DECODER_NORM_RMS("input_layernorm", attention_norm, "norm before attention"),                                                \
        DECODER_NORM_RMS("post_attention_layernorm", ffn_norm, "norm before feed-forward")
/* Llama's table of parameters, which many share. */
#define DECODER_LLAMA DECODER_OWN, DECODER_LAST_RMS, DECODER_PRE_NORMS, DECODER_QKV, DECODER_O, DECODER_FFN
/* Experts under `prefix`, M wide. */
#define DECODER_EXPERTS(router_, prefix, gate_, up_, down_)                                                                      \
    DECODER_ROW(LINEAR_NO_BIAS, router_, "X,E", mixture.router, "router of the experts", .when = decoder_routed),                \
        DECODER_ROW(LINEAR_NO_BIAS, prefix ".{e}." gate_, "M,E", mixture.gate, "expert, gate", .when = decoder_routed,           \
                    .count = 'X'),                                                                                               \
        DECODER_ROW(LINEAR_NO_BIAS, prefix ".{e}." up_, "M,E", mixture.up, "expert, up", .when = decoder_routed, .count = 'X'),  \
        DECODER_ROW(LINEAR_NO_BIAS, prefix ".{e}." down_, "E,M", mixture.down, "expert, down", .when = decoder_routed,           \
                    .count = 'X')

/* The slots of a struct arch that all of them share. */
#define DECODER_ARCH                                                                                                             \
    .prefixes = "model.", .keys = keys, .params = params, .heads = CAUSAL_HEADS, .own_size = sizeof(struct decoder),             \
    .layer_size = sizeof(struct decoder_layer), .forward = decoder_forward

#endif
