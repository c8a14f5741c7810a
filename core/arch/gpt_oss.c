/* gpt-oss (OpenAI 2025): Llama with biases, every second layer within a window, a learned sink beside the keys of each head, and
 * experts that are chosen by the logits first and weighted by the softmax over the chosen.
 *
 *   expert: (u + 1)·g·sigmoid(1.702·g)·Wd + bd,  g ≤ 7 and −7 ≤ u ≤ 7 the even and odd columns of x·Wgu + bgu
 *
 * What has caused bugs: the experts lie in one tensor, input first; gate and up alternate in its columns; rows of a map sum to
 * less than 1, the sink takes the rest. */
#include <math.h>
#include <string.h>

#include "core/arch/decoder.h"

struct gpt_oss {
    struct decoder decoder; /* first */
    bool apart;             /* experts_apart: gate and up are tensors of their own and all lie output first, as in GGUF files */
};
struct gpt_oss_layer {
    struct decoder_layer decoder;                 /* first */
    struct tensor up, down;                       /* [X,E,2I] [X,I,E]; apart [X,I,E] [X,E,I] */
    struct tensor gate;                           /* apart [X,I,E] */
    const float *up_bias, *down_bias, *gate_bias; /* [X,2I] [X,E]; apart [X,I] [X,E] [X,I] */
};

/* Gates and values in turn are made one in place: what is written lies before what is still to be read. */
static void join(float *up, const float *gates, size_t n, size_t I)
{
    for (size_t i = 0; i < n * I; i++) {
        float gate = fminf(gates ? gates[i] : up[2 * i], 7), value = fminf(fmaxf(gates ? up[i] : up[2 * i + 1], -7), 7);
        up[i] = (value + 1) * gate / (1 + expf(-1.702f * gate));
    }
}

static bool slides(const struct model *model, size_t l)
{
    (void)model;
    return l % 2 == 0;
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct decoder *d = model->own;
    d->o_biased = d->qkv_biased = true;
    d->mixture.normalised = true;
    d->mixture.join = join;
    if (!json_get(config, "rope_scaling") && !json_get(config, "rope_parameters"))
        return err_set(err, ERR_FORMAT, "%s/config.json: rope_scaling is missing", model->folder);
    return decoder_configure(model, err) && decoder_windows(model, slides, err) && decoder_route(model, NULL, err);
}

static bool bound(struct model *model, struct err *err)
{
    const struct stack *stack = &model->stacks[STACK_MAIN];
    bool apart = ((const struct gpt_oss *)model->own)->apart;
    for (size_t l = 0; l < stack->layers; l++) {
        struct gpt_oss_layer *layer = stack_layer(stack, l);
        struct mixture *mixture = &layer->decoder.mixture;
        mixture->up = mixture_stacked(model, &layer->up, layer->up_bias, apart, err);
        mixture->down = mixture_stacked(model, &layer->down, layer->down_bias, apart, err);
        mixture->gate = apart ? mixture_stacked(model, &layer->gate, layer->gate_bias, true, err) : NULL;
        if (!mixture->up || !mixture->down || (apart && !mixture->gate))
            return false;
    }
    return true;
}

static bool is_apart(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct gpt_oss *)model->own)->apart;
}

static bool is_joined(const struct model *model, size_t layer)
{
    return !is_apart(model, layer);
}

static const char *note(const struct model *model, enum stack_kind stack, size_t layer)
{
    (void)model, (void)stack, (void)layer;
    return "a query's keys sum to less than 1: the head's learned sink takes the rest";
}

static const struct config_key keys[] = {
    DECODER_SIZES(201088, 2880, 2880, 36, 64, 131072),
    DECODER_KV(8),
    DECODER_WIDTH(64),
    {.key = "hidden_act", .kind = CONFIG_ONLY, .text = "\"silu\""},
    DECODER_EPS("rms_norm_eps", 1e-5),
    DECODER_THETA(150000),
    DECODER_WHOLE,
    DECODER_WINDOW(128),
    DECODER_EXPERT_SIZES("num_local_experts", 128, 4),
    {.key = "swiglu_limit", .kind = CONFIG_ONLY, .text = "7"},
    {.key = "experts_apart", .kind = CONFIG_BOOL, .fallback = false, .field = offsetof(struct gpt_oss, apart)},
    DECODER_TIED(false),
    {0},
};

#define EXPERTS(kind_, name_, shape_, field_, when_, meaning_)                                                                   \
    {                                                                                                                            \
        .name = "layers.{l}.mlp.experts." name_, .shape = shape_, .kind = PARAM_##kind_, .layered = true,                        \
        .offset = offsetof(struct gpt_oss_layer, field_), .when = when_, .meaning = meaning_                                     \
    }
static const struct param params[] = {
    DECODER_WORDS,
    DECODER_QKV,
    DECODER_O,
    DECODER_PRE_NORMS,
    DECODER_LAST(NORM_NO_BIAS),
    DECODER_ROW(FLOATS, "self_attn.sinks", "H", sink, "a logit beside the keys of each head", .init = INIT_NORMAL),
    DECODER_ROUTED(LINEAR, "mlp.router", "X,E", router, "router of the experts", ),
    EXPERTS(TABLE, "gate_up_proj", "X,E,J", up, is_joined, "experts, gate and up"),
    EXPERTS(FLOATS, "gate_up_proj_bias", "X,J", up_bias, is_joined, "experts, biases of gate and up"),
    EXPERTS(TABLE, "down_proj", "X,I,E", down, is_joined, "experts, down"),
    EXPERTS(TABLE, "gate_proj", "X,I,E", gate, is_apart, "experts, gate"),
    EXPERTS(FLOATS, "gate_proj_bias", "X,I", gate_bias, is_apart, "experts, biases of gate"),
    EXPERTS(TABLE, "up_proj", "X,I,E", up, is_apart, "experts, up"),
    EXPERTS(FLOATS, "up_proj_bias", "X,I", up_bias, is_apart, "experts, biases of up"),
    EXPERTS(TABLE, "down_proj", "X,E,I", down, is_apart, "experts, down"),
    EXPERTS(FLOATS, "down_proj_bias", "X,E", down_bias, NULL, "experts, biases of down"),
    {0},
};

const struct arch arch_gpt_oss = {
    .name = "gpt_oss",
    .model_types = "gpt_oss",
    .summary = "gpt-oss: learned sinks, 4 of 128 experts, windows",
    .source = "OpenAI 2025",
    .prefixes = "model.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct decoder),
    .own_size = sizeof(struct gpt_oss),
    .layer_size = sizeof(struct gpt_oss_layer),
    .configure = configure,
    .bound = bound,
    .forward = decoder_forward,
    .note = note,
};
