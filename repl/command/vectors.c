/* vectors: sets of word vectors in the session: listed, loaded, taken from a model, saved. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/embed/from_model.h"
#include "core/embed/load.h"
#include "repl/grammar/call.h"
#include "repl/grammar/suggest.h"
#include "repl/result/process.h"
#include "repl/words/asked_words.h"

static bool list(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    (void)call;
    if (!result_columns(result, "name,use,format,words,dimensions,path", err))
        return false;
    for (size_t i = 0; i < session->n_sets; i++) {
        const struct vectors *v = session->sets[i];
        const struct cell_value cells[] = {
            {.kind = CELL_TEXT, .text = str_of(v->name)},
            {.kind = CELL_TEXT, .text = str_of(v == session->vectors ? "*" : "")},
            {.kind = CELL_TEXT, .text = str_of(v->format ? v->format->name : "")},
            {.kind = CELL_INT, .integer = (long long)v->V},
            {.kind = CELL_INT, .integer = (long long)v->E},
            {.kind = CELL_TEXT, .text = str_of(v->path)},
        };
        if (!result_row(result, cells, sizeof cells / sizeof *cells, err))
            return false;
    }
    if (!session->n_sets)
        result_note(result, "no word vectors are loaded: vectors load FILE, or vectors from MODEL");
    return true;
}

/* ---- load and from ---- */

static const char *given_text(const struct call *call, const char *option)
{
    return call_given(call, option) ? call_str(call, option).s : NULL; /* a call's words end in NUL */
}

static bool take(struct session *session, const struct call *call, struct vectors *v, struct result *result, struct err *err)
{
    if (!session_add_set(session, v, err))
        return false;
    result_note(result, "%s: %zu word%s of %zu dimension%s, %s", v->name, v->V, v->V == 1 ? "" : "s", v->E, v->E == 1 ? "" : "s",
                v->format->name);
    if (v->note)
        result_note(result, "warning: %s", v->note);
    result_note_name(result, call, str_of(v->name));
    return true;
}

static bool load(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *file = call_arg(call, ARG_VECTORS, 0);
    if (!file)
        return err_set(err, ERR_ARG, "vectors load wants a file");
    struct vectors_options options = {
        .words = given_text(call, "words"), .tensor = given_text(call, "tensor"), .name = given_text(call, "as")};
    struct vectors *v = vectors_load(file->text.s, &options, err);
    if (!v && options.words && err && strstr(err->message, options.words))
        return call_blame_option(call, "words", err);
    return v ? take(session, call, v, result, err) : call_blame(call, file, err);
}

static bool from(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_VECTORS, 0);
    struct model *model = word ? session_model(session, word->text, err) : session_current(session, true, err);
    if (!model)
        return call_blame(call, word, err);
    const char *as = given_text(call, "as");
    struct buf name = {0};
    buf_printf(&name, "%s-words", model->name);
    struct vectors *v = buf_ok(&name, err) ? vectors_of_model(model, as ? as : buf_cstr(&name), err) : NULL;
    buf_free(&name);
    return v ? take(session, call, v, result, err) : call_blame(call, word, err);
}

/* ---- save ---- */

static bool save_into_pipe(const struct vectors *v, const struct vectors_format *format, const struct call *call, struct err *err)
{
    struct out out;
    long child = 0;
    int end = STDOUT_FILENO;
    if (call->pipe.n && !process_start(call->pipe, &end, &child, err))
        return call_blame(call, &call->pipe_word, err);
    bool ok = out_open_fd(end, call->pipe.n ? "the pipe" : "standard output", &out, err);
    if (child)
        close(end);
    ok = ok && format->write(v, NULL, &out, err) && out_commit(&out, err);
    out_abort(&out);
    struct err own = {0};
    bool closed = !ok && child && err && err->code == ERR_PIPE; /* its reader has seen enough */
    if (child && !process_wait(child, call->pipe, &own) && (ok || closed)) {
        *err = own;
        return call_blame(call, &call->pipe_word, err);
    }
    if (closed)
        err_clear(err);
    return ok || closed;
}

static bool save_into_file(const struct vectors *v, const struct vectors_format *format, const struct call *call, struct err *err)
{
    struct out out;
    if (!out_open(call->output.s, &out, err))
        return call_blame(call, &call->output_word, err);
    bool ok = format->write(v, call->output.s, &out, err) && out_commit(&out, err);
    out_abort(&out);
    return ok;
}

static bool save(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *file = call_arg(call, ARG_VECTORS, 0);
    struct vectors *v = session_vectors(session, err);
    (void)result;
    if (v && file) {
        err_set(err, ERR_ARG, "vectors save > %.*s: the file stands behind >", STR_ARGS(file->text));
        return call_blame(call, file, err);
    }
    const struct vectors_format *format = v ? chosen_format(call, path_extension(call->output), err) : NULL;
    if (!format)
        return false;
    if (call->output.n)
        return save_into_file(v, format, call, err);
    if (!call->pipe.n && session->stdout_is_terminal)
        return err_set(err, ERR_ARG, "vectors are no text for a terminal: vectors save > FILE.bin");
    return save_into_pipe(v, format, call, err);
}

/* ---- which of them ---- */

static const struct action {
    const char *name, *options; /* those it takes, `|`-separated */
    bool (*run)(struct session *, const struct call *, struct result *, struct err *);
} actions[] = {{"list", "format", list}, {"load", "as|words|tensor", load}, {"from", "as", from}, {"save", "format", save}};

static bool check_options(const struct action *action, const struct call *call, struct err *err)
{
    static const char *const names[] = {"as", "words", "tensor"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (call_given(call, names[i]) && !strstr(action->options, names[i])) {
            err_set(err, ERR_ARG, "vectors %s takes no %s=", action->name, names[i]);
            return call_blame_option(call, names[i], err);
        }
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *word = call_arg(call, ARG_ACTION, 0);
    struct suggestion near;
    if (!word)
        return check_options(&actions[0], call, err) && list(session, call, result, err);
    suggest_begin(&near, word->text);
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (str_is(word->text, actions[i].name))
            return check_options(&actions[i], call, err) && actions[i].run(session, call, result, err);
        suggest_offer(&near, str_of(actions[i].name));
    }
    err_set(err, ERR_ARG, "vectors does load, from, save and list, not \"%.*s\"", STR_ARGS(word->text));
    suggest_add(&near, "", "", err);
    return call_blame(call, word, err);
}

static bool saves(const struct call *call)
{
    const struct call_word *word = call_arg(call, ARG_ACTION, 0);
    return word && str_is(word->text, "save");
}

static const struct option options[] = {
    {"as", VALUE_WORD, NULL, NULL, "the name it is called by, instead of the file's", 0, 0},
    {"words", VALUE_FILE, NULL, NULL, "of load: the words of a .npy, one a line; FILE.vocab where not given", 0, 0},
    {"tensor", VALUE_WORD, NULL, NULL, "of load: which tensor of a .safetensors; vectors where not given", 0, 0},
    {"format", VALUE_VECTORS, NULL, NULL, "of save: bin, txt, vec, glove, npy, safetensors; of the list: table, json, csv, tsv", 0,
     0},
    {0},
};
static const struct arg args[] = {
    {"ACTION", ARG_ACTION, true, false, "load, from, save or list"},
    {"FILE", ARG_VECTORS, true, false, "of load: a file of vectors; of from: a loaded model"},
    {0},
};
const struct command command_vectors = {
    .name = "vectors",
    .actions = "load|from|save|list",
    .group = "vectors",
    .keywords = "embeddings|word vectors|word2vec|glove|fasttext|static|save|convert",
    .summary = "word vectors: list, load, take from a model, save",
    .help =
        "vectors load FILE reads word2vec binary and text, GloVe text, fastText .vec, .bin and .ftz (unknown words get the\n"
        "vector of their subwords), NumPy .npy with its words beside it, safetensors, and a folder of model2vec; the content\n"
        "tells the format, not the name; packed files are read as they are (help files). vectors from MODEL takes the input\n"
        "embeddings of a loaded transformer. The set is\n"
        "then in use; sets and models share their names for use and unload. vectors save > FILE writes by extension: .bin\n"
        "word2vec binary, .txt and .vec word2vec text, .npy with FILE.vocab, .safetensors (vectors [V,E], words), or\n"
        "format=glove. vectors alone lists what is loaded.",
    .examples = "vectors load glove.6B.100d.txt.gz as=glove\nvectors load matrix.npy words=words.txt\nvectors from roberta-tiny\n"
                "vectors\nvectors save > glove.bin\nvectors save format=glove > out.txt",
    .options = options,
    .args = args,
    .own_output = saves,
    .run = run,
};
