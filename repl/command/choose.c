/* choose: which of several texts goes best with a first one, by a head of multiple choice. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/forward.h"
#include "repl/run/given_text.h"

enum { MOST = 64 };

static const struct output_head *find_head(const struct model *model)
{
    const struct output_head *head;
    for (size_t i = 0; (head = model_head(model, i)); i++)
        if (strcmp(head->name, "choice") == 0)
            return head;
    return NULL;
}

/* A pass over all pairs. */
static struct run *run_pairs_of(struct model *model, struct str first, const struct str *choices, size_t n, struct err *err)
{
    struct encoding texts[MOST];
    for (size_t i = 0; i < n; i++)
        if (!tokenizer_encode(model->tokenizer, first, &choices[i], 0, &texts[i], err)) {
            while (i-- > 0)
                encoding_free(&texts[i]);
            return NULL;
        }
    return run_new(model, &(struct run_inputs){.texts = texts, .n_texts = n}, NULL, err);
}

static bool give(struct result *result, const struct run *run, const struct output_head *head, const struct str *choices,
                 size_t n, struct err *err)
{
    float logits[MOST];
    double largest = -INFINITY, sum = 0;
    const size_t row = 0;
    for (size_t i = 0; i < n; i++) {
        if (!run_logits(run, head, i, &row, 1, &logits[i], err))
            return false;
        largest = fmax(largest, (double)logits[i]);
    }
    for (size_t i = 0; i < n; i++)
        sum += exp((double)logits[i] - largest);
    bool ok = result_columns(result, "choice,text,prob,logit", err);
    for (size_t i = 0; ok && i < n; i++) {
        struct cell_value cells[] = {{.kind = CELL_INT, .integer = (long long)i + 1},
                                     {.kind = CELL_TEXT, .text = choices[i]},
                                     {.kind = CELL_NUMBER, .number = exp((double)logits[i] - largest) / sum, .digits = 4},
                                     {.kind = CELL_NUMBER, .number = (double)logits[i], .digits = 4}};
        ok = result_row(result, cells, 4, err);
    }
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct model *model = given_model(session, call, true, err);
    const struct output_head *head = model ? find_head(model) : NULL;
    size_t n = call_count(call, ARG_TEXT);
    struct str choices[MOST];
    if (!model)
        return false;
    if (!head)
        return err_set(err, ERR_NOT_FOUND, "%s has no head of multiple choice in its weights", model->name);
    if (!model->tokenizer)
        return err_set(err, ERR_ARG, "%s has no tokenizer", model->name);
    if (n < 3 || n > MOST + 1)
        return err_set(err, ERR_ARG, "choose wants a first text and 2 to %d others: choose \"premise\" \"a\" \"b\"", MOST);
    for (size_t i = 1; i < n; i++)
        choices[i - 1] = call_arg(call, ARG_TEXT, i)->text;
    struct run *pass = run_pairs_of(model, call_arg(call, ARG_TEXT, 0)->text, choices, n - 1, err);
    bool ok = pass && give(result, pass, head, choices, n - 1, err);
    run_free(pass);
    return ok;
}

static const struct option options[] = {{"model", VALUE_MODEL, NULL, NULL, "a loaded model other than the one in use", 0, 0},
                                        {0}};
static const struct arg args[] = {{"TEXT", ARG_TEXT, false, true, "the first text, then two choices or more, each in quotes"},
                                  {0}};
const struct command command_choose = {
    .name = "choose",
    .group = "runs",
    .keywords = "multiple choice|swag|copa|race|plausible|best continuation|choices",
    .summary = "which of several texts goes best with a first one",
    .help = "Every choice is run behind the first text as a pair; prob is the softmax of their logits over the choices\n"
            "(*ForMultipleChoice). The choices keep their order.",
    .examples = "choose \"The cat was tired.\" \"It slept.\" \"It flew away.\"\nchoose \"premise\" \"a\" \"b\" \"c\" format=json",
    .options = options,
    .args = args,
    .run = run,
};
