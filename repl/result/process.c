/* Commands of the shell: !cmd and | cmd, started as a fresh program would start them. */
#include "repl/result/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "repl/grammar/command.h"

extern char **environ;

/* What is ignored in the program must not be in its children; nothing stays blocked. */
static bool set_signals(posix_spawnattr_t *attributes)
{
    sigset_t fresh, none;
    sigemptyset(&none);
    sigemptyset(&fresh);
    static const int reset[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGBUS, SIGXFSZ};
    for (size_t i = 0; i < sizeof reset / sizeof *reset; i++)
        sigaddset(&fresh, reset[i]);
    return posix_spawnattr_setsigdefault(attributes, &fresh) == 0 && posix_spawnattr_setsigmask(attributes, &none) == 0 &&
           posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) == 0;
}

bool process_start(struct str command, int *in_out, long *pid_out, struct err *err)
{
    int ends[2] = {-1, -1};
    if (memchr(command.s, 0, command.n))
        return err_set(err, ERR_ARG, "a command of the shell cannot hold a NUL");
    char *text = mem_copy_str(command, err);
    if (!text)
        return false;
    if (in_out && pipe2(ends, O_CLOEXEC) != 0) {
        free(text);
        return err_errno(err, "pipe", "cannot open");
    }
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    if (in_out)
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    fflush(NULL);
    pid_t pid = 0;
    char *const words[] = {(char *)"sh", (char *)"-c", text, NULL};
    int problem = set_signals(&attributes) ? posix_spawn(&pid, "/bin/sh", &actions, &attributes, words, environ) : EINVAL;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(text);
    if (in_out)
        close(ends[0]);
    if (problem) {
        if (in_out)
            close(ends[1]);
        errno = problem;
        return err_errno(err, "/bin/sh", "cannot start");
    }
    if (in_out)
        *in_out = ends[1];
    *pid_out = pid;
    return true;
}

/* Has the reader of our standard output, which is the child's too, gone? */
static bool reader_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

bool process_wait(long pid, struct str command, struct err *err)
{
    int status = 0;
    while (waitpid((pid_t)pid, &status, 0) < 0) {
        if (errno != EINTR)
            return err_errno(err, "sh", "cannot wait for it");
        if (cancel_leaving())
            kill((pid_t)pid, SIGTERM);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
        return err_set(err, ERR_CANCELLED, "interrupted");
    if (((WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) || (WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGPIPE)) &&
        reader_gone())
        return err_set(err, ERR_PIPE, "the reader of the output has gone");
    if (WIFSIGNALED(status) || WEXITSTATUS(status) > 128)
        return err_set(err, ERR_IO, "%.*s: ended by signal %d", STR_ARGS(command),
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - 128);
    return err_set(err, ERR_IO, "%.*s: ended with status %d", STR_ARGS(command), WEXITSTATUS(status));
}
