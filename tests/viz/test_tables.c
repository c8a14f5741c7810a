/* Many maps in one figure: what is named, and that no two texts lie over each other. A canvas of the test's own keeps where each
 * text was put; its letters are 0.6 of their height wide, wider than DejaVu's. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/chart/maps.h"
#include "viz/render/figure.h"

struct put {
    struct box box;
    char text[24];
    bool bold;
};
struct notebook {
    struct canvas canvas;
    struct put put[4096];
    size_t n;
};

static struct extents extents_of(struct canvas *canvas, const struct text_style *style, struct str text)
{
    (void)canvas;
    double width = 0.6 * style->size * (double)text.n;
    return (struct extents){.width = style->width > 0 ? fmin(width, style->width) : width, .height = 1.17 * style->size};
}

static void note_text(struct canvas *canvas, struct point at, const struct text_style *style, struct str text)
{
    struct notebook *book = (struct notebook *)canvas;
    struct extents size = extents_of(canvas, style, text);
    double x = -style->along * size.width, y = -style->across * size.height;
    cr_assert(book->n < sizeof book->put / sizeof *book->put);
    struct put *put = &book->put[book->n++];
    put->box = style->turn > 0 ? (struct box){at.x + y, at.y - x - size.width, size.height, size.width}
                             : (struct box){at.x + x, at.y + y, size.width, size.height};
    put->bold = style->bold;
    snprintf(put->text, sizeof put->text, "%.*s", (int)text.n, text.s);
}

static void ignore_line(struct canvas *c, struct point from, struct point to, double width, struct rgb colour)
{
    (void)c, (void)from, (void)to, (void)width, (void)colour;
}
static void ignore_polygon(struct canvas *c, const struct point *corners, size_t n, struct rgb fill)
{
    (void)c, (void)corners, (void)n, (void)fill;
}
static void ignore_image(struct canvas *c, struct box box, const struct rgb *cells, size_t rows, size_t cols)
{
    (void)c, (void)box, (void)cells, (void)rows, (void)cols;
}
static void ignore_rectangle(struct canvas *c, struct box box, struct rgb fill)
{
    (void)c, (void)box, (void)fill;
}
static void ignore_clip(struct canvas *c, const struct box *box)
{
    (void)c, (void)box;
}
static const struct canvas_ops ops = {.rectangle = ignore_rectangle, .line = ignore_line, .polygon = ignore_polygon, .text = note_text,
                                      .image = ignore_image, .clip = ignore_clip, .extents = extents_of};

enum { SIDE = 12, TOKENS = 10, ACL2 = 160 };

static char names[SIDE * SIDE][12];
static struct str titles[SIDE * SIDE], heads[SIDE], layers[SIDE], tokens[TOKENS];
static float values[TOKENS * TOKENS];
static const unsigned char marked[TOKENS] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static struct panel panels[SIDE * SIDE];

static struct picture table_of(bool named)
{
    static char head[SIDE][8], layer[SIDE][8];
    for (size_t i = 0; i < SIDE; i++) {
        snprintf(head[i], sizeof head[i], "H%zu", i), snprintf(layer[i], sizeof layer[i], "L%zu", i);
        heads[i] = str_of(head[i]), layers[i] = str_of(layer[i]);
    }
    for (size_t i = 0; i < TOKENS; i++)
        tokens[i] = STR("token");
    for (size_t k = 0; k < SIDE * SIDE; k++) {
        snprintf(names[k], sizeof names[k], "L%zu.H%zu", k / SIDE, k % SIDE);
        titles[k] = str_of(names[k]);
        panels[k] = (struct panel){.rows = TOKENS, .cols = TOKENS, .values = values, .row_labels = tokens, .col_labels = tokens,
                                   .marked_cols = k % 5 ? NULL : marked, .title = titles[k], .tick = 0.1};
    }
    return (struct picture){.panels = panels, .n_panels = SIDE * SIDE, .across = SIDE, .col_names = named ? heads : NULL,
                            .row_names = named ? layers : NULL, .scale = {.lo = 0, .hi = 1}, .value_name = "attention probability",
                            .row_axis = "Query", .col_axis = "Key"};
}

static struct notebook *drawn(const struct picture *picture, double mm, struct figure *figure)
{
    struct notebook *book = calloc(1, sizeof *book);
    struct render_options options = {.width = mm * 72 / 25.4};
    struct err err = {0};
    book->canvas.ops = &ops;
    cr_assert(figure_plan(picture, &options, &book->canvas, figure, &err), "%s", err.message);
    cr_assert(figure_draw(figure, &book->canvas, &err), "%s", err.message);
    return book;
}

static void expect_apart(const struct notebook *book, const struct figure *f)
{
    for (size_t i = 0; i < book->n; i++) {
        struct box a = book->put[i].box;
        double slack = 0.15 * fmin(a.w, a.h); /* a line is higher than its letters */
        cr_expect(a.x >= -slack && a.y >= -slack && a.x + a.w <= f->width + slack && a.y + a.h <= f->height + slack,
                  "'%s' leaves the figure", book->put[i].text);
        for (size_t k = 0; k < i; k++) {
            struct box b = book->put[k].box;
            double w = fmin(a.x + a.w, b.x + b.w) - fmax(a.x, b.x), h = fmin(a.y + a.h, b.y + b.h) - fmax(a.y, b.y);
            cr_expect(w <= 0.05 * fmin(a.w, b.w) || h <= 0.2 * fmin(a.h, b.h), "'%s' and '%s' lie over each other", book->put[i].text,
                      book->put[k].text);
        }
    }
}

static size_t count(const struct notebook *book, const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < book->n; i++)
        n += strcmp(book->put[i].text, text) == 0;
    return n;
}

Test(tables, heads_are_named_once_above_and_layers_once_at_the_side)
{
    struct picture picture = table_of(true);
    struct figure figure;
    struct notebook *book = drawn(&picture, ACL2, &figure);
    cr_expect_eq(figure.across, SIDE);
    cr_expect_eq(count(book, "H11"), 1);
    cr_expect_eq(count(book, "L11"), 1);
    cr_expect_eq(count(book, "L3.H4"), 0, "names of rows and columns stand in place of titles");
    cr_expect_eq(count(book, "token"), 0, "labels that are too small for so many maps are left out");
    expect_apart(book, &figure);
    free(book);
}

Test(tables, titles_of_12_by_12_maps_touch_no_other)
{
    struct picture picture = table_of(false);
    struct figure figure;
    struct notebook *book = drawn(&picture, ACL2, &figure);
    cr_expect_eq(count(book, "L3.H4"), 1);
    expect_apart(book, &figure);
    free(book);
}

Test(tables, a_layout_of_its_own_brings_the_titles_back)
{
    struct picture picture = table_of(true);
    struct figure figure;
    picture.n_panels = 4;
    picture.across = 2; /* four of another table: names would be wrong */
    picture.col_names = picture.row_names = NULL;
    struct notebook *book = drawn(&picture, ACL2, &figure);
    cr_expect(count(book, "L0.H3") == 1 && count(book, "token") > 0);
    expect_apart(book, &figure);
    free(book);
}

Test(tables, long_titles_are_pushed_apart_or_set_smaller)
{
    struct picture picture = table_of(false);
    struct figure figure;
    picture.n_panels = picture.across = 2;
    panels[0].title = panels[1].title = STR("@1 a-model-with-a-long-name-indeed L10.H11");
    const double sizes[] = {77, 0, 160};
    for (size_t i = 0; i < 3; i++) {
        struct notebook *book = drawn(&picture, sizes[i], &figure);
        expect_apart(book, &figure);
        free(book);
    }
}

Test(tables, maps_of_unequal_size_stand_beside_each_other_each_in_its_own_room)
{
    static float large[40 * 40];
    struct panel two[] = {{.rows = 8, .cols = 8, .values = large, .tick = NAN}, {.rows = 40, .cols = 40, .values = large, .tick = NAN}};
    struct picture picture = {.panels = two, .n_panels = 2, .across = 2, .scale = {.lo = 0, .hi = 1}, .value_name = "attention",
                              .row_axis = "Query", .col_axis = "Key"};
    struct figure figure;
    struct notebook *book = drawn(&picture, ACL2, &figure);
    double first = maps_column_at(&figure, 1), second = maps_column_at(&figure, 2) - first;
    cr_expect(second > 3 * first, "%g and %g points", first, second);
    expect_apart(book, &figure);
    free(book);
}

Test(tables, a_long_name_beside_the_bar_is_not_cut_where_the_figure_has_room)
{
    struct picture picture = table_of(false);
    struct figure figure;
    picture.n_panels = picture.across = 1;
    picture.value_name = "attention probability of it"; /* longer than its bar, shorter than the figure is high */
    struct notebook *book = drawn(&picture, 77, &figure);
    cr_expect_eq(count(book, "attention probability o"), 1);
    for (size_t i = 0; i < book->n; i++)
        if (strcmp(book->put[i].text, "attention probability o") == 0)
            cr_expect_float_eq(book->put[i].box.h, 0.6 * figure.text * 27, 0.5, "%g points", book->put[i].box.h);
    expect_apart(book, &figure);
    free(book);
}

Test(tables, a_title_too_long_for_its_place_stands_in_two_lines)
{
    struct picture picture = table_of(false);
    picture.n_panels = picture.across = 2;
    panels[0].title = STR("attention, mean of 24 heads of two layers");
    panels[1].title = STR("experts");
    struct figure f;
    struct notebook *book = drawn(&picture, 77, &f);
    size_t at = 0, whole = count(book, "attention, mean of 24 heads of two layers");
    for (size_t i = 0; i < book->n; i++)
        at += strncmp(book->put[i].text, "attention, mean", 15) == 0 || strcmp(book->put[i].text, "two layers") == 0;
    cr_expect(whole == 0 && f.title_lines == 2 && at >= 1, "%zu lines, %zu found", f.title_lines, at);
    cr_expect_eq(count(book, "experts"), 1);
    expect_apart(book, &f);
    free(book);
}

Test(tables, few_rows_of_a_long_map_are_high_enough_for_their_labels_and_the_bar_has_three_ticks)
{
    static float wide[4 * 90];
    for (size_t i = 0; i < 4 * 90; i++)
        wide[i] = (float)i / 90 - 2;
    struct picture picture = table_of(false);
    panels[0] = (struct panel){.rows = 4, .cols = 90, .values = wide, .row_labels = layers, .tick = NAN};
    picture.n_panels = picture.across = 1;
    picture.scale = (struct scale){.lo = -2.5, .hi = 2.5, .diverging = true};
    struct figure f;
    struct notebook *book = drawn(&picture, 160, &f);
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(count(book, layers[i].s), 1, "%s", layers[i].s);
    cr_expect(count(book, "−2") == 1 && count(book, "2") >= 1, "zero alone says nothing of a scale"); /* columns have numbers too */
    expect_apart(book, &f);
    free(book);
}
