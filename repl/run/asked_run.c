/* The run that a question is about. See asked_run.h. */
#include "repl/run/asked_run.h"

#include "core/given.h"
#include "repl/grammar/call.h"

bool asked_run_open(struct session *session, const struct call *call, struct result *result, struct asked_run *out,
                    struct err *err)
{
    const struct call_word *reference = call_arg(call, ARG_RUN, 0);
    struct given given = {0};
    *out = (struct asked_run){0};
    if (reference && given_any(call)) {
        err_set(err, ERR_ARG, "a run and a text: give one");
        return call_blame(call, reference, err);
    }
    if (!given_any(call)) {
        struct kept_run *kept = session_run(session, reference ? reference->text : STR("@"), err);
        if (!kept)
            return call_blame(call, reference, err);
        if (run_is_given(kept->run)) {
            err_set(err, ERR_ARG, "@%zu was opened from a file of tensors: %s has no weights to ask (load the model, and run the text)",
                    kept->number, kept->run->model->name);
            return reference ? call_blame(call, reference, err) : false;
        }
        out->run = kept->run;
        out->kept = kept;
        return true;
    }
    struct model *model = given_model(session, call, true, err);
    if (!model || !given_read(call, model, &given, err))
        return false;
    given_warn_mask(&given, model, result);
    out->run = out->own = given_run(session, model, &given, err);
    if (!out->own && err && err->code != ERR_CANCELLED)
        given_blame(call, err);
    given_free(&given);
    return out->own != NULL;
}

void asked_run_close(struct asked_run *asked)
{
    run_free(asked->own);
    *asked = (struct asked_run){0};
}

bool asked_run_answer(struct session *session, const struct call *call, struct result *result,
                      bool (*give)(struct result *result, const struct call *call, const struct run *run, struct err *err),
                      struct err *err)
{
    struct asked_run asked;
    bool ok = asked_run_open(session, call, result, &asked, err) && give(result, call, asked.run, err);
    asked_run_close(&asked);
    return ok;
}
