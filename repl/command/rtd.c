/* rtd: which tokens a replaced-token discriminator takes for replacements. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/run/asked_run.h"
#include "repl/words/asked_words.h"

enum { BAR = 32 };

static const struct output_head *find_head(const struct run *run)
{
    const struct output_head *head;
    for (size_t i = 0; (head = run_head(run, i)); i++)
        if (strcmp(head->name, "rtd") == 0)
            return head;
    return NULL;
}

static bool give_token(struct result *result, const struct token *token, size_t index, double logit, bool bars, struct err *err)
{
    double prob = 1 / (1 + exp(-logit));
    struct buf bar = {0};
    if (isfinite(prob))
        put_bar(&bar, prob, BAR);
    struct cell_value cells[] = {{.kind = CELL_INT, .integer = (long long)index},
                                 {.kind = CELL_TEXT, .text = token->string},
                                 {.kind = CELL_NUMBER, .number = prob, .digits = 4},
                                 {.kind = CELL_TEXT, .text = buf_view(&bar)}};
    bool ok = buf_ok(&bar, err) && result_row(result, cells, bars ? 4 : 3, err);
    buf_free(&bar);
    return ok;
}

static bool give(struct result *result, const struct call *call, const struct run *run, struct err *err)
{
    (void)call;
    const struct output_head *head = find_head(run);
    bool bars = result_wants_picture(result); /* a person's table */
    if (!head)
        return err_set(err, ERR_NOT_FOUND,
                       "%s has no replaced-token head in its weights (ELECTRA's discriminators and DeBERTa v3 have)",
                       run->model->name);
    if (!result_columns(result, bars ? "index,token,prob,bar" : "index,token,prob", err))
        return false;
    for (size_t i = 0; i < run->tokens->texts[0].n; i++) {
        float logit;
        if (!run_logits(run, head, 0, &i, 1, &logit, err) ||
            !give_token(result, &run->tokens->texts[0].tokens[i], i, (double)logit, bars, err))
            return false;
    }
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return asked_run_answer(session, call, result, give, err);
}

static const struct option options[] = {OPTIONS_TEXT, {0}};
static const struct arg args[] = {ARGS_ASKED, {0}};
const struct command command_rtd = {
    .name = "rtd",
    .group = "runs",
    .keywords = "replaced token detection|discriminator|electra",
    .summary = "each token's probability of being a replacement",
    .help =
        "Replaced-token detection (Clark et al. 2020): the sigmoid of the discriminator's logit, above 0.5 replaced. ELECTRA's\n"
        "discriminators have such a head, and DeBERTa v3 checkpoints that hold mask_predictions.",
    .examples = "rtd \"The cat ate the piano.\"\nrtd @2 format=csv",
    .options = options,
    .args = args,
    .run = run,
};
