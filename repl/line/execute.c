/* From a line to its effect: parse, begin a result, run the command, end the result, report, record. */
#include "repl/line/execute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/text.h"
#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/result/result.h"
#include "repl/terminal/message.h"

enum { FAR = 512 /* bytes of a long line that are looked at */ };

/* ---- reporting ---- */

static size_t escaped_width(struct str s)
{
    struct buf text = {0};
    text_escape(&text, s);
    size_t width = text_width(buf_view(&text));
    buf_free(&text);
    return width;
}

/* The line, cut to `columns` around the place where it is long, and carets under [column, column+length). */
static void put_line_and_caret(struct buf *out, const char *line, long column, size_t length, size_t columns)
{
    const size_t before_caret = columns * 2 / 3;
    size_t n = strlen(line), at = (size_t)column - 1 < n ? (size_t)column - 1 : n;
    size_t begin = at > FAR ? at - FAR : 0;
    while (begin < at && ((unsigned char)line[begin] & 0xC0) == 0x80)
        begin++;
    while (begin < at && escaped_width((struct str){line + begin, at - begin}) > before_caret)
        begin += text_grapheme((struct str){line + begin, n - begin});
    if (!begin) /* blanks that only indent the line */
        begin = strspn(line, " \t") < at ? strspn(line, " \t") : 0;
    bool cut = begin > strspn(line, " \t");
    size_t shown = length < n - at ? length : n - at;
    if (shown > FAR)
        shown = FAR;
    size_t indent = escaped_width((struct str){line + begin, at - begin}) + cut;
    size_t width = escaped_width((struct str){line + at, shown});
    buf_puts(out, cut ? "  …" : "  ");
    text_fit(out, (struct str){line + begin, n - begin}, columns);
    buf_puts(out, "\n  ");
    for (size_t i = 0; i < indent; i++)
        buf_char(out, ' ');
    for (size_t i = 0; i < (width ? width : 1) && indent + i < columns; i++)
        buf_char(out, '^');
    buf_char(out, '\n');
}

void session_report(const struct session *session, const char *line, const struct err *err)
{
    enum { AROUND = 4 /* two blanks, and an ellipsis on either side */ };
    const char *red = session->stderr_color ? "\033[1;31m" : "", *plain = session->stderr_color ? "\033[0m" : "";
    struct buf out = {0};
    buf_puts(&out, red);
    text_escape(&out, str_of(session->source_file ? session->source_file : "error")); /* a script may be called anything */
    if (session->source_file && session->source_line)
        buf_printf(&out, ":%zu", session->source_line);
    buf_printf(&out, ":%s ", plain);
    buf_printf(&out, "%s\n", err->message);
    fflush(stdout);
    message_put(session, buf_view(&out));
    buf_free(&out);
    long column = err->column;
    size_t length = err->length;
    if (!column && session->source_file) { /* a script's reader wants to see the command: its verb is underlined */
        column = (long)strspn(line, " \t") + 1;
        length = strcspn(line + column - 1, " \t");
    }
    if (column)
        put_line_and_caret(&out, line, column, length, message_columns(session) - AROUND);
    message_put(session, buf_view(&out));
    buf_free(&out);
}

/* ---- running ---- */

/* {n} in the name of a file that a command of `each` writes. */
static bool substitute(struct call *call, struct str *name, size_t number, struct err *err)
{
    struct buf out = {0};
    for (size_t i = 0; i < name->n; i++) {
        if (name->n - i >= 3 && memcmp(name->s + i, "{n}", 3) == 0) {
            buf_printf(&out, "%zu", number);
            i += 2;
        } else {
            buf_char(&out, name->s[i]);
        }
    }
    bool ok = buf_ok(&out, err) && arena_str(call->arena, buf_view(&out), name, err);
    buf_free(&out);
    return ok;
}

static bool substitute_all(struct call *call, size_t number, struct err *err)
{
    if (call->output.n && !substitute(call, &call->output, number, err))
        return false;
    size_t n = command_options(call->command);
    for (size_t i = 0; i < n; i++)
        if (call->values[i].text.s && command_option(call->command, i)->kind == VALUE_FILE &&
            !substitute(call, &call->values[i].text, number, err))
            return false;
    return true;
}

static bool run_command(struct session *session, struct call *call, struct err *err)
{
    struct result *result = NULL;
    if (!result_begin(session, call, &result, err))
        return false;
    struct err ending = {0};
    bool ran = call->command->run(session, call, result, err);
    bool ended = result_end(result, ran, &ending);
    if (ran && !ended && err)
        *err = ending;
    return ran && ended;
}

/* A line that was parsed. Where its reader has gone the command is over and nothing is said. */
static bool run_call(struct session *session, struct call *call, size_t number, struct err *err)
{
    struct err own = {0};
    const char *outer = session->line;
    session->line = call->line;
    bool ok = (!number || substitute_all(call, number, &own)) && run_command(session, call, &own);
    session->line = outer;
    if (!ok && own.code == ERR_PIPE) {
        if (!call->output.n) /* of a pipe only where our own reader is gone with the child's: see process_wait */
            session->stdout_closed = session->quit = true;
        return true;
    }
    if (!ok && err)
        *err = own;
    return ok;
}

bool session_execute_nested(struct session *session, const char *line, size_t number, struct err *err)
{
    struct call call;
    session->nested++;
    bool ok = call_parse(line, session->interactive && !session->source_file, &call, err) &&
              (!call.command || run_call(session, &call, number, err));
    session->nested--;
    call_free(&call);
    return ok;
}

/* `history` is a script that reproduces the session: what succeeded, verbs in full. */
static void record(struct session *session, const struct call *call)
{
    bool leaves_file = call->command->writes && call->output.n; /* view > FILE is a step of a script, view alone is none */
    if (session->nested || (call->command->unrecorded && !leaves_file))
        return;
    char *full = call_full_line(call->line, true, NULL);
    buf_puts(&session->history, full ? full : call->line);
    buf_char(&session->history, '\n');
    free(full);
}

bool session_execute(struct session *session, const char *line)
{
    struct call call;
    struct err err = {0};
    bool at_prompt = session->interactive && !session->source_file;
    if (at_prompt && !cancel_leaving())
        cancel_clear();
    bool ok = call_parse(line, at_prompt, &call, &err);
    if (ok && call.command)
        ok = run_call(session, &call, 0, &err);
    if (ok && call.command)
        record(session, &call);
    if (!ok && err.code != ERR_NONE && !cancel_leaving()) {
        if (err.code == ERR_CANCELLED)
            err_set(&err, ERR_CANCELLED, "interrupted");
        session_report(session, line, &err);
    }
    if (!at_prompt && cancel_requested() && !cancel_leaving()) {
        ok = false;
        if (!session->interactive) /* where there is a prompt, a script that is interrupted ends there */
            session->interrupted = session->quit = true;
    }
    session->commands_failed = session->commands_failed || !ok;
    call_free(&call);
    return ok;
}
