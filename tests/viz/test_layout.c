/* Layout: which representation a map gets, pooling, thinning, arranging. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "viz/layout.h"

Test(layout, tokens_get_large_cells_then_half_blocks_then_are_pooled)
{
    struct map_room room = {.columns = 100, .cell_columns = 2, .half_blocks = true};
    struct map_plan plan = plan_map(40, 40, &room);
    cr_expect(plan.cell_columns == 2 && !plan.half && plan.columns == 80 && plan.lines == 40 && plan.pool_cols == 1);
    plan = plan_map(41, 41, &room);
    cr_expect(plan.cell_columns == 1 && plan.half && plan.columns == 41 && plan.lines == 21 && plan.pool_cols == 1);
    plan = plan_map(512, 512, &room);
    cr_expect(plan.half && plan.pool_rows == 6 && plan.pool_cols == 6 && plan.columns == 86 && plan.lines == 43);
    room.columns = 60;
    plan = plan_map(40, 40, &room);
    cr_expect(plan.half && plan.pool_cols == 1, "40 large cells do not fit 60 columns");
    room.lines = 10;
    plan = plan_map(40, 40, &room);
    cr_expect(plan.half && plan.pool_cols == 2 && plan.lines == 10);
    room = (struct map_room){.columns = 100, .cell_columns = 2};
    plan = plan_map(90, 90, &room);
    cr_expect(!plan.half && plan.pool_rows == 2 && plan.pool_cols == 1 && plan.lines == 45, "mono: two rows a line");
}

Test(layout, plans_never_exceed_their_room)
{
    for (size_t rows = 0; rows < 700; rows = rows * 2 + 1) {
        for (size_t cols = 0; cols < 700; cols = cols * 2 + 1) {
            for (size_t columns = 1; columns < 200; columns += 13) {
                for (size_t lines = 1; lines < 60; lines += 7) {
                    for (int half = 0; half < 2; half++) {
                        struct map_room room = {.columns = columns, .lines = lines, .cell_columns = 2, .half_blocks = half};
                        struct map_plan plan = plan_map(rows, cols, &room);
                        cr_assert(plan.columns <= columns && plan.lines <= lines, "%zu×%zu in %zu×%zu: %zu×%zu", rows, cols, lines,
                                  columns, plan.lines, plan.columns);
                        cr_assert(plan.rows * plan.pool_rows >= rows && plan.cols * plan.pool_cols >= cols);
                    }
                }
            }
        }
    }
}

Test(layout, pooling_keeps_the_largest_magnitude_with_its_sign)
{
    const float v[] = {
        0.1f, -0.9f, 0.2f, NAN,  0.3f, /* */
        0.5f, 0.8f,  0.1f, NAN,  NAN,  /* */
        0.0f, 0.0f,  -2.f, 1.5f, 2.0f, /* */
    };
    const unsigned char hidden[] = {0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0};
    struct panel panel = {.rows = 3, .cols = 5, .values = v, .masked = hidden};
    float out[6];
    unsigned char masked[6];
    pool_largest(&panel, 2, 2, out, masked);
    cr_expect_eq(out[0], -0.9f);
    cr_expect_eq(out[1], 0.2f);
    cr_expect_eq(out[2], 0.3f);
    cr_expect_eq(out[3], 0.0f);
    cr_expect_eq(out[4], -2.0f);
    cr_expect_eq(out[5], 2.0f);
    for (size_t i = 0; i < 6; i++)
        cr_expect_eq(masked[i], 0);
    cr_expect(isnan(pool_value(&panel, 0, 2, 3, 4)), "all masked stays masked");
    cr_expect(isnan(pool_value(&panel, 5, 9, 0, 2)), "nothing there");
}

Test(layout, a_value_that_is_not_finite_survives_any_pooling)
{
    const float v[4] = {0.5f, NAN, NAN, 0.25f}, infinite[4] = {0, 1, 2, -INFINITY};
    const unsigned char hidden[4] = {0, 0, 1, 0};
    struct panel panel = {.rows = 2, .cols = 2, .values = v, .masked = hidden, .tick = NAN};
    struct picture picture = {.panels = &panel, .n_panels = 1};
    cr_expect(isinf(pool_value(&panel, 0, 2, 0, 2)));
    cr_expect(isinf(pool_value(&panel, 0, 1, 1, 2)), "NaN that nothing masks");
    cr_expect(isnan(pool_value(&panel, 1, 2, 0, 1)), "masked");
    cr_expect_str_eq(picture_not_finite(&picture), "not a number");
    cr_expect(picture_masked(&picture));
    panel = (struct panel){.rows = 2, .cols = 2, .values = infinite, .tick = NAN};
    cr_expect_str_eq(picture_not_finite(&picture), "not finite");
    cr_expect_not(picture_masked(&picture));
}

Test(layout, a_column_survives_any_pooling)
{
    enum { T = 512 };
    float *v = calloc((size_t)T * T, sizeof *v);
    cr_assert_not_null(v);
    for (size_t i = 0; i < T; i++)
        v[i * T + 137] = -0.25f;
    struct panel panel = {.rows = T, .cols = T, .values = v};
    for (size_t pool = 1; pool <= 64; pool++)
        for (size_t r = 0; r < T; r += pool)
            cr_assert_eq(pool_value(&panel, r, r + pool, 137 / pool * pool, 137 / pool * pool + pool), -0.25f, "%zu", pool);
    free(v);
}

Test(layout, labels_are_thinned_by_round_steps)
{
    cr_expect_eq(label_stride(10, 9), 1);
    cr_expect_eq(label_stride(10, 11), 2);
    cr_expect_eq(label_stride(1, 3), 5);
    cr_expect_eq(label_stride(1, 12), 20);
    cr_expect_eq(label_stride(0.1, 9), 100);
    cr_expect_eq(label_stride(0, 9), 1);
}

Test(layout, panels_stand_in_few_rows_without_many_empty_places)
{
    for (size_t n = 1; n <= 200; n++) {
        size_t across = panels_across(n, 1, 1, 1.45);
        size_t down = (n + across - 1) / across;
        cr_expect(across >= 1 && across <= n);
        cr_expect(across * down - n < across, "%zu: an empty row", n);
        if (n >= 4)
            cr_expect((double)across / (double)down < 5 && (double)across / (double)down > 0.5, "%zu: %zu × %zu", n, across, down);
    }
    cr_expect_eq(panels_across(12, 1, 1, 1.45), 4);
}

Test(layout, words)
{
    struct str labels[] = {STR("[CLS]"), STR("cat"), STR(".")};
    unsigned char marks[] = {1, 0, 1};
    size_t numbers[] = {4, 5, 9};
    struct panel panels[] = {{.rows = 0, .cols = 3, .col_labels = labels, .marked_cols = marks, .col_numbers = numbers, .tick = 0.25},
                             {.rows = 0, .cols = 3, .marked_cols = marks, .title = STR("L1.H2"), .tick = 0.25}};
    struct picture picture = {.panels = panels, .n_panels = 1, .value_name = "p", .scale = {.kind = SCALE_SQRT}};
    struct buf text = {0};
    marked_text(&text, &picture, 8);
    cr_expect_str_eq(buf_cstr(&text), "4 [CLS], 9 .");
    buf_free(&text);
    picture.n_panels = 2;
    marked_text(&text, &picture, 3);
    cr_expect_str_eq(buf_cstr(&text), "4 [CLS], 9 .; L1.H2 0, and 1 more");
    buf_free(&text);
    value_text(&text, &picture);
    cr_expect_str_eq(buf_cstr(&text), "p (sqrt)");
    buf_free(&text);
    cr_expect_eq(picture_tick(&picture), 0.25);
    panels[1].tick = 0.5;
    cr_expect(isnan(picture_tick(&picture)), "panels of different sizes share no tick");
    tick_text(&text, 1.0 / 12);
    tick_text(&text, (float)(1.0 / 7));
    tick_text(&text, 0.3);
    cr_expect_str_eq(buf_cstr(&text), "1/121/70.3");
    buf_free(&text);
}
