/* Texts of commands: quoted words, files, standard input, bare ids. See given_text.h. */
#include "repl/run/given_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/source.h"
#include "core/forward.h"
#include "repl/grammar/call.h"
#include "repl/terminal/progress.h"

enum { MAX_TEXT = 64 << 20 };

static bool is_stdin(const struct call_word *word)
{
    return word && !word->quoted && str_is(word->text, "-");
}

bool given_any(const struct call *call)
{
    return call_count(call, ARG_TEXT) || call_given(call, "file") || call_given(call, "ids");
}

struct model *given_model(const struct session *session, const struct call *call, bool needs_weights, struct err *err)
{
    if (!call_given(call, "model"))
        return session_current(session, needs_weights, err);
    struct model *model = session_model(session, call_str(call, "model"), err);
    if (model && needs_weights && !model_runs(model)) {
        err_set(err, ERR_NOT_FOUND, "%s has a tokenizer but no weights: it can tokenise, not run", model->name);
        model = NULL;
    }
    if (!model)
        call_blame_option(call, "model", err);
    return model;
}

/* ---- ids ---- */

/* The ids of an option, with types= beside ids=. */
static bool read_ids(const struct call *call, const struct model *model, const char *option, bool typed, struct encoding *out,
                     struct err *err)
{
    size_t n = call_ids_count(call, option);
    if (typed && call_ids_count(call, "types") != n) {
        err_set(err, ERR_ARG, "types= has %zu numbers, ids= has %zu: one type an id", call_ids_count(call, "types"), n);
        return call_blame_option(call, "types", err);
    }
    int32_t *ids = mem_new(n, sizeof *ids, "the ids", err), *types = mem_new(n, sizeof *types, "the ids", err);
    bool ok = ids && types && call_ids(call, option, ids, err) && (!typed || call_ids(call, "types", types, err)) &&
              encoding_of_ids(model->tokenizer, ids, types, n, out, err);
    free(ids);
    free(types);
    return ok;
}

static bool fail_tokenizer(const struct model *model, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "%s has no tokenizer (%s): give ids instead, run ids=1,7,2", model->name,
                   model->tokenizer_problem ? model->tokenizer_problem : "its folder holds none");
}

static bool is_given(const struct call *call, const char *option)
{
    return call_has(call, option) && call_given(call, option);
}

static bool read_target_text(const struct call *call, const struct model *model, struct given *out, struct err *err)
{
    if (!model->tokenizer)
        return fail_tokenizer(model, err);
    return (tokenizer_encode(model->tokenizer, call_str(call, "target"), NULL, 0, &out->target, err) &&
            encoding_shift_right(model->tokenizer, &out->target, model->start_token, err)) ||
           call_blame_option(call, "target", err);
}

static bool read_target(const struct call *call, const struct model *model, struct given *out, struct err *err)
{
    bool text = is_given(call, "target"), ids = is_given(call, "decoder");
    const char *option = text ? "target" : "decoder";
    if (!text && !ids)
        return true;
    if (model->stacks[STACK_DECODER].layers == 0)
        err_set(err, ERR_ARG, "%s has no decoder", model->name);
    else if (text && ids)
        err_set(err, ERR_ARG, "target= and decoder=: give one");
    else
        return text ? read_target_text(call, model, out, err) : read_ids(call, model, "decoder", false, &out->target, err);
    return call_blame_option(call, option, err);
}

/* What only some families know. */
static bool read_family(const struct call *call, const struct model *model, struct given *out, struct err *err)
{
    if (is_given(call, "capacity")) {
        out->capacity = (size_t)call_int(call, "capacity");
        if (!model->arch->expert_capacity) {
            err_set(err, ERR_ARG, "%s has no experts that fill up: there is no capacity to choose", model->name);
            return call_blame_option(call, "capacity", err);
        }
    }
    if (!is_given(call, "global"))
        return true;
    if (!model->arch->global_tokens) {
        err_set(err, ERR_ARG, "%s has no global tokens: every token sees all that its family lets it see", model->name);
        return call_blame_option(call, "global", err);
    }
    bool none = str_is(call_str(call, "global"), "none");
    size_t n = none ? 0 : call_ids_count(call, "global");
    int32_t *ids = mem_new(n + 1, sizeof *ids, "the tokens", err);
    out->global = mem_new(n + 1, sizeof *out->global, "the tokens", err);
    bool ok = ids && out->global && (none || call_ids(call, "global", ids, err));
    for (size_t i = 0; ok && i < n; i++)
        out->global[i] = (size_t)ids[i];
    out->n_global = n;
    free(ids);
    return ok;
}

/* ---- texts ---- */

static bool read_file(const struct call *call, struct given *out, struct err *err)
{
    char *path = mem_copy_str(call_str(call, "file"), err);
    struct source *source = path ? source_open(path, CONTENT_TEXT, "a text", err) : NULL;
    bool ok = source && source_read(source, MAX_TEXT, 0, err);
    if (ok)
        buf_add(&out->own, source->data, source->size);
    source_free(source);
    free(path);
    out->first = buf_view(&out->own);
    return ok ? buf_ok(&out->own, err) : call_blame_option(call, "file", err);
}

static bool read_source(const struct call *call, struct given *out, struct err *err)
{
    const struct call_word *first = call_arg(call, ARG_TEXT, 0), *second = call_arg(call, ARG_TEXT, 1);
    bool file = call_given(call, "file");
    out->has_text = true;
    if (file && first) {
        err_set(err, ERR_ARG, "file= and a text on the line: give one");
        return call_blame_option(call, "file", err);
    }
    if (file)
        return read_file(call, out, err);
    if (!first)
        return err_set(err, ERR_ARG, "%s wants a text: %s \"some text\", file=PATH, - or ids=1,7,2", call->command->name,
                       call->command->name);
    out->first = first->text;
    if (second) {
        out->second = second->text;
        out->has_second = true;
    }
    if (!is_stdin(first))
        return true;
    if (!file_read_fd(STDIN_FILENO, "standard input", MAX_TEXT, &out->own, err))
        return false;
    out->first = buf_view(&out->own);
    if (str_starts(out->first, STR("\xef\xbb\xbf"))) /* a byte order mark is no text, here as in a file */
        out->first = (struct str){out->first.s + 3, out->first.n - 3};
    return true;
}

static bool read_tokens(const struct call *call, const struct model *model, struct given *out, struct err *err)
{
    if (call_given(call, "types") && !call_given(call, "ids")) {
        err_set(err, ERR_ARG, "types= stands beside ids=");
        return call_blame_option(call, "types", err);
    }
    if (call_given(call, "ids")) {
        if (call_count(call, ARG_TEXT) || call_given(call, "file")) {
            err_set(err, ERR_ARG, "ids= and a text: give one");
            return call_blame_option(call, "ids", err);
        }
        return read_ids(call, model, "ids", call_given(call, "types"), &out->encoding, err);
    }
    unsigned flags = call_flag(call, "add_special") ? 0 : TOKENIZE_NO_SPECIAL;
    if (!model->tokenizer)
        return fail_tokenizer(model, err);
    bool read = read_source(call, out, err);
    if (!read || !tokenizer_encode(model->tokenizer, out->first.s ? out->first : STR(""), out->has_second ? &out->second : NULL,
                                   flags, &out->encoding, err)) {
        if (read && call_given(call, "file") && err && err->code == ERR_FORMAT)
            err_prefix(err, "%.*s: ", STR_ARGS(call_str(call, "file")));
        return err && !err->column && given_any(call) ? given_blame(call, err) : false;
    }
    return true;
}

bool given_read(const struct call *call, const struct model *model, struct given *out, struct err *err)
{
    *out = (struct given){0};
    if (read_family(call, model, out, err) && read_target(call, model, out, err) && read_tokens(call, model, out, err))
        return true;
    given_free(out);
    return false;
}

bool given_blame(const struct call *call, struct err *err)
{
    if (call_given(call, "ids"))
        return call_blame_option(call, "ids", err);
    if (call_given(call, "file"))
        return call_blame_option(call, "file", err);
    return call_blame(call, call_arg(call, ARG_TEXT, 0), err);
}

void given_free(struct given *given)
{
    encoding_free(&given->encoding);
    encoding_free(&given->target);
    buf_free(&given->own);
    free(given->global);
    position_rule_free(&given->positions);
    *given = (struct given){0};
}

/* ---- the mask that is not one ---- */

static bool holds(struct str text, const char *word)
{
    return text.n && memmem(text.s, text.n, word, strlen(word)) != NULL;
}

void given_warn_mask(const struct given *given, const struct model *model, struct result *result)
{
    static const char *const masks[] = {"[MASK]", "<mask>"};
    int32_t id = model->tokenizer ? tokenizer_role(model->tokenizer, "mask") : -1;
    struct str mask = id >= 0 ? tokenizer_string(model->tokenizer, id) : (struct str){0};
    for (size_t i = 0; mask.n && given->has_text && i < 2; i++)
        if (!str_is(mask, masks[i]) && (holds(given->first, masks[i]) || holds(given->second, masks[i])))
            result_note(result, "warning: %s is ordinary text to %s; its mask is %.*s", masks[i], model->name, STR_ARGS(mask));
}

/* ---- the pass ---- */

struct run *given_run(const struct session *session, struct model *model, struct given *given, struct err *err)
{
    struct progress progress;
    struct watch watch = progress_begin(&progress, session, "layers");
    struct run_inputs inputs = {.texts = &given->encoding,
                                .targets = given->target.n ? &given->target : NULL,
                                .n_texts = 1,
                                .mask = given->mask,
                                .positions = given->positions.kind ? &given->positions : NULL,
                                .global = given->global,
                                .n_global = given->n_global,
                                .capacity = given->capacity};
    struct run *run = run_new(model, &inputs, &watch, err);
    given->encoding = given->target = (struct encoding){0}; /* taken */
    progress_end(&progress);
    return run;
}
