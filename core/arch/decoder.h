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
    const float **q_norms, **k_norms;   /* the same, a tensor a head */
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
    size_t kv, width, window; /* key/value heads and head width (0: what follows from E and H); keys that are seen (0: all) */
    bool layer_norm;                  /* norms are LayerNorm, else by root mean square */
    float norm_add;                   /* added to the weights of the latter */
    enum qk_norm qk_norm;
    bool qk_normed;          /* what a key of the configuration says of it */
    float clip;                          /* q, k and v stay within ±clip; 0: unbounded */
    float embed_scale, residual_scale;   /* 0: 1 */
    float scale, cap;                    /* of scores: 0: 1/√D; 0: none */
    bool parallel, plain_ffn, both_ways; /* both_ways: nothing is hidden but by windows, which reach to both sides */
    bool qkv_biased, o_biased, ffn_biased;
    bool slides;             /* use_sliding_window */
    size_t slides_from;      /* max_window_layers */
    struct mixture_kind mixture;
};

/* The stack, its shapes and its rotations, from the keys; then layer->window, still, local and routed may be set. */
NODISCARD bool decoder_configure(struct model *model, struct err *err);
/* layer->window of the layers that `layer_types` calls sliding_attention, or where there is no such list, those for which
 * `slides` says so; NULL: of all layers, whatever the list says. They are `local` too. Errors name a kind of layer that is not read. */
NODISCARD bool decoder_windows(struct model *model, bool (*slides)(const struct model *model, size_t layer), struct err *err);
/* sliding_window counts only where use_sliding_window is true; before decoder_windows. */
void decoder_may_slide(struct model *model);
/* For decoder_windows: layers from max_window_layers on. */
bool decoder_slides_above(const struct model *model, size_t layer);
/* layer->routed of the layers for which `routes` says so; NULL: all. Refuses k experts of X where that is no choice. */
NODISCARD bool decoder_route(struct model *model, bool (*routes)(const struct model *model, size_t layer), struct err *err);
/* For decoder_route: layers that neither mlp_only_layers names nor decoder_sparse_step (letter s) passes over. */
bool decoder_routes_sparsely(const struct model *model, size_t layer);
/* `bound` where tensors are fused: views into them. */
NODISCARD bool decoder_split(struct model *model, struct err *err);
void decoder_forward(const struct model *model, struct pass *pass);

/* ---- rows of tables ---- */

#define DECODER(field_) offsetof(struct decoder, field_)
#define DECODER_SIZES(V_, E_, I_, L_, H_, P_)                                                                          \
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = V_},                                         \
    {.key = "hidden_size", .kind = CONFIG_SIZE, .letter = 'E', .fallback = E_},                                        \
    {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = I_},                                  \
    {.key = "num_hidden_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = L_},                                  \
    {.key = "num_attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = H_},                                \
    {.key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = P_}
#define DECODER_KEY(key_, kind_, fallback_, letter_, field_)                                                           \
    {.key = key_, .kind = CONFIG_##kind_, .fallback = fallback_, .letter = letter_, .field = DECODER(field_)}
/* Fallbacks of 0: as many as there are query heads; E/H; no window. */
#define DECODER_KV(kv_) DECODER_KEY("num_key_value_heads", SIZE_NULL, kv_, 'k', kv)
#define DECODER_WIDTH(D_) DECODER_KEY("head_dim", SIZE_NULL, D_, 'd', width)
#define DECODER_WINDOW(w_) DECODER_KEY("sliding_window", SIZE_NULL, w_, 'w', window)
/* With decoder_may_slide. */
#define DECODER_MAY_SLIDE {.key = "use_sliding_window", .kind = CONFIG_BOOL, .fallback = false, .field = DECODER(slides)}
#define DECODER_THETA(theta_) DECODER_KEY("rope_theta", POSITIVE, theta_, 0, theta)
#define DECODER_PARTIAL(part_) DECODER_KEY("partial_rotary_factor", POSITIVE, part_, 0, partial)
#define DECODER_WHOLE {.key = "partial_rotary_factor", .kind = CONFIG_ONLY, .text = "1"}
#define DECODER_ACT(key_, name_) {.key = key_, .kind = CONFIG_ACTIVATION, .text = name_}
#define DECODER_EPS(key_, eps_) {.key = key_, .kind = CONFIG_EPS, .fallback = eps_}
#define DECODER_FLAG(key_, fallback_, field_) DECODER_KEY(key_, BOOL, fallback_, 0, field_)
#define DECODER_NUMBER(key_, fallback_, field_) DECODER_KEY(key_, POSITIVE_NULL, fallback_, 0, field_)
#define DECODER_EXPERT_SIZES(key_, X_, k_)                                                                             \
    {.key = key_, .kind = CONFIG_SIZE, .letter = 'X', .fallback = X_},                                                 \
    DECODER_KEY("num_experts_per_tok", SIZE, k_, 'c', mixture.chosen)
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

#define DECODER_ROW(kind_, name_, shape_, field_, meaning_, ...)                                                       \
    {.name = "layers.{l}." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                             \
     .offset = offsetof(struct decoder_layer, field_), .meaning = meaning_, __VA_ARGS__}
/* A projection with a bias or without, as `which` of the configuration says. */
#define DECODER_LINEAR(name_, shape_, field_, which, meaning_)                                                         \
    DECODER_ROW(LINEAR, name_, shape_, field_, meaning_, .when = decoder_##which##_biased),                            \
    DECODER_ROW(LINEAR_NO_BIAS, name_, shape_, field_, meaning_, .when = decoder_##which##_plain)
/* Norms by root mean square, and LayerNorms. */
#define DECODER_RMS(name_, field_, meaning_) DECODER_ROW(NORM_NO_BIAS, name_, "E", field_, meaning_, )
/* Weights that are stored less one begin at zero. */
#define DECODER_RMS_LESS(name_, field_, meaning_) DECODER_ROW(NORM_NO_BIAS, name_, "E", field_, meaning_, .init = INIT_ZEROS)
#define DECODER_LAST_LESS                                                                                              \
    {.name = "norm", .shape = "E", .kind = PARAM_NORM_NO_BIAS, .offset = DECODER(last), .init = INIT_ZEROS,            \
     .meaning = "last norm"}
#define DECODER_LAYER_NORM(name_, field_, meaning_) DECODER_ROW(NORM, name_, "E", field_, meaning_, )
#define DECODER_LAST(kind_)                                                                                            \
    {.name = "norm", .shape = "E", .kind = PARAM_##kind_, .offset = DECODER(last), .meaning = "last norm"}

#define DECODER_WORDS                                                                                                  \
    CAUSAL_WORD(struct decoder, "embed_tokens.weight"), CAUSAL_HEAD(struct decoder, "lm_head.weight"),                 \
    CAUSAL_SCORE(struct decoder)
#define DECODER_PRE_NORMS                                                                                              \
    DECODER_RMS("input_layernorm", attention_norm, "norm before attention"),                                           \
    DECODER_RMS("post_attention_layernorm", ffn_norm, "norm before feed-forward")
#define DECODER_QKV                                                                                                    \
    DECODER_LINEAR("self_attn.q_proj", "A,E", q, qkv, "query"),                                                        \
    DECODER_LINEAR("self_attn.k_proj", "C,E", k, qkv, "key"),                                                          \
    DECODER_LINEAR("self_attn.v_proj", "C,E", v, qkv, "value")
#define DECODER_O DECODER_LINEAR("self_attn.o_proj", "E,A", o, o, "output of the heads")
/* Norms of queries and keys, where d->qk_norm says that there are. */
#define DECODER_QK_NORMS(q_shape, k_shape) DECODER_QK_NORMS_FROM(q_shape, k_shape, INIT_ONES)
#define DECODER_QK_NORMS_FROM(q_shape, k_shape, init_)                                                                 \
    DECODER_ROW(FLOATS, "self_attn.q_norm.weight", q_shape, q_norm, "norm of queries", .when = decoder_qk_normed,      \
                .init = init_),                                                                                    \
    DECODER_ROW(FLOATS, "self_attn.k_norm.weight", k_shape, k_norm, "norm of keys", .when = decoder_qk_normed,         \
                .init = init_)
#define DECODER_FFN                                                                                                    \
    DECODER_LINEAR("mlp.gate_proj", "I,E", gate, ffn, "feed-forward, gate"),                                           \
    DECODER_LINEAR("mlp.up_proj", "I,E", up, ffn, "feed-forward, up"),                                                 \
    DECODER_LINEAR("mlp.down_proj", "E,I", down, ffn, "feed-forward, down")
/* Q and J are A+2C and 2I: decoder_configure. */
#define DECODER_GATE_UP                                                                                                \
    DECODER_ROW(LINEAR_NO_BIAS, "mlp.gate_up_proj", "J,E", both, "feed-forward, gate and up", ),                       \
    DECODER_ROW(LINEAR_NO_BIAS, "mlp.down_proj", "E,I", down, "feed-forward, down", )
/* Everything of Llama but its norms. */
#define DECODER_BODY DECODER_WORDS, DECODER_QKV, DECODER_O, DECODER_FFN
#define DECODER_LLAMA DECODER_BODY, DECODER_PRE_NORMS, DECODER_LAST(NORM_NO_BIAS)
/* X experts, M wide. */
#define DECODER_ROUTED(kind_, name_, shape_, field_, meaning_, ...)                                                    \
    DECODER_ROW(kind_, name_, shape_, mixture.field_, meaning_, .when = decoder_routed, __VA_ARGS__)
#define DECODER_EXPERTS(router_, expert_, gate_, up_, down_)                                                           \
    DECODER_ROUTED(LINEAR_NO_BIAS, router_, "X,E", router, "router of the experts", ),                                 \
    DECODER_ROUTED(LINEAR_NO_BIAS, expert_ gate_, "M,E", gate, "expert, gate", .count = 'X'),                          \
    DECODER_ROUTED(LINEAR_NO_BIAS, expert_ up_, "M,E", up, "expert, up", .count = 'X'),                                \
    DECODER_ROUTED(LINEAR_NO_BIAS, expert_ down_, "E,M", down, "expert, down", .count = 'X')

/* The slots of a struct arch that all of them share. */
#define DECODER_ARCH                                                                                                   \
    .prefixes = "model.", .keys = keys, .params = params, .heads = CAUSAL_HEADS, .own_size = sizeof(struct decoder),   \
    .classify = CAUSAL_CLASSIFY(struct decoder),                                                                       \
    .layer_size = sizeof(struct decoder_layer), .configure = configure, .forward = decoder_forward

#endif
