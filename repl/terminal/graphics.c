/* What the terminal shows of pictures. See graphics.h. */
#include "repl/terminal/graphics.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { BUDGET = 250 }; /* milliseconds for an answer */

static bool given(const char *value)
{
    return value && *value;
}

static bool begins(const char *value, const char *with)
{
    return value && strncmp(value, with, strlen(with)) == 0;
}

const char *graphics_by_signs(const struct graphics_signs *s)
{
    if (given(s->tmux) || begins(s->term, "screen") || begins(s->term, "tmux") || begins(s->term, "dumb") || begins(s->term, "linux"))
        return "";
    if (given(s->kitty_window) || begins(s->term, "xterm-kitty") || begins(s->term, "xterm-ghostty") || given(s->konsole) ||
        begins(s->program, "ghostty"))
        return "kitty";
    if (begins(s->program, "iTerm") || begins(s->program, "WezTerm") || begins(s->program, "mintty") || given(s->wezterm_pane))
        return "iterm2";
    return given(s->term) ? NULL : "";
}

bool graphics_has_sixels(const char *answer)
{
    const char *at = strstr(answer, "\033[?");
    for (at = at ? at + 3 : ""; *at && *at != 'c';) {
        char *end;
        long n = strtol(at, &end, 10);
        if (end == at)
            return false;
        if (n == 4 && (*end == ';' || *end == 'c'))
            return true;
        at = end + (*end == ';');
    }
    return false;
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What comes until the 'c' that ends an answer, or until the time is over. */
static void read_answer(int fd, char *answer, size_t size)
{
    long end = milliseconds() + BUDGET, left;
    size_t n = 0;
    while (n + 1 < size && (left = end - milliseconds()) > 0) {
        struct pollfd wait = {fd, POLLIN, 0};
        if (poll(&wait, 1, (int)left) <= 0 || read(fd, answer + n, 1) != 1)
            break;
        if (answer[n++] == 'c')
            break;
    }
    answer[n] = 0;
}

static bool ask_for_sixels(void)
{
    char answer[128] = "";
    struct termios before, raw;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (tcgetpgrp(fd) == getpgrp() && tcgetattr(fd, &before) == 0) { /* in the background it would stop us */
        raw = before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        if (tcsetattr(fd, TCSANOW, &raw) == 0) {
            if (write(fd, "\033[c", 3) == 3)
                read_answer(fd, answer, sizeof answer);
            tcsetattr(fd, TCSANOW, &before);
        }
    }
    close(fd);
    return graphics_has_sixels(answer);
}

const char *graphics_renderer(void)
{
    const struct graphics_signs signs = {.term = getenv("TERM"), .program = getenv("TERM_PROGRAM"), .kitty_window = getenv("KITTY_WINDOW_ID"),
                                         .tmux = getenv("TMUX"), .wezterm_pane = getenv("WEZTERM_PANE"), .konsole = getenv("KONSOLE_VERSION")};
    const char *name = graphics_by_signs(&signs);
    return name ? (*name ? name : NULL) : ask_for_sixels() ? "sixel" : NULL;
}
