/* The head of causal language models. See causal.h. */
#include "core/arch/causal.h"

#include <math.h>

static const struct causal *of(const struct model *model)
{
    return model->own;
}

static const struct tensor *table(const struct causal *w)
{
    return w->head.dtype ? &w->head : &w->word;
}

bool causal_untied(const struct model *model, size_t layer)
{
    (void)layer;
    return !of(model)->tied;
}

/* A checkpoint of classes or answers has a head of its own; its table of words is tied to nothing. */
static bool classifies(const struct model *model)
{
    const struct classify *w = &of(model)->classify;
    return model->arch->classify && (w->out.w.dtype || w->answer.w.dtype);
}

static bool present(const struct model *model)
{
    return of(model)->head.dtype || (of(model)->tied && !classifies(model));
}

static size_t width(const struct model *model)
{
    return table(of(model))->shape[0];
}

bool causal_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    const struct causal *w = of(model);
    const struct tensor *weight = table(w);
    struct linear head = {.w = *weight, .bias = w->bias, .out = weight->shape[0], .in = weight->shape[1]};
    if (!product_linear(&head, x, n, head.in, n, NULL, out, head.out, err))
        return false;
    for (size_t i = 0; w->scale > 0 && i < n * head.out; i++)
        out[i] *= w->scale;
    for (size_t i = 0; w->cap > 0 && i < n * head.out; i++)
        out[i] = w->cap * tanhf(out[i] / w->cap);
    return true;
}

const struct output_head head_next_word = {
    .name = "lm",
    .summary = "the next word",
    .from = "hidden",
    .place = HEAD_NEXT,
    .link = HEAD_SOFTMAX,
    .tensor = "logits",
    .present = present,
    .width = width,
    .logits = causal_logits,
};

#define CLASSES(name_, link_, summary_)                                                                                          \
    static bool present_##name_(const struct model *model)                                                                       \
    {                                                                                                                            \
        return classifies(model) && classify_has_text(model, link_);                                                             \
    }                                                                                                                            \
    const struct output_head causal_##name_ = {                                                                                  \
        .name = "classes", .summary = summary_, .from = "hidden", .place = HEAD_TEXT, .link = link_, .at_end = true,             \
        .tensor = "logits", .present = present_##name_, .width = classify_width, .logits = classify_text_logits,                 \
        .label = classify_label}
CLASSES(text, HEAD_SOFTMAX, "one class a text, at its end");
CLASSES(text_many, HEAD_SIGMOID, "any number of classes a text, at its end");
CLASSES(text_value, HEAD_VALUE, "values of a text, at its end");

static bool present_tokens(const struct model *model)
{
    return classifies(model) && classify_has_tokens(model);
}

const struct output_head causal_tokens = {
    .name = "classes",
    .summary = "one class a token",
    .from = "hidden",
    .place = HEAD_TOKENS,
    .tensor = "logits",
    .present = present_tokens,
    .width = classify_width,
    .logits = classify_text_logits,
    .label = classify_label,
};
