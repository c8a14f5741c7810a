/* The colour bar of a figure: its ticks, its name, and what its colours do not say. See figure.h. */
#include <math.h>

#include "viz/layout.h"
#include "viz/draw/figure.h"
#include "viz/scale.h"

static void put_line(struct canvas *canvas, double x0, double y0, double x1, double y1, struct rgb colour)
{
    canvas->ops->line(canvas, (struct point){x0, y0}, (struct point){x1, y1}, 0.5, colour);
}

void figure_frame(struct canvas *canvas, struct box b)
{
    double x0 = b.x - 0.25, y0 = b.y - 0.25, x1 = b.x + b.w + 0.25, y1 = b.y + b.h + 0.25;
    put_line(canvas, x0, y0, x1, y0, figure_grey);
    put_line(canvas, x0, y1, x1, y1, figure_grey);
    put_line(canvas, x0, y0, x0, y1, figure_grey);
    put_line(canvas, x1, y0, x1, y1, figure_grey);
}

static size_t ticks_of(const struct figure *f, size_t want, double ticks[TICKS_MAX])
{
    size_t n = 0;
    for (; !f->n_ticks && n < 3 && want <= TICKS_MAX / 2; want++) /* one alone says nothing of the scale */
        n = scale_ticks(&f->picture.scale, want, ticks);
    if (!f->n_ticks)
        return n;
    for (size_t i = 0; i < f->n_ticks; i++)
        ticks[i] = f->ticks[i];
    return f->n_ticks;
}

static void tick_label(const struct figure *f, const double *ticks, size_t n, size_t i, struct buf *out)
{
    scale_label(out, ticks[i], n > 1 && f->picture.scale.kind < SCALE_LOG ? ticks[1] - ticks[0] : 0, true);
}

double figure_bar_room(const struct figure *f, struct canvas *measure, const struct figure_legend *legends, size_t n_legends)
{
    struct text_style style = {.size = f->text};
    double ticks[TICKS_MAX], widest = 0;
    size_t n = ticks_of(f, 5, ticks);
    for (size_t i = 0; i < n; i++) {
        struct buf text = {0};
        tick_label(f, ticks, n, i, &text);
        widest = fmax(widest, measure->ops->extents(measure, &style, buf_view(&text)).width);
        buf_free(&text);
    }
    struct buf mark = {0};
    if (!isnan(picture_tick(&f->picture)))
        tick_text(&mark, picture_tick(&f->picture));
    widest = fmax(widest, measure->ops->extents(measure, &style, buf_view(&mark)).width);
    buf_free(&mark);
    double room = FIGURE_BAR * f->text + 0.9 * f->text + widest;
    room += f->picture.value_name || f->picture.scale.kind != SCALE_LINEAR ? (FIGURE_AXIS + 0.4) * f->text : 0.5 * f->text;
    for (size_t i = 0; i < n_legends; i++)
        room = fmax(room, 1.4 * f->text + measure->ops->extents(measure, &style, str_of(legends[i].name)).width);
    return room;
}

double figure_bar_below(const struct figure *f, size_t n_legends)
{
    return n_legends ? (0.8 + FIGURE_LEGEND * (double)n_legends) * f->text : 0.6 * f->text;
}

static double bar_at(const struct figure *f, double value)
{
    return f->bar_y + f->bar_h * (1 - scale_position(&f->picture.scale, value));
}

/* The name of the tick (1/n) moves up where it would cover 0; a line leads to where it belongs. */
static double put_tick(const struct figure *f, struct canvas *canvas, double tick)
{
    double x = f->bar_x + FIGURE_BAR * f->text, y = bar_at(f, tick), name_y = y;
    double lowest = bar_at(f, f->picture.scale.lo) - 1.05 * f->text;
    if (name_y > lowest)
        name_y = lowest;
    struct buf text = {0};
    tick_text(&text, tick);
    struct text_style style = {.size = f->text, .colour = figure_accent(), .across = 0.5};
    put_line(canvas, f->bar_x, y, x, y, figure_accent());
    put_line(canvas, x, y, x + 0.35 * f->text, name_y, figure_accent());
    canvas->ops->text(canvas, (struct point){x + 0.5 * f->text, name_y}, &style, buf_view(&text));
    buf_free(&text);
    return name_y;
}

static void put_bar_ticks(const struct figure *f, struct canvas *canvas)
{
    const struct scale *scale = &f->picture.scale;
    double ticks[TICKS_MAX], tick = picture_tick(&f->picture), taken = NAN;
    double x = f->bar_x + FIGURE_BAR * f->text;
    size_t n = ticks_of(f, (size_t)fmax(2, fmin(6, f->bar_h / (2.4 * f->text))), ticks);
    if (!isnan(tick) && tick > scale->lo && tick <= scale->hi)
        taken = put_tick(f, canvas, tick);
    double before = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double y = bar_at(f, ticks[i]), need = 1.02 * f->text;
        if (fabs(y - taken) < need || before - y < need)
            continue;
        before = y;
        struct buf text = {0};
        tick_label(f, ticks, n, i, &text);
        struct text_style style = {.size = f->text, .colour = figure_ink, .across = 0.5};
        put_line(canvas, x, y, x + 0.3 * f->text, y, figure_grey);
        canvas->ops->text(canvas, (struct point){x + 0.5 * f->text, y}, &style, buf_view(&text));
        buf_free(&text);
    }
}

/* Under the bar: a colour that no value has, and what it stands for. */
static void put_swatch(const struct figure *f, struct canvas *canvas, double y, struct rgb colour, const char *name)
{
    struct box swatch = {f->bar_x, y, FIGURE_BAR * f->text, FIGURE_BAR * f->text};
    canvas->ops->rectangle(canvas, swatch, colour);
    figure_frame(canvas, swatch);
    struct text_style style = {.size = f->text, .colour = figure_ink, .across = 0.5};
    canvas->ops->text(canvas, (struct point){f->bar_x + 1.4 * f->text, y + 0.5 * f->text}, &style, str_of(name));
}

void figure_bar(const struct figure *f, struct canvas *canvas, const struct figure_legend *legends, size_t n_legends)
{
    enum { STEPS = 256 };
    struct rgb cells[STEPS];
    for (size_t i = 0; i < STEPS; i++)
        cells[i] = palette_at(f->palette, 1 - ((double)i + 0.5) / STEPS);
    struct box box = {f->bar_x, f->bar_y, FIGURE_BAR * f->text, f->bar_h};
    canvas->ops->image(canvas, box, cells, STEPS, 1);
    figure_frame(canvas, box);
    put_bar_ticks(f, canvas);
    struct buf name = {0};
    value_text(&name, &f->picture);
    if (name.n) {
        struct text_style style = {.size = f->text, .colour = figure_ink, .turn = 90, .along = 0.5, .across = 1};
        figure_side_name(f, canvas, (struct point){f->bar_x + f->bar_room - 0.45 * f->text, f->bar_y + f->bar_h / 2}, &style,
                         buf_view(&name));
    }
    buf_free(&name);
    double y = f->bar_y + f->bar_h + 0.9 * f->text;
    for (size_t i = 0; i < n_legends; i++, y += FIGURE_LEGEND * f->text)
        put_swatch(f, canvas, y, legends[i].colour, legends[i].name);
}

/* Where a tick's label under the bar begins and ends: about x, but not before the figure's edge. */
struct span {
    double from, to;
};

static struct span span_below(const struct figure *f, struct canvas *canvas, double x, struct str text)
{
    struct text_style style = {.size = f->small};
    double half = figure_extents(canvas, &style, text).width / 2;
    x = fmax(x, 0.3 * f->text + half);
    return (struct span){x - half, x + half};
}

static void put_below(const struct figure *f, struct canvas *canvas, struct span span, struct str text, struct rgb colour)
{
    struct text_style style = {.size = f->small, .colour = colour};
    figure_text(canvas, (struct point){span.from, f->bar_y + 0.95 * f->text}, &style, text);
}

void figure_flat_bar(const struct figure *f, struct canvas *canvas, double length)
{
    enum { STEPS = 256 };
    struct rgb cells[STEPS];
    const struct scale *scale = &f->picture.scale;
    double t = f->text, tick = picture_tick(&f->picture), ticks[TICKS_MAX], before = -INFINITY;
    struct text_style style = {.size = t, .colour = figure_ink, .across = 0.5};
    struct buf name = {0};
    value_text(&name, &f->picture);
    double wide = figure_extents(canvas, &style, buf_view(&name)).width; /* a long name makes the bar shorter */
    length = fmin(length, fmax(7 * t, f->width - f->bar_x - wide - 1.2 * t));
    for (size_t i = 0; i < STEPS; i++)
        cells[i] = palette_at(f->palette, ((double)i + 0.5) / STEPS);
    struct box box = {f->bar_x, f->bar_y, length, 0.8 * t};
    canvas->ops->image(canvas, box, cells, 1, STEPS);
    figure_frame(canvas, box);
    double at = isnan(tick) || tick <= scale->lo || tick > scale->hi ? NAN : box.x + length * scale_position(scale, tick);
    struct span uniform = {INFINITY, INFINITY};
    if (!isnan(at)) {
        struct buf text = {0};
        tick_text(&text, tick);
        uniform = span_below(f, canvas, at, buf_view(&text));
        put_line(canvas, at, box.y, at, box.y + box.h + 0.2 * t, figure_accent());
        put_below(f, canvas, uniform, buf_view(&text), figure_accent());
        buf_free(&text);
    }
    size_t n = ticks_of(f, (size_t)fmax(2, length / (2.6 * t)), ticks);
    for (size_t i = 0; i < n; i++) {
        double x = box.x + length * scale_position(scale, ticks[i]);
        struct buf text = {0};
        tick_label(f, ticks, n, i, &text);
        struct span span = span_below(f, canvas, x, buf_view(&text));
        if (span.from > before + 0.4 * t && (span.to < uniform.from - 0.4 * t || span.from > uniform.to + 0.4 * t)) {
            put_line(canvas, x, box.y + box.h, x, box.y + box.h + 0.2 * t, figure_grey);
            put_below(f, canvas, span, buf_view(&text), figure_ink);
            before = span.to;
        }
        buf_free(&text);
    }
    double x = box.x + length + 0.8 * t;
    style.width = wide > f->width - x ? f->width - x : 0;
    figure_text(canvas, (struct point){x, box.y + box.h / 2}, &style, buf_view(&name));
    buf_free(&name);
}
