/* unload: free a model and its runs. */
#include <stdlib.h>

#include "repl/grammar/call.h"
#include "repl/result/result.h"

static bool unload_set(struct session *session, struct vectors *set, struct result *result, struct err *err)
{
    char *copy = mem_copy_str(str_of(set->name), err);
    if (!copy)
        return false;
    session_unload_set(session, set);
    result_note(result, "%s is gone%s%s", copy, session->vectors ? "; in use: " : "", session->vectors ? session->vectors->name : "");
    free(copy);
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *name = call_arg(call, ARG_MODEL, 0);
    struct vectors *set = name ? session_set(session, name->text) : session->model ? NULL : session->vectors;
    if (set)
        return unload_set(session, set, result, err);
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
    .keywords = "close|free|remove a model|forget",
    .summary = "free a model and the runs made with it, or a set of vectors",
    .help = "Without a name: the model in use. The one loaded last of those that stay is in use then.",
    .examples = "unload\nunload roberta-tiny",
    .args = (const struct arg[]){{.name = "model", .kind = ARG_MODEL, .optional = true, .summary = "a loaded model or set of vectors"}, {0}},
    .run = run,
};
