/* Heads of classes. See classify.h. */
#include "core/arch/classify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct classify *of(const struct model *model)
{
    return (const struct classify *)(const void *)((const char *)model->own + model->arch->classify);
}

/* "BertForTokenClassification": the class that the checkpoint was made by, or an empty text. */
static struct str class_of(const struct model *model)
{
    return json_str(json_at(json_get(model->config, "architectures"), 0), "");
}

bool classify_is_choice(const struct model *model, size_t layer)
{
    (void)layer;
    return str_ends(class_of(model), STR("ForMultipleChoice"));
}

bool classify_is_answer(const struct model *model)
{
    return str_ends(class_of(model), STR("ForQuestionAnswering"));
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

bool classify_has_text(const struct model *model, enum head_link link)
{
    const struct classify *w = of(model);
    return w->out.w.dtype && w->out.out && !of_tokens(model) && !classify_is_choice(model, 0) && link_of(model) == link;
}

static bool text_softmax(const struct model *model)
{
    return classify_has_text(model, HEAD_SOFTMAX);
}

static bool text_sigmoid(const struct model *model)
{
    return classify_has_text(model, HEAD_SIGMOID);
}

static bool text_value(const struct model *model)
{
    return classify_has_text(model, HEAD_VALUE);
}

bool classify_has_tokens(const struct model *model)
{
    const struct classify *w = of(model);
    return w->out.w.dtype && w->out.out && of_tokens(model) && !classify_is_choice(model, 0);
}

static bool pair_present(const struct model *model)
{
    const struct classify *w = of(model);
    return w->pair.w.dtype && w->dense.w.dtype;
}

size_t classify_width(const struct model *model)
{
    return of(model)->out.out;
}

static size_t pair_width(const struct model *model)
{
    return of(model)->pair.out;
}

struct str classify_label(const struct model *model, size_t i)
{
    char number[24];
    snprintf(number, sizeof number, "%zu", i);
    return json_str(json_get(json_get(model->config, "id2label"), number), "");
}

/* pooled [n,E] of x. */
static bool pool(const struct model *model, const float *x, size_t n, float *pooled, struct err *err)
{
    const struct classify *w = of(model);
    const struct activation *activation = w->activation ? w->activation : activation_named(STR("tanh"));
    if (w->pool)
        return w->pool(model, x, n, pooled, err);
    return product_linear(&w->dense, x, n, w->dense.in, n, activation, pooled, w->dense.out, err);
}

/* out = last(pooled x), or last(x). */
static bool product(const struct model *model, bool pooled, const struct linear *last, const float *x, size_t n, float *out,
                    struct err *err)
{
    if (!pooled)
        return product_linear(last, x, n, last->in, n, NULL, out, last->out, err);
    float *between = mem_new(n * last->in, sizeof *between, "a head of classes", err);
    bool ok = between && pool(model, x, n, between, err) &&
              product_linear(last, between, n, last->in, n, NULL, out, last->out, err);
    free(between);
    return ok;
}

bool classify_text_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    return product(model, of(model)->pool || of(model)->dense.w.dtype, &of(model)->out, x, n, out, err);
}

static bool tokens_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    return product(model, of(model)->pool, &of(model)->out, x, n, out, err);
}

static bool pair_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    return product(model, true, &of(model)->pair, x, n, out, err);
}

const struct output_head classify_text = CLASSIFY_TEXT("one class a text", "hidden", HEAD_SOFTMAX, text_softmax);
const struct output_head classify_text_many = CLASSIFY_TEXT("any number of classes a text", "hidden", HEAD_SIGMOID, text_sigmoid);
const struct output_head classify_text_value = CLASSIFY_TEXT("values of a text", "hidden", HEAD_VALUE, text_value);
const struct output_head classify_tokens = {
    .name = "classes",
    .summary = "one class a token",
    .from = "hidden",
    .place = HEAD_TOKENS,
    .tensor = "logits",
    .present = classify_has_tokens,
    .width = classify_width,
    .logits = tokens_logits,
    .label = classify_label,
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

/* ---- answers and choices ---- */

static bool answer_present(const struct model *model)
{
    return of(model)->answer.w.dtype && of(model)->answer.out == 2;
}

static size_t answer_width(const struct model *model)
{
    (void)model;
    return 2;
}

static bool answer_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    return product(model, of(model)->pool, &of(model)->answer, x, n, out, err);
}

static bool choice_present(const struct model *model)
{
    return classify_is_choice(model, 0) && of(model)->out.w.dtype && of(model)->out.out == 1;
}

/* What ELECTRA's summary ends in; a pooler in tanh. */
static const struct activation *summary_activation(const struct model *model)
{
    bool summary = memmem(of(model)->summary.w.name.s, of(model)->summary.w.name.n, "sequence_summary", 16) != NULL;
    const struct activation *named =
        summary ? activation_named(json_str(json_get(model->config, "summary_activation"), "gelu")) : NULL;
    return named ? named : activation_named(STR("tanh"));
}

static bool choice_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err)
{
    const struct classify *w = of(model);
    if (!w->summary.w.dtype || w->summary.w.data == w->dense.w.data)
        return classify_text_logits(model, x, n, out, err);
    size_t E = w->summary.out;
    float *between = mem_new(n * E, sizeof *between, "a head of choices", err);
    bool ok = between && product_linear(&w->summary, x, n, w->summary.in, n, summary_activation(model), between, E, err) &&
              product_linear(&w->out, between, n, w->out.in, n, NULL, out, 1, err);
    free(between);
    return ok;
}

static size_t choice_width(const struct model *model)
{
    (void)model;
    return 1;
}

const struct output_head classify_answer = {
    .name = "answer",
    .summary = "where in the second text the answer to the first starts and ends (qa_outputs)",
    .from = "hidden",
    .place = HEAD_TOKENS,
    .link = HEAD_VALUE,
    .tensor = "answer_logits",
    .present = answer_present,
    .width = answer_width,
    .logits = answer_logits,
};
#define CHOICE(at_end_)                                                                                                          \
    {                                                                                                                            \
        .name = "choice", .summary = "how well the second text goes on from the first, beside others", .from = "hidden",         \
        .place = HEAD_TEXT, .at_end = at_end_, .link = HEAD_VALUE, .tensor = "logits", .present = choice_present,                \
        .width = choice_width, .logits = choice_logits                                                                           \
    }
const struct output_head classify_choice = CHOICE(false), classify_choice_at_end = CHOICE(true);
