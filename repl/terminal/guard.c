/* Signals that end the program, taken while the terminal is not as it was. See guard.h. */
#include "repl/terminal/guard.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* Faults, and all else that ends a program where nobody takes it; SIGTERM, SIGHUP and SIGINT are taken elsewhere. */
static const int numbers[] = {SIGSEGV, SIGBUS,  SIGFPE,    SIGILL,  SIGABRT, SIGQUIT, SIGTRAP,
                              SIGSYS,  SIGXCPU, SIGVTALRM, SIGALRM, SIGPROF, SIGUSR1, SIGUSR2};
enum { NUMBERS = sizeof numbers / sizeof *numbers, STACK_BYTES = 65536 };

/* What the handler needs, and others are to find as it was. */
static struct {
    void (*restore[GUARDED])(void); /* NULL: it is not guarded */
    struct sigaction before[NUMBERS];
    stack_t stack, stack_before;
} guard;

static bool is_fault(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL;
}

/* The terminal first, then whoever would have dealt with it before. A fault comes again by itself when this returns, with
 * its address; a signal that was sent, by a key too, is sent again. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    for (size_t i = 0; i < GUARDED; i++)
        if (guard.restore[i])
            guard.restore[i]();
    for (size_t i = 0; i < NUMBERS; i++)
        sigaction(numbers[i], &guard.before[i], NULL);
    if (info->si_code <= 0 || !is_fault(number))
        raise(number);
}

static bool any(void)
{
    for (size_t i = 0; i < GUARDED; i++)
        if (guard.restore[i])
            return true;
    return false;
}

void guard_begin(enum guarded what, void (*restore)(void))
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    bool taken = any();
    guard.restore[what] = restore;
    if (taken)
        return;
    sigfillset(&action.sa_mask);
    guard.stack = (stack_t){.ss_sp = malloc(STACK_BYTES), .ss_size = STACK_BYTES};
    sigaltstack(NULL, &guard.stack_before);
    if (guard.stack.ss_sp && (guard.stack_before.ss_flags & SS_DISABLE))
        sigaltstack(&guard.stack, NULL);
    for (size_t i = 0; i < NUMBERS; i++) {
        sigaction(numbers[i], &action, &guard.before[i]);
        if (guard.before[i].sa_handler == SIG_IGN) /* it ends nothing */
            sigaction(numbers[i], &guard.before[i], NULL);
    }
}

void guard_end(enum guarded what)
{
    guard.restore[what] = NULL;
    if (any())
        return;
    for (size_t i = 0; i < NUMBERS; i++)
        sigaction(numbers[i], &guard.before[i], NULL);
    if (guard.stack_before.ss_flags & SS_DISABLE)
        sigaltstack(&guard.stack_before, NULL);
    free(guard.stack.ss_sp);
}
