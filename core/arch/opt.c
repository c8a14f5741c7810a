/* OPT (Zhang et al. 2022): learned absolute positions, causal.
 *
 *   x = word[id]·Win + position[i+2]; each layer, pre-norm:
 *     q, k, v of norm(x);  query i sees keys j ≤ i;  a = x + z·Wo;  x = a + down(act(up(norm'(a))))
 *   or post-norm where do_layer_norm_before is false (OPT-350m):  a = norm(x + z·Wo);  x = norm'(a + down(act(up(a))))
 *   norm(x) at the end of pre-norm models, then ·Wout; next word: that times wordᵀ
 *
 * What has caused bugs: positions begin at row 2; Win and Wout are there where word_embed_proj_dim is not E, and the last hidden
 * state is then that narrow; norms have no weights where layer_norm_elementwise_affine is false, and eps is 1e-5 whatever the
 * configuration says. */
#include "core/arch/gpt.h"

struct opt {
    struct gpt gpt;         /* first */
    struct tensor position; /* [P+2,E] */
    struct linear in, out;
    size_t width; /* of the word table: word_embed_proj_dim */
    bool before, bare_end, biased, affine;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    static const struct term *const terms[] = {&term_content, NULL};
    struct opt *w = model->own;
    struct layer_shape shape;
    (void)config;
    model->E = model->dim['E'];
    model->norm_eps = 1e-5f;
    if (!w->width)
        w->width = model->dim['B'] = model->E;
    model->dim['p'] = model->dim['P'] + 2;
    if (!config_heads(model, "hidden_size", model->dim['H'], &shape, err) || !gpt_stack(model, shape, terms, err))
        return false;
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    model->stacks[STACK_MAIN].finished = (w->before && !w->bare_end) || w->width != model->E;
    return true;
}

static float *embedded(const struct model *model, struct pass *pass)
{
    const struct opt *w = model->own;
    const struct tokens *tokens = pass->tokens;
    int32_t *positions = pass_alloc(pass, pass->rows, sizeof *positions);
    for (size_t r = 0; pass_ok(pass) && r < pass->rows; r++)
        positions[r] = tokens->positions[r] + 2;
    bool narrow = w->width != model->E;
    float *x = pass_keep(pass, model->E), *words = narrow ? pass_scratch(pass, w->width) : x;
    pass_lookup(pass, &w->gpt.causal.word, tokens->ids, "token id", words);
    if (narrow)
        pass_linear_to(pass, &w->in, words, NULL, x);
    return pass_embed(pass, pass_lookup_add(pass, &w->position, positions, "position", x));
}

/* The last norm and the way out of the model's width, where they are. */
static void finish(const struct model *model, struct pass *pass, const float *x)
{
    const struct opt *w = model->own;
    if (!pass->stack->finished)
        return;
    float *y = pass_keep(pass, w->width);
    if (w->width == model->E) {
        pass_finish(pass, pass_norm(pass, &w->gpt.last, x, NULL, y));
        return;
    }
    if (w->before && !w->bare_end)
        x = gpt_norm(pass, &w->gpt.last, x);
    pass_linear_to(pass, &w->out, x, NULL, y);
    pass_finish_as(pass, y, w->width);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct opt *w = model->own;
    const struct mask *masks = pass_causal(pass, 0);
    const float *x = embedded(model, pass);
    for (size_t l = 0; pass_ok(pass) && l < pass->stack->layers; l++) {
        const struct gpt_layer *layer = stack_layer(pass->stack, l);
        const float *in = w->before ? gpt_norm(pass, &layer->attention_norm, x) : x;
        struct attend attend = gpt_attend(pass, l, GPT_THREE, in, masks);
        attend.norm = w->before ? NULL : &layer->attention_norm;
        float *a = gpt_attended(pass, &attend, x);
        if (!w->before)
            pass_norm(pass, &layer->attention_norm, a, NULL, a);
        float *y = gpt_fed_forward(pass, l, w->before ? gpt_norm(pass, &layer->ffn_norm, a) : a, a);
        x = pass_layer(pass, l, w->before ? y : pass_norm(pass, &layer->ffn_norm, y, NULL, y));
    }
    finish(model, pass, x);
}

#define WHEN(name_, expression)                                                                                                  \
    static bool name_(const struct model *model, size_t layer)                                                                   \
    {                                                                                                                            \
        const struct opt *w = model->own;                                                                                        \
        (void)layer;                                                                                                             \
        return expression;                                                                                                       \
    }
WHEN(biased, w->biased)
WHEN(plain, !w->biased)
WHEN(affine, w->affine)
WHEN(ended, w->affine && w->before && !w->bare_end)
WHEN(narrow, w->width != model->E)

#define FLAG(key_, fallback_, field_)                                                                                            \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_BOOL, .fallback = fallback_, .field = offsetof(struct opt, field_)                           \
    }
static const struct config_key keys[] = {
    GPT_SIZES(50272, 768, 12, 12),
    {.key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 2048},
    {.key = "ffn_dim", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 3072},
    {.key = "word_embed_proj_dim", .kind = CONFIG_SIZE_NULL, .letter = 'B', .field = offsetof(struct opt, width)},
    {.key = "activation_function", .kind = CONFIG_ACTIVATION, .text = "relu"},
    FLAG("do_layer_norm_before", true, before),
    FLAG("_remove_final_layer_norm", false, bare_end),
    FLAG("enable_bias", true, biased),
    FLAG("layer_norm_elementwise_affine", true, affine),
    CAUSAL_TIED(struct gpt, true),
    GPT_UNPRUNED,
    {0},
};

/* A projection with a bias or without, as enable_bias says. */
#define LINEAR(name_, shape_, field_, meaning_)                                                                                  \
    GPT_PARAM(LINEAR, "layers.{l}." name_, shape_, field_, meaning_, .when = biased),                                            \
        GPT_PARAM(LINEAR_NO_BIAS, "layers.{l}." name_, shape_, field_, meaning_, .when = plain)
#define OWN(kind_, name_, shape_, field_, when_, meaning_)                                                                       \
    {                                                                                                                            \
        .name = name_, .shape = shape_, .kind = PARAM_##kind_, .offset = offsetof(struct opt, field_), .when = when_,            \
        .meaning = meaning_                                                                                                      \
    }
static const struct param params[] = {
    OWN(TABLE, "embed_tokens.weight", "V,B", gpt.causal.word, NULL, "word embeddings"),
    OWN(TABLE, "embed_positions.weight", "p,E", position, NULL, "positions"),
    OWN(LINEAR_NO_BIAS, "project_in", "E,B", in, narrow, "words to the model's width"),
    LINEAR("self_attn.q_proj", "A,E", q, "query"),
    LINEAR("self_attn.k_proj", "A,E", k, "key"),
    LINEAR("self_attn.v_proj", "A,E", v, "value"),
    LINEAR("self_attn.out_proj", "E,A", o, "output of the heads"),
    GPT_PARAM(NORM, "layers.{l}.self_attn_layer_norm", "E", attention_norm, "LayerNorm of attention", .when = affine),
    LINEAR("fc1", "I,E", up, "feed-forward, up"),
    LINEAR("fc2", "E,I", down, "feed-forward, down"),
    GPT_PARAM(NORM, "layers.{l}.final_layer_norm", "E", ffn_norm, "LayerNorm of feed-forward", .when = affine),
    OWN(NORM, "final_layer_norm", "E", gpt.last, ended, "last LayerNorm"),
    OWN(LINEAR_NO_BIAS, "project_out", "B,E", out, narrow, "the model's width to words"),
    {.name = "lm_head.weight",
     .shape = "V,B",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct gpt, causal.head),
     .when = causal_untied,
     .optional = true,
     .meaning = "next word: table of its own"},
    {.name = "score",
     .shape = "*,B",
     .kind = PARAM_LINEAR_NO_BIAS,
     .offset = offsetof(struct gpt, causal.classify.out),
     .optional = true,
     .meaning = "classes"},
    {0},
};

const struct arch arch_opt = {
    .name = "opt",
    .model_types = "opt",
    .summary = "OPT: causal, learned positions, pre- or post-norm",
    .source = "Zhang et al. 2022",
    .prefixes = "model.decoder.|decoder.",
    .keys = keys,
    .params = params,
    .heads = CAUSAL_HEADS,
    .classify = CAUSAL_CLASSIFY(struct gpt),
    .own_size = sizeof(struct opt),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
