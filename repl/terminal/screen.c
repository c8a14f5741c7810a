/* The full screen on ncursesw. See screen.h.
 *
 * newterm, not initscr: initscr ends the program where the terminal's description is missing. 24-bit colour and hosts
 * without a description are served by the entries of terminfo.c. The size is asked of the kernel: $LINES and $COLUMNS
 * may be readline's. The mouse is asked for and read here, in xterm's SGR form (modes 1002, 1003 and 1006), which tmux, screen and
 * every terminal since 2012 speak, whatever their description says of a mouse. BiDi is explicit (ECMA-48 BDSM) while the screen is open: cells are in visual order. */
#include "repl/terminal/screen.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "core/base/cancel.h"
#include "core/base/text.h"
#include "repl/terminal/guard.h"
#include "repl/terminal/recording.h"
#include "repl/terminal/terminfo.h"
#include "repl/terminal/usable.h"

#include <term.h> /* last: it defines common words as macros */
#undef columns

#define BIDI_EXPLICIT "\033[8l"
#define BIDI_IMPLICIT "\033[8h"
#define MOUSE_ON "\033[?1002h\033[?1003h\033[?1006h" /* buttons, the wheel, motion with a button down; all motion; SGR */
#define MOUSE_OFF "\033[?1006l\033[?1003l\033[?1002l"

enum { MOUSE_CODE = 0x400 /* for define_key, above those of curses.h */, MOUSE_REST = 50 /* ms for the rest of a report */ };

/* What ncurses changes, and others are to find as it was. */
static const int curses_signals[] = {SIGTSTP, SIGWINCH, SIGINT, SIGTERM};
#define CURSES_SIGNALS (sizeof curses_signals / sizeof curses_signals[0])

struct full_screen {
    SCREEN *curses;
    TERMINAL *terminal_before; /* readline's */
    enum depth depth;
    int pairs;                 /* colour pairs handed out */
    bool suspended;
    struct pointer pointer;
    struct sigaction before[CURSES_SIGNALS];
};

/* What a signal handler needs to give the terminal back. */
static struct {
    volatile sig_atomic_t taken;
    struct termios modes;
    char sequence[160];
    size_t n;
    volatile sig_atomic_t stop; /* Ctrl-Z was pressed */
} saved;

/* ---- the terminal given back ---- */

void screen_emergency_restore(void)
{
    if (!saved.taken)
        return;
    saved.taken = 0;
    int error = errno;
    ssize_t done = write(STDOUT_FILENO, saved.sequence, saved.n);
    (void)done;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved.modes);
    errno = error;
}

/* One of the terminal's strings without its padding ("$<5>"). */
static void save_string(const char *name)
{
    const char *s = tigetstr(name);
    if (!s || s == (const char *)-1)
        return;
    while (*s && saved.n < sizeof saved.sequence) {
        const char *end = s[0] == '$' && s[1] == '<' ? strchr(s, '>') : NULL;
        if (end)
            s = end + 1;
        else
            saved.sequence[saved.n++] = *s++;
    }
}

static void say(const char *bytes)
{
    ssize_t done = write(STDOUT_FILENO, bytes, strlen(bytes));
    (void)done; /* a terminal that has gone is met when keys are read */
}

static void take(void)
{
    static const char *const strings[] = {"sgr0", "op", "rmcup", "cnorm", "rmkx"};
    saved.n = strlen(MOUSE_OFF BIDI_IMPLICIT);
    memcpy(saved.sequence, MOUSE_OFF BIDI_IMPLICIT, saved.n);
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        save_string(strings[i]);
    if (!exit_ca_mode && saved.n + 2 <= sizeof saved.sequence) { /* the picture stays: the prompt stands below it */
        memcpy(saved.sequence + saved.n, "\r\n", 2);
        saved.n += 2;
    }
    saved.taken = 1;
    say(BIDI_EXPLICIT MOUSE_ON);
}

static void on_stop(int number)
{
    (void)number;
    saved.stop = 1;
}

/* Before newterm. Ctrl-Z is met where keys are read; had it no handler yet, ncurses would install one for good, and ignore
 * the signal while it writes. */
static void take_signals(struct full_screen *screen)
{
    struct sigaction stop = {.sa_handler = on_stop};
    sigemptyset(&stop.sa_mask);
    saved.stop = 0;
    for (size_t i = 0; i < CURSES_SIGNALS; i++)
        sigaction(curses_signals[i], NULL, &screen->before[i]);
    if (screen->before[0].sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &stop, NULL);
}

/* After newterm: the others are not for ncurses. */
static void settle_signals(struct full_screen *screen)
{
    for (size_t i = 1; i < CURSES_SIGNALS; i++)
        sigaction(curses_signals[i], &screen->before[i], NULL);
}

static void restore_signals(struct full_screen *screen)
{
    for (size_t i = 0; i < CURSES_SIGNALS; i++)
        sigaction(curses_signals[i], &screen->before[i], NULL);
}

/* ---- opening ---- */

static SCREEN *start(const char *name, const char *description)
{
    char *before = getenv("TERMINFO");
    before = before ? strdup(before) : NULL;
    if (description)
        setenv("TERMINFO", description, 1);
    SCREEN *curses = newterm(name, stdout, stdin);
    if (description) { /* programs that the session starts must not inherit it */
        if (before)
            setenv("TERMINFO", before, 1);
        else
            unsetenv("TERMINFO");
    }
    free(before);
    return curses;
}

static SCREEN *start_any(const char *term, enum depth depth)
{
    SCREEN *curses = depth == DEPTH_TRUE ? start(terminfo_direct.name, terminfo_direct.value) : NULL;
    if (!curses)
        curses = start(term, NULL);
    return curses ? curses : start(terminfo_256.name, terminfo_256.value);
}

static enum depth colours(enum depth wanted)
{
    if (wanted == DEPTH_MONO || !has_colors())
        return DEPTH_MONO;
    start_color();
    use_default_colors();
    enum depth have = tigetflag("RGB") > 0 && COLORS > 256 ? DEPTH_TRUE
                      : COLORS >= 256                      ? DEPTH_256
                      : COLORS >= 16                       ? DEPTH_16
                      : COLORS >= 8                        ? DEPTH_8
                                                           : DEPTH_MONO;
    return have < wanted ? have : wanted;
}

/* Keys as terminals send them whose description is not the one in use. */
static void add_keys(void)
{
    static const struct {
        const char *bytes;
        int key;
    } rows[] = {{"\033[1~", KEY_HOME}, {"\033[4~", KEY_END},   {"\033[7~", KEY_HOME}, {"\033[8~", KEY_END},
                {"\033[H", KEY_HOME},  {"\033[F", KEY_END},    {"\033OH", KEY_HOME},  {"\033OF", KEY_END},
                {"\033[A", KEY_UP},    {"\033[B", KEY_DOWN},   {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT},
                {"\033OA", KEY_UP},    {"\033OB", KEY_DOWN},   {"\033OC", KEY_RIGHT}, {"\033OD", KEY_LEFT},
                {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE}, {"\033[3~", KEY_DC},   {"\033[Z", KEY_BTAB}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (key_defined(rows[i].bytes) <= 0)
            define_key(rows[i].bytes, rows[i].key);
    define_key("\033[<", MOUSE_CODE); /* its numbers are read by read_pointer */
}

/* ncurses sets the modes of its output, which is not the terminal of the keys while the session is recorded: they get them
 * too. */
static void set_modes_of_keys(void)
{
    struct termios modes;
    if (tcgetattr(STDOUT_FILENO, &modes) == 0)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
}

/* Ctrl-C and Ctrl-Z would have the kernel throw away what was just written, and ncurses would not know. */
static void keep_output(void)
{
    struct termios modes;
    if (tcgetattr(STDOUT_FILENO, &modes))
        return;
    modes.c_lflag |= NOFLSH;
    if (tcsetattr(STDOUT_FILENO, TCSADRAIN, &modes) == 0)
        def_prog_mode();
    set_modes_of_keys();
}

static void settle(struct full_screen *screen)
{
    if (!getenv("ESCDELAY"))
        set_escdelay(100);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    keep_output();
    add_keys();
    curs_set(0);
    take();
    settle_signals(screen);
    guard_begin(GUARD_SCREEN, screen_emergency_restore);
}

struct full_screen *screen_open(enum depth depth, struct err *err)
{
    const char *term = getenv("TERM");
    if (!terminal_usable(err))
        return NULL;
    struct full_screen *screen = mem_new(1, sizeof *screen, "the screen", err);
    if (!screen)
        return NULL;
    take_signals(screen);
    if (tcgetattr(STDIN_FILENO, &saved.modes)) {
        err_errno(err, "standard input", "reading the terminal's modes");
        goto fail;
    }
    fflush(stdout);
    use_env(FALSE);
    use_tioctl(TRUE);
    screen->terminal_before = cur_term;
    screen->curses = start_any(term, depth);
    if (!screen->curses || !cursor_address) {
        err_set(err, ERR_ARG, "view needs a terminal with a cursor that can be placed; TERM=%s has none", term);
        goto fail;
    }
    screen->depth = colours(depth);
    settle(screen);
    return screen;
fail:
    if (screen->curses) {
        endwin();
        delscreen(screen->curses);
        set_curterm(screen->terminal_before);
    }
    restore_signals(screen);
    free(screen);
    return NULL;
}

void screen_close(struct full_screen *screen)
{
    if (!screen)
        return;
    if (!screen->suspended)
        screen_suspend(screen);
    guard_end(GUARD_SCREEN);
    restore_signals(screen);
    delscreen(screen->curses);
    set_curterm(screen->terminal_before);
    free(screen);
}

void screen_suspend(struct full_screen *screen)
{
    curs_set(1);
    endwin();
    say(exit_ca_mode ? MOUSE_OFF BIDI_IMPLICIT : MOUSE_OFF BIDI_IMPLICIT "\r\n");
    recording_flush();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &saved.modes);
    saved.taken = 0;
    screen->suspended = true;
}

void screen_resume(struct full_screen *screen)
{
    fflush(stdout);
    saved.taken = 1;
    screen->suspended = false;
    say(BIDI_EXPLICIT MOUSE_ON);
    reset_prog_mode();
    set_modes_of_keys();
    clearok(curscr, TRUE);
    curs_set(0);
}

void screen_repaint(struct full_screen *screen)
{
    (void)screen;
    clearok(curscr, TRUE);
}

void screen_size(const struct full_screen *screen, size_t *columns_out, size_t *rows_out)
{
    (void)screen;
    *columns_out = (size_t)COLS;
    *rows_out = (size_t)LINES;
}

enum depth screen_depth(const struct full_screen *screen)
{
    return screen->depth;
}

/* ---- showing ---- */

/* A colour's number for ncurses; -1 the terminal's own. Direct colours below 8 would mean the first palette entries. */
static int colour_number(enum depth depth, struct colour colour)
{
    if (colour.kind == COLOUR_DEFAULT || depth == DEPTH_MONO)
        return -1;
    if (depth == DEPTH_TRUE) {
        int rgb = colour.rgb.r << 16 | colour.rgb.g << 8 | colour.rgb.b;
        return rgb < 8 ? 8 : rgb;
    }
    unsigned limit = depth == DEPTH_256 ? 256 : depth == DEPTH_16 ? 16 : 8;
    return (int)(colour.kind == COLOUR_INDEX && colour.index < limit ? colour.index : xterm_nearest(colour.rgb, limit));
}

/* The pair of a style; -1 where the terminal has handed out all of its pairs. */
static int pair_of(struct full_screen *screen, const struct style *style)
{
    int fg = colour_number(screen->depth, style->fg), bg = colour_number(screen->depth, style->bg);
    if (fg < 0 && bg < 0)
        return 0;
    int pair = find_pair(fg, bg);
    if (pair >= 0)
        return pair;
    if (screen->pairs + 2 >= COLOR_PAIRS)
        return -1;
    screen->pairs++;
    pair = alloc_pair(fg, bg);
    return pair < 0 ? 0 : pair;
}

static attr_t attributes(unsigned flags)
{
    return (flags & CELL_BOLD ? WA_BOLD : 0) | (flags & CELL_UNDERLINE ? WA_UNDERLINE : 0) |
           (flags & CELL_DIM ? WA_DIM : 0) | (flags & CELL_REVERSE ? WA_REVERSE : 0);
}

/* The wide characters of a cluster, NUL-ended; false where ncurses cannot place them as the terminal does. */
static bool wide_of(struct str cluster, size_t width, wchar_t out[CCHARW_MAX + 1])
{
    size_t n = 0;
    int columns = 0;
    while (cluster.n) {
        int32_t cp;
        size_t bytes = utf8_decode(cluster.s, cluster.n, &cp);
        int w = cp < 0 ? -1 : wcwidth((wchar_t)cp);
        if (n >= CCHARW_MAX || w < 0 || (n > 0 && w != 0))
            return false;
        columns += w;
        out[n++] = (wchar_t)cp;
        cluster.s += bytes;
        cluster.n -= bytes;
    }
    out[n] = 0;
    return n > 0 && columns == (int)width;
}

static bool put_cell(struct full_screen *screen, size_t row, size_t col, const struct cell *cell)
{
    wchar_t text[CCHARW_MAX + 1];
    cchar_t shown;
    int pair = pair_of(screen, &cell->style);
    if (pair < 0)
        return false;
    if (!cell->n)
        wmemcpy(text, L" ", 2);
    else if (!wide_of((struct str){cell->text, cell->n}, cell->width, text))
        wmemcpy(text, cell->width > 1 ? L"\uff1f" : L"?", 2); /* labels pass screen_text: this is the last resort */
    if (setcchar(&shown, text, attributes(cell->style.flags), (short)0, &pair) == OK)
        mvadd_wch((int)row, (int)col, &shown);
    return true;
}

static bool put_grid(struct full_screen *screen, const struct cell_grid *grid)
{
    erase();
    for (size_t row = 0; row < grid->rows && row < (size_t)LINES; row++)
        for (size_t col = 0; col < grid->columns && col < (size_t)COLS; col++) {
            const struct cell *cell = grid_at(grid, row, col);
            bool blank = cell->n == 0 && cell->style.bg.kind == COLOUR_DEFAULT && !cell->style.flags;
            if (cell->width && !blank && !put_cell(screen, row, col, cell))
                return false;
        }
    return true;
}

void screen_show(struct full_screen *screen, const struct cell_grid *grid, size_t row, size_t col)
{
    if (!put_grid(screen, grid)) {
        reset_color_pairs();
        screen->pairs = 0;
        put_grid(screen, grid);
    }
    bool cursor = row < (size_t)LINES && col < (size_t)COLS;
    curs_set(cursor);
    if (cursor)
        move((int)row, (int)col);
    refresh();
}

void screen_text(struct buf *out, struct str text)
{
    while (text.n) {
        size_t n = text_grapheme(text);
        struct str cluster = {text.s, n};
        wchar_t wide[CCHARW_MAX + 1];
        int32_t cp;
        utf8_decode(cluster.s, cluster.n, &cp);
        bool control = cp < 0x20 || (cp >= 0x7f && cp < 0xa0); /* text_escape is to deal with them */
        if (control || wide_of(cluster, text_width(cluster), wide)) {
            buf_str(out, cluster);
        } else {
            for (size_t at = 0; at < n;) {
                at += utf8_decode(cluster.s + at, n - at, &cp);
                buf_printf(out, "\\u{%X}", (unsigned)cp);
            }
        }
        text.s += n;
        text.n -= n;
    }
}

/* ---- keys ---- */

static const struct {
    int curses, key;
} key_codes[] = {{KEY_UP, KEY_ARROW_UP},     {KEY_DOWN, KEY_ARROW_DOWN},   {KEY_LEFT, KEY_ARROW_LEFT},
                 {KEY_RIGHT, KEY_ARROW_RIGHT}, {KEY_HOME, KEY_FIRST},      {KEY_END, KEY_LAST},
                 {KEY_PPAGE, KEY_PAGE_UP},   {KEY_NPAGE, KEY_PAGE_DOWN},   {KEY_ENTER, KEY_RETURN},
                 {KEY_BACKSPACE, KEY_BACK},  {KEY_DC, KEY_REMOVE},         {KEY_BTAB, KEY_BACKTAB},
                 {KEY_A1, KEY_FIRST},        {KEY_A3, KEY_PAGE_UP},        {KEY_C1, KEY_LAST},
                 {KEY_C3, KEY_PAGE_DOWN}};

static int translate(int status, wint_t read)
{
    if (status == KEY_CODE_YES) {
        for (size_t i = 0; i < sizeof key_codes / sizeof key_codes[0]; i++)
            if (key_codes[i].curses == (int)read)
                return key_codes[i].key;
        return KEY_NOTHING;
    }
    switch (read) {
    case '\r': case '\n': return KEY_RETURN;
    case '\t': return KEY_TABULATOR;
    case '\b': case 0x7f: return KEY_BACK;
    case 0x1b: return KEY_ESCAPE;
    default: return read < SCREEN_KEYS ? (int)read : KEY_NOTHING;
    }
}

/* Keys as a recording has them: the bytes that ncurses made one code of are those that its terminal sends for it. */
static void record_key(int status, wint_t read)
{
    char utf8[4];
    if (status == OK && read < SCREEN_KEYS) {
        recording_input(utf8, utf8_encode((int32_t)read, utf8));
    } else if (status == KEY_CODE_YES && read != KEY_RESIZE) {
        char *bytes = keybound((int)read, 0);
        if (bytes)
            recording_input(bytes, strlen(bytes));
        free(bytes);
    }
}

/* The next character, or ERR where none comes. */
static int next_character(wint_t *out)
{
    int status = get_wch(out);
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    status = status == ERR && poll(&in, 1, MOUSE_REST) > 0 ? get_wch(out) : status;
    record_key(status, *out);
    return status;
}

/* Behind ESC [ <. */
static bool read_pointer(struct pointer *out)
{
    char report[40];
    size_t n = 0;
    wint_t c = 0;
    while (next_character(&c) == OK && ((c >= '0' && c <= '9') || c == ';'))
        if (n + 1 < sizeof report)
            report[n++] = (char)c;
    report[n++] = c == 'M' || c == 'm' ? (char)c : '?';
    return pointer_parse((struct str){report, n}, out);
}

static bool size_changed(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
        return false;
    if (size.ws_row == LINES && size.ws_col == COLS)
        return false;
    resizeterm(size.ws_row, size.ws_col);
    return true;
}

/* Ctrl-Z: the terminal is the shell's until the program goes on. */
static void stop(struct full_screen *screen)
{
    saved.stop = 0;
    screen_suspend(screen);
    raise(SIGSTOP);
    screen_resume(screen);
}

int screen_key(struct full_screen *screen, int milliseconds)
{
    for (bool waited = false;; waited = true) {
        wint_t read = 0;
        if (cancel_leaving())
            return KEY_LEAVE;
        if (saved.stop) {
            stop(screen);
            size_changed();
            return KEY_RESIZED;
        }
        if (size_changed())
            return KEY_RESIZED;
        int status = get_wch(&read);
        record_key(status, read);
        if (cancel_requested()) {
            cancel_clear();
            if (status == OK) /* what was typed with it is the next key */
                unget_wch((wchar_t)read);
            else if (status == KEY_CODE_YES)
                ungetch((int)read);
            return KEY_INTERRUPT;
        }
        if (status == KEY_CODE_YES && read == KEY_RESIZE)
            return KEY_RESIZED;
        if (status == KEY_CODE_YES && read == MOUSE_CODE)
            return read_pointer(&screen->pointer) ? KEY_POINTER : KEY_NOTHING;
        if (status != ERR)
            return translate(status, read);
        if (waited)
            return KEY_NOTHING;
        struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&in, 1, milliseconds);
        if (ready > 0 && (in.revents & (POLLHUP | POLLERR | POLLNVAL)))
            return KEY_LEAVE;
    }
}

bool screen_pending(const struct full_screen *screen)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    (void)screen;
    return poll(&in, 1, 0) > 0 && (in.revents & POLLIN);
}

struct pointer screen_pointer(const struct full_screen *screen)
{
    return screen->pointer;
}

const char *screen_library(void)
{
    return curses_version() + sizeof "ncurses"; /* "ncurses 6.4.…" */
}
