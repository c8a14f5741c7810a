/* Attention as lines, as bars and as a shaded text: on paper (what is drawn where, in which colour) and in cells. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "recorder.h"
#include "viz/chart/chart.h"
#include "viz/chart/series.h"
#include "viz/render/cells.h"
#include "viz/render/renderer.h"

static const struct str words[] = {{"one", 3}, {"two", 3}, {"three", 5}};
static const float first[] = {0.1f, 0.9f, 0.0f, 0.5f, 0.0f, 0.5f, 0.0f, 0.0f, 1.0f};
static const float second[] = {0.9f, 0.0f, 0.1f, 0.0f, 0.98f, 0.02f, 0.3f, 0.3f, 0.4f};
static const float below[] = {0.1f, -0.9f, 0.4f};

static struct panel panel_of(const float *values, size_t rows, const char *title)
{
    return (struct panel){.rows = rows, .cols = 3, .values = values, .row_labels = words, .col_labels = words,
                          .title = str_of(title), .tick = 1.0 / 3};
}

static struct picture picture_of(const struct chart_kind *chart, const struct panel *panels, size_t n)
{
    return (struct picture){.chart = chart, .panels = panels, .n_panels = n, .scale = {.lo = 0, .hi = 1}, .value_name = "weight",
                            .row_axis = "Query", .col_axis = "Key"};
}

static bool same(struct rgb a, struct rgb b)
{
    return a.r == b.r && a.g == b.g && a.b == b.b;
}

static double red_of(struct rgb colour)
{
    return colour.r;
}

/* The line of a head from a query to a key. */
static const struct mark *link_of(const struct recorder *r, const struct figure *f, size_t i, size_t j, bool orange)
{
    double y0 = f->grid_y + ((double)i + 0.5) * f->cell_h, y1 = f->grid_y + ((double)j + 0.5) * f->cell_h;
    for (size_t k = 0; k < r->n; k++) {
        const struct mark *m = &r->marks[k];
        if (m->kind == MARK_LINE && fabs(m->from.y - y0) < 1e-6 && fabs(m->to.y - y1) < 1e-6 &&
            fabs(m->to.x - m->from.x - f->grid_w) < 1e-6 && (m->colour.r > m->colour.b) == orange)
            return m;
    }
    return NULL;
}

Test(styles, lines_join_queries_to_keys_thick_and_dark_by_value_each_head_in_its_colour)
{
    struct panel panels[] = {panel_of(first, 3, "H0"), panel_of(second, 3, "H1")};
    struct picture picture = picture_of(&chart_lines, panels, 2);
    struct figure f;
    struct recorder *r = recorder_of(&picture, &(struct render_options){0}, &f);
    const struct mark *strong = link_of(r, &f, 2, 2, false), *weak = link_of(r, &f, 0, 0, false);
    cr_assert(strong && weak && link_of(r, &f, 0, 0, true) && link_of(r, &f, 0, 1, false));
    cr_expect(same(strong->colour, series_colour(0)), "the largest value has its head's full colour");
    cr_expect(strong->width > weak->width && red_of(strong->colour) < red_of(weak->colour));
    cr_expect(!link_of(r, &f, 0, 2, false) && !link_of(r, &f, 1, 2, true), "0, and less than a twentieth of the largest, is no line");
    cr_expect(recorder_text(r, "H0") && recorder_text(r, "H1") && recorder_text(r, "Query") && recorder_text(r, "Key"));
    recorder_free(r);
}

Test(styles, lines_in_cells_are_dots_of_a_querys_strongest_keys)
{
    struct err err = {0};
    struct panel panel = panel_of(first, 3, "H0");
    struct picture picture = picture_of(&chart_lines, &panel, 1);
    struct cell_grid grid;
    struct buf out = {0};
    cr_assert(cells_picture(&picture, &(struct cells_options){.columns = 120, .depth = DEPTH_MONO}, &grid, &err), "%s", err.message);
    cells_encode(&grid, DEPTH_MONO, &out);
    const char *third = strstr(buf_cstr(&out), "three ");
    cr_assert(third && strstr(third, "⠤"), "a level line from three to three:\n%s", buf_cstr(&out));
    cr_expect(strstr(buf_cstr(&out), "largest 1.000"));
    grid_free(&grid);
    buf_free(&out);
}

Test(styles, bars_are_as_high_as_their_values_and_stand_side_by_side)
{
    struct panel panels[] = {panel_of(first, 1, "H0"), panel_of(second, 1, "H1")};
    struct picture picture = picture_of(&chart_bars, panels, 2);
    struct figure f;
    struct recorder *r = recorder_of(&picture, &(struct render_options){0}, &f);
    double height[2][3] = {{0}}, left[2][3] = {{0}};
    for (size_t k = 0; k < r->n; k++)
        for (size_t p = 0; p < 2; p++)
            if (r->marks[k].kind == MARK_RECTANGLE && same(r->marks[k].colour, series_colour(p)) && r->marks[k].box.y >= f.grid_y - 1e-6) {
                size_t j = (size_t)((r->marks[k].box.x - f.grid_x) / f.cell_w);
                cr_assert_lt(j, 3);
                height[p][j] = r->marks[k].box.h;
                left[p][j] = r->marks[k].box.x;
            }
    cr_expect_float_eq(height[0][0] / height[0][1], 1.0 / 9, 1e-3);
    cr_expect_float_eq(height[1][0], height[0][1], 1e-3, "0.9 is as high in both heads");
    cr_expect(height[0][2] == 0 && height[1][1] == 0, "0 has no bar");
    cr_expect_lt(left[0][0], left[1][0]);
    cr_expect(recorder_text(r, "1/3"), "the uniform map's value is named");
    recorder_free(r);
}

Test(styles, bars_below_zero_hang_from_it)
{
    struct panel panel = panel_of(below, 1, "");
    struct picture picture = picture_of(&chart_bars, &panel, 1);
    struct figure f;
    struct recorder *r = recorder_of(&picture, &(struct render_options){0}, &f);
    double zero = 0, hanging = 0;
    for (size_t k = 0; k < r->n; k++)
        if (r->marks[k].kind == MARK_RECTANGLE) {
            double middle = r->marks[k].box.x + r->marks[k].box.w / 2;
            bool negative = (size_t)((middle - f.grid_x) / f.cell_w) == 1;
            zero = negative ? zero : r->marks[k].box.y + r->marks[k].box.h;
            hanging = negative ? r->marks[k].box.y : hanging;
        }
    cr_expect_float_eq(zero, hanging, 1e-6);
    recorder_free(r);
}

Test(styles, a_shaded_token_has_the_palettes_colour_for_its_value_and_the_rows_own_a_frame)
{
    static const size_t number[] = {1};
    struct panel panel = panel_of(first, 1, "");
    panel.row_labels = words + 1;
    panel.row_numbers = number;
    struct picture picture = picture_of(&chart_text, &panel, 1);
    struct figure f;
    struct recorder *r = recorder_of(&picture, &(struct render_options){0}, &f);
    size_t j = 0, frames = 0;
    struct box box[3] = {{0}};
    for (size_t k = 0; k < r->n; k++)
        if (r->marks[k].kind == MARK_RECTANGLE) {
            cr_assert_lt(j, 3);
            cr_expect(same(r->marks[k].colour, palette_at(&palette_blues, (double)first[j])), "token %zu", j);
            box[j++] = r->marks[k].box;
        } else if (r->marks[k].kind == MARK_LINE && j == 2 && fabs(r->marks[k].from.x - box[1].x) < 1)
            frames++;
    cr_expect(j == 3 && frames > 0, "the token that the row belongs to is framed");
    cr_expect(box[0].x + box[0].w < box[1].x && box[0].y == box[1].y, "tokens follow one another");
    recorder_free(r);
}

Test(styles, a_long_text_is_broken_into_lines_that_fit)
{
    enum { N = 60 };
    static float values[N];
    static struct str labels[N];
    for (size_t i = 0; i < N; i++)
        labels[i] = STR("tokens");
    struct panel panel = {.rows = 1, .cols = N, .values = values, .col_labels = labels, .tick = NAN};
    struct picture picture = picture_of(&chart_text, &panel, 1);
    struct figure f;
    struct recorder *r = recorder_of(&picture, &(struct render_options){.width = 218}, &f);
    size_t lines = 1;
    double y = NAN;
    for (size_t k = 0; k < r->n; k++)
        if (r->marks[k].kind == MARK_RECTANGLE) {
            const struct box *box = &r->marks[k].box;
            cr_expect(box->x >= 0 && box->x + box->w <= f.width && box->y + box->h < f.height, "box %zu", k);
            lines += box->y > y;
            y = box->y;
        }
    cr_expect_gt(lines, 5);
    recorder_free(r);
}

/* Chart, panels, rows of each, and what the refusal must say. */
Test(styles, what_a_style_cannot_draw_is_refused_in_cells_and_on_paper)
{
    static const struct {
        const struct chart_kind *chart;
        size_t panels, rows;
        const float *values;
        const char *says;
    } rows[] = {
        {&chart_lines, 1, 1, below, "values below 0"},
        {&chart_lines, 7, 3, first, "1 to 6 maps"},
        {&chart_bars, 1, 3, first, "choose one with q="},
        {&chart_text, 1, 3, first, "one row of a map"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct panel panels[7];
        struct err a = {0}, b = {0};
        struct cell_grid grid;
        struct buf out = {0}, remarks = {0};
        for (size_t p = 0; p < 7; p++)
            panels[p] = panel_of(rows[i].values, rows[i].rows, "H");
        struct picture picture = picture_of(rows[i].chart, panels, rows[i].panels);
        cr_expect(!cells_picture(&picture, &(struct cells_options){.columns = 80}, &grid, &a) && strstr(a.message, rows[i].says),
                  "row %zu: %s", i, a.message);
        cr_expect(!renderer_png.render(&picture, &(struct render_options){0}, &out, &remarks, &b) && strstr(b.message, rows[i].says),
                  "row %zu: %s", i, b.message);
        buf_free(&out);
        buf_free(&remarks);
    }
}

Test(styles, many_heads_names_stand_in_rows_inside_the_figure)
{
    struct panel panels[SERIES_MAX];
    for (size_t p = 0; p < SERIES_MAX; p++)
        panels[p] = panel_of(first, 3, "a rather long name L11.H11");
    struct picture picture = picture_of(&chart_lines, panels, SERIES_MAX);
    struct figure f;
    struct recorder *r = recorder_of(&picture, &(struct render_options){.width = 218}, &f);
    size_t names = 0;
    for (size_t k = 0; k < r->n; k++)
        if (r->marks[k].kind == MARK_TEXT && strstr(r->marks[k].text, "rather long")) {
            names++;
            cr_expect(r->marks[k].from.x > 0 && r->marks[k].from.x + 90 < f.width && r->marks[k].from.y < f.grid_y);
        }
    cr_expect_eq(names, SERIES_MAX);
    recorder_free(r);
}

Test(styles, lines_of_many_tokens_are_no_thicker_than_the_way_from_one_to_the_next)
{
    enum { N = 300 };
    static float one[N * N];
    for (size_t i = 0; i < N; i++)
        one[i * N + i] = 1;
    struct panel panel = {.rows = N, .cols = N, .values = one, .tick = NAN};
    struct picture picture = picture_of(&chart_lines, &panel, 1);
    struct figure f;
    struct recorder *r = recorder_of(&picture, &(struct render_options){.width = 218}, &f);
    const struct mark *line = link_of(r, &f, 7, 7, false);
    cr_assert_not_null(line);
    cr_expect(line->width < f.cell_h && f.height < 400, "%g points of %g, %g high", line->width, f.cell_h, f.height);
    recorder_free(r);
}

Test(styles, pieces_of_a_word_adjoin_and_stay_on_one_line)
{
    enum { N = 40 };
    static float values[N];
    static struct str labels[N];
    static unsigned char joined[N];
    for (size_t i = 0; i < N; i++) {
        labels[i] = STR("word");
        joined[i] = i % 2;
    }
    struct panel panel = {.rows = 1, .cols = N, .values = values, .col_labels = labels, .joined_cols = joined, .tick = NAN};
    struct picture picture = picture_of(&chart_text, &panel, 1);
    struct figure f;
    struct recorder *r = recorder_of(&picture, &(struct render_options){.width = 218}, &f);
    const struct box *before = NULL;
    for (size_t k = 0, j = 0; k < r->n; k++) {
        if (r->marks[k].kind != MARK_RECTANGLE)
            continue;
        const struct box *box = &r->marks[k].box;
        if (joined[j])
            cr_expect(box->y == before->y && fabs(before->x + before->w - box->x) < 1e-9, "token %zu stands apart", j);
        else if (j && box->y == before->y)
            cr_expect_gt(box->x, before->x + before->w + 0.1, "token %zu adjoins", j);
        before = box;
        j++;
    }
    recorder_free(r);
}
