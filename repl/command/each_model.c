/* each-model: a command for every model of a list; what it gives of each becomes one table. */
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/lines.h"
#include "core/base/text.h"
#include "core/forward.h"
#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/line/execute.h"
#include "repl/result/gather.h"
#include "repl/result/result.h"
#include "repl/session/find_model.h"

/* What is done for each model, and what came of it. */
struct walk {
    const struct call *call;
    const char *path;
    struct result *own;   /* for what is said beside the document */
    struct gather gather; /* result NULL: the command writes a file a model */
    size_t done, failed;
};

/* ---- one model ---- */

/* The last part of a path or an id: what the model is called by while it is here. */
static struct str last_part(struct str name)
{
    while (name.n > 1 && name.s[name.n - 1] == '/')
        name.n--;
    for (size_t i = name.n; i-- > 0;)
        if (name.s[i] == '/')
            return (struct str){name.s + i + 1, name.n - i - 1};
    return name;
}

static struct model *load(struct session *session, struct str name, struct err *err)
{
    struct model *model = NULL;
    char *path = session_find_model(session, name, err), *free_name = NULL;
    if (path && checkpoint_fits(path, 0, err) && (free_name = session_free_name(session, last_part(name), err)))
        model = model_load(path, free_name, err);
    free(path);
    free(free_name);
    return model && session_add_model(session, model, err) ? model : NULL;
}

/* The run of text=, which the command finds as @. */
static bool run_text(struct session *session, const struct call *call, struct model *model, struct err *err)
{
    struct str text = call_str(call, "text");
    struct encoding encoding = {0};
    if (!call_given(call, "text"))
        return true;
    if (!model_runs(model) || !model->tokenizer)
        return err_set(err, ERR_NOT_FOUND, "it has no %s: text= cannot be run", model->tokenizer ? "weights" : "tokenizer");
    if (!tokenizer_encode(model->tokenizer, text, NULL, 0, &encoding, err))
        return false;
    struct run *run = run_one(model, &encoding, NULL, err);
    return run && session_add_run(session, run, (struct str){0}, &text, NULL, err);
}

/* Load, run the text and the command, unload; the session is then as it was. */
static bool one_model(struct session *session, struct walk *walk, struct str name, size_t number, struct err *err)
{
    struct model *before = session->model, *model = load(session, name, err);
    size_t next_number = session->next_number;
    if (!model)
        return false;
    bool ok = run_text(session, walk->call, model, err);
    session->gather = walk->gather.result ? &walk->gather : NULL;
    walk->gather.n = 0;
    walk->gather.told = false;
    ok = ok && gather_lead(&walk->gather, "model", text_cell(name)) && session_execute_nested(session, walk->call->rest.s, number, err);
    session->gather = NULL;
    for (size_t i = 0; i < session->n_models; i++)
        if (session->models[i] == model) { /* the command may have unloaded it */
            session_unload(session, model);
            break;
        }
    if (!session->n_runs || session->runs[session->n_runs - 1].number < next_number)
        session->next_number = next_number;
    for (size_t i = 0; i < session->n_models; i++)
        if (session->models[i] == before)
            session->model = before;
    return ok;
}

/* ---- the list ---- */

/* A line without the blanks around it; empty where it is blank or a comment. */
static struct str entry_of(struct str line)
{
    while (line.n && (line.s[0] == ' ' || line.s[0] == '\t'))
        line = (struct str){line.s + 1, line.n - 1};
    while (line.n && (line.s[line.n - 1] == ' ' || line.s[line.n - 1] == '\t'))
        line.n--;
    return line.n && line.s[0] == '#' ? (struct str){0} : line;
}

static bool is_name(struct str name, struct err *err)
{
    if (memchr(name.s, 0, name.n))
        return err_set(err, ERR_FORMAT, "a NUL byte: expected a model's path, name or id");
    if (utf8_invalid_at(name) < name.n)
        return err_set(err, ERR_FORMAT, "no UTF-8 at byte %zu: expected a model's path, name or id", utf8_invalid_at(name) + 1);
    return true;
}

/* One that fails is told and the rest go on; false where all is over. */
static bool take(struct session *session, struct walk *walk, struct str name, size_t line, struct err *err)
{
    struct err own = {0};
    if (is_name(name, &own) && one_model(session, walk, name, walk->done + walk->failed + 1, &own)) {
        walk->done++;
        return true;
    }
    if (own.code == ERR_CANCELLED || own.code == ERR_MEMORY || own.code == ERR_PIPE) {
        *err = own;
        return false;
    }
    walk->failed++;
    if (own.code != ERR_NONE && str_starts(str_of(own.message), name)) /* it says which itself */
        result_note(walk->own, "%s:%zu: %s", walk->path, line, own.message);
    else
        result_note(walk->own, "%s:%zu: %.*s: %s", walk->path, line, STR_ARGS(name), own.code == ERR_NONE ? "failed, as said above" : own.message);
    return true;
}

static bool all_models(struct session *session, struct walk *walk, struct lines *lines, struct err *err)
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
        struct str entry = entry_of(line);
        char *name = mem_copy_str(entry, err);
        bool ok = name && (!entry.n || take(session, walk, (struct str){name, entry.n}, lines_number(lines), err));
        free(name);
        if (!ok)
            return false;
    }
    if (!walk->done && !walk->failed)
        return err_set(err, ERR_NOT_FOUND, "%s: no model: expected a path, a name or an id a line", walk->path);
    if (!walk->done)
        return err_set(err, ERR_NOT_FOUND, "%s: no model gave anything", walk->path);
    if (walk->failed) {
        result_note(walk->own, "%s: %zu of %zu models failed", walk->path, walk->failed, walk->done + walk->failed);
        session->commands_failed = true;
    }
    return true;
}

/* ---- the command ---- */

/* The command that gives something, inside each and time; their calls are kept in `calls` [*n], to free. */
enum { NESTED = 4 };
static bool parse_innermost(const struct call *call, struct call calls[NESTED], size_t *n, struct err *err)
{
    const char *line = call->rest.s;
    while (line) {
        if (*n == NESTED)
            return err_set(err, ERR_ARG, "commands inside commands, %d deep", NESTED + 1);
        bool ok = call_parse(line, false, &calls[*n], err);
        struct call *parsed = &calls[(*n)++];
        if (!ok || !parsed->command)
            return ok ? err_set(err, ERR_ARG, "a command follows the colon") : false;
        bool deeper = false;
        for (const struct arg *arg = parsed->command->args; arg && arg->name; arg++)
            deeper = deeper || arg->kind == ARG_COMMAND;
        line = deeper ? parsed->rest.s : NULL;
    }
    return true;
}

/* Does it write a file a model? */
static bool writes_each(const struct call *innermost)
{
    for (size_t i = 0; i + 3 <= innermost->output.n; i++)
        if (memcmp(innermost->output.s + i, "{n}", 3) == 0)
            return true;
    return innermost->command->own_output && innermost->command->own_output(innermost);
}

static bool walk_list(struct session *session, struct walk *walk, const struct call *innermost, struct lines *lines,
                      struct err *err)
{
    if (writes_each(innermost))
        return all_models(session, walk, lines, err);
    if (!result_begin(session, innermost, &walk->gather.result, err))
        return false;
    struct err ending = {0};
    bool ok = all_models(session, walk, lines, err), ended = result_end(walk->gather.result, ok, &ending);
    if (ok && !ended)
        *err = ending;
    free(walk->gather.header);
    return ok && ended;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *name = call_arg(call, ARG_FILE, 0);
    struct call calls[NESTED] = {0};
    struct lines *lines = NULL;
    size_t n = 0;
    bool ok = !session->gather || err_set(err, ERR_ARG, "each-model inside each-model");
    ok = ok && parse_innermost(call, calls, &n, err);
    if (!ok && err->column)
        err->column += (long)call->rest_column - 1;
    if (ok && !(lines = lines_open(name->text.s, "a model a line", err)))
        ok = call_blame(call, name, err);
    if (ok) {
        struct walk walk = {.call = call, .path = name->text.s, .own = result};
        session->keep++; /* the run of text= does not push another out */
        ok = walk_list(session, &walk, &calls[n - 1], lines, err);
        session->keep--;
    }
    for (size_t i = 0; i < n; i++)
        call_free(&calls[i]);
    lines_free(lines);
    return ok;
}

static const struct option options[] = {{.name = "text", .kind = VALUE_TEXT, .summary = "run first, so that it is @ for the command"},
                                        {0}};
static const struct arg args[] = {
    {.name = "file", .kind = ARG_FILE, .summary = "a file, one model a line: a path, a name, an id of the cache, ID@REVISION"},
    {.name = "command", .kind = ARG_COMMAND, .summary = "a colon and a command"},
    {0}};

extern const struct command command_each_model;
const struct command command_each_model = {
    .name = "each-model",
    .group = "models",
    .keywords = "many models|checkpoints|seeds|multiberts|training steps|revisions|loop over models|compare models|for each model|long format",
    .summary = "a command for every model of a list, in one table",
    .help = "Every line of the file names a model as load takes it: a path, a shipped model, an id in the local cache, ID@REVISION "
            "too (pull ID@REVISION fetches it). Blank lines and those that begin with # do not count. The model is loaded and in "
            "use, the text of text= runs, so that @ is its run, the command follows, and both are gone again: one model is in "
            "memory at a time. The rows that the command gives of each stand in one table with the column model in front, in the "
            "format and the file that the command asks for; with `each` inside, the column line follows. A picture or tensors need "
            "a file each: {n} in its name is the model's number in the list, from 1. Columns are those of the first table: what others have besides is left out and told. A model that fails is told on standard error "
            "and the others go on; the exit status is then 1.",
    .examples = "each-model seeds.txt text=\"hey what's up\" : heads format=csv > heads.csv\n"
                "each-model steps.txt : columns texts=corpus.txt length=32 format=csv > columns.csv\n"
                "each-model seeds.txt : each corpus.txt : columns format=csv > columns.csv\n"
                "each-model seeds.txt text=\"hey what's up\" : plot L0.H0 > {n}.png",
    .options = options,
    .args = args,
    .run = run,
};
