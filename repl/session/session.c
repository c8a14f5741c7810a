/* What a session holds: models in the order of loading, kept runs, the settings. See session.h. */
#include "repl/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "repl/grammar/suggest.h"

enum { KEEP = 8, DIGITS = 3 };

bool session_init(struct session *session, const char *program, struct err *err)
{
    *session = (struct session){.program = program, .keep = KEEP, .next_number = 1, .digits = DIGITS, .format = "table"};
    err_clear(err);
    return true;
}

static void kept_run_free(struct kept_run *kept)
{
    run_free(kept->run);
    free(kept->name);
    free(kept->text);
    free(kept->pair);
    free(kept->line);
    *kept = (struct kept_run){0};
}

void session_free(struct session *session)
{
    for (size_t i = 0; i < session->n_runs; i++)
        kept_run_free(&session->runs[i]);
    for (size_t i = 0; i < session->n_models; i++)
        model_free(session->models[i]);
    while (session->n_sets)
        session_unload_set(session, session->sets[0]);
    free(session->sets);
    free(session->runs);
    free(session->models);
    free(session->palette);
    buf_free(&session->history);
    *session = (struct session){0};
}

/* ---- models ---- */

static bool no_model(struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "no model is loaded: load roberta-tiny, or any folder that holds one");
}

static struct model *find(const struct session *session, struct str name)
{
    for (size_t i = 0; i < session->n_models; i++)
        if (str_is(name, session->models[i]->name))
            return session->models[i];
    return NULL;
}

struct model *session_model(const struct session *session, struct str name, struct err *err)
{
    struct model *found = find(session, name);
    if (found)
        return found;
    if (!session->n_models && !session->n_sets) {
        no_model(err);
        return NULL;
    }
    struct suggestion near;
    struct buf names = {0};
    suggest_begin(&near, name);
    for (size_t i = 0; i < session->n_models; i++) {
        suggest_offer(&near, str_of(session->models[i]->name));
        buf_printf(&names, "%s%s", i ? ", " : "", session->models[i]->name);
    }
    for (size_t i = 0; i < session->n_sets; i++) {
        suggest_offer(&near, str_of(session->sets[i]->name));
        buf_printf(&names, "%s%s", names.n ? ", " : "", session->sets[i]->name);
    }
    if (near.best.n) {
        err_set(err, ERR_NOT_FOUND, "%s \"%.*s\" is loaded", session->n_sets ? "nothing called" : "no model", STR_ARGS(name));
        suggest_add(&near, "", "", err);
    } else {
        err_set(err, ERR_NOT_FOUND, "%s \"%.*s\" is loaded; there is %.*s", session->n_sets ? "nothing called" : "no model",
                STR_ARGS(name), STR_ARGS(buf_view(&names)));
    }
    buf_free(&names);
    return NULL;
}

bool session_add_model(struct session *session, struct model *model, struct err *err)
{
    if (!mem_grow((void **)&session->models, &session->models_capacity, session->n_models + 1, sizeof(struct model *),
                  "the list of models", err)) {
        model_free(model);
        return false;
    }
    session->models[session->n_models++] = model;
    session->model = model;
    return true;
}

void session_unload(struct session *session, struct model *model)
{
    for (size_t i = session->n_runs; i-- > 0;)
        if (session->runs[i].run->model == model)
            session_drop(session, &session->runs[i]);
    for (size_t i = 0; i < session->n_models; i++)
        if (session->models[i] == model) {
            memmove(&session->models[i], &session->models[i + 1], (session->n_models - i - 1) * sizeof(struct model *));
            session->n_models--;
            break;
        }
    if (session->model == model)
        session->model = session->n_models ? session->models[session->n_models - 1] : NULL;
    model_free(model);
}

/* ---- word vectors ---- */

struct vectors *session_set(const struct session *session, struct str name)
{
    for (size_t i = 0; i < session->n_sets; i++)
        if (str_is(name, session->sets[i]->name))
            return session->sets[i];
    return NULL;
}

bool session_add_set(struct session *session, struct vectors *vectors, struct err *err)
{
    char *name = session_free_name(session, str_of(vectors->name), err);
    if (!name || !mem_grow((void **)&session->sets, &session->sets_capacity, session->n_sets + 1, sizeof(struct vectors *),
                           "the list of vectors", err)) {
        free(name);
        vectors_free(vectors);
        return false;
    }
    free(vectors->name);
    vectors->name = name;
    session->sets[session->n_sets++] = vectors;
    session->vectors = vectors;
    return true;
}

void session_unload_set(struct session *session, struct vectors *vectors)
{
    for (size_t i = 0; i < session->n_sets; i++)
        if (session->sets[i] == vectors) {
            memmove(&session->sets[i], &session->sets[i + 1], (session->n_sets - i - 1) * sizeof(struct vectors *));
            session->n_sets--;
            break;
        }
    if (session->vectors == vectors)
        session->vectors = session->n_sets ? session->sets[session->n_sets - 1] : NULL;
    vectors_free(vectors);
}

struct vectors *session_vectors(const struct session *session, struct err *err)
{
    if (!session->vectors)
        err_set(err, ERR_NOT_FOUND, "no word vectors are loaded: vectors load FILE, or vectors from MODEL");
    return session->vectors;
}

/* ---- names ---- */

char *session_free_name(const struct session *session, struct str wanted, struct err *err)
{
    struct buf name = {0};
    buf_str(&name, wanted);
    for (size_t number = 2; buf_ok(&name, err) && (find(session, buf_view(&name)) || session_set(session, buf_view(&name))); number++) {
        name.n = 0;
        buf_str(&name, wanted);
        buf_printf(&name, "-%zu", number);
    }
    if (!buf_ok(&name, err)) {
        buf_free(&name);
        return NULL;
    }
    return name.data ? name.data : mem_copy_str(STR("model"), err);
}

struct model *session_current(const struct session *session, bool needs_weights, struct err *err)
{
    struct model *model = session->model;
    if (!model) {
        no_model(err);
        return NULL;
    }
    if (needs_weights && !model_runs(model)) {
        err_set(err, ERR_NOT_FOUND, "%s has a tokenizer but no weights: it can tokenise, not run (%s)", model->name,
                model->folder);
        return NULL;
    }
    return model;
}

struct model *session_model_of(const struct session *session, const struct run *run)
{
    for (size_t i = 0; i < session->n_models; i++)
        if (session->models[i] == run->model)
            return session->models[i];
    return NULL;
}

/* ---- runs ---- */

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] < '0' || s.s[i] > '9')
            return false;
    return s.n > 0 && s.n < 18;
}

/* Names are letters, digits, - and _, and no number. */
static bool name_check(struct str name, struct err *err)
{
    bool good = name.n > 0 && name.n <= 40 && !is_number(name);
    for (size_t i = 0; i < name.n && good; i++) {
        char c = name.s[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }
    return good || err_set(err, ERR_ARG, "\"%.*s\" cannot name a run: letters, digits, - and _, not a number alone, at most 40",
                           STR_ARGS(name));
}

static struct kept_run *run_named(const struct session *session, struct str name)
{
    for (size_t i = 0; i < session->n_runs; i++)
        if (session->runs[i].name && str_is(name, session->runs[i].name))
            return &session->runs[i];
    return NULL;
}

void kept_run_tag(const struct kept_run *run, struct buf *out)
{
    if (run->name)
        buf_printf(out, "@%s", run->name);
    else
        buf_printf(out, "@%zu", run->number);
}

void session_drop(struct session *session, struct kept_run *run)
{
    size_t i = (size_t)(run - session->runs);
    kept_run_free(run);
    memmove(run, run + 1, (session->n_runs - i - 1) * sizeof *run);
    session->n_runs--;
}

/* The last run stays whatever `keep` says. */
void session_trim_runs(struct session *session)
{
    size_t unnamed = 0;
    for (size_t i = session->n_runs; i-- > 0;)
        if (!session->runs[i].name && ++unnamed > session->keep && i + 1 < session->n_runs)
            session_drop(session, &session->runs[i]);
}

/* Would the line that runs now, given again, make this run? */
static bool made_by_line(const struct session *session)
{
    return session->line && !session->nested && strncmp(session->line, "run ", 4) == 0;
}

struct kept_run *session_add_run(struct session *session, struct run *run, struct str name, const struct str *text,
                                 const struct str *pair, struct err *err)
{
    struct kept_run kept = {.number = session->next_number, .run = run};
    if ((name.n && !name_check(name, err)) || (name.n && !(kept.name = mem_copy_str(name, err))) ||
        (made_by_line(session) && !(kept.line = mem_copy_str(str_of(session->line), err))) ||
        (text && !(kept.text = mem_copy_str(*text, err))) || (pair && !(kept.pair = mem_copy_str(*pair, err))) ||
        !mem_grow((void **)&session->runs, &session->runs_capacity, session->n_runs + 1, sizeof *session->runs,
                  "the list of runs", err)) {
        kept_run_free(&kept);
        return NULL;
    }
    struct kept_run *before = name.n ? run_named(session, name) : NULL;
    if (before) { /* the name moves to the new run */
        free(before->name);
        before->name = NULL;
    }
    session->next_number++;
    session->runs[session->n_runs++] = kept;
    session_trim_runs(session);
    return &session->runs[session->n_runs - 1];
}

struct kept_run *session_add_changed(struct session *session, const struct kept_run *base, struct run *run, struct str name,
                                     struct str what, struct kept_run **base_io, struct err *err)
{
    struct buf text = {0};
    struct kept_run *kept = NULL;
    size_t number = base->number;
    buf_printf(&text, "%s (", base->text ? base->text : "ids");
    buf_str(&text, what);
    buf_puts(&text, ")");
    struct str whole = buf_view(&text), pair = str_of(base->pair);
    session->keep++; /* the new one does not push the base out */
    if (buf_ok(&text, err))
        kept = session_add_run(session, run, name, &whole, base->pair ? &pair : NULL, err);
    else
        run_free(run);
    session->keep--;
    for (size_t i = 0; kept && i < session->n_runs; i++)
        if (session->runs[i].number == number)
            *base_io = &session->runs[i];
    buf_free(&text);
    return kept;
}

static bool no_such_run(const struct session *session, struct str reference, struct err *err)
{
    struct buf there = {0};
    for (size_t i = 0; i < session->n_runs; i++) {
        buf_printf(&there, "%s@%zu", i ? ", " : "", session->runs[i].number);
        if (session->runs[i].name)
            buf_printf(&there, " (@%s)", session->runs[i].name);
    }
    struct str name = {reference.s + 1, reference.n - 1};
    long number;
    if (is_number(name) && number_whole(name, &number) && (size_t)number < session->next_number && name.s[0] != '0')
        err_set(err, ERR_NOT_FOUND, "run %.*s has been dropped (set keep=N keeps more, run as=NAME keeps one); there is %s",
                STR_ARGS(reference), buf_cstr(&there));
    else
        err_set(err, ERR_NOT_FOUND, "there is no run %.*s; there is %s", STR_ARGS(reference), buf_cstr(&there));
    buf_free(&there);
    return false;
}

struct kept_run *session_run(const struct session *session, struct str reference, struct err *err)
{
    if (!session->n_runs) {
        err_set(err, ERR_NOT_FOUND,
                session->model ? "nothing has been run: run \"some text\""
                               : "nothing has been run: load a model, then run \"some text\"");
        return NULL;
    }
    if (reference.n <= 1)
        return &session->runs[session->n_runs - 1];
    struct str name = {reference.s + 1, reference.n - 1};
    struct kept_run *found = run_named(session, name);
    long number;
    if (!found && is_number(name) && number_whole(name, &number)) {
        for (size_t i = 0; i < session->n_runs; i++)
            if (session->runs[i].number == (size_t)number)
                found = &session->runs[i];
    }
    if (!found)
        no_such_run(session, reference, err);
    return found;
}
