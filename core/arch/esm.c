/* ESM-2 and ESM-1b (Lin et al. 2023; Rives et al. 2021): protein language models; pre-norm layers, see prenorm.h, whose
 * tokens are amino acids.
 *
 *   x = word[id] (+ position[pad+1+i], ESM-1b) (LayerNorm'ed where emb_layer_norm_before is true)
 *   token_dropout:  a masked token's word is 0, the others are times 0.88/(1 − masked/length), also where none is masked
 *   rotary (ESM-2): q and k of every head turn by their position, halves (i, i + D/2), base 10000
 *   masked letters: LayerNorm(gelu(x·Wt + bt))·wordᵀ + b behind the last norm, emb_layer_norm_after
 *   contacts:       σ(Σ over all maps w·apc(m + mᵀ) + b) without first and last token; apc(s) = s − row·column/total
 *
 * What has caused bugs: the scale of token_dropout; with relative_key_query the query's term is divided by √D, the key's is
 * not; the rotary frequencies are those of the file (in half-precision files they are rounded); contacts see no token that is id
 * 2; layer_norm_eps comes from the configuration (the class's default is 1e-12). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/arch/prenorm.h"
#include "core/arch/roberta.h"
#include "core/arch/rope.h"

enum { END = 2 }; /* the id that contacts leave out */

struct esm {
    struct prenorm base;
    struct linear contacts; /* [1, layers·H] */
    bool norm_before, token_dropout, rotary;
    size_t mask; /* mask_token_id; SIZE_MAX: none */
};
struct esm_layer {
    struct bert_layer base;
    const float *inverse; /* [D/2] rotary frequencies as they were saved, or NULL */
    struct rope rope;
};

static bool rotary(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct esm *)model->own)->rotary;
}

static bool normed_before(const struct model *model, size_t layer)
{
    (void)layer;
    return ((const struct esm *)model->own)->norm_before;
}

static bool absolute(const struct model *model, size_t layer)
{
    return bert_absolute(model, layer) && !rotary(model, layer);
}

static bool configure(struct model *model, const struct json *config, struct err *err)
{
    struct esm *w = model->own;
    struct bert *bert = &w->base.bert;
    const struct json *mask = json_get(config, "mask_token_id");
    w->rotary = str_is(bert->position_type, "rotary");
    if (w->rotary)
        bert->position_type = STR("absolute"); /* as far as its terms go */
    w->mask = json_is_number(mask) ? (size_t)json_number(mask, 0) : SIZE_MAX;
    if (w->rotary ? !bert_configure(model, config, 0, err) : !bert_counted_configure(model, config, err))
        return false;
    size_t D = model->stacks[STACK_MAIN].shape[0].D;
    if (w->rotary && D % 2)
        return err_set(err, ERR_FORMAT, "%s/config.json: heads of odd width %zu cannot turn", model->folder, D);
    model->dim['h'] = D / 2;
    model->stacks[STACK_MAIN].finished = true;
    model->activation = activation_named(STR("gelu"));
    model->dim['c'] = model->dim['L'] * model->dim['H'];
    return true;
}

static bool bound(struct model *model, struct err *err)
{
    struct bert *w = model->own;
    if (!roberta_bound(model, err))
        return false;
    for (size_t l = 0; rotary(model, l) && l < model->stacks[STACK_MAIN].layers; l++) {
        struct esm_layer *layer = stack_layer(&model->stacks[STACK_MAIN], l);
        layer->rope = rope_plain(10000, 2 * model->dim['h'], ROTARY_HALVES);
        layer->rope.inverse = layer->inverse;
    }
    for (size_t l = 0; w->relative && l < model->stacks[STACK_MAIN].layers; l++) {
        float root = sqrtf((float)model->stacks[STACK_MAIN].shape[l].D);
        w->relatives[l].queries.data = (float *)bert_scaled_distance(model, l, root, err); /* read only */
        if (!w->relatives[l].queries.data)
            return false;
    }
    return true;
}

/* token_dropout: as if as many tokens were masked as in training. */
static void drop_tokens(const struct esm *w, struct pass *pass, float *x)
{
    const struct tokens *tokens = pass->tokens;
    size_t E = pass->model->E;
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++) {
        size_t masked = 0;
        for (size_t r = tokens->starts[t]; r < tokens->starts[t + 1]; r++)
            masked += (size_t)tokens->ids[r] == w->mask;
        float share = (float)masked / (float)tokens_length(tokens, t);
        for (size_t r = tokens->starts[t]; r < tokens->starts[t + 1]; r++)
            for (size_t e = 0; e < E; e++) {
                float *to = &x[r * E + e];
                *to = (size_t)tokens->ids[r] == w->mask ? 0 : *to * (float)(1 - 0.15 * 0.8) / (1 - share);
            }
    }
}

static float *embed(const struct model *model, struct pass *pass)
{
    const struct esm *w = model->own;
    const struct bert *bert = &w->base.bert;
    float *x = pass_lookup(pass, &bert->word, pass->tokens->ids, "token id", pass_keep(pass, model->E));
    if (w->token_dropout)
        drop_tokens(w, pass, x);
    if (absolute(model, 0))
        x = pass_lookup_add(pass, &bert->position, roberta_positions(model, pass), "position", x);
    return bert_embed(model, pass, x);
}

/* Turn q and k; layers with the frequencies of the one before take its tables. */
static void turn(struct pass *pass, const struct esm_layer *layer, struct rope_tables *tables, const struct attend *attend)
{
    size_t H = pass->stack->shape[attend->layer].H;
    const float *before = tables->rope ? tables->rope->inverse : NULL, *here = layer->rope.inverse;
    bool same = tables->rope && !before == !here && (!here || !memcmp(before, here, layer->rope.turned / 2 * sizeof *here));
    if (!same)
        *tables = rope_make(pass, &layer->rope);
    rope_turn(pass, tables, attend->q, H);
    rope_turn(pass, tables, attend->k, H);
}

static void forward(const struct model *model, struct pass *pass)
{
    const struct esm *w = model->own;
    const void *const *owns = bert_owns(model, pass);
    struct rope_tables tables = {0};
    float *x = embed(model, pass);
    for (size_t l = 0; l < pass->stack->layers; l++) {
        const struct esm_layer *layer = stack_layer(pass->stack, l);
        struct attend attend = bert_attend(pass, owns, l);
        prenorm_begin(pass, &layer->base.block, x, &attend);
        if (w->rotary)
            turn(pass, layer, &tables, &attend);
        float *z = pass_attention(pass, &attend);
        float *y = prenorm_end(pass, &layer->base.block, x, z);
        x = pass_layer(pass, l, y);
    }
    pass_finish(pass, pass_norm(pass, &w->base.last, x, NULL, pass_keep(pass, model->E)));
}

/* ---- contacts ---- */

/* The regression is over all heads: a model with pruned ones has no contacts. */
static bool contacts_present(const struct model *model)
{
    const struct esm *w = model->own;
    size_t heads = 0;
    for (size_t l = 0; l < model->stacks[STACK_MAIN].layers; l++)
        heads += model->stacks[STACK_MAIN].shape[l].H;
    return w->contacts.w.dtype && heads == w->contacts.in;
}

/* out [n,n] += weight · apc(m + mᵀ) of the map's inner n rows and columns, m [T,T] zeroed where a token is END. */
static void add_map(const float *map, const int32_t *ids, size_t n, float weight, double *rows, float *out)
{
    size_t T = n + 2;
    double total = 0;
    for (size_t i = 0; i < n; i++)
        rows[i] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            bool seen = ids[i + 1] != END && ids[j + 1] != END;
            double s = seen ? (double)map[(i + 1) * T + j + 1] + map[(j + 1) * T + i + 1] : 0;
            rows[i] += s; /* the sum of row i and of column i */
            total += s;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            bool seen = ids[i + 1] != END && ids[j + 1] != END;
            double s = seen ? (double)map[(i + 1) * T + j + 1] + map[(j + 1) * T + i + 1] : 0;
            out[i * n + j] += weight * (float)(s - rows[i] * rows[j] / total);
        }
}

static bool contacts_values(const struct run *run, size_t text, float *out, struct err *err)
{
    const struct esm *w = run->model->own;
    size_t T = tokens_length(run->tokens, text), n = T - 2, square;
    const int32_t *ids = run->tokens->ids + run->tokens->starts[text];
    if (!size_mul(T, T, &square))
        return err_memory(err, SIZE_MAX, "contacts");
    float *map = mem_new(square, sizeof *map, "contacts", err),
          *weights = mem_new(w->contacts.in, sizeof *weights, "contacts", err);
    double *rows = mem_new(n, sizeof *rows, "contacts", err);
    bool ok = map && weights && rows;
    if (ok)
        tensor_row(&w->contacts.w, 0, weights);
    for (size_t i = 0; ok && i < n * n; i++)
        out[i] = w->contacts.bias ? w->contacts.bias[0] : 0;
    for (size_t l = 0, feature = 0; ok && l < run->model->stacks[STACK_MAIN].layers; l++)
        for (size_t h = 0; ok && h < run->model->stacks[STACK_MAIN].shape[l].H; h++, feature++) {
            ok = run_map(run, (struct site){STACK_MAIN, text, l, h}, (struct part){.kind = PART_PROBS}, 0, T, map, err);
            if (ok)
                add_map(map, ids, n, weights[feature], rows, out);
        }
    if (ok)
        activation_named(STR("sigmoid"))->apply(out, n * n);
    free(map);
    free(weights);
    free(rows);
    return ok;
}

static const struct pair_head pairs_contacts = {
    .name = "contacts",
    .summary = "probability that two residues touch (contact_head)",
    .before = 1,
    .behind = 1,
    .present = contacts_present,
    .values = contacts_values,
};

static const struct config_key keys[] = {
    BERT_SIZES(CONFIG_REQUIRED, 768, 12, 12, 3072, 1026),
    {.key = "layer_norm_eps", .kind = CONFIG_EPS, .fallback = 1e-12},
    BERT_ENCODER,
    BERT_POSITION_TYPE,
    BERT_PAD,
    {.key = "emb_layer_norm_before", .kind = CONFIG_BOOL, .field = offsetof(struct esm, norm_before)},
    {.key = "token_dropout", .kind = CONFIG_BOOL, .field = offsetof(struct esm, token_dropout)},
    {.key = "mask_token_id", .kind = CONFIG_POSITIVE},
    {.key = "is_folding_model", .kind = CONFIG_ONLY, .text = "false"},
    {0},
};

static const struct param params[] = {
    {.name = "embeddings.word_embeddings.weight",
     .shape = "V,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct bert, word),
     .meaning = "word embeddings"},
    {.name = "embeddings.position_embeddings.weight",
     .shape = "P,E",
     .kind = PARAM_TABLE,
     .offset = offsetof(struct bert, position),
     .when = absolute,
     .meaning = "absolute positions"},
    {.name = "embeddings.layer_norm",
     .shape = "E",
     .kind = PARAM_NORM,
     .offset = offsetof(struct bert, norm),
     .when = normed_before,
     .meaning = "LayerNorm of the embeddings"},
    BERT_LAYER(NORM, "attention.LayerNorm", "E", block.attention_norm, "LayerNorm before attention"),
    BERT_LAYER(LINEAR, "attention.self.query", "A,E", block.q, "query"),
    BERT_LAYER(LINEAR, "attention.self.key", "A,E", block.k, "key"),
    BERT_LAYER(LINEAR, "attention.self.value", "A,E", block.v, "value"),
    BERT_DISTANCE,
    {.name = "encoder.layer.{l}.attention.self.rotary_embeddings.inv_freq",
     .shape = "h",
     .kind = PARAM_FLOATS,
     .layered = true,
     .offset = offsetof(struct esm_layer, inverse),
     .when = rotary,
     .optional = true,
     .meaning = "rotary frequencies"},
    BERT_LAYER(LINEAR, "attention.output.dense", "E,A", block.o, "output of the heads"),
    BERT_LAYER(NORM, "LayerNorm", "E", block.output_norm, "LayerNorm before feed-forward"),
    BERT_LAYER(LINEAR, "intermediate.dense", "I,E", block.up, "feed-forward, up"),
    BERT_LAYER(LINEAR, "output.dense", "E,I", block.down, "feed-forward, down"),
    PRENORM_LAST("encoder.emb_layer_norm_after"),
    {.name = "contact_head.regression",
     .shape = "1,c",
     .kind = PARAM_LINEAR,
     .offset = offsetof(struct esm, contacts),
     .optional = true,
     .meaning = "contacts"},
    ROBERTA_HEAD_PARAMS,
    {0},
};

const struct arch arch_esm = {
    .name = "esm",
    .model_types = "esm",
    .summary = "ESM-2 and ESM-1b: proteins, with contacts",
    .source = "Lin et al. 2023; Rives et al. 2021",
    .prefixes = "esm.",
    .keys = keys,
    .params = params,
    .heads = roberta_heads,
    .pairs = (const struct pair_head *const[]){&pairs_contacts, NULL},
    .own_size = sizeof(struct esm),
    .layer_size = sizeof(struct esm_layer),
    .classify = offsetof(struct bert, classify),
    .configure = configure,
    .bound = bound,
    .forward = forward,
};
