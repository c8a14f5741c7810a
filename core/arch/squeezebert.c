/* SqueezeBERT (Iandola et al. 2020): BERT, see bert.c, whose projections are 1×1 convolutions in groups: a group of outputs
 * reads its own slice of the inputs.
 *
 *   query, key, value, post_attention, intermediate, output: [out, in/groups, 1]
 *
 * What has caused bugs: the reference lists raw scores as attentions, the maps here are their softmax; the layers' norms
 * have eps 1e-12 whatever layer_norm_eps says, which the embeddings and the head follow. */
#include "core/arch/bert.h"
#include "core/arch/grouped.h"

struct squeezebert {
    struct bert bert;
    size_t query, key, value, post, up, down; /* groups */
};
struct squeezebert_layer {
    struct grouped query, key, value, post, up, down;
    struct norm attention_norm, output_norm;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct squeezebert *w = model->own;
    size_t E = model->dim['E'], I = model->dim['I'];
    const struct {
        const char *key;
        size_t groups, in, out;
        char letter;
    } rows[] = {{"q_groups", w->query, E, E, 'q'},         {"k_groups", w->key, E, E, 'k'},
                {"v_groups", w->value, E, E, 'v'},         {"post_attention_groups", w->post, E, E, 'p'},
                {"intermediate_groups", w->up, E, I, 'u'}, {"output_groups", w->down, I, E, 'w'}};
    if (model->dim['B'] != E)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: embedding_size %zu is not hidden_size %zu", model->folder,
                       model->dim['B'], E);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].groups == 0 || rows[i].in % rows[i].groups || rows[i].out % rows[i].groups)
            return err_set(err, ERR_FORMAT, "%s/config.json: %s = %zu does not divide %zu inputs and %zu outputs", model->folder,
                           rows[i].key, rows[i].groups, rows[i].in, rows[i].out);
        model->dim[(unsigned char)rows[i].letter] = rows[i].in / rows[i].groups;
    }
    return bert_configure(model, config, w->bert.positions, err);
}

static bool bound(struct model *model, struct err *err)
{
    const struct squeezebert *w = model->own;
    const struct stack *stack = &model->stacks[STACK_MAIN];
    size_t E = model->E, I = model->dim['I'];
    for (size_t l = 0; l < stack->layers; l++) {
        struct squeezebert_layer *layer = stack_layer(stack, l);
        struct grouped *parts[] = {&layer->query, &layer->key, &layer->value, &layer->post, &layer->up, &layer->down};
        const size_t groups[] = {w->query, w->key, w->value, w->post, w->up, w->down};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            parts[i]->groups = groups[i];
            parts[i]->in = i == 5 ? I : E;
            parts[i]->out = i == 4 ? I : E;
        }
    }
    return bert_bound(model, model->activation, err);
}

static struct strided projected(struct pass *pass, const struct grouped *grouped, const float *x, size_t D)
{
    float *y = pass_keep(pass, grouped->out);
    pass_grouped(pass, grouped, x, NULL, y);
    return (struct strided){y, grouped->out, D};
}

/* y = LayerNorm(x + residual) with the layers' own eps. */
static void normed(struct pass *pass, const struct norm *norm, const float *residual, float *x)
{
    if (pass_ok(pass))
        op_layer_norm(x, residual, pass->rows, pass->model->E, norm->weight, norm->bias, 1e-12f, x);
    pass_by(pass, ROWS_NORMS, x, pass->model->E);
}

static void forward(const struct model *model, struct pass *pass)
{
    float *x = bert_embed(model, pass, bert_sum(model, pass, pass->tokens->positions));
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct squeezebert_layer *layer = stack_layer(pass->stack, l);
        size_t D = pass->stack->shape[l].D;
        struct attend attend = bert_attend(pass, NULL, l);
        attend.q = projected(pass, &layer->query, x, D);
        attend.k = projected(pass, &layer->key, x, D);
        attend.v = projected(pass, &layer->value, x, D);
        float *z = pass_attention(pass, &attend);
        float *attended = pass_scratch(pass, model->E), *inner = pass_scratch(pass, layer->up.out),
              *y = pass_keep(pass, model->E);
        pass_grouped(pass, &layer->post, z, NULL, attended);
        normed(pass, &layer->attention_norm, x, attended);
        pass_grouped(pass, &layer->up, attended, model->activation, inner);
        pass_grouped(pass, &layer->down, inner, NULL, y);
        normed(pass, &layer->output_norm, attended, y);
        x = pass_layer(pass, l, y);
    }
}

static const struct output_head head_mlm = {BERT_MLM("cls.predictions")};

#define GROUPS(key_, letter_, fallback_, field_)                                                                                 \
    {                                                                                                                            \
        .key = key_, .kind = CONFIG_SIZE, .letter = letter_, .fallback = fallback_,                                              \
        .field = offsetof(struct squeezebert, field_)                                                                            \
    }
static const struct config_key keys[] = {
    BERT_SIZES(30522, 768, 12, 12, 3072, 512),
    BERT_OPTIONS,
    BERT_ACTIVATION("gelu"),
    {.key = "embedding_size", .kind = CONFIG_SIZE, .letter = 'B', .fallback = 768, .field = offsetof(struct bert, embedding)},
    {.key = "pruned_heads", .kind = CONFIG_ONLY, .text = "{}"}, /* the reference has no layer to prune */
    GROUPS("q_groups", 'q', 4, query),
    GROUPS("k_groups", 'k', 4, key),
    GROUPS("v_groups", 'v', 4, value),
    GROUPS("post_attention_groups", 'p', 1, post),
    GROUPS("intermediate_groups", 'u', 4, up),
    GROUPS("output_groups", 'w', 4, down),
    {0},
};

#define CONVOLUTION(name_, shape_, out, field, meaning_)                                                                         \
    {.name = "encoder.layers.{l}." name_ ".weight",                                                                              \
     .shape = shape_,                                                                                                            \
     .kind = PARAM_TABLE,                                                                                                        \
     .layered = true,                                                                                                            \
     .offset = offsetof(struct squeezebert_layer, field.w),                                                                      \
     .meaning = meaning_},                                                                                                       \
    {                                                                                                                            \
        .name = "encoder.layers.{l}." name_ ".bias", .shape = out, .kind = PARAM_FLOATS, .layered = true,                        \
        .offset = offsetof(struct squeezebert_layer, field.bias), .meaning = meaning_ ": bias"                                   \
    }
#define NORM(name_, field, meaning_)                                                                                             \
    {                                                                                                                            \
        .name = "encoder.layers.{l}." name_, .shape = "E", .kind = PARAM_NORM, .layered = true,                                  \
        .offset = offsetof(struct squeezebert_layer, field), .meaning = meaning_                                                 \
    }

static const struct param params[] = {
    BERT_TABLES("E"),
    BERT_NORM("E"),
    CONVOLUTION("attention.query", "E,q,1", "E", query, "query"),
    CONVOLUTION("attention.key", "E,k,1", "E", key, "key"),
    CONVOLUTION("attention.value", "E,v,1", "E", value, "value"),
    CONVOLUTION("post_attention.conv1d", "E,p,1", "E", post, "output of the heads"),
    NORM("post_attention.layernorm", attention_norm, "LayerNorm after attention"),
    CONVOLUTION("intermediate.conv1d", "I,u,1", "I", up, "feed-forward, up"),
    CONVOLUTION("output.conv1d", "E,w,1", "E", down, "feed-forward, down"),
    NORM("output.layernorm", output_norm, "LayerNorm after feed-forward"),
    BERT_MLM_PARAMS("E"),
    BERT_POOLED_PARAMS,
    {0},
};

const struct arch arch_squeezebert = {
    .name = "squeezebert",
    .model_types = "squeezebert",
    .summary = "SqueezeBERT: BERT of grouped convolutions",
    .source = "Iandola et al. 2020",
    .prefixes = "transformer.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, NULL},
    .own_size = sizeof(struct squeezebert),
    .layer_size = sizeof(struct squeezebert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
