/* Encoder–decoders. See seq2seq.h. */
#include "core/arch/seq2seq.h"

#include "core/past.h"

bool seq2seq_encoder_only(const struct json *config)
{
    struct str class = json_str(json_at(json_get(config, "architectures"), 0), "");
    return str_ends(class, STR("EncoderModel")) || str_ends(class, STR("ForTokenClassification")) ||
           !json_bool(json_get(config, "is_encoder_decoder"), true);
}

bool seq2seq_start(struct model *model, const struct json *config, long fallback, struct err *err)
{
    const struct json *value = json_get(config, "decoder_start_token_id");
    double id = json_number(value, (double)fallback);
    if (!(id >= 0 && id < (double)model->dim['V']) || id != (double)(int32_t)id)
        return err_set(err, ERR_FORMAT, "%s/config.json: decoder_start_token_id %g is no id of %zu", model->folder, id,
                       model->dim['V']);
    model->start_token = (int32_t)id;
    return true;
}

struct strided seq2seq_heads(struct pass *pass, const struct linear *linear, const float *x, size_t D)
{
    float *y = pass_keep(pass, linear->out);
    pass_linear_to(pass, linear, x, NULL, y);
    return (struct strided){y, linear->out, D};
}

struct attend *seq2seq_cross(struct pass *pass, const float *x, size_t key_of, size_t value_of, float scale)
{
    const struct stack *decoder = &pass->model->stacks[STACK_DECODER];
    const struct stack *cross = &pass->model->stacks[STACK_CROSS];
    struct past *past = pass->run->past;
    if (pass_goes_on(pass))
        return past->cross;
    /* A past outlives the pass, not the run. */
    struct attend *attends =
        past ? pass_keep_items(pass, cross->layers, sizeof *attends) : pass_alloc(pass, cross->layers, sizeof *attends);
    if (past) {
        past->cross = attends;
        past->source = pass->tokens;
    }
    for (size_t l = 0; pass_ok(pass) && l < cross->layers; l++) {
        const char *layer = stack_layer(decoder, l);
        size_t D = cross->shape[l].D;
        attends[l] = (struct attend){
            .kind = STACK_CROSS,
            .layer = l,
            .keys = pass->tokens,
            .k = seq2seq_heads(pass, (const struct linear *)(const void *)(layer + key_of), x, D),
            .v = seq2seq_heads(pass, (const struct linear *)(const void *)(layer + value_of), x, D),
            .scale = scale,
        };
    }
    return pass_ok(pass) ? attends : NULL;
}

/* ---- the next word ---- */

static const struct seq2seq_words *words_of(const struct model *model)
{
    return model->own;
}

bool seq2seq_untied(const struct model *model, size_t layer)
{
    (void)layer;
    return model->stacks[STACK_DECODER].layers > 0 && !words_of(model)->tied;
}

static bool present(const struct model *model)
{
    const struct seq2seq_words *w = words_of(model);
    return model->stacks[STACK_DECODER].layers > 0 && (w->tied || w->lm.w.dtype);
}

static bool logits(const struct model *model, const float *from, size_t n, float *out, struct err *err)
{
    const struct seq2seq_words *w = words_of(model);
    size_t E = model->E, V = model->dim['V'];
    struct linear head = {.w = w->table, .out = V, .in = E};
    if (!w->tied)
        head = w->lm;
    head.bias = w->bias;
    if (!product_linear(&head, from, n, E, n, NULL, out, V, err))
        return false;
    for (size_t i = 0; w->scale > 0 && i < n * V; i++)
        out[i] *= w->scale;
    return true;
}

static const struct output_head head_next = {
    .name = "lm",
    .summary = "the next word of the decoder",
    .from = "hidden",
    .stack = STACK_DECODER,
    .place = HEAD_NEXT,
    .link = HEAD_SOFTMAX,
    .tensor = "logits",
    .present = present,
    .width = model_vocabulary,
    .logits = logits,
};
const struct output_head *const seq2seq_next[] = {&head_next, NULL};
