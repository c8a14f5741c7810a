/* The progress of a training on standard error. See train_progress.h. */
#include "repl/words/train_progress.h"

#include <stdio.h>
#include <time.h>

#include "repl/terminal/progress.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The loss as bars between its least and its largest. */
static void put_bars(const struct train_line *line, struct buf *out)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double lo = 0, hi = 0;
    bool any = false;
    for (size_t i = 0; i < TRAIN_LINE_BARS; i++)
        if (line->counts[i]) {
            double x = line->loss[i] / (double)line->counts[i];
            lo = !any || x < lo ? x : lo;
            hi = !any || x > hi ? x : hi;
            any = true;
        }
    for (size_t i = 0; i < TRAIN_LINE_BARS; i++) {
        if (!line->counts[i])
            continue;
        double x = line->loss[i] / (double)line->counts[i];
        buf_puts(out, bars[hi > lo ? (size_t)((x - lo) / (hi - lo) * 7.999) : 0]);
    }
}

static void put_time(struct buf *out, double seconds)
{
    unsigned long s = (unsigned long)(seconds + 0.5);
    if (s >= 3600)
        buf_printf(out, "%lu:%02lu:%02lu left", s / 3600, s / 60 % 60, s % 60);
    else
        buf_printf(out, "%lu:%02lu left", s / 60, s % 60);
}

/* What the line is made of, and what a narrow terminal does without first. */
enum { SHARE, SPEED, LOSS, RATE, LEFT, BARS, PIECES };
static const int dispensable[] = {RATE, LOSS, BARS, SPEED, LEFT};

static void put_pieces(const struct train_line *line, const struct train_progress *p, double speed, struct buf pieces[PIECES])
{
    buf_printf(&pieces[SHARE], "%.1f%%", p->total ? 100 * (double)p->done / (double)p->total : 0);
    if (speed > 0) {
        buf_printf(&pieces[SPEED], speed < 1e5 ? "%.3g k words/s" : "%.2f M words/s", speed < 1e5 ? speed / 1e3 : speed / 1e6);
        put_time(&pieces[LEFT], (double)(p->total - p->done) / speed);
    }
    if (p->loss > 0)
        buf_printf(&pieces[LOSS], "loss %.3f", p->loss);
    buf_printf(&pieces[RATE], "rate %.4f", p->rate);
    put_bars(line, &pieces[BARS]);
}

/* Columns of a text in which bars are the only letters of several bytes. */
static size_t columns_of(const struct buf *text)
{
    size_t n = 0;
    for (size_t i = 0; i < text->n; i++)
        n += ((unsigned char)text->data[i] & 0xc0) != 0x80;
    return n;
}

static void join_pieces(const struct buf pieces[PIECES], unsigned left_out, struct buf *out)
{
    out->n = 0;
    for (int i = 0; i < PIECES; i++)
        if (pieces[i].n && !(left_out >> i & 1)) {
            buf_puts(out, out->n ? "  " : "");
            buf_add(out, pieces[i].data, pieces[i].n);
        }
}

void train_line_text(const struct train_line *line, const struct train_progress *p, double seconds, size_t columns,
                     struct buf *out)
{
    if (p->counting) {
        buf_puts(out, "counting words");
        if (p->total)
            buf_printf(out, ", %.0f%%", 100 * (double)p->done / (double)p->total);
        return;
    }
    struct buf pieces[PIECES] = {0};
    double speed = seconds > 0 ? (double)(p->done - line->done_before) / seconds : 0;
    put_pieces(line, p, speed, pieces);
    unsigned left_out = 0;
    join_pieces(pieces, left_out, out);
    for (size_t i = 0; i < sizeof dispensable / sizeof *dispensable && columns_of(out) > columns; i++) {
        left_out |= 1u << dispensable[i];
        join_pieces(pieces, left_out, out);
    }
    for (int i = 0; i < PIECES; i++)
        buf_free(&pieces[i]);
}

static void show(void *context, const struct train_progress *p)
{
    struct train_line *line = context;
    double t = now();
    if (!p->counting && !line->begun) {
        line->begun = t;
        line->done_before = p->done;
    }
    if (!p->counting && p->loss > 0 && p->total) {
        size_t slot = (size_t)((double)p->done / (double)p->total * TRAIN_LINE_BARS);
        slot = slot < TRAIN_LINE_BARS ? slot : TRAIN_LINE_BARS - 1;
        line->loss[slot] += p->loss;
        line->counts[slot]++;
    }
    if (!line->on || (line->last > 0 && t - line->last < 0.2))
        return;
    line->last = t;
    line->shown = true;
    struct buf text = {0};
    train_line_text(line, p, line->begun > 0 ? t - line->begun : 0, progress_columns() - 1, &text); /* the last would wrap */
    fprintf(stderr, "\r\033[K%s", buf_cstr(&text));
    fflush(stderr);
    buf_free(&text);
}

struct train_watch train_line_begin(struct train_line *line, const struct session *session)
{
    *line = (struct train_line){.on = session->stderr_is_terminal};
    return (struct train_watch){.context = line, .progress = show};
}

void train_line_end(struct train_line *line)
{
    if (line->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    line->shown = false;
}
