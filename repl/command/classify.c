/* classify: what a checkpoint's own classification heads say of a text, a pair of texts, or each token. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "repl/grammar/call.h"
#include "repl/run/asked_run.h"

/* Numbers of one row as the head's link makes them: probabilities, or values as they are. */
static void link_numbers(enum head_link link, const float *logits, size_t n, double *out)
{
    double largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, (double)logits[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp((double)logits[i] - largest);
    for (size_t i = 0; i < n; i++)
        out[i] = link == HEAD_SOFTMAX   ? exp((double)logits[i] - largest) / sum
                 : link == HEAD_SIGMOID ? 1 / (1 + exp(-(double)logits[i]))
                                        : (double)logits[i];
}

static struct cell_value label_cell(const struct model *model, const struct output_head *head, size_t i, char own[32])
{
    struct str label = head->label ? head->label(model, i) : (struct str){0};
    if (!label.n)
        snprintf(own, 32, "LABEL_%zu", i);
    return (struct cell_value){.kind = CELL_TEXT, .text = label.n ? label : str_of(own)};
}

/* One row of a head: every label of a text; of a token the likeliest one. */
static bool give_row(struct result *result, const struct run *run, const struct output_head *head, size_t token,
                     const float *logits, size_t n, double *numbers, struct err *err)
{
    bool text = head->place == HEAD_TEXT, ok = true;
    size_t best = 0;
    link_numbers(head->link, logits, n, numbers);
    for (size_t i = 1; i < n; i++)
        best = numbers[i] > numbers[best] ? i : best;
    for (size_t i = 0; ok && i < n; i++) {
        char own[32];
        if (!text && i != best)
            continue;
        struct cell_value cells[] = {
            {.kind = CELL_TEXT, .text = str_of(head->name)},
            text ? (struct cell_value){.kind = CELL_NONE} : (struct cell_value){.kind = CELL_INT, .integer = (long long)token},
            text ? (struct cell_value){.kind = CELL_NONE}
                 : (struct cell_value){.kind = CELL_TEXT, .text = run->tokens->texts[0].tokens[token].string},
            label_cell(run->model, head, i, own),
            {.kind = CELL_NUMBER, .number = numbers[i], .digits = 4},
            {.kind = CELL_NUMBER, .number = (double)logits[i], .digits = 4}};
        ok = result_row(result, cells, 6, err);
    }
    return ok;
}

static bool give_head(struct result *result, const struct run *run, const struct output_head *head, struct err *err)
{
    size_t n = head->width(run->model), rows = head->place == HEAD_TEXT ? 1 : run->tokens->texts[0].n;
    float *logits = mem_new(n, sizeof *logits, "the classes", err);
    double *numbers = mem_new(n, sizeof *numbers, "the classes", err);
    bool ok = logits && numbers;
    for (size_t i = 0; ok && i < rows; i++)
        ok = run_logits(run, head, 0, &i, 1, logits, err) && give_row(result, run, head, i, logits, n, numbers, err);
    free(logits);
    free(numbers);
    return ok;
}

static bool give(struct result *result, const struct call *call, const struct run *run, struct err *err)
{
    (void)call;
    const struct output_head *head;
    size_t given = 0;
    for (size_t i = 0; (head = run_head(run, i)); i++) {
        if ((head->place != HEAD_TEXT && head->place != HEAD_TOKENS) || !head->label)
            continue;
        if ((given++ == 0 && !result_columns(result, "head,index,token,label,prob,logit", err)) ||
            !give_head(result, run, head, err))
            return false;
    }
    return given || err_set(err, ERR_NOT_FOUND, "%s has no classification head in its weights", run->model->name);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return asked_run_answer(session, call, result, give, err);
}

static const struct option options[] = {OPTIONS_TEXT, {0}};
static const struct arg args[] = {ARGS_ASKED, {0}};
const struct command command_classify = {
    .name = "classify",
    .group = "runs",
    .keywords = "classification|sentiment|labels|nli|ner|tagging|question answering|sequence",
    .summary = "what the classification heads say, with the labels of config.json",
    .help =
        "Every head of classes that the weights hold: of a text or a pair each label (softmax; sigmoid where problem_type is\n"
        "multi_label_classification; a regression's value as it is), of tokens the likeliest label of each; next sentence and\n"
        "sentence order where they are there. prob is the linked number, logit what the head gives.",
    .examples = "classify \"A soccer game.\" \"Some men play a sport.\"\nclassify @1 format=json",
    .options = options,
    .args = args,
    .run = run,
};
