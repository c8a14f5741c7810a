/* A progress bar on standard error. See progress.h. */
#include "repl/terminal/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

static double seconds_since(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) * 1e-9;
}

size_t progress_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

void progress_text(const struct progress *p, size_t done, size_t total, double spent, size_t columns, struct buf *out)
{
    enum { WIDTH = 24 };
    double rate = (double)done / spent;
    for (int i = 0; i < WIDTH; i++)
        buf_printf(out, "%s%c%s", i ? "" : "[", (size_t)i * total < done * WIDTH ? '#' : '.', i + 1 < WIDTH ? "" : "] ");
    size_t bar = out->n;
    buf_printf(out, "%zu/%zu %s, %.1f/s, %.0f s left", done, total, p->what, rate,
               rate > 0 ? (double)(total - done) / rate : 0.0);
    if (out->n <= columns)
        return;
    struct buf narrow = {0};
    buf_add(&narrow, out->data + bar, out->n - bar < columns ? out->n - bar : columns);
    buf_free(out);
    *out = narrow;
}

static void show(void *context, size_t done, size_t total)
{
    struct progress *p = context;
    double spent = seconds_since(&p->begun);
    if (!p->on || total == 0 || done > total || spent < 0.5 || (p->shown && seconds_since(&p->last) < 0.1))
        return;
    clock_gettime(CLOCK_MONOTONIC, &p->last);
    p->shown = true;
    struct buf text = {0};
    progress_text(p, done, total, spent, progress_columns() - 1, &text); /* the last would wrap */
    fprintf(stderr, "\r\033[K%s", buf_cstr(&text));
    fflush(stderr);
    buf_free(&text);
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
