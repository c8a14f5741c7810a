/* each: a command for every line of a file, with that line's run as @. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/line/execute.h"
#include "repl/result/result.h"

/* Run the model over one line and the command over that run; the run goes away again. */
static bool one_line(struct session *session, struct model *model, struct str text, const char *command, size_t number,
                     struct err *err)
{
    struct encoding encoding = {0};
    if (!tokenizer_encode(model->tokenizer, text, NULL, 0, &encoding, err))
        return false;
    struct run *run = run_one(model, &encoding, NULL, err);
    if (!run)
        return false;
    size_t next_number = session->next_number;
    struct kept_run *kept = session_add_run(session, run, (struct str){0}, &text, NULL, err);
    if (!kept)
        return false;
    size_t own = kept->number;
    bool ok = session_execute_nested(session, command, number, err);
    for (size_t i = 0; i < session->n_runs; i++)
        if (session->runs[i].number == own) { /* the command may have dropped it */
            session_drop(session, &session->runs[i]);
            break;
        }
    if (!session->n_runs || session->runs[session->n_runs - 1].number < own)
        session->next_number = next_number;
    return ok;
}

static bool all_lines(struct session *session, struct model *model, FILE *file, const char *command, size_t *number,
                      struct err *err)
{
    char *line = NULL;
    size_t capacity = 0;
    bool ok = true;
    while (ok && !session->quit) {
        errno = 0;
        ssize_t n = getline(&line, &capacity, file);
        if (n < 0)
            break;
        ++*number;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            n--;
        if (cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "interrupted");
        else if (n)
            ok = one_line(session, model, (struct str){line, (size_t)n}, command, *number, err);
    }
    free(line);
    return ok;
}

/* A mistake in the command is told before anything runs. */
static bool check(const struct call *call, struct err *err)
{
    struct call nested;
    bool ok = call_parse(call->rest.s, false, &nested, err);
    call_free(&nested);
    return ok;
}

static bool fail_nested(const struct call *call, struct err *err)
{
    if (err->column)
        err->column += (long)call->rest_column - 1;
    return false;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)result;
    const struct call_word *name = call_arg(call, ARG_FILE, 0);
    struct model *model = session_current(session, true, err);
    if (!model)
        return false;
    if (!model->tokenizer)
        return err_set(err, ERR_NOT_FOUND, "%s has no tokenizer (%s): each runs texts", model->name,
                       model->tokenizer_problem ? model->tokenizer_problem : "none in its folder");
    if (!check(call, err))
        return fail_nested(call, err);
    FILE *file = file_is_folder(name->text.s) ? NULL : fopen(name->text.s, "re");
    if (!file) {
        if (file_is_folder(name->text.s))
            err_set(err, ERR_IO, "%s: is a folder", name->text.s);
        else
            err_errno(err, name->text.s, "cannot read");
        return call_blame(call, name, err);
    }
    size_t number = 0;
    session->keep++; /* the line's run does not push another out */
    bool ok = all_lines(session, model, file, call->rest.s, &number, err);
    session->keep--;
    if (ok && ferror(file))
        ok = err_errno(err, name->text.s, "cannot read");
    fclose(file);
    if (!ok && err->code != ERR_CANCELLED && err->code != ERR_NONE) {
        long column = err->column;
        size_t length = err->length;
        err_prefix(err, "%s:%zu: ", name->text.s, number);
        err->column = column;
        err->length = length;
        return fail_nested(call, err);
    }
    return ok;
}

const struct command command_each = {
    .name = "each",
    .group = "runs",
    .summary = "run every line of a file, and a command on each",
    .help = "For every line that is not empty the model in use runs, @ is that run, and the command follows; then the run is "
            "gone: one is in memory at a time. {n} in the name of a file that the command writes is the line's number, from "
            "1. It stops at the first line that fails.",
    .examples = "each corpus.txt : export L2.H1 > maps/{n}.npy\neach corpus.txt : columns format=csv",
    .args = (const struct arg[]){{.name = "file", .kind = ARG_FILE, .summary = "a file, one text a line"},
                                 {.name = "command", .kind = ARG_COMMAND, .summary = "a colon and a command"},
                                 {0}},
    .run = run,
};
