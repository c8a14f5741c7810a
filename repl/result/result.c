/* Where results go: standard output, a file, a pipe; in the format that the extension or format= says. The one place that
 * prints what commands give. See result.h. */
#include "repl/result/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "repl/grammar/call.h"
#include "repl/result/gather.h"
#include "repl/result/process.h"
#include "repl/terminal/graphics.h"
#include "repl/terminal/message.h"
#include "repl/writer/writer.h"

struct result {
    struct gather *gather;           /* all values go there; NULL: they are this result's own */
    struct session *session;
    const struct call *call;
    const struct writer *writer;     /* one of the two */
    const struct renderer *renderer;
    struct render_options options;
    struct sink sink;
    bool gave, broken; /* broken: the pipe's reader has gone */
    bool paged;        /* the child is a pager: its end is no failure */
    long child;        /* 0: none */
    size_t rows;       /* given so far */
    struct arena *arena;
};

/* ---- the format ---- */

static void list_formats(bool extensions, struct buf *out)
{
    const char *point = extensions ? "." : "";
    for (size_t i = 0; writers[i]; i++)
        if (!extensions || strcmp(writers[i]->name, "table") != 0)
            buf_printf(out, "%s%s%s", out->n ? ", " : "", point, writers[i]->name);
    for (size_t i = 0; renderers[i]; i++)
        buf_printf(out, ", %s%s", point, renderers[i]->name);
}

static bool set_format(struct result *result, struct str name, struct err *err)
{
    result->writer = writer_named(name);
    result->renderer = result->writer ? NULL : renderer_find(name);
    if (result->writer || result->renderer)
        return true;
    struct buf formats = {0};
    list_formats(false, &formats);
    err_set(err, ERR_ARG, "format=%.*s is no format: %s", STR_ARGS(name), buf_cstr(&formats));
    buf_free(&formats);
    return call_blame_option(result->call, "format", err);
}

/* A picture straight to a terminal, colours wanted. */
static bool shows_pixels(const struct result *result)
{
    const struct session *session = result->session;
    return result->call->command->pixels && !result->call->output.n && !result->call->pipe.n && session->stdout_is_terminal &&
           session->depth != DEPTH_MONO && (!session->format || strcmp(session->format, "table") == 0);
}

static bool choose_format(struct result *result, struct err *err)
{
    const struct call *call = result->call;
    struct str extension = path_extension(call->output);
    if (call_given(call, "format"))
        return set_format(result, call_str(call, "format"), err);
    if (extension.n) {
        result->writer = writer_of_extension(extension);
        result->renderer = result->writer ? NULL : renderer_find(extension);
        if (result->writer || result->renderer)
            return true;
        if (call->command->writes) {
            struct buf formats = {0};
            list_formats(true, &formats);
            err_set(err, ERR_ARG, "%.*s: .%.*s is no format of gaze: %s", STR_ARGS(call->output), STR_ARGS(extension),
                    buf_cstr(&formats));
            buf_free(&formats);
            return call_blame(call, &call->output_word, err);
        }
    }
    const char *pixels = shows_pixels(result) ? graphics_renderer() : NULL;
    if (pixels)
        return set_format(result, str_of(pixels), err);
    return set_format(result, str_of(result->session->format ? result->session->format : "table"), err);
}

const char *result_format(const struct result *result)
{
    return result->writer ? result->writer->name : result->renderer->name;
}

bool result_wants_json(const struct result *result)
{
    return result->writer && result->writer->json;
}

bool result_wants_picture(const struct result *result)
{
    return result->renderer || result->writer->picture;
}

bool result_wants_figure(const struct result *result)
{
    return result->renderer != NULL;
}

bool result_wants_names(const struct result *result)
{
    return result->renderer && result->renderer->names;
}

bool result_wants_rows(const struct result *result)
{
    return result->writer && result->writer->row;
}

bool result_wants_bold(const struct result *result)
{
    return result->sink.depth != DEPTH_MONO && result->writer && result->writer->picture;
}

bool result_wants_tensors(const struct result *result)
{
    return result->writer && result->writer->tensors;
}

bool result_one_tensor(const struct result *result)
{
    return result->writer && result->writer->one_tensor;
}

size_t result_width(const struct result *result)
{
    return result->sink.columns;
}

void result_render_options(struct result *result, const struct render_options *options)
{
    enum { SCREEN_DPI = 120 };
    result->options = *options;
    if (shows_pixels(result) && options->dpi <= 0)
        result->options.dpi = SCREEN_DPI;
    result->sink.numbers = options->numbers;
}

/* ---- where it goes ---- */

static size_t line_columns(bool terminal)
{
    struct winsize size;
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    long n = 0;
    return columns && number_whole(str_of(columns), &n) && n >= 20 && n <= 10000 ? (size_t)n : 80;
}

static bool open_pipe(struct result *result, struct str command, struct err *err)
{
    int end;
    if (!process_start(command, &end, &result->child, err))
        return false;
    bool ok = out_open_fd(end, "the pipe", &result->sink.out, err);
    close(end);
    return ok;
}

static bool open_file(struct result *result, struct err *err)
{
    char *path = mem_copy_str(result->call->output, err);
    bool ok = path && out_open(path, &result->sink.out, err);
    if (path && !ok)
        call_blame(result->call, &result->call->output_word, err);
    free(path);
    return ok;
}

/* A pager for a table that is longer than the screen, at a prompt: $PAGER, else less where there is one. */
static struct str pager_for(const struct result *result)
{
    struct winsize size;
    const char *pager = getenv("PAGER");
    if (!result->session->interactive || !result->session->stdout_is_terminal ||
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || result->sink.lines < size.ws_row || size.ws_row == 0)
        return (struct str){0};
    if (pager)
        return str_of(pager);
    return access("/usr/bin/less", X_OK) == 0 ? STR("/usr/bin/less -FRSX") : (struct str){0};
}

/* At the first byte: pipes are started and standard output is taken only when there is something to say. */
static bool open_sink(struct sink *sink, struct err *err)
{
    struct result *result = sink->context;
    if (result->call->pipe.n)
        return open_pipe(result, result->call->pipe, err) || call_blame(result->call, &result->call->pipe_word, err);
    struct str pager = pager_for(result);
    result->paged = pager.n > 0;
    if (result->paged)
        setenv("LESS", "FRSX", 0); /* a $PAGER that is less shows colours too, unless told otherwise */
    return result->paged ? open_pipe(result, pager, err)
                         : out_open_fd(STDOUT_FILENO, "standard output", &sink->out, err);
}

/* The result of a command whose values go to another result: it answers as that one does. */
static bool adopt(struct result *result, struct result **out, struct err *err)
{
    const struct result *to = result->session->gather->result;
    (void)err;
    result->gather = result->session->gather;
    result->writer = to->writer;
    result->renderer = to->renderer;
    result->sink.columns = to->sink.columns;
    result->sink.depth = to->sink.depth;
    *out = result;
    return true;
}

bool result_begin(struct session *session, const struct call *call, struct result **out, struct err *err)
{
    struct result *result = mem_new(1, sizeof *result, "the result", err);
    *out = NULL;
    if (!result)
        return false;
    bool direct = !call->output.n && !call->pipe.n, own = call->command->own_output && call->command->own_output(call);
    result->session = session;
    result->call = call;
    result->sink.out.fd = -1;
    result->sink.open = open_sink;
    result->sink.context = result;
    result->sink.columns = line_columns(direct && session->stdout_is_terminal);
    result->sink.terminal = direct && session->stdout_is_terminal;
    result->sink.depth = direct || session->color_mode == COLOR_ALWAYS ? session->depth : DEPTH_MONO;
    result->arena = arena_new(err);
    if (session->gather && !own)
        return adopt(result, out, err);
    if (own) /* its format= and extension are its own */
        result->writer = writer_named(STR("table"));
    if (!result->arena || (!own && !choose_format(result, err)))
        goto fail;
    if (call->output.n && !own) { /* at once: a file that cannot be written is better known before the work */
        if (!open_file(result, err))
            goto fail;
        result->sink.open = NULL;
    }
    *out = result;
    return true;
fail:
    arena_free(result->arena);
    free(result);
    return false;
}

/* ---- what the format holds ---- */

/* A reader of a pipe that has seen enough ends the command quietly: what follows is made and forgotten. */
static bool settle(struct result *result, bool ok, struct err *err)
{
    if (ok || !result->child || !err || err->code != ERR_PIPE)
        return ok;
    result->broken = true;
    result->sink.out.pending.n = 0;
    err_clear(err);
    return true;
}

static bool fail_slot(const struct result *result, const char *what, size_t slot, struct err *err)
{
    struct buf formats = {0};
    for (size_t i = 0; writers[i]; i++)
        if (*(void *const *)((const char *)writers[i] + slot))
            buf_printf(&formats, "%s%s", formats.n ? ", " : "", writers[i]->name);
    for (size_t i = 0; slot == offsetof(struct writer, picture) && renderers[i]; i++)
        buf_printf(&formats, "%s%s", formats.n ? ", " : "", renderers[i]->name);
    err_set(err, ERR_ARG, "%s: %s cannot be written as %s; what can: %s", result->call->command->name, what,
            result_format(result), buf_cstr(&formats));
    buf_free(&formats);
    return call_blame(result->call, result->call->output.n ? &result->call->output_word : NULL, err);
}

/* Does the writer have the slot? */
static bool ready(struct result *result, const char *what, size_t slot, struct err *err)
{
    if (!result->writer || !*(void *const *)((const char *)result->writer + slot))
        return fail_slot(result, what, slot, err);
    return result->gave = true;
}
#define READY(result, what, slot, err) ready(result, what, offsetof(struct writer, slot), err)

/* ---- values that go to another result ---- */

static bool put_gathered_columns(struct result *result, const char *header, struct err *err)
{
    struct gather *g = result->gather;
    struct buf told = {0};
    bool first, ok = gather_columns(g, header, &first, &told, err) && (!first || result_columns(g->result, g->header, err));
    if (ok && told.n)
        result_note(result, "%s", buf_cstr(&told));
    buf_free(&told);
    return ok;
}

static bool put_gathered_row(const struct gather *g, const struct cell_value *cells, size_t n, struct err *err)
{
    struct cell_value row[GATHER_ROW];
    gather_row(g, cells, n, row);
    return result_row(g->result, row, g->cells, err);
}

static bool put_gathered_text(const struct gather *g, struct str text, struct err *err)
{
    struct buf all = {0};
    gather_text(g, text, &all);
    bool ok = buf_ok(&all, err) && result_text(g->result, buf_view(&all), err);
    buf_free(&all);
    return ok;
}

static bool gather_one_only(const struct result *result, const char *what, struct err *err)
{
    return err_set(err, ERR_ARG, "%s: %s of several cannot be one %s: put {n} into the file's name", result->call->command->name,
                   what, result_format(result));
}

/* ---- values ---- */

bool result_text(struct result *result, struct str text, struct err *err)
{
    if (result->gather)
        return put_gathered_text(result->gather, text, err);
    if (!READY(result, "text", text, err))
        return false;
    return result->broken || settle(result, result->writer->text(&result->sink, text, err), err);
}

bool result_text_piece(struct result *result, struct str piece, struct err *err)
{
    if (result->gather)
        return result_text_piece(result->gather->result, piece, err);
    if (!READY(result, "text", text, err))
        return false;
    return result->broken ||
           settle(result, sink_put(&result->sink, piece, err) && out_flush(&result->sink.out, err), err);
}

bool result_columns(struct result *result, const char *header, struct err *err)
{
    if (result->gather)
        return put_gathered_columns(result, header, err);
    if (!READY(result, "a table", columns, err))
        return false;
    size_t n = 1;
    for (const char *at = header; *at; at++)
        n += *at == ',';
    struct sink *sink = &result->sink;
    sink->names = arena_alloc(result->arena, n, sizeof *sink->names, "a table", err);
    if (!sink->names)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t length = strcspn(header, ",");
        if (!arena_str(result->arena, (struct str){header, length}, &sink->names[i], err))
            return false;
        header += length + (header[length] == ',');
    }
    sink->n_names = n;
    return result->broken || settle(result, result->writer->columns(sink, err), err);
}

bool result_row(struct result *result, const struct cell_value *cells, size_t n, struct err *err)
{
    if (result->gather)
        return put_gathered_row(result->gather, cells, n, err);
    if (n != result->sink.n_names)
        return err_set(err, ERR_ARG, "%s: a row of %zu values in a table of %zu columns", result->call->command->name, n,
                       result->sink.n_names);
    if (!cancel_check(result->rows++, err))
        return false;
    return result->broken || settle(result, result->writer->row(&result->sink, cells, n, err), err);
}

bool result_json(struct result *result, struct str document, struct err *err)
{
    if (result->gather)
        return gather_one_only(result, "documents", err);
    if (!READY(result, "a JSON document", json, err))
        return false;
    return result->broken || settle(result, result->writer->json(&result->sink, document, err), err);
}

bool result_json_piece(struct result *result, struct str piece, struct err *err)
{
    if (result->gather)
        return gather_one_only(result, "documents", err);
    if (!READY(result, "a JSON document", json, err))
        return false;
    return result->broken || settle(result, sink_put(&result->sink, piece, err), err);
}

/* Bytes that are no text do not go to a terminal. */
static bool fit_for_output(const struct result *result, bool binary, struct err *err)
{
    if (!binary || result->call->output.n || result->call->pipe.n || !result->session->stdout_is_terminal)
        return true;
    return err_set(err, ERR_ARG, "%s is no text for a terminal: %s … > FILE.%s", result_format(result),
                   result->call->command->name, result_format(result));
}

/* A line each; "" says nothing. */
static void say_remarks(struct result *result, struct str lines)
{
    while (lines.n) {
        const char *end = memchr(lines.s, '\n', lines.n);
        size_t n = end ? (size_t)(end - lines.s) : lines.n;
        result_note(result, "%.*s", (int)n, lines.s);
        lines.s += n + (end != NULL);
        lines.n -= n + (end != NULL);
    }
}

bool result_picture(struct result *result, const struct picture *picture, struct err *err)
{
    if (result->gather && result->renderer)
        return gather_one_only(result, "pictures", err);
    if (result->gather)
        return put_gathered_text(result->gather, (struct str){0}, err) && result_picture(result->gather->result, picture, err);
    if (result->renderer) {
        struct buf bytes = {0}, remarks = {0};
        bool ok = result->renderer->render(picture, &result->options, &bytes, &remarks, err) && buf_ok(&bytes, err) &&
                  fit_for_output(result, bytes.n && memchr(bytes.data, 0, bytes.n), err) &&
                  sink_write(&result->sink, bytes.data, bytes.n, err);
        buf_free(&bytes);
        if (ok)
            say_remarks(result, buf_view(&remarks));
        buf_free(&remarks);
        result->gave = true;
        return settle(result, ok, err);
    }
    if (!READY(result, "a picture", picture, err))
        return false;
    return result->broken || settle(result, result->writer->picture(&result->sink, picture, err), err);
}

bool result_tensors(struct result *result, const struct tensor_promise *tensors, size_t n, const struct text_pair *about,
                    size_t n_about, struct err *err)
{
    if (result->gather)
        return gather_one_only(result, "tensors", err);
    if (result->writer && !fit_for_output(result, !result->writer->text, err))
        return false;
    if (!READY(result, "tensors", tensors, err))
        return false;
    return result->broken || settle(result, result->writer->tensors(&result->sink, tensors, n, about, n_about, err), err);
}

void result_note(struct result *result, const char *format, ...)
{
    va_list args;
    struct buf line = {0}, text = {0};
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    for (const char *at = buf_cstr(&text); *at;) { /* lines stay lines, all else is escaped */
        size_t n = strcspn(at, "\n");
        text_escape(&line, (struct str){at, n});
        buf_char(&line, '\n');
        at += n + (at[n] == '\n');
    }
    message_put(result->session, buf_view(&line));
    buf_free(&text);
    buf_free(&line);
}

bool result_prose(struct result *result, struct str text, struct err *err)
{
    struct buf broken = {0};
    if (!result->sink.terminal || strcmp(result_format(result), "table") != 0)
        return result_text(result, text, err);
    text_wrap(&broken, text, result->sink.columns);
    bool ok = buf_ok(&broken, err) && result_text(result, buf_view(&broken), err);
    buf_free(&broken);
    return ok;
}

bool result_say(struct result *result, const struct buf *text, struct err *err)
{
    if (!buf_ok(text, err))
        return false;
    if (strcmp(result_format(result), "table") == 0)
        return result_prose(result, buf_view(text), err);
    if (text->n)
        result_note(result, "%.*s", (int)text->n - 1, text->data);
    return true;
}

void result_note_name(struct result *result, const struct call *call, struct str name)
{
    struct str wanted = call_str(call, "as");
    if (call_given(call, "as") && !str_eq(wanted, name))
        result_note(result, "warning: the name %.*s is taken: use %.*s", STR_ARGS(wanted), STR_ARGS(name));
}

/* ---- the end ---- */

static bool wait_child(const struct result *result, bool ok, struct err *err)
{
    struct err own = {0};
    bool ended = process_wait(result->child, result->call->pipe, &own);
    if (!ok || ended || result->paged)
        return ok;
    if (err)
        *err = own;
    return call_blame(result->call, &result->call->pipe_word, err);
}

bool result_end(struct result *result, bool ok, struct err *err)
{
    if (!result)
        return ok;
    struct sink *sink = &result->sink;
    if (ok && result->gave && result->writer && result->writer->finish && !result->broken)
        ok = settle(result, result->writer->finish(sink, err), err);
    if (result->writer && result->writer->drop)
        result->writer->drop(sink);
    if (ok && result->call->output.n && cancel_requested()) /* however late it came: no file that was not wanted any more */
        ok = err_set(err, ERR_CANCELLED, "interrupted");
    if (ok && result->gave && !result->broken && !sink->open)
        ok = settle(result, out_commit(&sink->out, err), err);
    out_abort(&sink->out);
    if (result->child)
        ok = wait_child(result, ok, err);
    arena_free(result->arena);
    free(result);
    return ok;
}
