/* Points in a plane: in cells and as a figure. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "recorder.h"
#include "viz/picture.h"
#include "viz/draw/canvas.h"
#include "viz/render/cells.h"
#include "viz/render/figure.h"
#include "viz/render/renderer.h"
#include "viz/chart/chart.h"
#include "viz/chart/scatter.h"

static const struct scatter_point corners[] = {
    {.x = 0, .y = 0, .label = {"south-west", 10}},
    {.x = 2, .y = 0, .label = {"south-east", 10}},
    {.x = 0, .y = 1, .label = {"north-west", 10}},
    {.x = 2, .y = 1, .label = {"north-east", 10}, .strong = true},
};

static void draw(const struct scatter *scatter, size_t columns, struct buf *out)
{
    struct err err = {0};
    struct str notes[] = {STR("a note")};
    struct picture picture = {.chart = &chart_scatter, .data = scatter, .notes = notes, .n_notes = 1};
    struct cells_options options = {.columns = columns, .depth = DEPTH_MONO};
    struct cell_grid grid = {0};
    cr_assert(cells_picture(&picture, &options, &grid, &err), "%s", err.message);
    cells_encode(&grid, DEPTH_MONO, out);
    grid_free(&grid);
}

/* The line and the byte in it where the text stands. */
static bool find(struct buf *drawn, const char *text, size_t *line, size_t *column)
{
    const char *at = strstr(buf_cstr(drawn), text);
    *line = *column = 0;
    for (const char *s = buf_cstr(drawn); at && s < at; s++) {
        *line += *s == '\n';
        *column = *s == '\n' ? 0 : *column + 1;
    }
    return at != NULL;
}

Test(scatter, points_stand_where_their_numbers_say)
{
    struct scatter scatter = {.points = corners, .n_points = 4};
    struct buf out = {0};
    size_t line[4], column[4];
    draw(&scatter, 80, &out);
    for (size_t i = 0; i < 4; i++)
        cr_assert(find(&out, corners[i].label.s, &line[i], &column[i]), "%s is missing:\n%s", corners[i].label.s, buf_cstr(&out));
    cr_expect(line[0] == line[1] && line[2] == line[3] && line[2] < line[0], "north is above south:\n%s", buf_cstr(&out));
    cr_expect(column[0] < column[1] && column[2] < column[3], "west is left of east:\n%s", buf_cstr(&out));
    cr_expect(strstr(buf_cstr(&out), "a note"));
    buf_free(&out);
}

Test(scatter, lines_join_their_points)
{
    const struct scatter_line lines[] = {{0, 1}};
    struct scatter without = {.points = corners, .n_points = 4}, with = {.points = corners, .n_points = 4, .lines = lines, .n_lines = 1};
    struct buf a = {0}, b = {0};
    draw(&without, 80, &a);
    draw(&with, 80, &b);
    cr_expect_null(strstr(buf_cstr(&a), "⠤"));
    size_t dots = 0;
    for (const char *s = buf_cstr(&b); *s; s++)
        dots += (unsigned char)s[0] == 0xe2 && (unsigned char)s[1] >= 0xa0 && (unsigned char)s[1] <= 0xa3;
    cr_expect_gt(dots, 20, "a line of dots between two points far apart:\n%s", buf_cstr(&b));
    buf_free(&a);
    buf_free(&b);
}

Test(scatter, odd_points_and_names_are_drawn_without_harm)
{
    static const struct scatter_point odd[] = {
        {.x = 1, .y = 1, .label = {"\033[31m\n", 6}},
        {.x = 1, .y = 1, .label = {"日本語の長い名前", 24}},
        {.x = 1, .y = 1, .label = {"", 0}},
        {.x = 1, .y = 1, .label = {"\377\376", 2}},
        {.x = 1e300, .y = -1e300, .label = {"far", 3}},
    };
    for (size_t n = 1; n <= 5; n++)
        for (size_t columns = 1; columns <= 200; columns += 13) {
            struct scatter scatter = {.points = odd, .n_points = n};
            struct buf out = {0};
            draw(&scatter, columns, &out);
            cr_expect(!memchr(out.data, '\033', out.n), "no escape byte reaches a terminal");
            buf_free(&out);
        }
}

Test(scatter, a_name_too_long_for_the_picture_is_cut_and_not_left_out)
{
    static const struct scatter_point two[] = {{.x = 0, .y = 0, .label = {"short", 5}},
                                               {.x = 1, .y = 0, .label = {"antidisestablishmentarianism-and-so-on", 38}}};
    struct scatter scatter = {.points = two, .n_points = 2};
    struct buf out = {0};
    draw(&scatter, 40, &out);
    cr_expect(strstr(buf_cstr(&out), "short"));
    cr_expect(strstr(buf_cstr(&out), "antidis") && strstr(buf_cstr(&out), "…"), "\n%s", buf_cstr(&out));
    buf_free(&out);
}

Test(scatter, points_have_colour_where_the_terminal_has)
{
    struct err err = {0};
    struct scatter scatter = {.points = corners, .n_points = 4};
    struct picture picture = {.chart = &chart_scatter, .data = &scatter};
    struct cells_options options = {.columns = 80, .depth = DEPTH_TRUE};
    struct cell_grid grid = {0};
    struct buf out = {0};
    cr_assert(cells_picture(&picture, &options, &grid, &err), "%s", err.message);
    cells_encode(&grid, DEPTH_TRUE, &out);
    size_t ordinary = 0;
    for (const char *at = buf_cstr(&out); (at = strstr(at, "38;2;74;144;217m●")); at++)
        ordinary++;
    cr_expect_eq(ordinary, 3, "%zu of the three points that are no answer", ordinary);
    grid_free(&grid);
    buf_free(&out);
}

Test(scatter, the_same_picture_gives_the_same_png)
{
    const struct scatter_line lines[] = {{0, 1}, {1, 3}};
    struct scatter scatter = {.points = corners, .n_points = 4, .lines = lines, .n_lines = 2};
    struct picture picture = {.chart = &chart_scatter, .data = &scatter, .row_axis = "up", .col_axis = "along", .title = "Corners"};
    const struct renderer *png = renderer_find(STR("png"));
    struct buf a = {0}, b = {0}, said = {0};
    struct err err = {0};
    struct render_options options = {0}, narrow = {.width = 30};
    cr_assert(png->render(&picture, &options, &a, &said, &err) && png->render(&picture, &options, &b, &said, &err), "%s", err.message);
    cr_expect(a.n > 1000 && a.n == b.n && memcmp(a.data, b.data, a.n) == 0);
    cr_expect(memcmp(a.data, "\x89PNG", 4) == 0);
    cr_expect_not(png->render(&picture, &narrow, &b, &said, &err));
    cr_expect(strstr(err.message, "no room"), "%s", err.message);
    buf_free(&said);
    buf_free(&a);
    buf_free(&b);
}

/* ---- the figure ---- */

/* A canvas that keeps where names were put: letters are half as wide as they are high. */
struct notebook {
    struct canvas canvas;
    struct box names[64];
    size_t n_names, n_lines;
};

static struct extents extents_of(struct canvas *canvas, const struct text_style *style, struct str text)
{
    (void)canvas;
    return (struct extents){.width = 0.5 * style->size * (double)text.n, .height = 1.2 * style->size};
}

static void note_text(struct canvas *canvas, struct point at, const struct text_style *style, struct str text)
{
    struct notebook *book = (struct notebook *)canvas;
    struct extents size = extents_of(canvas, style, text);
    if (style->along == 0 && style->width == 0) /* a name, no heading */
        book->names[book->n_names++] = (struct box){at.x, at.y, size.width, size.height};
}

static void note_line(struct canvas *canvas, struct point from, struct point to, double width, struct rgb colour)
{
    (void)from, (void)to, (void)width, (void)colour;
    ((struct notebook *)canvas)->n_lines++;
}

static void ignore_polygon(struct canvas *canvas, const struct point *corners_of, size_t n, struct rgb fill)
{
    (void)canvas, (void)corners_of, (void)n, (void)fill;
}

Test(scatter, names_of_points_that_lie_together_do_not_cover_each_other)
{
    static const struct canvas_ops ops = {
        .text = note_text, .line = note_line, .polygon = ignore_polygon, .extents = extents_of};
    enum { N = 14 };
    struct scatter_point points[N] = {0};
    for (size_t i = 0; i < N; i++) /* two far away, the others in a heap */
        points[i] = (struct scatter_point){
            .x = i < 2 ? 10.0 * (double)i : 4 + 0.1 * (double)(i % 4), .y = i < 2 ? 5.0 * (double)i : 2 + 0.1 * (double)(i / 4),
            .label = {"namename", 8}};
    struct scatter scatter = {.points = points, .n_points = N};
    struct picture picture = {.chart = &chart_scatter, .data = &scatter};
    struct render_options options = {0};
    struct figure figure;
    struct notebook book = {.canvas = {.ops = &ops}};
    struct err err = {0};
    cr_assert(figure_plan(&picture, &options, &book.canvas, &figure, &err), "%s", err.message);
    cr_assert(figure_draw(&figure, &book.canvas, &err), "%s", err.message);
    cr_assert_eq(book.n_names, N);
    cr_expect(book.n_lines > 4, "no line leads from a name to its point");
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < i; k++) {
            struct box a = book.names[i], b = book.names[k];
            double w = fmin(a.x + a.w, b.x + b.w) - fmax(a.x, b.x), h = fmin(a.y + a.h, b.y + b.h) - fmax(a.y, b.y);
            cr_expect(w <= 1e-9 || h <= 0.31 * a.h, "names %zu and %zu lie over each other", i, k);
        }
}

/* Is a point of the line within the letters of the text? Its ends are not asked. */
static bool line_over(const struct mark *line, const struct mark *name)
{
    double top = name->corners[0].y, h = name->corners[2].y - top;
    for (int i = 1; i < 40; i++) {
        double x = line->from.x + (line->to.x - line->from.x) * i / 40, y = line->from.y + (line->to.y - line->from.y) * i / 40;
        if (x > name->corners[0].x && x < name->corners[2].x && y > top + 0.16 * h && y < top + 0.84 * h)
            return true;
    }
    return false;
}

/* 90 points, most of them in a heap, as heads of a model lie. */
Test(scatter, of_many_names_those_without_room_are_left_out_and_counted_and_no_line_crosses_one)
{
    enum { N = 90 };
    struct scatter_point points[N] = {0};
    char names[N][8];
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "L%zu.%zu", i / 10, i % 10);
        double out = i % 9 == 0 ? 200 : 30;
        points[i] = (struct scatter_point){.x = out * cos((double)(i * i)), .y = out * sin((double)(7 * i)), .label = str_of(names[i]),
                                           .tint = scatter_tint(i / 10, 9)};
    }
    struct scatter scatter = {.points = points, .n_points = N, .tint_name = "Layer", .n_tints = 9, .ticks = true};
    struct picture picture = {.chart = &chart_scatter, .data = &scatter, .row_axis = "second", .col_axis = "first"};
    struct figure figure;
    struct recorder *r = recorder_of(&picture, &(struct render_options){.width = 218}, &figure);
    size_t named = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct mark *a = &r->marks[i];
        named += a->kind == MARK_TEXT && strchr(a->text, '.') != NULL;
        for (size_t k = 0; k < r->n; k++) {
            const struct mark *b = &r->marks[k];
            if (a->kind == MARK_LINE && a->width < 0.35 && b->kind == MARK_TEXT)
                cr_expect_not(line_over(a, b), "a line over %s", b->text);
            if (k < i && a->kind == MARK_TEXT && b->kind == MARK_TEXT && strchr(a->text, '.'))
                cr_expect(recorder_overlap(a, b) <= 0.31 * (a->corners[2].y - a->corners[0].y), "%s over %s", a->text, b->text);
        }
    }
    cr_expect(named > 15 && named < N, "%zu", named);
    static const char *const around[] = {"Layer", "0", "8", "−200", "200"};
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
        cr_expect(recorder_text(r, around[i]), "%s", around[i]);
    recorder_free(r);
    struct buf out = {0}, said = {0};
    struct err err = {0};
    cr_assert(renderer_pdf.render(&picture, &(struct render_options){.width = 218}, &out, &said, &err), "%s", err.message);
    cr_expect(strstr(buf_cstr(&said), "of 90 names are left out: they would cover others"), "%s", buf_cstr(&said));
    buf_free(&out);
    buf_free(&said);
}

Test(chart, every_kind_has_a_name_of_its_own_and_draws_both_ways)
{
    for (const struct chart_kind *const *a = chart_kinds; *a; a++) {
        cr_expect((*a)->summary && (*a)->cells && (*a)->plan && (*a)->draw, "%s", (*a)->name);
        for (const struct chart_kind *const *b = a + 1; *b; b++)
            cr_expect_str_neq((*a)->name, (*b)->name);
    }
    cr_expect_str_eq(picture_chart(&(struct picture){0})->name, "maps");
}
