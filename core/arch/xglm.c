/* XGLM (Lin et al. 2021): GPT-2's layers, see gpt2.c, under fairseq's names: pre-norm, sinusoids, causal.
 *
 *   x = word[id]·√E + sinusoid(i + 2); layers as GPT-2's with three projections; norm(x) at the end
 *
 * What has caused bugs: the sinusoids are fairseq's, see sinusoid.h; norms have eps 1e-5. */
#include <math.h>

#include "core/arch/gpt.h"
#include "core/arch/sinusoid.h"

struct xglm {
    struct gpt gpt; /* first */
    bool scaled;
};
enum { FIRST = 2 };

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    model->norm_eps = 1e-5f;
    if (model->E < 4)
        return err_set(err, ERR_FORMAT, "%s/config.json: d_model %zu is too narrow for sinusoids", model->folder, model->E);
    return config_heads(model, "d_model", model->dim['H'], &shape, err) && gpt_stack(model, shape, terms, err);
}

static const float *embedded(const struct model *model, struct pass *pass)
{
    const struct xglm *w = model->own;
    float *x = pass_lookup_times(pass, w->scaled ? sqrtf((float)model->E) : 1, gpt_words(model, pass));
    for (size_t r = 0; pass_ok(pass) && r < pass->rows; r++)
        sinusoid_add_fairseq(pass->tokens->positions[r] + FIRST, model->E, x + r * model->E);
    return pass_embed(pass, x);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct mask *masks = pass_causal(pass, 0);
    const float *x = embedded(model, pass);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = gpt_attend(pass, l, GPT_THREE, gpt_norm(pass, &layer->attention_norm, x), masks);
        float *a = gpt_attended(pass, &attend, x);
        x = pass_layer(pass, l, gpt_fed_forward(pass, l, gpt_norm(pass, &layer->ffn_norm, a), a));
    }
    gpt_finish(model, pass, x);
}

static const struct config_key keys[] = {
    {.key = "vocab_size", .kind = CONFIG_SIZE, .letter = 'V', .fallback = 256008},
    {.key = "hidden_size|d_model", .kind = CONFIG_SIZE, .letter = 'E', .fallback = 1024},
    {.key = "num_hidden_layers|num_layers", .kind = CONFIG_SIZE, .letter = 'L', .fallback = 24},
    {.key = "num_attention_heads|attention_heads", .kind = CONFIG_SIZE, .letter = 'H', .fallback = 16},
    {.key = "ffn_dim", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 4096},
    {.key = "activation_function", .kind = CONFIG_ACTIVATION, .text = "gelu"},
    {.key = "scale_embedding", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct xglm, scaled)},
    {.key = "add_cross_attention", .kind = CONFIG_ONLY, .text = "false"},
    CAUSAL_TIED(struct gpt, true),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "embed_tokens.weight"),
    GPT_FAIRSEQ_LAYERS,
    GPT_LAST("layer_norm"),
    CAUSAL_HEAD(struct gpt, "lm_head.weight"),
    {0},
};

const struct arch arch_xglm = {
    .name = "xglm",
    .model_types = "xglm",
    .summary = "XGLM: GPT-2's layers, sinusoids, many languages",
    .source = "Lin et al. 2021",
    .prefixes = "model.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct xglm),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
