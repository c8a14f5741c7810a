/* Masked words of DeBERTa. See deberta_heads.h. */
#include "core/arch/deberta_heads.h"

#include <string.h>

/* `legacy` names the head that the reference reads; a checkpoint with only the other's tensors uses that one. */
static const struct mlm *chosen(const struct model *model)
{
    const struct deberta *w = model->own;
    bool cls = mlm_present(&w->cls) && (w->tied || w->cls.decoder.dtype);
    bool lm = mlm_present(&w->lm) && w->embedding == model->E;
    if (w->legacy)
        return cls ? &w->cls : lm ? &w->lm : NULL;
    return lm ? &w->lm : cls ? &w->cls : NULL;
}

static bool plain_present(const struct model *model)
{
    return chosen(model) != NULL;
}

static bool plain_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    const struct deberta *w = model->own;
    return mlm_logits(model, chosen(model), &w->word, hidden, n, out, err);
}

static const char *plain_caveat(const struct model *model)
{
    return emd_present(model)
               ? "this checkpoint's head was trained behind its enhanced mask decoder; on the plain last layer its "
                 "predictions are worse than the model's own"
               : NULL;
}

static bool emd_logits(const struct model *model, const float *hidden, size_t n, float *out, struct err *err)
{
    const struct deberta *w = model->own;
    return mlm_logits(model, &w->lm, &w->word, hidden, n, out, err);
}

static const struct output_head head_emd = {
    .name = "mlm-emd",
    .summary = "masked words behind the enhanced mask decoder (lm_predictions.lm_head)",
    .from = "hidden",
    .stack = STACK_EMD,
    .place = HEAD_MASKS,
    .tensor = "emd_logits",
    .present = emd_present,
    .width = model_vocabulary,
    .logits = emd_logits,
};
static const struct output_head head_plain = {
    .name = "mlm",
    .summary = "masked words (cls.predictions, or the authors' lm_predictions.lm_head)",
    .from = "hidden",
    .place = HEAD_MASKS,
    .tensor = "logits",
    .present = plain_present,
    .width = model_vocabulary,
    .logits = plain_logits,
    .caveat = plain_caveat,
};
static bool replaced_present(const struct model *model)
{
    const struct deberta *w = model->own;
    return rtd_present(&w->rtd) && w->rtd_norm.weight && w->rtd_norm.bias;
}

void deberta_keep_rtd(struct pass *pass, const float *x)
{
    const struct deberta *w = pass->model->own;
    const struct tokens *tokens = pass->tokens;
    size_t E = pass->model->E;
    if (!pass_ok(pass) || !replaced_present(pass->model))
        return;
    float *first = pass_scratch(pass, E), *kept = pass_keep(pass, E);
    for (size_t t = 0; pass_ok(pass) && t < tokens->n_texts; t++)
        for (size_t r = tokens->starts[t]; r < tokens->starts[t + 1]; r++)
            memcpy(first + r * E, x + tokens->starts[t] * E, E * sizeof *first);
    pass_norm(pass, &w->rtd_norm, x, first, kept);
    pass_kept(pass, "rtd_input", NULL, pass->stack->layers, &DTYPE_F32, kept, E, "dim");
}

static bool replaced_logits(const struct model *model, const float *normed, size_t n, float *out, struct err *err)
{
    const struct deberta *w = model->own;
    return rtd_logits(model, &w->rtd, normed, n, out, err);
}

static const struct output_head head_rtd = {
    .name = "rtd",
    .summary = "replaced tokens (mask_predictions)",
    .from = "rtd_input",
    .place = HEAD_TOKENS,
    .link = HEAD_SIGMOID,
    .tensor = "rtd_logits",
    .present = replaced_present,
    .width = rtd_width,
    .logits = replaced_logits,
};
const struct output_head *const deberta_heads[] = {&head_emd, &head_plain, &head_rtd, CLASSIFY_HEADS, NULL};

const char *deberta_note(const struct model *model, enum stack_kind stack, size_t layer)
{
    bool last = stack == STACK_MAIN && layer + 1 == model->stacks[STACK_MAIN].layers;
    return last && emd_present(model)
               ? "masked-word training never used this layer's own output: it trained the layer in the two passes of the "
                 "enhanced mask decoder, E0 and E1"
               : NULL;
}
