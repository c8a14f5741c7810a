/* use: choose the model that the next commands mean. */
#include "repl/result.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *name = call_arg(call, ARG_MODEL, 0);
    struct model *model = session_model(session, name->text, err);
    if (!model)
        return call_blame(call, name, err);
    session->model = model;
    result_note(result, "%s is in use", model->name);
    return true;
}

const struct command command_use = {
    .name = "use",
    .group = "models",
    .summary = "choose the model that run, tokens and info mean",
    .help = "The model loaded last is in use until another is chosen. Runs keep the model that they were made with.",
    .examples = "use roberta-tiny",
    .args = (const struct arg[]){{.name = "model", .kind = ARG_MODEL, .summary = "a loaded model"}, {0}},
    .run = run,
};
