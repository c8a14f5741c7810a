/* each: a command for every line of a file, with that line's run as @. */
#include "core/base/cancel.h"
#include "core/base/lines.h"
#include "core/forward.h"
#include "core/measure/finite.h"
#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/line/execute.h"
#include "repl/result/gather.h"
#include "repl/result/result.h"

/* What is run, and what came of it. */
struct walk {
    struct model *model;
    const char *path, *command;
    size_t lines, not_finite; /* that ran; of them, whose numbers are not finite */
};

/* The first line whose numbers are not finite is told as `run` tells it. */
static void look_at_numbers(struct walk *walk, const struct run *run, size_t number, struct result *result)
{
    struct buf text = {0};
    struct not_finite where = run_not_finite(run);
    walk->lines++;
    walk->not_finite += where.any;
    if (where.any && walk->not_finite == 1) {
        not_finite_say(run, where, &text);
        result_note(result, "warning: %s:%zu: %s: maps and predictions behind it say nothing", walk->path, number, buf_cstr(&text));
    }
    buf_free(&text);
}

/* Run the model over one line and the command over that run; the run goes away again. */
static bool one_line(struct session *session, struct walk *walk, struct str text, size_t number, struct result *result,
                     struct err *err)
{
    struct model *model = walk->model;
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
    look_at_numbers(walk, run, number, result);
    struct gather *gather = session->gather;
    size_t leads = gather ? gather->n : 0;
    bool ok = (!gather || gather_lead(gather, "line", int_cell((long long)number)) || err_set(err, ERR_ARG, "each inside each inside each")) &&
              session_execute_nested(session, walk->command, number, err);
    if (gather)
        gather->n = leads;
    for (size_t i = 0; i < session->n_runs; i++)
        if (session->runs[i].number == own) { /* the command may have dropped it */
            session_drop(session, &session->runs[i]);
            break;
        }
    if (!session->n_runs || session->runs[session->n_runs - 1].number < own)
        session->next_number = next_number;
    return ok;
}

static bool all_lines(struct session *session, struct walk *walk, struct lines *lines, struct result *result, struct err *err)
{
    struct str line;
    bool end = false;
    while (!session->quit) {
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "interrupted");
        if (!lines_next(lines, &line, &end, err))
            return false;
        if (end)
            break;
        if (line.n && !one_line(session, walk, line, lines_number(lines), result, err))
            return err->code == ERR_CANCELLED || err->code == ERR_NONE ? false : err_prefix(err, "%s:%zu: ", walk->path, lines_number(lines));
    }
    return true;
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
    const struct call_word *name = call_arg(call, ARG_FILE, 0);
    struct model *model = session_current(session, true, err);
    if (!model)
        return false;
    if (!model->tokenizer)
        return err_set(err, ERR_NOT_FOUND, "%s has no tokenizer (%s): each runs texts", model->name,
                       model->tokenizer_problem ? model->tokenizer_problem : "none in its folder");
    if (!check(call, err))
        return fail_nested(call, err);
    struct lines *lines = lines_open(name->text.s, "a text a line", err);
    if (!lines)
        return call_blame(call, name, err);
    session->keep++; /* the line's run does not push another out */
    struct walk walk = {.model = model, .path = name->text.s, .command = call->rest.s};
    bool ok = all_lines(session, &walk, lines, result, err);
    if (walk.not_finite > 1)
        result_note(result, "warning: %s: %zu of %zu lines gave numbers that are not finite", walk.path, walk.not_finite, walk.lines);
    session->keep--;
    lines_free(lines);
    return ok || fail_nested(call, err);
}

const struct command command_each = {
    .name = "each",
    .group = "runs",
    .keywords = "loop|batch|for|foreach|every line|many texts|corpus|repeat|map over",
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
