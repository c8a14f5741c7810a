/* Phi-3.5-MoE (Abdin et al. 2024): Mixtral, see mixtral.c, with LayerNorms, biases where attention_bias is true, longrope and two
 * experts that SparseMixer weighs (Liu et al. 2024).
 *
 *   first expert: the largest logit s₁, weight softmax over the experts with (s₁ − s)/max(|s|, s₁) ≤ 2·router_jitter_noise
 *   second: the same of the experts but the first, so that each weight is near 1 unless others come close
 *
 * What has caused bugs: cos and sin are multiplied by rope_scaling's short_mscale and long_mscale, whatever longrope says;
 * original_max_position_embeddings stands in rope_scaling. */
#include "core/arch/decoder.h"

#include <math.h>

struct phimoe {
    struct decoder decoder; /* first */
    float noise;
    bool head_biased;
};

/* The weight of `chosen`, the largest of the logits but for `out`. */
static float weight_of(const float *logits, size_t n, int64_t chosen, int64_t out, float near)
{
    float most = logits[chosen], sum = 0;
    for (size_t e = 0; e < n; e++)
        if ((int64_t)e != out && !((most - logits[e]) / fmaxf(fabsf(logits[e]), most) > near))
            sum += expf(logits[e] - most);
    return 1 / sum;
}

static void weigh(const struct model *model, const float *logits, size_t n, const int64_t *chosen, size_t k, float *weights)
{
    const struct phimoe *w = model->own;
    for (size_t c = 0; c < k; c++)
        weights[c] = weight_of(logits, n, chosen[c], c ? chosen[0] : -1, 2 * w->noise);
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const char *const names[] = {"short_mscale", "long_mscale"};
    const struct json *scaling = json_get(config, "rope_scaling");
    struct phimoe *w = model->own;
    struct decoder *d = &w->decoder;
    model->dim['M'] = model->dim['I'];
    d->layer_norm = true;
    d->o_biased = d->qkv_biased;
    d->mixture.weigh = weigh;
    if (d->mixture.chosen != 2)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: num_experts_per_tok = %zu is not read for phimoe (only 2)",
                       model->folder, d->mixture.chosen);
    if (!decoder_configure(model, err) || !decoder_windows(model, NULL, err) || !decoder_route(model, NULL, err))
        return false;
    double original = json_number(json_get(scaling, "original_max_position_embeddings"), 0);
    for (size_t i = 0; i < 2; i++) {
        d->rope[0].factors[i] = (float)json_number(json_get(scaling, names[i]), 0);
        if (json_is_object(scaling) && !(d->rope[0].factors[i] > 0))
            return err_set(err, ERR_FORMAT, "%s/config.json: rope_scaling.%s is no number above 0", model->folder, names[i]);
    }
    if (original >= 1)
        d->rope[0].original = (size_t)original;
    d->rope[1] = d->rope[0];
    return true;
}

static bool head_biased(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct phimoe *)model->own)->head_biased;
}

static const struct config_key keys[] = {
    DECODER_SIZES(32064, 4096, 6400, 32, 32, 131072),
    DECODER_KV(8),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(1000000),
    DECODER_WHOLE,
    DECODER_WINDOW(0),
    DECODER_EXPERT_SIZES("num_local_experts", 16, 2),
    {.key = "router_jitter_noise", .kind = CONFIG_POSITIVE, .fallback = 0.01, .field = offsetof(struct phimoe, noise)},
    DECODER_FLAG("attention_bias", false, qkv_biased),
    {.key = "lm_head_bias", .kind = CONFIG_BOOL, .field = offsetof(struct phimoe, head_biased)},
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_WORDS,
    {.name = "lm_head.bias",
     .shape = "V",
     .kind = PARAM_FLOATS,
     .offset = DECODER(causal.bias),
     .when = head_biased,
     .optional = true,
     .meaning = "next word: bias of the vocabulary"},
    DECODER_QKV,
    DECODER_O,
    DECODER_LAYER_NORM("input_layernorm", attention_norm, "LayerNorm before attention"),
    DECODER_LAYER_NORM("post_attention_layernorm", ffn_norm, "LayerNorm before feed-forward"),
    DECODER_LAST(NORM),
    DECODER_EXPERTS("block_sparse_moe.gate", "block_sparse_moe.experts.{e}.", "w1", "w3", "w2"),
    {0},
};

const struct arch arch_phimoe = {
    .name = "phimoe",
    .model_types = "phimoe",
    .summary = "Phi-3.5-MoE: 2 of 16 experts by SparseMixer, longrope",
    .source = "Abdin et al. 2024",
    .prefixes = "model.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct decoder),
    .own_size = sizeof(struct phimoe),
    .layer_size = sizeof(struct decoder_layer),
    .configure = configure,
    .forward = decoder_forward,
};
