/* Heads by layer: points stand at their values, lines at the means, in cells and as a figure. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "viz/chart/chart.h"
#include "viz/chart/layers.h"
#include "viz/picture.h"
#include "viz/render/cells.h"
#include "viz/render/renderer.h"

static const struct str names[] = {{"0", 1}, {"1", 1}, {"2", 1}};
static const struct layers_point points[] = {{0, 0, 1.0}, {0, 1, 0.0}, {0, 2, 0.5}, {1, 2, NAN}, {1, 1, 1.0}};
static const struct layers_series series[] = {{{"one", 3}, NAN}, {{"two", 3}, 0.5}};

static void draw(const struct layers *layers, size_t columns, struct buf *out)
{
    struct err err = {0};
    struct str notes[] = {STR("a note that is longer than the picture is wide, so that it goes on in a second line of its own, below the first")};
    struct picture picture = {.chart = &chart_layers, .data = layers, .notes = notes, .n_notes = 1, .row_axis = "height"};
    struct cells_options options = {.columns = columns, .depth = DEPTH_MONO};
    struct cell_grid grid = {0};
    cr_assert(cells_picture(&picture, &options, &grid, &err), "%s", err.message);
    cells_encode(&grid, DEPTH_MONO, out);
    grid_free(&grid);
}

/* The line and the column, in characters, of the n-th occurrence of a sign. */
static bool find(struct buf *drawn, const char *sign, size_t nth, size_t *line, size_t *column)
{
    *line = *column = 0;
    for (const char *s = buf_cstr(drawn); *s; s++) {
        if (!strncmp(s, sign, strlen(sign)) && !nth--)
            return true;
        *line += *s == '\n';
        *column = *s == '\n' ? 0 : *column + (((unsigned char)*s & 0xc0) != 0x80);
    }
    return false;
}

Test(layers, points_stand_at_their_layer_and_value)
{
    struct layers one = {points, 3, series, 1, names, NULL, 3};
    struct buf out = {0};
    size_t line[3], column[3];
    draw(&one, 80, &out);
    for (size_t i = 0; i < 3; i++) /* from the top: 1.0, 0.5, 0.0 */
        cr_assert(find(&out, "\u25cf", i, &line[i], &column[i]), "%s", buf_cstr(&out));
    cr_expect(line[0] < line[1] && line[1] < line[2]);
    cr_expect(line[1] - line[0] >= line[2] - line[1] - 1 && line[1] - line[0] <= line[2] - line[1] + 1, "the axis is linear:\n%s", buf_cstr(&out));
    cr_expect(column[0] < column[2] && column[2] < column[1], "layers 0, 1, 2 from the left:\n%s", buf_cstr(&out));
    cr_expect(strstr(buf_cstr(&out), "height") && strstr(buf_cstr(&out), "below the first"), "%s", buf_cstr(&out));
    buf_free(&out);
}

Test(layers, a_line_joins_the_means_and_not_two_stacks)
{
    const struct layers_point flat[] = {{0, 0, 1}, {0, 0, 0}, {0, 1, 1}, {0, 1, 0}};
    const unsigned char begins[] = {0, 1};
    struct layers joined = {flat, 4, series, 1, names, NULL, 2}, apart = joined;
    struct buf a = {0}, b = {0};
    size_t line, column, top, bottom, unused;
    apart.begins = begins;
    draw(&joined, 80, &a);
    draw(&apart, 80, &b);
    cr_assert(find(&a, "\u2824", 0, &line, &column) || find(&a, "\u2812", 0, &line, &column) || find(&a, "\u28c0", 0, &line, &column) ||
                  find(&a, "\u2809", 0, &line, &column), "%s", buf_cstr(&a));
    cr_assert(find(&a, "\u25cf", 0, &top, &unused) && find(&a, "\u25cf", 2, &bottom, &unused));
    cr_expect(2 * line >= top + bottom - 1 && 2 * line <= top + bottom + 1, "the mean of 0 and 1 is halfway:\n%s", buf_cstr(&a));
    for (const char *s = buf_cstr(&b); *s; s++)
        cr_assert(strncmp(s, "\u2824", 3) && strncmp(s, "\u2812", 3) && strncmp(s, "\u28c0", 3) && strncmp(s, "\u2809", 3), "%s", buf_cstr(&b));
    buf_free(&a);
    buf_free(&b);
}

Test(layers, a_measure_without_values_and_odd_sizes_do_no_harm)
{
    struct layers both = {points, 5, series, 2, names, NULL, 3}, none = {points + 3, 1, series, 2, names, NULL, 3};
    for (size_t columns = 1; columns < 130; columns += 7) {
        struct buf out = {0};
        draw(&both, columns, &out);
        draw(&none, columns, &out);
        buf_free(&out);
    }
    struct layers empty = {points, 0, series, 0, names, NULL, 0};
    struct picture picture = {.chart = &chart_layers, .data = &empty};
    struct cells_options options = {.columns = 80};
    struct cell_grid grid = {0};
    struct err err = {0};
    cr_expect(!cells_picture(&picture, &options, &grid, &err) && err.code == ERR_ARG);
}

Test(layers, every_renderer_writes_it_and_again_the_same)
{
    struct layers both = {points, 5, series, 2, names, NULL, 3};
    struct picture picture = {.chart = &chart_layers, .data = &both, .row_axis = "up", .col_axis = "layer", .title = "Heads"};
    picture_fit_scale(&picture);
    for (size_t i = 0; renderers[i]; i++) {
        struct render_options options = {0};
        struct buf first = {0}, second = {0}, said = {0};
        struct err err = {0};
        cr_assert(renderers[i]->render(&picture, &options, &first, &said, &err), "%s: %s", renderers[i]->name, err.message);
        cr_assert(renderers[i]->render(&picture, &options, &second, &said, &err), "%s: %s", renderers[i]->name, err.message);
        cr_expect(first.n > 100 && first.n == second.n && !memcmp(first.data, second.data, first.n), "%s", renderers[i]->name);
        buf_free(&first);
        buf_free(&second);
        buf_free(&said);
    }
}
