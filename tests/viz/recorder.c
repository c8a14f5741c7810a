/* A canvas that keeps what is drawn. See recorder.h. */
#include "recorder.h"

#include <criterion/criterion.h>
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
    struct mark *mark = add(canvas, MARK_TEXT, style->colour);
    mark->from = at;
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

const struct mark *recorder_text(const struct recorder *r, const char *words)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->marks[i].kind == MARK_TEXT && strcmp(r->marks[i].text, words) == 0)
            return &r->marks[i];
    return NULL;
}
