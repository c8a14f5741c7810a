/* A canvas that keeps what is drawn. See recorder.h. */
#include "recorder.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/render/figure.h"

static struct mark *add(struct canvas *canvas, enum mark_kind kind, struct rgb colour)
{
    struct recorder *r = (struct recorder *)(void *)canvas;
    cr_assert(mem_grow((void **)&r->marks, &r->capacity, r->n + 1, sizeof *r->marks, "marks", NULL));
    r->marks[r->n] = (struct mark){.kind = kind, .colour = colour};
    return &r->marks[r->n++];
}

static void rectangle(struct canvas *canvas, struct box box, struct rgb fill)
{
    add(canvas, MARK_RECTANGLE, fill)->box = box;
}

static void line(struct canvas *canvas, struct point from, struct point to, double width, struct rgb colour)
{
    struct mark *mark = add(canvas, MARK_LINE, colour);
    mark->from = from;
    mark->to = to;
    mark->width = width;
}

static void polygon(struct canvas *canvas, const struct point *corners, size_t n, struct rgb fill)
{
    cr_assert(n > 0);
    add(canvas, MARK_POLYGON, fill)->from = corners[0];
}

static void text(struct canvas *canvas, struct point at, const struct text_style *style, struct str words)
{
    struct canvas *measure = ((struct recorder *)(void *)canvas)->measure;
    struct text_style whole = *style;
    whole.width = 0;
    struct extents size = measure->ops->extents(measure, style, words);
    struct mark *mark = add(canvas, MARK_TEXT, style->colour);
    mark->from = at;
    mark->cut = style->width > 0 && measure->ops->extents(measure, &whole, words).width > style->width + 0.01;
    double x = -style->along * size.width, y = -style->across * size.height, turn = style->turn * M_PI / 180;
    for (int i = 0; i < 4; i++) {
        double u = x + (i == 1 || i == 2 ? size.width : 0), v = y + (i > 1 ? size.height : 0);
        mark->corners[i] = (struct point){at.x + u * cos(turn) + v * sin(turn), at.y - u * sin(turn) + v * cos(turn)};
    }
    snprintf(mark->text, sizeof mark->text, "%.*s", STR_ARGS(words));
}

static void image(struct canvas *canvas, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    cr_assert(rows && cols);
    add(canvas, MARK_IMAGE, cells[0])->box = box;
}

static void clip(struct canvas *canvas, const struct box *box)
{
    (void)canvas;
    (void)box;
}

static struct extents extents(struct canvas *canvas, const struct text_style *style, struct str words)
{
    struct canvas *measure = ((struct recorder *)(void *)canvas)->measure;
    return measure->ops->extents(measure, style, words);
}

static const struct canvas_ops ops = {.rectangle = rectangle, .line = line, .polygon = polygon, .text = text,
                                      .image = image, .clip = clip, .extents = extents};

struct recorder *recorder_of(const struct picture *picture, const struct render_options *options, struct figure *figure)
{
    struct err err = {0};
    struct recorder *r = calloc(1, sizeof *r);
    cr_assert_not_null(r);
    r->measure = canvas_pixels_new(1, 1, 72, &err);
    cr_assert_not_null(r->measure, "%s", err.message);
    cr_assert(!options->font || r->measure->ops->font(r->measure, options->font, &err), "%s", err.message);
    cr_assert(figure_plan(picture, options, r->measure, figure, &err), "%s", err.message);
    r->base = (struct canvas){.ops = &ops, .width = figure->width, .height = figure->height};
    cr_assert(figure_draw(figure, &r->base, &err), "%s", err.message);
    return r;
}

void recorder_free(struct recorder *r)
{
    r->measure->ops->free(r->measure);
    free(r->marks);
    free(r);
}

/* Where a rectangle's corners lie along a direction. */
static void project(const struct mark *m, struct point way, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double at = m->corners[i].x * way.x + m->corners[i].y * way.y;
        *lo = fmin(*lo, at);
        *hi = fmax(*hi, at);
    }
}

double recorder_overlap(const struct mark *a, const struct mark *b)
{
    double least = INFINITY;
    for (int side = 0; side < 4; side++) { /* two sides of each: the separating axes of rectangles */
        const struct point *c = side < 2 ? a->corners : b->corners;
        struct point way = {c[side % 2 + 1].x - c[side % 2].x, c[side % 2 + 1].y - c[side % 2].y};
        double length = hypot(way.x, way.y), a0, a1, b0, b1;
        if (!(length > 0))
            return 0;
        way = (struct point){way.x / length, way.y / length};
        project(a, way, &a0, &a1);
        project(b, way, &b0, &b1);
        least = fmin(least, fmin(a1, b1) - fmax(a0, b0));
    }
    return fmax(0, least);
}

const struct mark *recorder_text(const struct recorder *r, const char *words)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->marks[i].kind == MARK_TEXT && strcmp(r->marks[i].text, words) == 0)
            return &r->marks[i];
    return NULL;
}
