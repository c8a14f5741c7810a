/* Scripts: every line of a file, of a pipe or of standard input through session_execute. */
#include "repl/line/script.h"

#include <string.h>

#include "core/base/cancel.h"
#include "core/base/lines.h"
#include "repl/grammar/command.h"
#include "repl/line/execute.h"

enum { MAX_DEPTH = 16 };

static bool run_line(struct session *session, struct str line)
{
    struct err err = {0};
    if (!memchr(line.s, 0, line.n))
        return session_execute(session, line.s);
    err_set(&err, ERR_FORMAT, "the line holds a NUL byte: not a script");
    session_report(session, line.s, &err);
    session->commands_failed = true;
    return false;
}

static bool run_lines(struct session *session, struct lines *lines, struct err *err)
{
    struct str line;
    bool all = true, end = false, read = true;
    while (!session->quit && !cancel_requested() && !cancel_leaving() && (all || session->keep_going)) {
        read = lines_next(lines, &line, &end, err);
        if (!read || end)
            break;
        session->source_line++;
        all = run_line(session, line) && all;
    }
    if (cancel_requested() && !session->interactive) {
        session->interrupted = session->quit = !cancel_leaving();
        err_clear(err);
    }
    return all && read;
}

static bool run_stream(struct session *session, struct lines *lines, const char *name, struct err *err)
{
    const char *outer_file = session->source_file;
    size_t outer_line = session->source_line;
    if (!lines)
        return false;
    session->source_file = name;
    session->source_line = 0;
    session->source_depth++;
    bool ok = run_lines(session, lines, err);
    session->source_depth--;
    session->source_file = outer_file;
    session->source_line = outer_line;
    lines_free(lines);
    return ok;
}

bool session_script(struct session *session, const char *path, struct err *err)
{
    err_clear(err);
    if (session->source_depth >= MAX_DEPTH)
        return err_set(err, ERR_LIMIT, "%s: scripts that read scripts, more than %d deep", path, MAX_DEPTH);
    return run_stream(session, lines_open(path, "a script", err), path, err);
}

/* Byte by byte, as a shell does: what follows a line may be for the command itself (run -). */
bool session_script_fd(struct session *session, int fd, const char *name, struct err *err)
{
    err_clear(err);
    return run_stream(session, lines_of_fd(fd, name, "a script", err), name, err);
}
