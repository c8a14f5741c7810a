/* The prompt. See prompt.h.
 *
 * Readline runs through its callback interface, so that signals are ours: they are blocked but for the time that is spent
 * waiting for a key, and their flags are looked at after every wake-up. Readline is one for a process and its callbacks
 * carry no context: hence the one static struct. */
#include "repl/line/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <signal.h>
#include <stdio.h> /* before readline, which needs FILE */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/text.h"
#include "repl/line/complete.h"
#include "repl/terminal/guard.h"
#include "repl/terminal/recording.h"

enum { HISTORY_LINES = 5000 };

static struct {
    struct session *session;
    struct completions offered; /* by the last Tab */
    char *line, *history_path;
    bool done, pasting;          /* pasting: the terminal is asked to mark what is pasted */
    struct termios modes;        /* the terminal's, before readline */
    volatile sig_atomic_t resized, continued;
} prompt_state;

/* ---- history ---- */

/* Make the folders of a path, for this user alone. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
}

static char *history_file(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *path = NULL;
    if (state && *state == '/')
        path = path_join(state, "gaze/history", NULL);
    else if (home && *home)
        path = path_join(home, ".local/state/gaze/history", NULL);
    if (path)
        make_folders(path);
    return path;
}

static int open_history(void)
{
    int fd = prompt_state.history_path ? open(prompt_state.history_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && fchmod(fd, 0600) != 0)
        errno = 0; /* a file system without modes */
    return fd;
}

static void remember(const char *line)
{
    HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
    if (last && strcmp(last->line, line) == 0)
        return;
    add_history(line);
    int fd = open_history();
    if (fd < 0)
        return;
    struct buf text = {0};
    buf_printf(&text, "%s\n", line);
    if (buf_ok(&text, NULL) && write(fd, text.data, text.n) < 0)
        errno = 0; /* a full disk loses a line of history, no more */
    buf_free(&text);
    close(fd);
}

void line_remember(const char *line)
{
    struct buf text = {0};
    size_t n = strlen(line);
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t')) /* that Tab has left */
        n--;
    buf_add(&text, line, n);
    if (n && buf_ok(&text, NULL))
        remember(buf_cstr(&text));
    buf_free(&text);
}

/* ---- completion ---- */

/* The longest beginning that all have, cut at a whole character. */
static size_t common_prefix(const struct completions *found, size_t from)
{
    struct str first = found->items[0].text;
    size_t n = first.n;
    for (size_t i = 1; i < found->n; i++) {
        size_t k = from;
        while (k < n && k < found->items[i].text.n && found->items[i].text.s[k] == first.s[k])
            k++;
        n = k;
    }
    while (n > from && n < first.n && ((unsigned char)first.s[n] & 0xC0) == 0x80)
        n--;
    return n;
}

static char *copy_from(struct str item, size_t from, size_t to)
{
    return strndup(item.s + from, to - from); /* readline frees it */
}

/* Readline's word may begin later than ours (inside quotes): what stands before it stays. */
static char **attempt(const char *text, int start, int end)
{
    (void)text;
    rl_attempted_completion_over = 1;
    struct completions found;
    char **matches = NULL;
    bool ok = complete_line(prompt_state.session, (struct str){rl_line_buffer, (size_t)end}, &found, NULL);
    size_t from = (size_t)start - found.start;
    if (ok && found.n && (size_t)start >= found.start)
        matches = calloc(found.n + 2, sizeof *matches);
    for (size_t i = 0; matches && i < found.n; i++)
        if (found.items[i].text.n < from) {
            free(matches);
            matches = NULL;
        }
    if (matches) {
        size_t prefix = common_prefix(&found, from);
        matches[0] = copy_from(found.items[0].text, from, prefix);
        for (size_t i = 0; found.n > 1 && i < found.n; i++)
            matches[i + 1] = copy_from(found.items[i].text, from, found.items[i].text.n);
        rl_completion_append_character = found.n == 1 && completion_is_whole(found.items[0].text) ? ' ' : 0;
        rl_completion_suppress_quote = 1;
    }
    completions_free(&prompt_state.offered);
    prompt_state.offered = found;
    return matches;
}

/* The meaning of the candidate that ends so: readline's words may begin later than ours. */
static struct str meaning_of(const char *match)
{
    const struct completions *offered = &prompt_state.offered;
    for (size_t i = 0; i < offered->n; i++)
        if (str_ends(offered->items[i].text, str_of(match)))
            return offered->items[i].meaning;
    return (struct str){0};
}

/* Candidates with what they mean, a line each; those that say all by themselves in columns, as readline has them. */
static void show_candidates(char **matches, int n, int longest)
{
    enum { GAP = 2, LEAST_MEANING = 20 };
    int rows, columns;
    bool any = false;
    rl_get_screen_size(&rows, &columns);
    for (int i = 1; i <= n; i++)
        any = any || meaning_of(matches[i]).n;
    if (!any || longest + GAP + LEAST_MEANING > columns) {
        rl_display_match_list(matches, n, longest);
        rl_forced_update_display();
        return;
    }
    rl_crlf();
    for (int i = 1; i <= n; i++) {
        struct buf line = {0};
        size_t width = text_width(str_of(matches[i]));
        text_escape(&line, str_of(matches[i]));
        buf_printf(&line, "%*s", (int)((size_t)longest + GAP - (width < (size_t)longest ? width : (size_t)longest)), "");
        text_fit(&line, meaning_of(matches[i]), (size_t)(columns - longest - GAP - 1));
        fprintf(rl_outstream, "%s\n", buf_cstr(&line));
        buf_free(&line);
    }
    rl_forced_update_display();
}

/* ---- a line ---- */

static void take_line(char *line)
{
    prompt_state.line = line;
    prompt_state.done = true;
    rl_callback_handler_remove(); /* the terminal is the command's now */
}

static void on_resize(int signal)
{
    (void)signal;
    prompt_state.resized = 1;
}

static void on_continue(int signal)
{
    (void)signal;
    prompt_state.continued = 1;
}

/* Before a signal ends the program, Ctrl-\ too: the modes, and what readline asked the terminal for, without readline, which
 * may be in the middle of anything. */
static void restore_terminal(void)
{
    static const char paste_off[] = "\033[?2004l\r\n";
    if (prompt_state.pasting && write(fileno(rl_outstream), paste_off, sizeof paste_off - 1) < 0)
        errno = 0; /* the terminal has gone */
    tcsetattr(STDIN_FILENO, TCSANOW, &prompt_state.modes);
}

/* The prompt begins: what readline changes of the terminal is given back, whatever ends the program from here on. */
static void begin(const char *prompt)
{
    const char *paste = rl_variable_value("enable-bracketed-paste"); /* off where the terminal is dumb */
    prompt_state.pasting = paste && strcmp(paste, "on") == 0;
    if (tcgetattr(STDIN_FILENO, &prompt_state.modes) == 0)
        guard_begin(GUARD_PROMPT, restore_terminal);
    rl_callback_handler_install(prompt, take_line);
}

static void clear_line(const char *prompt)
{
    cancel_clear();
    rl_callback_sigcleanup(); /* ends a search through the history; it draws the line once more */
    fputs("^C\n", rl_outstream);
    rl_free_line_state();
    rl_callback_handler_remove();
    rl_on_new_line();
    rl_callback_handler_install(prompt, take_line);
}

static void look_at_flags(const char *prompt)
{
    if (prompt_state.resized) {
        prompt_state.resized = 0;
        rl_resize_terminal();
    }
    if (prompt_state.continued) { /* the shell has used the terminal meanwhile */
        prompt_state.continued = 0;
        rl_deprep_terminal();
        rl_prep_terminal(1);
        rl_on_new_line();
        rl_redisplay();
    }
    if (cancel_requested() && !cancel_leaving())
        clear_line(prompt);
}

static void wait_for_line(const char *prompt, const sigset_t *while_waiting)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!prompt_state.done && !cancel_leaving()) {
        int ready = ppoll(&input, 1, NULL, while_waiting);
        bool broken = ready < 0 && errno != EINTR;
        look_at_flags(prompt);
        if (ready > 0 && !cancel_leaving())
            rl_callback_read_char();
        else if (broken)
            break;
    }
}

char *line_read(const char *prompt)
{
    struct sigaction resize = {.sa_handler = on_resize}, go_on = {.sa_handler = on_continue}, old_resize, old_continue;
    sigset_t ours, before;
    sigemptyset(&resize.sa_mask);
    sigemptyset(&go_on.sa_mask);
    sigemptyset(&ours);
    static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT, SIGQUIT};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        sigaddset(&ours, held[i]);
    sigprocmask(SIG_BLOCK, &ours, &before);
    /* Only while the prompt waits: the full screen and children have their own. */
    sigaction(SIGWINCH, &resize, &old_resize);
    sigaction(SIGCONT, &go_on, &old_continue);
    prompt_state.line = NULL;
    prompt_state.done = false;
    prompt_state.resized = prompt_state.continued = 0;
    begin(prompt);
    rl_reset_screen_size(); /* the window may have changed while a command ran */
    wait_for_line(prompt, &before);
    if (!prompt_state.done) {
        fputc('\n', rl_outstream);
        rl_callback_handler_remove();
    }
    sigaction(SIGWINCH, &old_resize, NULL);
    sigaction(SIGCONT, &old_continue, NULL);
    guard_end(GUARD_PROMPT);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return prompt_state.line;
}

static int read_key(FILE *stream)
{
    int c = rl_getc(stream);
    if (c >= 0 && c <= UCHAR_MAX)
        recording_input(&(char){(char)c}, 1);
    return c;
}

void line_open(struct session *session)
{
    prompt_state.session = session;
    prompt_state.history_path = history_file();
    rl_readline_name = "gaze";
    rl_getc_function = read_key;
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_outstream = session->stdout_is_terminal ? stdout : stderr;
    rl_attempted_completion_function = attempt;
    rl_completer_word_break_characters = " \t";
    rl_basic_quote_characters = "";
    rl_completer_quote_characters = NULL;
    rl_completion_display_matches_hook = show_candidates;
    rl_sort_completion_matches = 0;
    rl_initialize(); /* reads inputrc, and knows the terminal */
    using_history();
    stifle_history(HISTORY_LINES);
    if (prompt_state.history_path && file_exists(prompt_state.history_path)) {
        read_history(prompt_state.history_path);
        if (history_is_stifled() && history_length >= HISTORY_LINES)
            history_truncate_file(prompt_state.history_path, HISTORY_LINES);
    }
    using_history();
}

void line_close(void)
{
    clear_history();
    completions_free(&prompt_state.offered);
    free(prompt_state.history_path);
    prompt_state.history_path = NULL;
    prompt_state.session = NULL;
}

const char *line_library(void)
{
    return rl_library_version;
}
