/* A progress bar on standard error. See progress.h. */
#include "repl/progress.h"

#include <stdio.h>

static double seconds_since(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) * 1e-9;
}

static void show(void *context, size_t done, size_t total)
{
    enum { WIDTH = 24 };
    struct progress *p = context;
    double spent = seconds_since(&p->begun);
    if (!p->on || total == 0 || done > total || spent < 0.5 || (p->shown && seconds_since(&p->last) < 0.1))
        return;
    clock_gettime(CLOCK_MONOTONIC, &p->last);
    p->shown = true;
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++)
        bar[i] = (size_t)i * total < done * WIDTH ? '#' : '.';
    bar[WIDTH] = 0;
    double rate = (double)done / spent;
    fprintf(stderr, "\r\033[K[%s] %zu/%zu %s, %.1f/s, %.0f s left", bar, done, total, p->what, rate,
            rate > 0 ? (double)(total - done) / rate : 0.0);
    fflush(stderr);
}

struct watch progress_begin(struct progress *progress, const struct session *session, const char *what)
{
    *progress = (struct progress){.on = session->stderr_is_terminal, .what = what};
    clock_gettime(CLOCK_MONOTONIC, &progress->begun);
    return (struct watch){.context = progress, .progress = show};
}

void progress_end(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    progress->shown = false;
}
