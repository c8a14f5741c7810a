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

void progress_put_bytes(struct buf *out, size_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double value = (double)bytes / 1e3;
    size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1e3;
    if (bytes < 1000)
        buf_printf(out, "%zu bytes", bytes);
    else
        buf_printf(out, value < 99.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

/* "12.3 MB of 440 MB, 5.1 MB/s, 84 s left" */
static void put_bytes_left(const struct progress *p, size_t done, size_t total, double spent, struct buf *out)
{
    double rate = (double)(done - (p->before < done ? p->before : done)) / spent;
    progress_put_bytes(out, done);
    buf_puts(out, " of ");
    progress_put_bytes(out, total);
    buf_puts(out, ", ");
    progress_put_bytes(out, (size_t)rate);
    buf_puts(out, "/s");
    if (rate > 0)
        buf_printf(out, ", %.0f s left", (double)(total - done) / rate);
}

void progress_text(const struct progress *p, size_t done, size_t total, double spent, size_t columns, struct buf *out)
{
    enum { WIDTH = 24 };
    double rate = (double)done / spent;
    for (int i = 0; i < WIDTH; i++)
        buf_printf(out, "%s%c%s", i ? "" : "[", (size_t)i * total < done * WIDTH ? '#' : '.', i + 1 < WIDTH ? "" : "] ");
    size_t bar = out->n;
    if (p->what)
        buf_printf(out, "%zu/%zu %s, %.1f/s, %.0f s left", done, total, p->what, rate,
                   rate > 0 ? (double)(total - done) / rate : 0.0);
    else
        put_bytes_left(p, done, total, spent, out);
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
    if (!p->counted) {
        p->counted = true;
        p->before = done;
    }
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
