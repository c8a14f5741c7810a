/* Signal handlers. See signals.h. Everything a handler does is async-signal-safe. */
#include "repl/terminal/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/file.h"
#include "repl/terminal/recording.h"
#include "repl/terminal/screen.h"

/* A signal may reach any thread, but the main one waits for keys: it must wake up. Its thread id is the process id. */
static void pass_to_main_thread(int signal)
{
    long main_thread = getpid();
    if (syscall(SYS_gettid) != main_thread)
        syscall(SYS_tgkill, main_thread, main_thread, signal);
}

static void on_interrupt(int signal)
{
    int saved = errno;
    cancel_request();
    pass_to_main_thread(signal);
    errno = saved;
}

static void on_leave(int signal)
{
    int saved = errno;
    cancel_leave(signal);
    pass_to_main_thread(signal);
    errno = saved;
}

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    (void)context;
    const char *file = file_at_address(info->si_addr);
    if (!file) { /* ours: die as a program does */
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    screen_emergency_restore();
    say("gaze: ");
    char shown[1000];
    err_escape(file, shown, sizeof shown);
    say(shown);
    say(": the file shrank or its disk failed while it was being read\n");
    recording_emergency();
    _exit(1);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction before, action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    sigaction(number, &action, NULL); /* no SA_RESTART: a read that waits is woken */
}

void signals_install(void)
{
    handle(SIGINT, on_interrupt);
    handle(SIGTERM, on_leave);
    handle(SIGHUP, on_leave);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* ulimit -f: a write that fails says more than a program that ends */
    struct sigaction bus = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&bus.sa_mask);
    sigaction(SIGBUS, &bus, NULL);
}
