/* A program in a pseudo-terminal under a warden. See terminal.h. */
#include "tests/screen/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

/* What the warden reports: 'S' the program was started, 'T' it was stopped, 'E' it has ended. */
struct report {
    char kind;
    pid_t child;
    int status;
    struct termios modes;
};
/* Written by the warden after the program's last byte, so that the end of the output is known. */
static const char end_mark[] = "\033]777;the program has ended\007";

static void die(const char *what)
{
    perror(what);
    abort();
}

/* ---- the warden ---- */

static void tell(int fd, struct report report)
{
    if (tcgetattr(STDIN_FILENO, &report.modes) || write(fd, &report, sizeof report) != (ssize_t)sizeof report)
        _exit(99);
}

static void run_program(const struct terminal_setup *setup, char **env, int go)
{
    char byte;
    setpgid(0, 0);
    if (read(go, &byte, 1) != 1)
        _exit(98);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(setup->argv[0], (char *const *)setup->argv, env);
    dprintf(STDERR_FILENO, "%s: %s\n", setup->argv[0], strerror(errno));
    _exit(97);
}

static void run_warden(const struct terminal_setup *setup, char **env, int slave, int report)
{
    int go[2], status;
    if (login_tty(slave) || pipe2(go, O_CLOEXEC))
        _exit(99);
    fcntl(report, F_SETFD, FD_CLOEXEC);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_DFL);
    pid_t child = fork();
    if (child == 0)
        run_program(setup, env, go[0]);
    if (child < 0)
        _exit(99);
    setpgid(child, child);
    tcsetpgrp(STDIN_FILENO, child);
    tell(report, (struct report){.kind = 'S', .child = child});
    if (write(go[1], "g", 1) != 1)
        _exit(99);
    for (;;) {
        pid_t seen = waitpid(child, &status, WUNTRACED);
        if (seen == child && WIFSTOPPED(status))
            tell(report, (struct report){.kind = 'T', .child = child});
        else if (seen == child || errno != EINTR)
            break;
    }
    tcsetpgrp(STDIN_FILENO, getpid());
    tell(report, (struct report){.kind = 'E', .child = child, .status = status});
    if (write(STDOUT_FILENO, end_mark, sizeof end_mark - 1) < 0)
        _exit(99);
    for (;;)
        pause();
}

/* ---- starting and ending ---- */

static const char *const not_inherited[] = {"TERM", "COLORTERM", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERMINFO",
                                            "TERMINFO_DIRS", "LINES", "COLUMNS", "LC_ALL", "LC_CTYPE", "LANG", "TMUX", "STY",
                                            "HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "PAGER", "LESS", NULL};

static bool same_name(const char *entry, const char *name)
{
    size_t n = strcspn(name, "=");
    return strncmp(entry, name, n) == 0 && (entry[n] == '=' || entry[n] == 0);
}

static void env_drop(char **env, size_t *n, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        if (same_name(env[i], name))
            free(env[i]);
        else
            env[kept++] = env[i];
    }
    *n = kept;
}

static void env_set(char **env, size_t *n, const char *format, const char *value)
{
    char *entry;
    if (asprintf(&entry, format, value) < 0)
        die("asprintf");
    env_drop(env, n, entry);
    env[(*n)++] = entry;
}

static char **make_env(const struct terminal_setup *setup, const char *home)
{
    size_t n = 0, extra = 16, own = 0;
    for (; environ[n]; n++)
        ;
    for (; setup->env && setup->env[own]; own++)
        ;
    char **env = calloc(n + own + extra, sizeof *env);
    if (!env)
        die("calloc");
    for (size_t i = 0; i < n; i++)
        env[i] = strdup(environ[i]);
    for (const char *const *name = not_inherited; *name; name++)
        env_drop(env, &n, *name);
    env_set(env, &n, "TERM=%s", setup->term ? setup->term : "xterm-256color");
    env_set(env, &n, "LANG=%s", "C.UTF-8");
    env_set(env, &n, "HOME=%s", home);
    env_set(env, &n, "XDG_STATE_HOME=%s/state", home);
    env_set(env, &n, "XDG_CONFIG_HOME=%s/config", home);
    env_set(env, &n, "XDG_CACHE_HOME=%s/cache", home);
    for (size_t i = 0; i < own; i++) {
        if (strchr(setup->env[i], '='))
            env_set(env, &n, "%s", setup->env[i]);
        else
            env_drop(env, &n, setup->env[i]);
    }
    env[n] = NULL;
    return env;
}

struct terminal *terminal_start(const struct terminal_setup *setup)
{
    struct terminal *t = calloc(1, sizeof *t);
    int rows = setup->rows ? setup->rows : 24, cols = setup->cols ? setup->cols : 80;
    int slave, report[2];
    const char *patience = getenv("GAZE_TEST_PATIENCE");
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    if (!t || !setlocale(LC_CTYPE, "C.UTF-8"))
        die("terminal_start");
    t->patience = patience ? atof(patience) : 30;
    strcpy(t->home, "/tmp/gaze-screen-XXXXXX");
    if (!mkdtemp(t->home))
        die("mkdtemp");
    t->screen = emulator_new(rows, cols);
    if (openpty(&t->master, &slave, NULL, NULL, &size) || pipe2(report, O_CLOEXEC))
        die("openpty");
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    fcntl(t->master, F_SETFL, O_NONBLOCK);
    char **env = make_env(setup, t->home);
    t->warden = fork();
    if (t->warden < 0)
        die("fork");
    if (t->warden == 0) {
        close(t->master);
        run_warden(setup, env, slave, report[1]);
    }
    close(slave);
    close(report[1]);
    t->report = report[0];
    for (char **e = env; *e; e++)
        free(*e);
    free(env);
    while (!t->started && terminal_pump(t, t->patience))
        ;
    return t;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

void terminal_free(struct terminal *t)
{
    if (!t)
        return;
    if (t->started && !t->ended)
        kill(t->child, SIGKILL);
    kill(t->warden, SIGKILL);
    waitpid(t->warden, NULL, 0);
    close(t->master);
    close(t->report);
    nftw(t->home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    emulator_free(t->screen);
    free(t->log);
    free(t);
}

/* ---- reading ---- */

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void take_output(struct terminal *t, const char *bytes, size_t n)
{
    if (t->n_log + n + 1 > t->log_capacity) {
        t->log_capacity = (t->n_log + n + 1) * 2;
        t->log = realloc(t->log, t->log_capacity);
        if (!t->log)
            die("realloc");
    }
    memcpy(t->log + t->n_log, bytes, n);
    t->n_log += n;
    t->log[t->n_log] = 0;
    emulator_feed(t->screen, bytes, n);
    char answer[256];
    size_t length = emulator_answer(t->screen, answer, sizeof answer);
    if (length && write(t->master, answer, length) < 0)
        perror("answering the program");
}

static void take_report(struct terminal *t)
{
    struct report report;
    if (read(t->report, &report, sizeof report) != (ssize_t)sizeof report)
        return;
    t->child = report.child;
    if (report.kind == 'S') {
        t->started = true;
        t->before = report.modes;
    } else if (report.kind == 'T') {
        t->stopped = true;
        t->after = report.modes;
    } else {
        t->ended = true;
        t->status = report.status;
        t->after = report.modes;
    }
}

static bool output_over(const struct terminal *t)
{
    return t->ended && t->n_log >= sizeof end_mark - 1 && memmem(t->log, t->n_log, end_mark, sizeof end_mark - 1);
}

bool terminal_pump(struct terminal *t, double seconds)
{
    if (output_over(t))
        return false;
    struct pollfd fds[2] = {{.fd = t->master, .events = POLLIN}, {.fd = t->report, .events = POLLIN}};
    int ready = poll(fds, 2, seconds > 0 ? (int)(seconds * 1000) + 1 : 0);
    if (ready <= 0)
        return ready == 0 || errno == EINTR;
    if (fds[0].revents) {
        char bytes[65536];
        ssize_t n = read(t->master, bytes, sizeof bytes);
        if (n > 0)
            take_output(t, bytes, (size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return false;
    }
    if (fds[1].revents & POLLIN)
        take_report(t);
    return true;
}

/* ---- writing ---- */

static void send_bytes(struct terminal *t, const char *bytes, size_t n)
{
    double deadline = now() + t->patience;
    while (n > 0 && now() < deadline) {
        ssize_t done = write(t->master, bytes, n);
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            return;
        if (done < 0) {
            terminal_pump(t, 0.05); /* its input is full: it may wait for us to read */
            continue;
        }
        bytes += done;
        n -= (size_t)done;
    }
}

void terminal_send(struct terminal *t, const char *bytes)
{
    send_bytes(t, bytes, strlen(bytes));
}

static const struct {
    const char *name, *normal, *application;
} keys_table[] = {
    {"Up", "\033[A", "\033OA"},     {"Down", "\033[B", "\033OB"},   {"Right", "\033[C", "\033OC"}, {"Left", "\033[D", "\033OD"},
    {"Home", "\033[H", "\033OH"},   {"End", "\033[F", "\033OF"},    {"PgUp", "\033[5~", NULL},     {"PgDn", "\033[6~", NULL},
    {"Delete", "\033[3~", NULL},    {"Enter", "\r", NULL},          {"Tab", "\t", NULL},           {"Escape", "\033", NULL},
    {"Backspace", "\177", NULL},    {"Space", " ", NULL},
};

static void send_key(struct terminal *t, const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof keys_table / sizeof keys_table[0]; i++) {
        if (strlen(keys_table[i].name) == n && memcmp(keys_table[i].name, name, n) == 0) {
            bool application = keys_table[i].application && emulator_keypad(t->screen);
            terminal_send(t, application ? keys_table[i].application : keys_table[i].normal);
            return;
        }
    }
    if (n == 3 && name[0] == 'C' && name[1] == '-')
        send_bytes(t, (char[1]){(char)(name[2] & 31)}, 1);
    else
        send_bytes(t, name, n);
}

void terminal_keys(struct terminal *t, const char *keys)
{
    while (*keys) {
        size_t n = strcspn(keys, " ");
        if (n)
            send_key(t, keys, n);
        keys += n + (keys[n] == ' ');
    }
}

void terminal_resize(struct terminal *t, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    emulator_resize(t->screen, rows, cols);
    ioctl(t->master, TIOCSWINSZ, &size); /* the kernel sends SIGWINCH to the foreground */
}

void terminal_signal(struct terminal *t, int signal)
{
    t->stopped = t->stopped && signal != SIGCONT;
    if (t->started && !t->ended)
        kill(t->child, signal);
}

/* ---- waiting ---- */

bool terminal_wait_for(struct terminal *t, bool (*holds)(struct terminal *t, const void *context), const void *context,
                       const char *what)
{
    double deadline = now() + t->patience;
    while (!holds(t, context)) {
        double left = deadline - now();
        if (left <= 0 || !terminal_pump(t, left)) {
            if (holds(t, context))
                return true;
            char why[400];
            snprintf(why, sizeof why, "%s: waited for '%s'", left <= 0 ? "out of patience" : "the program has ended", what);
            terminal_dump(t, why);
            return false;
        }
    }
    return true;
}

static bool shows(struct terminal *t, const void *text)
{
    return terminal_shows(t, text);
}

static bool shows_not(struct terminal *t, const void *text)
{
    return !terminal_shows(t, text);
}

bool terminal_wait_text(struct terminal *t, const char *text)
{
    return terminal_wait_for(t, shows, text, text);
}

bool terminal_wait_gone(struct terminal *t, const char *text)
{
    return terminal_wait_for(t, shows_not, text, text);
}

struct row_text {
    int row;
    const char *text;
};

static bool row_shows(struct terminal *t, const void *context)
{
    const struct row_text *want = context;
    char *row = emulator_row(t->screen, want->row < 0 ? emulator_rows(t->screen) + want->row : want->row);
    bool found = strstr(row, want->text) != NULL;
    free(row);
    return found;
}

bool terminal_wait_row(struct terminal *t, int row, const char *text)
{
    return terminal_wait_for(t, row_shows, &(struct row_text){row, text}, text);
}

struct log_text {
    size_t from;
    const char *bytes;
};

static bool log_holds(struct terminal *t, const void *context)
{
    const struct log_text *want = context;
    return t->n_log > want->from && memmem(t->log + want->from, t->n_log - want->from, want->bytes, strlen(want->bytes));
}

bool terminal_wait_log(struct terminal *t, size_t from, const char *bytes)
{
    return terminal_wait_for(t, log_holds, &(struct log_text){from, bytes}, bytes);
}

bool terminal_wait_file(struct terminal *t, const char *path)
{
    double deadline = now() + t->patience;
    struct stat status;
    while (stat(path, &status) || status.st_size == 0) {
        if (now() > deadline) {
            terminal_dump(t, path);
            return false;
        }
        terminal_pump(t, 0.02);
    }
    return true;
}

static bool has_stopped(struct terminal *t, const void *context)
{
    (void)context;
    return t->stopped;
}

bool terminal_wait_stop(struct terminal *t)
{
    return terminal_wait_for(t, has_stopped, NULL, "its stop");
}

static bool over(struct terminal *t, const void *context)
{
    (void)context;
    return output_over(t);
}

int terminal_wait_exit(struct terminal *t)
{
    if (!terminal_wait_for(t, over, NULL, "its end"))
        return -1;
    return WIFEXITED(t->status) ? WEXITSTATUS(t->status) : 128 + WTERMSIG(t->status);
}

/* ---- looking ---- */

bool terminal_find(const struct terminal *t, const char *text, int *row_out, int *col_out)
{
    for (int row = 0; row < emulator_rows(t->screen); row++) {
        char *line = emulator_row(t->screen, row);
        const char *at = strstr(line, text);
        size_t bytes = at ? (size_t)(at - line) : 0;
        free(line);
        if (!at)
            continue;
        *row_out = row;
        *col_out = 0;
        for (size_t n = 0; n < bytes && *col_out < emulator_cols(t->screen); ++*col_out) {
            const struct emu_cell *cell = emulator_cell(t->screen, row, *col_out);
            n += cell->text[0] ? strlen(cell->text) : cell->width ? 1 : 0;
        }
        while (emulator_cell(t->screen, row, *col_out)->width == 0)
            ++*col_out;
        return true;
    }
    return false;
}

bool terminal_shows(const struct terminal *t, const char *text)
{
    int row, col;
    return terminal_find(t, text, &row, &col);
}

bool terminal_modes_restored(const struct terminal *t)
{
    const struct termios *a = &t->before, *b = &t->after;
    return (t->ended || t->stopped) && a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0 &&
           cfgetospeed(a) == cfgetospeed(b) && cfgetispeed(a) == cfgetispeed(b);
}

char *terminal_text(const struct terminal *t)
{
    return emulator_text(t->screen);
}

void terminal_dump(const struct terminal *t, const char *why)
{
    char *text = emulator_text(t->screen);
    fprintf(stderr, "---- %s; the screen (%d × %d):\n%s----\n", why, emulator_rows(t->screen), emulator_cols(t->screen), text);
    free(text);
}

char *file_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t n = 0, capacity = 4096;
    char *text = malloc(capacity);
    for (size_t got = 1; text && got; n += got) {
        if (n + 1 >= capacity)
            text = realloc(text, capacity *= 2);
        got = text ? fread(text + n, 1, capacity - n - 1, file) : 0;
    }
    fclose(file);
    if (text)
        text[n] = 0;
    return text;
}
