/* Phi-3 and Phi-4-mini (Abdin et al. 2024): Llama with one tensor for query, key and value, one for gate and up, and longrope.
 *
 * What has caused bugs: a head turns in part where partial_rotary_factor says so; the long factors serve texts longer than
 * original_max_position_embeddings, which stands at the top level. */
#include "core/arch/decoder.h"

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    const struct json *scaling = json_get(config, "rope_scaling");
    struct str type = json_str(json_get(scaling, "rope_type"), NULL);
    if (str_is(type.n ? type : json_str(json_get(scaling, "type"), ""), "yarn"))
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: rope_scaling of type \"yarn\" is not read for phi3 (longrope is)",
                       model->folder);
    if (!decoder_configure(model, err) || !decoder_windows(model, NULL, err))
        return false;
    if (json_is_null(json_get(config, "original_max_position_embeddings")) ||
        !json_get(config, "original_max_position_embeddings"))
        d->rope[0].original = d->rope[1].original = 4096;
    return true;
}

static const struct config_key keys[] = {
    DECODER_SIZES(32064, 3072, 8192, 32, 32, 4096),
    DECODER_KV(0),
    DECODER_WIDTH(0),
    DECODER_ACT("hidden_act", "silu"),
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(10000),
    DECODER_PARTIAL(1),
    DECODER_WINDOW(0),
    DECODER_TIED(false),
    {0},
};

static const struct param params[] = {
    DECODER_WORDS,
    DECODER_PRE_NORMS,
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_ROW(LINEAR_NO_BIAS, "self_attn.qkv_proj", "Q,E", qkv, "query, key, value", ),
    DECODER_O,
    DECODER_GATE_UP,
    {0},
};

const struct arch arch_phi3 = {
    .name = "phi3",
    .model_types = "phi3",
    .summary = "Phi-3: fused projections, longrope",
    .source = "Abdin et al. 2024",
    DECODER_ARCH,
    .bound = decoder_split,
};
