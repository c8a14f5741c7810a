/* models: what is loaded. */
#include <string.h>

#include "repl/result/result.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)call;
    if (!result_columns(result, "name,use,type,layers,heads,width,parameters,folder", err))
        return false;
    for (size_t i = 0; i < session->n_models; i++) {
        const struct model *model = session->models[i];
        bool runs = model_runs(model);
        const struct cell_value cells[] = {
            {.kind = CELL_TEXT, .text = str_of(model->name)},
            {.kind = CELL_TEXT, .text = str_of(model == session->model ? "*" : "")},
            {.kind = CELL_TEXT, .text = str_of(model->arch ? model->arch->name : "tokenizer alone")},
            {.kind = runs ? CELL_INT : CELL_NONE, .integer = (long long)model->stacks[STACK_MAIN].layers},
            {.kind = runs ? CELL_INT : CELL_NONE, .integer = (long long)stack_heads(&model->stacks[STACK_MAIN])},
            {.kind = runs ? CELL_INT : CELL_NONE, .integer = (long long)model->E},
            {.kind = runs ? CELL_INT : CELL_NONE, .integer = (long long)model->parameters},
            {.kind = CELL_TEXT, .text = str_of(model->folder)},
        };
        if (!result_row(result, cells, sizeof cells / sizeof *cells, err))
            return false;
    }
    if (!session->n_models)
        result_note(result, "no model is loaded: load roberta-tiny");
    return true;
}

const struct command command_models = {
    .name = "models",
    .group = "models",
    .keywords = "list models|loaded|which models",
    .summary = "list the loaded models",
    .help = "One row a model, in the order of loading; * marks the one that run, tokens and info use.",
    .examples = "models\nmodels format=csv",
    .run = run,
};
