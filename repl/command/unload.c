/* unload: free a model and its runs. */
#include <stdlib.h>

#include "repl/result.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *name = call_arg(call, ARG_MODEL, 0);
    struct model *model = name ? session_model(session, name->text, err) : session_current(session, false, err);
    if (!model)
        return call_blame(call, name, err);
    char *copy = mem_copy_str(str_of(model->name), err);
    if (!copy)
        return false;
    size_t before = session->n_runs;
    session_unload(session, model);
    result_note(result, "%s is gone, with %zu run%s%s%s", copy, before - session->n_runs,
                before - session->n_runs == 1 ? "" : "s", session->model ? "; in use: " : "",
                session->model ? session->model->name : "");
    free(copy);
    return true;
}

const struct command command_unload = {
    .name = "unload",
    .group = "models",
    .summary = "free a model and the runs made with it",
    .help = "Without a name: the model in use. The one loaded last of those that stay is in use then.",
    .examples = "unload\nunload roberta-tiny",
    .args = (const struct arg[]){{.name = "model", .kind = ARG_MODEL, .optional = true, .summary = "a loaded model"}, {0}},
    .run = run,
};
