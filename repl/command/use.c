/* use: choose the model that the next commands mean. */
#include "repl/result/result.h"

#include "repl/grammar/call.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *name = call_arg(call, ARG_MODEL, 0);
    struct vectors *set = session_set(session, name->text);
    if (set) {
        session->vectors = set;
        result_note(result, "%s is in use", set->name);
        return true;
    }
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
    .keywords = "choose|select a model|switch",
    .summary = "choose the model or the vectors that commands mean",
    .help = "The model loaded last is in use until another is chosen, and so is the set of word vectors. Runs keep the model\n"
            "that they were made with.",
    .examples = "use roberta-tiny\nuse glove.6B.100d",
    .args = (const struct arg[]){{.name = "model", .kind = ARG_MODEL, .summary = "a loaded model or set of vectors"}, {0}},
    .run = run,
};
