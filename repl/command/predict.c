/* predict: what a head over the vocabulary puts in a place (fill-mask) or behind it (the next token). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/op/log_sum.h"
#include "repl/grammar/call.h"
#include "repl/run/asked_run.h"
#include "repl/run/token_choice.h"

struct guess {
    int32_t id;
    float logit;
};

/* Keep the `top` largest of the vocabulary, largest first. */
static size_t best(const float *logits, size_t V, size_t top, struct guess *out)
{
    size_t n = 0;
    for (size_t id = 0; id < V; id++) {
        if (n == top && !(logits[id] > out[n - 1].logit))
            continue;
        size_t at = n < top ? n++ : n - 1;
        while (at > 0 && logits[id] > out[at - 1].logit) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = (struct guess){(int32_t)id, logits[id]};
    }
    return n;
}

static bool give_place(struct result *result, const struct model *model, size_t index, const float *logits, size_t V, size_t top,
                       struct err *err)
{
    for (size_t id = 0; id < V; id++)
        if (isnan(logits[id]) || logits[id] == INFINITY)
            return err_set(err, ERR_FORMAT, "the logits at index %zu are %s: %s predicts nothing there", index,
                           isnan(logits[id]) ? "NaN" : "infinite", model->name);
    struct guess *guesses = mem_new(top, sizeof *guesses, "the predictions", err);
    if (!guesses)
        return false;
    size_t n = best(logits, V, top, guesses);
    double log_total = log_sum(logits, V);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        struct str token = model->tokenizer ? tokenizer_string(model->tokenizer, guesses[i].id) : (struct str){0};
        struct cell_value cells[] = {{.kind = CELL_INT, .integer = (long long)index},
                                     {.kind = CELL_INT, .integer = (long long)i + 1},
                                     {.kind = CELL_INT, .integer = guesses[i].id},
                                     {.kind = token.s ? CELL_TEXT : CELL_NONE, .text = token},
                                     {.kind = CELL_NUMBER, .number = exp((double)guesses[i].logit - log_total), .digits = 4}};
        ok = result_row(result, cells, 5, err);
    }
    free(guesses);
    return ok;
}

static bool last_place(const struct tokens *tokens, size_t **out, size_t *n_out, struct err *err)
{
    *out = mem_new(1, sizeof **out, "the places", err);
    if (!*out)
        return false;
    (*out)[0] = tokens_length(tokens, 0) - 1;
    *n_out = 1;
    return true;
}

/* The places of the head's axis: q= where it is given, else the last token of a head that says what comes next, every mask of
 * another. */
static bool find_places(const struct call *call, const struct run *run, const struct output_head *head, size_t **out,
                        size_t *n_out, struct err *err)
{
    const struct tokens *tokens = head->stack == STACK_DECODER ? run->target : run->tokens;
    *out = NULL;
    *n_out = 0;
    if (call_given(call, "q")) {
        if (select_tokens(spelled_of(run, tokens, 0), call_str(call, "q"), out, n_out, err))
            return true;
        err_prefix(err, "q=: ");
        return call_blame_option(call, "q", err);
    }
    if (head->place == HEAD_NEXT)
        return last_place(tokens, out, n_out, err);
    int32_t mask = run->model->tokenizer ? tokenizer_role(run->model->tokenizer, "mask") : -1;
    *out = mem_new(run->tokens->texts[0].n, sizeof **out, "the places", err);
    if (!*out)
        return false;
    for (size_t i = 0; i < run->tokens->texts[0].n; i++)
        if (mask >= 0 && run->tokens->ids[i] == mask)
            (*out)[(*n_out)++] = i;
    if (*n_out)
        return true;
    free(*out);
    *out = NULL;
    if (mask < 0)
        return err_set(err, ERR_ARG, "%s names no mask token: q= says which places to predict", run->model->name);
    struct str string = tokenizer_string(run->model->tokenizer, mask);
    return err_set(err, ERR_ARG, "the text holds no %.*s: put one in, or q= says which places to predict", STR_ARGS(string));
}

static bool give(struct result *result, const struct call *call, const struct run *run, const struct output_head *head,
                 struct err *err)
{
    size_t *places, n, V = head->width(run->model), top = (size_t)call_int(call, "top");
    if (!find_places(call, run, head, &places, &n, err))
        return false;
    const char *caveat = head->caveat ? head->caveat(run->model) : NULL;
    if (caveat)
        result_note(result, "note: %s", caveat);
    float *logits = mem_new(V, sizeof *logits, "the logits", err);
    bool ok = logits && result_columns(result, "index,rank,id,token,prob", err);
    for (size_t i = 0; ok && i < n; i++)
        ok = run_logits(run, head, 0, &places[i], 1, logits, err) &&
             give_place(result, run->model, places[i], logits, V, top < V ? top : V, err);
    free(logits);
    free(places);
    return ok;
}

static bool give_run(struct result *result, const struct call *call, const struct run *run, struct err *err)
{
    const struct output_head *head = run_vocabulary_head(run, !str_is(call_str(call, "emd"), "off"));
    if (!head)
        return err_set(err, ERR_NOT_FOUND, "%s has no head over its vocabulary in its weights: nothing can be predicted",
                       run->model->name);
    return give(result, call, run, head, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return asked_run_answer(session, call, result, give_run, err);
}

static const struct option options[] = {
    {"q", VALUE_TOKENS, NULL, NULL,
     "places to predict; where not given every mask, or, where the head says what comes next, the last token", 0, 0},
    {"emd", VALUE_ENUM, "on|off", "on",
     "off: the head on the plain last layer, where the checkpoint has an enhanced mask decoder", 0, 0},
    {"top", VALUE_INT, NULL, "5", "so many tokens a place", 1, 1000000},
    OPTIONS_TEXT,
    OPTIONS_DECODER,
    {0},
};
static const struct arg args[] = {ARGS_ASKED, {0}};
const struct command command_predict = {
    .name = "predict",
    .aliases = "fill",
    .group = "runs",
    .keywords = "fill mask|fill-mask|masked language model|mlm|next token|next word|complete a text|language model|probabilities|logits|top-k|generate",
    .summary = "what the model puts in a place: masked words, or the next one",
    .help = "Every mask of the text, or of the last run, or the places of q=; the softmax over the vocabulary, largest first.\n"
            "A decoder says what comes next: behind the last token, or behind those of q=.\n"
            "A text given here is run for this only and not kept.",
    .examples = "predict \"The cat [MASK] on the mat.\"\npredict q=4 top=10\npredict @2 format=csv",
    .options = options,
    .args = args,
    .run = run,
};
