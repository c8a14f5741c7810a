/* BioGPT (Luo et al. 2022): GPT-2's layers, see gpt2.c, under fairseq's names: pre-norm, learned positions, causal.
 *
 *   x = word[id]·√E + position[i + 2]; layers as GPT-2's with three projections;  next word: norm(x)·wordᵀ
 *
 * What has caused bugs: positions begin at row 2; norms have eps 1e-5, whatever layer_norm_eps says; hidden states list the last
 * layer's output before the last norm. */
#include <math.h>
#include <stdlib.h>

#include "core/arch/gpt.h"

struct biogpt {
    struct gpt gpt;         /* first */
    struct tensor position; /* [P+2,E] */
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
    model->dim['p'] = model->dim['P'] + FIRST;
    model->stacks[STACK_MAIN].max_tokens = model->dim['P'];
    if (!config_heads(model, "hidden_size", model->dim['H'], &shape, err) || !gpt_stack(model, shape, terms, err))
        return false;
    model->stacks[STACK_MAIN].finished = false;
    return true;
}

static const float *embedded(const struct model *model, struct pass *pass)
{
    const struct biogpt *w = model->own;
    int32_t *positions = pass_alloc(pass, pass->rows, sizeof *positions);
    float *x = pass_lookup_times(pass, w->scaled ? sqrtf((float)model->E) : 1, gpt_words(model, pass));
    for (size_t r = 0; pass_ok(pass) && r < pass->rows; r++)
        positions[r] = pass->tokens->positions[r] + FIRST;
    return pass_embed(pass, pass_lookup_add(pass, &w->position, positions, "position", x));
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
}

/* ---- the head: behind the last norm ---- */

static bool present(const struct model *model)
{
    return head_next_word.present(model);
}

static size_t width(const struct model *model)
{
    return model->dim['V'];
}

static bool logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    const struct norm *norm = &((const struct biogpt *)model->own)->gpt.last;
    float *y = mem_new(n * model->E, sizeof *y, "the last norm", err);
    if (y)
        op_layer_norm(x, NULL, n, model->E, norm->weight, norm->bias, model->norm_eps, y);
    bool ok = y && causal_logits(model, y, n, out, err);
    free(y);
    return ok;
}

static const struct output_head head_next = {
    .name = "lm",
    .summary = "the next word",
    .from = "hidden",
    .place = HEAD_NEXT,
    .link = HEAD_SOFTMAX,
    .tensor = "logits",
    .present = present,
    .width = width,
    .logits = logits,
};

/* ---- tables ---- */

static const struct config_key keys[] = {
    GPT_SIZES(42384, 1024, 24, 16),
    {.key = "max_position_embeddings", .kind = CONFIG_SIZE, .letter = 'P', .fallback = 1024},
    {.key = "intermediate_size", .kind = CONFIG_SIZE, .letter = 'I', .fallback = 4096},
    {.key = "hidden_act", .kind = CONFIG_ACTIVATION, .text = "gelu"},
    {.key = "scale_embedding", .kind = CONFIG_BOOL, .fallback = true, .field = offsetof(struct biogpt, scaled)},
    CAUSAL_TIED(struct gpt, true),
    GPT_UNPRUNED,
    {0},
};

static const struct param params[] = {
    CAUSAL_WORD(struct gpt, "embed_tokens.weight"),
    {.name = "embed_positions.weight",
     .shape = "p,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct biogpt, position),
     .meaning = "positions"},
    GPT_FAIRSEQ_LAYERS,
    GPT_LAST("layer_norm"),
    CAUSAL_HEAD(struct gpt, "output_projection.weight"),
    {0},
};

const struct arch arch_biogpt = {
    .name = "biogpt",
    .model_types = "biogpt",
    .summary = "BioGPT: GPT-2's layers, biomedical texts",
    .source = "Luo et al. 2022",
    .prefixes = "biogpt.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_next, NULL},
    .own_size = sizeof(struct biogpt),
    .layer_size = sizeof(struct gpt_layer),
    .configure = configure,
    .forward = forward,
};
