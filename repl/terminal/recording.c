/* The terminal's output copied into a file. See recording.h.
 *
 * The real terminal is held by `terminal`; 1 and 2 are the slave of a pseudo-terminal whose master the copier reads. The slave
 * follows the real one's size. What is on its way is known by a mark (an application program command, which no terminal
 * shows) that is written behind it and taken out again by the copier. */
#include "repl/terminal/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "repl/terminal/cast.h"
#include "repl/terminal/guard.h"
#include "repl/terminal/usable.h"

#define MARK "\033_gaze: all before this has come\033\\"

enum {
    LOOK = 50 /* ms between looks at the size */,
    HALF_MARK = 20 /* ms for the rest of a mark */,
    PATIENCE = 5000 /* ms for a terminal that takes nothing (Ctrl-S) */,
    LAST_PATIENCE = 1000 /* ms, before the program ends by a signal */
};

/* One terminal, one recording: the signal handler and the keys that are read far from any session need it. */
static struct {
    bool open, started, input, told;
    bool error_too;                /* standard error is the terminal too */
    int terminal, error, master, slave; /* terminal, error: what 1 and 2 were */
    struct winsize size;
    struct timespec begun;
    pthread_t copier;
    atomic_long copier_id;
    char *path;
    pthread_mutex_t lock;          /* of cast and reason, while the copier runs */
    struct cast cast;
    struct err reason;             /* why an event could not be written, or the file not be closed */
    struct recording_length length;
    atomic_uint marks_written, marks_seen;
    atomic_bool stop, ended;
} it = {.lock = PTHREAD_MUTEX_INITIALIZER, .terminal = -1, .error = -1, .master = -1, .slave = -1};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - it.begun.tv_sec) + (double)(now.tv_nsec - it.begun.tv_nsec) * 1e-9;
}

/* ---- the copier ---- */

static void note(enum cast_code code, struct str bytes)
{
    pthread_mutex_lock(&it.lock);
    struct err err = {0};
    if (!cast_event(&it.cast, seconds(), code, bytes, &err))
        it.reason = err;
    pthread_mutex_unlock(&it.lock);
}

static void hand_on(const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t done = write(it.terminal, bytes + at, n - at);
        if (done < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = it.terminal, .events = POLLOUT}, 1, LOOK);
        else if (done < 0 && errno != EINTR)
            break; /* the terminal has gone */
        at += done > 0 ? (size_t)done : 0;
    }
    note(CAST_OUTPUT, (struct str){bytes, n});
}

/* The window has another size: the slave too, and whoever asked for it too early asks again. */
static void follow_size(void)
{
    struct winsize size;
    char text[40];
    if (ioctl(it.terminal, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col ||
        (size.ws_row == it.size.ws_row && size.ws_col == it.size.ws_col))
        return;
    it.size = size;
    int n = snprintf(text, sizeof text, "%dx%d", size.ws_col, size.ws_row);
    note(CAST_RESIZE, (struct str){text, (size_t)n});
    ioctl(it.master, TIOCSWINSZ, &size);
    kill(0, SIGWINCH);
}

/* How many bytes at the end may be the beginning of a mark. */
static size_t half_mark(const char *bytes, size_t n)
{
    for (size_t k = n < sizeof MARK - 2 ? n : sizeof MARK - 2; k > 0; k--)
        if (memcmp(bytes + n - k, MARK, k) == 0)
            return k;
    return 0;
}

/* Hand on what is there but for marks and, unless the time for its rest is over, half of one. */
static void pass(struct buf *in, bool all)
{
    size_t at = 0;
    for (const char *mark; (mark = memmem(in->data + at, in->n - at, MARK, sizeof MARK - 1));) {
        hand_on(in->data + at, (size_t)(mark - in->data) - at);
        at = (size_t)(mark - in->data) + sizeof MARK - 1;
        atomic_fetch_add(&it.marks_seen, 1);
    }
    size_t kept = all ? 0 : half_mark(in->data + at, in->n - at);
    if (in->n - at > kept)
        hand_on(in->data + at, in->n - at - kept);
    memmove(in->data, in->data + in->n - kept, kept);
    in->n = kept;
}

static void *copy(void *context)
{
    struct buf in = {0};
    char bytes[4096];
    bool there = true;
    (void)context;
    atomic_store(&it.copier_id, syscall(SYS_gettid));
    while (there && !(atomic_load(&it.stop) && atomic_load(&it.marks_seen) == atomic_load(&it.marks_written))) {
        struct pollfd ready = {.fd = it.master, .events = POLLIN};
        int n = poll(&ready, 1, in.n ? HALF_MARK : LOOK);
        follow_size();
        ssize_t got = n > 0 ? read(it.master, bytes, sizeof bytes) : 0;
        there = got > 0 || n <= 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
        if (got > 0)
            buf_add(&in, bytes, (size_t)got);
        if (in.n)
            pass(&in, got <= 0);
    }
    buf_free(&in);
    pthread_mutex_lock(&it.lock);
    struct err err = {0};
    it.length = (struct recording_length){it.cast.seconds, it.cast.events};
    if (!cast_close(&it.cast, &err))
        it.reason = err;
    pthread_mutex_unlock(&it.lock);
    atomic_store(&it.ended, true);
    return NULL;
}

/* ---- waiting for it ---- */

/* Until the copier has met a mark, or, where it is to stop there, has ended. In a signal handler too: poll, write and nanosleep. */
static void await(int milliseconds, bool stop)
{
    struct pollfd room = {.fd = it.slave, .events = POLLOUT};
    unsigned wanted = atomic_fetch_add(&it.marks_written, 1) + 1;
    if (stop) /* not before a mark is on its way */
        atomic_store(&it.stop, true);
    if (poll(&room, 1, milliseconds) != 1 || write(it.slave, MARK, sizeof MARK - 1) != (ssize_t)(sizeof MARK - 1))
        return;
    for (int i = 0; i < milliseconds * 5 && (stop ? !atomic_load(&it.ended) : (int)(atomic_load(&it.marks_seen) - wanted) < 0); i++)
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

void recording_flush(void)
{
    if (!it.started)
        return;
    fflush(stdout);
    fflush(stderr);
    await(PATIENCE, false);
}

/* 1 and 2 are the real terminal again. */
static void give_back(void)
{
    dup2(it.terminal, STDOUT_FILENO);
    if (it.error_too)
        dup2(it.error, STDERR_FILENO);
}

void recording_emergency(void)
{
    if (!it.started)
        return;
    it.started = false;
    if (syscall(SYS_gettid) != atomic_load(&it.copier_id))
        await(LAST_PATIENCE, true);
    give_back();
}

/* ---- opening and ending ---- */

static void close_all(void)
{
    int *const fds[] = {&it.terminal, &it.error, &it.master, &it.slave};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
    cast_abort(&it.cast);
    free(it.path);
    it.path = NULL;
    it.open = it.started = false;
}

static bool open_terminals(struct err *err)
{
    char name[64];
    struct termios modes;
    it.terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    it.error = it.error_too ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
    it.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (it.terminal < 0 || (it.error_too && it.error < 0) || it.master < 0 || grantpt(it.master) || unlockpt(it.master) ||
        ptsname_r(it.master, name, sizeof name))
        return err_errno(err, "a pseudo-terminal", "cannot open");
    it.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (it.slave < 0 || tcgetattr(it.terminal, &modes) || tcsetattr(it.slave, TCSANOW, &modes) ||
        ioctl(it.master, TIOCSWINSZ, &it.size))
        return err_errno(err, "a pseudo-terminal", "cannot set up");
    return true;
}

static long long timestamp(void)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char *end;
    long long given = epoch ? strtoll(epoch, &end, 10) : 0;
    return epoch && *epoch && !*end && given >= 0 ? given : (long long)time(NULL);
}

bool recording_open(const struct recording_wish *wish, struct err *err)
{
    if (it.open)
        return err_set(err, ERR_ARG, "%s is being recorded; record off ends it", it.path);
    if (!isatty(STDOUT_FILENO))
        return err_set(err, ERR_ARG, "record needs a terminal on standard output");
    size_t columns, rows;
    if (!terminal_size(&columns, &rows, err))
        return false;
    it.size = (struct winsize){.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    struct cast_header header = {.columns = columns,
                                 .rows = rows,
                                 .timestamp = timestamp(),
                                 .term = getenv("TERM"),
                                 .title = wish->title,
                                 .idle = wish->idle};
    it.path = mem_copy_str(wish->path, err);
    if (!it.path || !cast_open(&it.cast, it.path, &header, err)) {
        free(it.path);
        it.path = NULL;
        return false;
    }
    it.open = true;
    it.told = false;
    it.input = wish->input;
    it.error_too = isatty(STDERR_FILENO);
    it.reason = (struct err){0};
    if (open_terminals(err))
        return true;
    close_all();
    return false;
}

bool recording_start(struct err *err)
{
    sigset_t all, before;
    fflush(stdout);
    fflush(stderr);
    clock_gettime(CLOCK_MONOTONIC, &it.begun);
    atomic_store(&it.stop, false);
    atomic_store(&it.ended, false);
    atomic_store(&it.marks_seen, 0);
    atomic_store(&it.marks_written, 0);
    sigfillset(&all); /* signals are for the main thread, which waits for keys */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int problem = pthread_create(&it.copier, NULL, copy, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (problem) {
        close_all();
        errno = problem;
        return err_errno(err, "a thread", "cannot start");
    }
    dup2(it.slave, STDOUT_FILENO);
    if (it.error_too)
        dup2(it.slave, STDERR_FILENO);
    it.started = true;
    guard_begin(GUARD_RECORDING, recording_emergency);
    return true;
}

const char *recording_path(void)
{
    return it.open ? it.path : NULL;
}

bool recording_broke(struct err *err)
{
    if (!it.started || it.told)
        return false;
    pthread_mutex_lock(&it.lock);
    bool broke = it.cast.broken;
    if (broke && err)
        *err = it.reason;
    pthread_mutex_unlock(&it.lock);
    it.told = broke;
    return broke;
}

bool recording_end(struct recording_length *length_out, struct err *err)
{
    if (!it.started)
        return err_set(err, ERR_ARG, "nothing is being recorded; record FILE.cast begins");
    guard_end(GUARD_RECORDING);
    fflush(stdout);
    fflush(stderr);
    await(PATIENCE, true);
    give_back();
    pthread_join(it.copier, NULL);
    bool ok = it.reason.code == ERR_NONE;
    if (length_out)
        *length_out = it.length;
    if (!ok && err) {
        *err = it.reason;
        if (it.length.events)
            err_set(err, ERR_IO, "%s; the recording ends after %.1f s", it.reason.message, it.length.seconds);
    }
    close_all();
    return ok;
}

void recording_input(const char *bytes, size_t n)
{
    if (it.started && it.input)
        note(CAST_INPUT, (struct str){bytes, n});
}
