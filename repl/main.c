/* gaze: reads its arguments, makes a session, feeds it commands from arguments, scripts, standard input or the prompt, and
 * leaves through one door with the exit status of UX: 0, 1, 2, 130, 143, 129. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/base/simd.h"
#include "core/base/text.h"
#include "repl/grammar/grammar.h"
#include "repl/line/execute.h"
#include "repl/line/prompt.h"
#include "repl/line/script.h"
#include "repl/program/arguments.h"
#include "repl/terminal/color.h"
#include "repl/terminal/message.h"
#include "repl/terminal/recording.h"
#include "repl/terminal/signals.h"
#include "repl/version.h"
#include "viz/render/provenance.h"

/* Only the characters' type: numbers keep their point. Bare containers set no locale and still show UTF-8. */
static void set_locale(void)
{
    const char *all = getenv("LC_ALL"), *type = getenv("LC_CTYPE"), *lang = getenv("LANG");
    bool given = (all && *all) || (type && *type) || (lang && *lang);
    if (!given || !setlocale(LC_CTYPE, ""))
        setlocale(LC_CTYPE, "C.UTF-8");
}

/* A closed standard stream must not become the number of a file that is opened later. */
static void hold_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        while (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) >= 0) {
        }
}

static const char *program_path(const char *name)
{
    static char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return name;
    path[n] = 0;
    return path;
}

/* ---- commands from outside the prompt ---- */

static bool going(const struct session *session, bool ok)
{
    return !session->quit && !cancel_leaving() && (ok || session->keep_going);
}

/* Every line of a text under a name that messages carry; lines are numbered where there are several. */
static bool run_text(struct session *session, const char *text, const char *name)
{
    bool all = true, several = strchr(text, '\n') != NULL;
    const char *outer_file = session->source_file;
    size_t outer_line = session->source_line, number = 0;
    for (const char *at = text; (all || session->keep_going) && !session->quit && !cancel_leaving();) {
        size_t n = strcspn(at, "\n");
        char *line = mem_copy_str((struct str){at, n}, NULL);
        session->source_file = name;
        session->source_line = several ? ++number : 0;
        all = line && session_execute(session, line) && all;
        free(line);
        if (!at[n])
            break;
        at += n + 1;
    }
    session->source_file = outer_file;
    session->source_line = outer_line;
    return all;
}

static bool run_file(struct session *session, const char *path)
{
    struct err err = {0};
    if (session_script(session, path, &err))
        return true;
    if (err.code != ERR_NONE)
        fprintf(stderr, "gaze: %s\n", err.message);
    session->commands_failed = true;
    return false;
}

static bool run_stdin(struct session *session)
{
    struct err err = {0};
    if (session_script_fd(session, STDIN_FILENO, "stdin", &err))
        return true;
    if (err.code != ERR_NONE)
        fprintf(stderr, "gaze: %s\n", err.message);
    session->commands_failed = true;
    return false;
}

/* A word as a double-quoted string of the grammar; bytes stay as they are. */
static char *quoted_line(const char *verb, const char *word)
{
    struct buf line = {0};
    buf_printf(&line, "%s \"", verb);
    for (; *word; word++) {
        unsigned char c = (unsigned char)*word;
        if (c == '"' || c == '\\')
            buf_printf(&line, "\\%c", c);
        else if (c < ' ')
            buf_printf(&line, "\\u%04x", c);
        else
            buf_char(&line, *word);
    }
    buf_char(&line, '"');
    if (buf_ok(&line, NULL))
        return line.data;
    buf_free(&line);
    return NULL;
}

static bool run_words(struct session *session, const struct arguments *arguments)
{
    bool all = true;
    for (size_t i = 0; arguments->model && i <= arguments->n_texts && going(session, all); i++) {
        const char *word = i ? arguments->texts[i - 1] : arguments->model;
        char *line = word ? quoted_line(i ? "run" : "load", word) : mem_copy_str(STR("run -"), NULL);
        session->source_file = "gaze";
        session->source_line = 0;
        all = line && session_execute(session, line) && all;
        session->source_file = NULL;
        free(line);
    }
    return all;
}

static bool run_steps(struct session *session, const struct arguments *arguments)
{
    bool all = true;
    size_t commands_seen = 0;
    for (size_t i = 0; i < arguments->n_steps && going(session, all); i++) {
        const struct step *step = &arguments->steps[i];
        char name[40];
        snprintf(name, sizeof name, "command %zu", ++commands_seen);
        if (step->is_file)
            commands_seen--;
        all = (step->is_file ? run_file(session, step->text) : run_text(session, step->text, name)) && all;
    }
    return all;
}

/* $XDG_CONFIG_HOME/gaze/rc: what fails there is told and does not count. */
static void run_rc(struct session *session)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    bool given = config && *config == '/';
    char *path = given ? path_join(config, "gaze/rc", NULL) : home && *home ? path_join(home, ".config/gaze/rc", NULL) : NULL;
    if (path && file_exists(path)) {
        bool failed_before = session->commands_failed;
        session->nested++;
        if (!run_file(session, path)) {
            struct buf name = {0};
            text_escape(&name, str_of(path));
            fprintf(stderr, "gaze: %s was left at this line\n", buf_cstr(&name));
            buf_free(&name);
        }
        session->nested--;
        session->commands_failed = failed_before;
    }
    free(path);
}

/* ---- the prompt ---- */

static void run_typed(struct session *session, const char *typed)
{
    for (const char *at = typed; !session->quit;) {
        size_t n = strcspn(at, "\n");
        char *line = mem_copy_str((struct str){at, n}, NULL);
        char *full = line ? call_full_line(line, true, NULL) : NULL;
        if (full)
            line_remember(full);
        if (line)
            session_execute(session, line);
        free(full);
        free(line);
        if (!at[n])
            break;
        at += n + 1;
    }
}

/* A disk that is full is told when it happens, not when the recording ends. */
static void tell_broken_recording(void)
{
    struct err err = {0};
    if (recording_broke(&err))
        fprintf(stderr, "gaze: %s; nothing more is recorded\n", err.message);
}

static void prompt(struct session *session)
{
    message_put(session, session->n_models ? STR("gaze " GAZE_VERSION ": help lists the commands, Ctrl-D leaves\n")
                                           : STR("gaze " GAZE_VERSION ": help lists the commands, Ctrl-D leaves; load roberta-tiny begins\n"));
    line_open(session);
    const char *text = session->stderr_color && session->stdout_is_terminal ? "\001\033[1m\002gaze>\001\033[0m\002 " : "gaze> ";
    while (!session->quit && !cancel_leaving()) {
        cancel_clear();
        tell_broken_recording();
        char *line = cancel_leaving() ? NULL : line_read(text);
        if (!line)
            break;
        run_typed(session, line);
        free(line);
        fflush(stdout);
    }
    line_close();
}

/* ---- the way through, and the door out ---- */

static void run_all(struct session *session, const struct arguments *arguments)
{
    bool terminal = isatty(STDIN_FILENO), nothing_given = !arguments->n_steps;
    session->interactive = terminal && (nothing_given || arguments->interactive);
    if (!arguments->no_rc)
        run_rc(session);
    if (!going(session, true))
        return;
    bool ok = run_words(session, arguments);
    ok = going(session, ok) ? run_steps(session, arguments) && ok : ok;
    if (!going(session, ok || arguments->interactive) || !(nothing_given || arguments->interactive))
        return;
    if (session->interactive)
        prompt(session);
    else
        run_stdin(session);
}

/* What is still being recorded when the session ends. */
static bool end_recording(void)
{
    struct err err = {0};
    if (!recording_path() || recording_end(NULL, &err))
        return true;
    fprintf(stderr, "gaze: %s\n", err.message);
    return false;
}

static int leave(struct session *session)
{
    struct err err = {0};
    bool flushed = fflush(stdout) == 0 || errno == EPIPE || err_errno(&err, "standard output", "cannot write");
    if (!flushed)
        fprintf(stderr, "gaze: %s\n", err.message);
    bool recorded = end_recording();
    int signal = cancel_leaving();
    int status = signal                   ? 128 + signal
                 : session->interrupted   ? 130
                 : session->stdout_closed ? 0
                 : session->interactive   ? 0
                                          : session->commands_failed;
    session_free(session);
    pool_free();
    return (flushed && recorded) || status ? status : 1;
}

/* --help and the like. */
static int print(const struct arguments *arguments)
{
    struct buf text = {0};
    arguments->print(arguments, &text);
    bool ok = buf_ok(&text, NULL) && (fwrite(text.data, 1, text.n, stdout) == text.n) && fflush(stdout) == 0;
    bool closed = errno == EPIPE;
    buf_free(&text);
    if (!ok && !closed)
        fprintf(stderr, "gaze: standard output: cannot write\n");
    return ok || closed ? 0 : 1;
}

/* --provenance FILE. */
static int print_provenance(const char *path)
{
    struct file file = {0};
    struct buf text = {0};
    struct err err = {0};
    bool ok = file_map(path, &file, &err) && provenance_read((struct str){(const char *)file.data, file.size}, path, &text, &err);
    if (!ok)
        fprintf(stderr, "gaze: %s\n", err.message);
    ok = ok && (fwrite(text.data, 1, text.n, stdout) == text.n) && fflush(stdout) == 0;
    buf_free(&text);
    file_unmap(&file);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct session session;
    struct err err = {0};
    hold_streams();
    set_locale();
    signals_install();
    if (!arguments_parse(argc, argv, &arguments, &err)) {
        fprintf(stderr, "gaze: %s (gaze --help lists the options)\n", err.message);
        arguments_free(&arguments);
        return 2;
    }
    if (simd_unknown()) {
        fprintf(stderr, "gaze: GAZE_SIMD is none of avx512, avx2 and plain\n");
        arguments_free(&arguments);
        return 2;
    }
    if (arguments.print) {
        int status = print(&arguments);
        arguments_free(&arguments);
        return status;
    }
    if (arguments.figure) {
        int status = print_provenance(arguments.figure);
        arguments_free(&arguments);
        return status;
    }
    if (!session_init(&session, program_path(argv[0]), &err)) {
        fprintf(stderr, "gaze: %s\n", err.message);
        arguments_free(&arguments);
        return 1;
    }
    session.stdout_is_terminal = isatty(STDOUT_FILENO);
    session.stderr_is_terminal = isatty(STDERR_FILENO);
    session.color_mode = arguments.color;
    session.keep_going = arguments.keep_going;
    if (arguments.format)
        session.format = arguments.format;
    if (arguments.threads)
        pool_set_threads(arguments.threads);
    color_apply(&session);
    run_all(&session, &arguments);
    int status = leave(&session);
    arguments_free(&arguments);
    return status;
}
