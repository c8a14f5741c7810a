/* Scripts: every line of a file, of a pipe or of standard input through session_execute. */
#include "repl/line/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "repl/grammar/command.h"
#include "repl/line/execute.h"

enum { MAX_DEPTH = 16 };

/* Take the line end away; false with a report where the line holds a NUL. */
static bool tidy_line(struct session *session, char *line, size_t n)
{
    struct err err = {0};
    if (strlen(line) != n) {
        err_set(&err, ERR_FORMAT, "the line holds a NUL byte: not a script");
        session_report(session, line, &err);
        session->commands_failed = true;
        return false;
    }
    while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        line[--n] = 0;
    return true;
}

static bool run_lines(struct session *session, FILE *file, struct err *err)
{
    char *line = NULL;
    size_t capacity = 0;
    bool all = true;
    for (;;) {
        errno = 0;
        ssize_t n = getline(&line, &capacity, file);
        if (n < 0)
            break;
        session->source_line++;
        bool mark = session->source_line == 1 && n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0; /* a byte order mark */
        if (!tidy_line(session, line, (size_t)n) || !session_execute(session, mark ? line + 3 : line))
            all = false;
        if (session->quit || cancel_requested() || cancel_leaving() || (!all && !session->keep_going))
            break;
    }
    bool failed = ferror(file) != 0;
    if (cancel_requested() && !session->interactive)
        session->interrupted = session->quit = !cancel_leaving();
    else if (failed && cancel_requested())
        err_set(err, ERR_CANCELLED, "interrupted");
    else if (failed)
        err_errno(err, session->source_file, "cannot read");
    free(line);
    return all && !failed;
}

static bool run_stream(struct session *session, FILE *file, const char *name, struct err *err)
{
    const char *outer_file = session->source_file;
    size_t outer_line = session->source_line;
    session->source_file = name;
    session->source_line = 0;
    session->source_depth++;
    bool ok = run_lines(session, file, err);
    session->source_depth--;
    session->source_file = outer_file;
    session->source_line = outer_line;
    return ok;
}

bool session_script(struct session *session, const char *path, struct err *err)
{
    err_clear(err);
    if (session->source_depth >= MAX_DEPTH)
        return err_set(err, ERR_LIMIT, "%s: scripts that read scripts, more than %d deep", path, MAX_DEPTH);
    if (file_is_folder(path))
        return err_set(err, ERR_IO, "%s: is a folder", path);
    FILE *file = fopen(path, "re");
    if (!file)
        return err_errno(err, path, "cannot read");
    bool ok = run_stream(session, file, path, err);
    fclose(file);
    return ok;
}

/* Byte by byte, as a shell does: what follows a line may be for the command itself (run -). */
bool session_script_fd(struct session *session, int fd, const char *name, struct err *err)
{
    err_clear(err);
    int own = dup(fd);
    FILE *file = own < 0 ? NULL : fdopen(own, "r");
    if (!file) {
        err_errno(err, name, "cannot read");
        if (own >= 0)
            close(own);
        return false;
    }
    setvbuf(file, NULL, _IONBF, 0);
    bool ok = run_stream(session, file, name, err);
    fclose(file);
    return ok;
}
