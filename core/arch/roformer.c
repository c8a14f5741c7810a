/* RoFormer (Su et al. 2021): BERT's layer, see bert.c, without absolute positions; queries and keys turn by theirs.
 *
 *   x = LayerNorm(word[id] + type[t]) in the width of the embeddings, to model width where they differ
 *   pairs (2i, 2i+1) of every head of q and k turn by position/10000^(2i/D); v too where rotary_value is true
 *   masked words:  LayerNorm(act(x·Wt + bt))·wordᵀ + b;  classes: act(x_0·Wc + bc)·Wo + bo
 *
 * What has caused bugs: pairs are neighbours, not halves; the table encoder.embed_positions [P,D] holds sines in its first
 * half and cosines in the second, is used as stored (rounded in half-precision files) and is made where it is absent. */
#include "core/arch/bert.h"
#include "core/arch/rope.h"

#include <math.h>

struct roformer {
    struct bert bert;
    struct tensor table; /* [P,D] sines, cosines; dtype NULL: to be made */
    struct rope rope;
    bool turn_values;
};

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct roformer *w = model->own;
    if (!bert_configure(model, config, w->bert.positions, err))
        return false;
    size_t D = model->stacks[STACK_MAIN].shape[0].D;
    model->dim['d'] = D;
    w->rope = rope_plain(10000, D, ROTARY_NEIGHBOURS);
    return D % 2 == 0 || err_set(err, ERR_FORMAT, "%s/config.json: heads of odd width %zu cannot turn", model->folder, D);
}

static bool bound(struct model *model, struct err *err)
{
    struct bert *w = model->own;
    w->classify.activation = model->activation;
    return bert_bound(model, model->activation, err);
}

/* Cosines and sines of all rows, from the table or made as its authors do, in double. */
static struct rope_tables turns(const struct model *model, struct pass *pass)
{
    const struct roformer *w = model->own;
    const int32_t *positions = pass->tokens->positions;
    size_t D = w->rope.turned, half = D / 2;
    float *cosines = pass_alloc(pass, pass->rows * half, sizeof *cosines),
          *sines = pass_alloc(pass, pass->rows * half, sizeof *sines);
    float *stored = w->table.dtype
                        ? pass_lookup(pass, &w->table, positions, "position", pass_alloc(pass, pass->rows * D, sizeof *stored))
                        : NULL;
    for (size_t r = 0; pass_ok(pass) && r < pass->rows; r++)
        for (size_t i = 0; i < half; i++) {
            double angle = positions[r] / pow(10000, (double)(2 * i) / (double)D);
            sines[r * half + i] = stored ? stored[r * D + i] : (float)sin(angle);
            cosines[r * half + i] = stored ? stored[r * D + half + i] : (float)cos(angle);
        }
    return (struct rope_tables){&w->rope, cosines, sines};
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct roformer *w = model->own;
    struct rope_tables tables = turns(model, pass);
    float *x = bert_embed(model, pass, bert_sum(model, pass, NULL));
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct bert_layer *layer = stack_layer(pass->stack, l);
        size_t H = pass->stack->shape[l].H;
        struct attend attend = bert_attend(pass, NULL, l);
        pass_block_begin(pass, &layer->block, x, &attend);
        rope_turn(pass, &tables, attend.q, H);
        rope_turn(pass, &tables, attend.k, H);
        if (w->turn_values)
            rope_turn(pass, &tables, attend.v, H);
        float *z = pass_attention(pass, &attend);
        float *y = pass_block_end(pass, &layer->block, x, z);
        x = pass_layer(pass, l, y);
    }
}

static const struct output_head head_mlm = {BERT_MLM("cls.predictions")};

static const struct config_key keys[] = {
    BERT_SIZES(50000, 768, 12, 12, 3072, 1536),
    BERT_OPTIONS,
    BERT_ACTIVATION("gelu"),
    {.key = "embedding_size", .kind = CONFIG_SIZE, .letter = 'B', .field = offsetof(struct bert, embedding)},
    {.key = "rotary_value", .kind = CONFIG_BOOL, .field = offsetof(struct roformer, turn_values)},
    {0},
};

static const struct param params[] = {
    {.name = "embeddings.word_embeddings.weight",
     .shape = "V,B",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct bert, word),
     .meaning = "word embeddings"},
    BERT_TYPES("B"),
    BERT_NORM("B"),
    BERT_WIDEN,
    {.name = "encoder.embed_positions.weight",
     .shape = "P,d",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct roformer, table),
     .optional = true,
     .meaning = "sines and cosines of positions"},
    BERT_LAYERS,
    BERT_MLM_PARAMS("B"),
    CLASSIFY_PARAMS(struct bert, classify, "classifier.dense", "classifier.out_proj|classifier"),
    {0},
};

const struct arch arch_roformer = {
    .name = "roformer",
    .model_types = "roformer",
    .summary = "RoFormer: BERT with rotary positions",
    .source = "Su et al. 2021",
    .prefixes = "roformer.",
    .keys = keys,
    .params = params,
    .heads = (const struct output_head *const[]){&head_mlm, CLASSIFY_HEADS, NULL},
    .own_size = sizeof(struct roformer),
    .layer_size = sizeof(struct bert_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
