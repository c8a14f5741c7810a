/* Heads of classes. See classify.h. */
#include "core/arch/classify.h"

#include <stdio.h>
#include <stdlib.h>

static const struct classify *of(const struct model *model)
{
    return (const struct classify *)(const void *)((const char *)model->own + model->arch->classify);
}

/* "BertForTokenClassification": the class that the checkpoint was made by, or an empty text. */
static struct str class_of(const struct model *model)
{
    return json_str(json_at(json_get(model->config, "architectures"), 0), "");
}

/* A classifier without a dense layer before it is one of tokens, unless the class says otherwise. */
static bool of_tokens(const struct model *model)
{
    struct str class = class_of(model);
    if (str_ends(class, STR("ForTokenClassification")))
        return true;
    return !str_ends(class, STR("ForSequenceClassification")) && !of(model)->dense.w.dtype;
}

static enum head_link link_of(const struct model *model)
{
    struct str problem = json_str(json_get(model->config, "problem_type"), "");
    if (str_is(problem, "regression"))
        return HEAD_VALUE;
    if (str_is(problem, "multi_label_classification") || (problem.n == 0 && of(model)->out.out == 1))
        return HEAD_SIGMOID;
    return HEAD_SOFTMAX;
}

static bool text_present(const struct model *model, enum head_link link)
{
    const struct classify *w = of(model);
    return w->out.w.dtype && w->out.out && !of_tokens(model) && link_of(model) == link;
}

static bool text_softmax(const struct model *model)
{
    return text_present(model, HEAD_SOFTMAX);
}

static bool text_sigmoid(const struct model *model)
{
    return text_present(model, HEAD_SIGMOID);
}

static bool text_value(const struct model *model)
{
    return text_present(model, HEAD_VALUE);
}

static bool tokens_present(const struct model *model)
{
    const struct classify *w = of(model);
    return w->out.w.dtype && w->out.out && of_tokens(model);
}

static bool pair_present(const struct model *model)
{
    const struct classify *w = of(model);
    return w->pair.w.dtype && w->dense.w.dtype;
}

static size_t width(const struct model *model)
{
    return of(model)->out.out;
}

static size_t pair_width(const struct model *model)
{
    return of(model)->pair.out;
}

static struct str label(const struct model *model, size_t i)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", i);
    return json_str(json_get(json_get(model->config, "id2label"), number), "");
}

/* out = last(act(dense(x))), or last(x). */
static bool product(const struct model *model, bool through_dense, const struct linear *last, const float *x, size_t n,
                    float *out, struct err *err)
{
    const struct classify *w = of(model);
    const struct activation *activation = w->activation ? w->activation : activation_named(STR("tanh"));
    if (!through_dense || !w->dense.w.dtype)
        return product_linear(last, x, n, last->in, n, EPILOGUE_NONE, out, last->out, err);
    float *pooled = mem_new(n * w->dense.out, sizeof *pooled, "a head of classes", err);
    bool ok = pooled && product_linear(&w->dense, x, n, w->dense.in, n, activation->epilogue, pooled, w->dense.out, err);
    if (ok && activation->epilogue == EPILOGUE_NONE)
        activation->apply(pooled, n * w->dense.out);
    ok = ok && product_linear(last, pooled, n, last->in, n, EPILOGUE_NONE, out, last->out, err);
    free(pooled);
    return ok;
}

static bool text_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    return product(model, true, &of(model)->out, x, n, out, err);
}

static bool tokens_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    return product(model, false, &of(model)->out, x, n, out, err);
}

static bool pair_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    return product(model, true, &of(model)->pair, x, n, out, err);
}

#define TEXT_HEAD(summary_, link_, present_)                                                                                     \
    {                                                                                                                            \
        .name = "classes", .summary = summary_, .from = "hidden", .place = HEAD_TEXT, .link = link_, .tensor = "logits",         \
        .present = present_, .width = width, .logits = text_logits, .label = label                                               \
    }

const struct output_head classify_text = TEXT_HEAD("one class a text", HEAD_SOFTMAX, text_softmax);
const struct output_head classify_text_many = TEXT_HEAD("any number of classes a text", HEAD_SIGMOID, text_sigmoid);
const struct output_head classify_text_value = TEXT_HEAD("values of a text", HEAD_VALUE, text_value);
const struct output_head classify_tokens = {
    .name = "classes",
    .summary = "one class a token",
    .from = "hidden",
    .place = HEAD_TOKENS,
    .tensor = "logits",
    .present = tokens_present,
    .width = width,
    .logits = tokens_logits,
    .label = label,
};

static struct str next_label(const struct model *model, size_t i)
{
    (void)model;
    return i == 0 ? STR("follows") : STR("random");
}

static struct str order_label(const struct model *model, size_t i)
{
    (void)model;
    return i == 0 ? STR("in order") : STR("swapped");
}

#define PAIR_HEAD(name_, summary_, tensor_, label_)                                                                              \
    {                                                                                                                            \
        .name = name_, .summary = summary_, .from = "hidden", .place = HEAD_TEXT, .tensor = tensor_, .present = pair_present,    \
        .width = pair_width, .logits = pair_logits, .label = label_                                                              \
    }

const struct output_head classify_next =
    PAIR_HEAD("next", "does the second text follow the first (cls.seq_relationship)", "seq_relationship_logits", next_label);
const struct output_head classify_order =
    PAIR_HEAD("order", "do the two texts stand in their order (sop_classifier)", "sop_logits", order_label);
