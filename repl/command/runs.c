/* runs: what has been run and is kept. */
#include <stdio.h>

#include "repl/result/result.h"

static size_t tokens_of(const struct run *run)
{
    size_t n = 0;
    for (size_t i = 0; i < run->tokens->n_texts; i++)
        n += run->tokens->texts[i].n;
    return n;
}

static bool put(struct result *result, const struct kept_run *kept, struct err *err)
{
    char number[32];
    snprintf(number, sizeof number, "@%zu", kept->number);
    const struct cell_value cells[] = {
        {.kind = CELL_TEXT, .text = str_of(number)},
        {.kind = CELL_TEXT, .text = str_of(kept->name)},
        {.kind = CELL_TEXT, .text = str_of(kept->run->model->name)},
        {.kind = CELL_INT, .integer = (long long)tokens_of(kept->run)},
        {.kind = kept->text ? CELL_TEXT : CELL_NONE, .text = str_of(kept->text)},
        {.kind = kept->pair ? CELL_TEXT : CELL_NONE, .text = str_of(kept->pair)},
    };
    return result_row(result, cells, sizeof cells / sizeof *cells, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)call;
    if (!result_columns(result, "run,name,model,tokens,text,pair", err))
        return false;
    for (size_t i = 0; i < session->n_runs; i++)
        if (!put(result, &session->runs[i], err))
            return false;
    if (!session->n_runs)
        result_note(result, "nothing has been run: run \"some text\"");
    return true;
}

const struct command command_runs = {
    .name = "runs",
    .group = "runs",
    .summary = "list the runs that are kept",
    .help = "Oldest first; the last is @. The newest 8 unnamed runs are kept (set keep=N); those named by run as=NAME stay "
            "until they are dropped.",
    .examples = "runs\nruns format=json",
    .run = run,
};
