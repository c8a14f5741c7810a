/* Gemma 3's text model and EmbeddingGemma's (Gemma Team 2025): Gemma 2 without caps, with norms of queries and keys head by
 * head, and five layers with a window to one without.
 *
 * What has caused bugs: layers with a window turn by rope_local_base_freq without scaling, the others by rope_theta with it;
 * use_bidirectional_attention hides nothing, and its window reaches sliding_window/2 to both sides. */
#include "core/arch/decoder.h"

#include <math.h>

static bool slides(const struct model *model, size_t l)
{
    return (l + 1) % model->dim['s'] != 0;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    d->norm_add = 1;
    d->embed_scale = sqrtf((float)model->dim['E']);
    d->o_biased = d->qkv_biased;
    d->scale = 1 / sqrtf(d->scale);
    d->qk_norm = QK_HEAD_RMS;
    if (model->dim['s'] == 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: sliding_window_pattern is 0", model->folder);
    if (d->both_ways && d->window)
        d->window = d->window / 2 + 1;
    if (!decoder_configure(model, err) || !decoder_windows(model, slides, err))
        return false;
    size_t turned = d->rope[0].turned;
    if (json_is_object(json_get(json_get(config, "rope_parameters"), "sliding_attention")))
        return rope_read_of(model, "sliding_attention", 0, turned, d->pairs, &d->rope[1], err);
    d->rope[1] = rope_plain(d->local_theta, turned, d->pairs);
    return true;
}

static const struct config_key keys[] = {
    DECODER_SIZES(262208, 2304, 9216, 26, 8, 131072),
    DECODER_KV(4),
    DECODER_WIDTH(256),
    DECODER_ACT("hidden_activation", "gelu_pytorch_tanh"),
    DECODER_EPS("rms_norm_eps", 1e-6),
    DECODER_THETA(1000000),
    DECODER_WHOLE,
    DECODER_KEY("rope_local_base_freq", POSITIVE, 10000, 0, local_theta),
    DECODER_WINDOW(4096),
    {.key = "sliding_window_pattern", .kind = CONFIG_SIZE, .letter = 's', .fallback = 6},
    DECODER_FLAG("use_bidirectional_attention", false, both_ways),
    DECODER_NUMBER("query_pre_attn_scalar", 256, scale),
    {.key = "attn_logit_softcapping", .kind = CONFIG_ONLY, .text = "null"},
    DECODER_NUMBER("final_logit_softcapping", 0, causal.cap),
    DECODER_FLAG("attention_bias", false, qkv_biased),
    DECODER_TIED(true),
    {0},
};

static const struct param params[] = {
    DECODER_BODY,
    DECODER_RMS_LESS("input_layernorm", attention_norm, "norm before attention"),
    DECODER_RMS_LESS("post_attention_layernorm", attention_post, "norm of what attention gives"),
    DECODER_RMS_LESS("pre_feedforward_layernorm", ffn_norm, "norm before feed-forward"),
    DECODER_RMS_LESS("post_feedforward_layernorm", ffn_post, "norm of what the feed-forward gives"),
    DECODER_LAST_LESS,
    DECODER_QK_NORMS_FROM("D", "D", INIT_ZEROS),
    {0},
};

const struct arch arch_gemma3 = {
    .name = "gemma3",
    .model_types = "gemma3_text",
    .summary = "Gemma 3: norms of q and k, two rotations, windows",
    .source = "Gemma Team 2025",
    DECODER_ARCH,
};
