/* Stripes: where cells stand, what is pooled how, and what is told apart: no token, not finite, shorter texts. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "viz/chart/chart.h"
#include "viz/chart/stripes.h"
#include "viz/chart/stripes_view.h"
#include "viz/render/cells.h"
#include "viz/render/figure.h"
#include "viz/render/renderer.h"

enum { N = 6 };

/* Four texts of six tokens and one of four; key 0 draws everything; ids: 1 first, 2 last. */
static const float strong[N] = {6, 0.5F, 1, 3, 0, 1}, brief[4] = {4, 1, 1, 2};
static const float *const rows[] = {strong, strong, brief, strong, strong};
static const int32_t ids[N] = {1, 10, 11, 12, 13, 2}, other[N] = {1, 20, 21, 22, 23, 2}, few[4] = {1, 10, 11, 2};
static const unsigned char ends[N] = {1, 0, 0, 0, 0, 1}, few_ends[4] = {1, 0, 0, 1};
static const struct stripes_text texts[] = {{N, ids, ends}, {N, other, ends}, {4, few, few_ends}, {N, ids, ends}, {N, other, ends}};
static const struct stripes_head head = {{"L5.H0", 5}, rows};
static const struct str specials[] = {{"[CLS]", 5}, {"[SEP]", 5}};
static const struct stripes five = {texts, 5, &head, 1, N, STRIPES_ALL, specials, 2};

static struct buf drawn(const struct stripes *stripes, const struct cells_options *options)
{
    struct picture picture = {.chart = &chart_stripes, .data = stripes};
    struct cell_grid grid;
    struct err err = {0};
    struct buf out = {0};
    cr_assert(cells_picture(&picture, options, &grid, &err), "%s", err.message);
    cells_encode(&grid, options->depth, &out);
    grid_free(&grid);
    return out;
}

Test(stripes, shorter_texts_stand_below_and_lanes_are_the_same_keys_from_both_ends)
{
    struct stripes_view v;
    struct err err = {0};
    float scratch[5];
    cr_assert(stripes_view_make(&five, &v, &err), "%s", err.message);
    cr_expect(v.n_lanes == 3 && v.n_main == 4 && v.order[4] == 2);
    cr_expect_eq(stripes_value(&v, 0, 0, 0, 1, 3, 4, scratch), 3);
    cr_expect_eq(stripes_value(&v, 0, 1, 4, 5, 5, 6, scratch), 2, "the last key of the short text, from the end");
    cr_expect(isnan(stripes_value(&v, 0, 0, 4, 5, 5, 6, scratch)), "from the start it has no such key");
    cr_expect_eq(stripes_value(&v, 0, 2, 4, 5, 1, 2, scratch), 2, "its second special token");
    cr_expect(v.missing && !v.not_finite);
    stripes_view_free(&v);
}

Test(stripes, rows_are_pooled_by_the_median_and_not_by_the_largest)
{
    static const float a[1] = {9}, b[1] = {1}, c[1] = {2}, bad[1] = {INFINITY}, none[1] = {NAN};
    static const struct stripes_text one[] = {{1, NULL, NULL}, {1, NULL, NULL}, {1, NULL, NULL}};
    const float *const values[] = {a, b, c}, *const broken[] = {a, bad, none};
    const struct stripes_head heads[] = {{{"", 0}, values}, {{"", 0}, broken}};
    const struct stripes s = {one, 3, heads, 2, 0, STRIPES_START, NULL, 0};
    struct stripes_view v;
    struct err err = {0};
    float scratch[3];
    cr_assert(stripes_view_make(&s, &v, &err), "%s", err.message);
    cr_expect_eq(stripes_value(&v, 0, 0, 0, 3, 0, 1, scratch), 2);
    cr_expect_eq(stripes_value(&v, 0, 0, 0, 2, 0, 1, scratch), 5);
    cr_expect(isinf(stripes_value(&v, 1, 0, 0, 3, 0, 1, scratch)) && v.not_finite);
    cr_expect(isnan(stripes_value(&v, 1, 0, 2, 3, 0, 1, scratch)) && v.missing, "a key without a ratio is no broken one");
    stripes_view_free(&v);
}

Test(stripes, a_pooled_place_that_less_than_half_of_the_texts_have_has_no_value)
{
    static const struct stripes_text long_and_short[] = {{N, ids, ends}, {4, few, few_ends}, {4, few, few_ends}};
    static const float *const values[] = {strong, brief, brief};
    static const struct stripes_head one = {{"L5.H0", 5}, values};
    static const struct stripes three = {long_and_short, 3, &one, 1, 0, STRIPES_START, NULL, 0};
    struct stripes_view v;
    struct err err = {0};
    float scratch[3];
    cr_assert(stripes_view_make(&three, &v, &err), "%s", err.message);
    cr_expect(isnan(stripes_value(&v, 0, 0, 0, 3, 5, 6, scratch)), "one of three");
    cr_expect_eq(stripes_value(&v, 0, 0, 0, 2, 5, 6, scratch), strong[5], "one of two");
    cr_expect_eq(stripes_value(&v, 0, 0, 0, 3, 0, 1, scratch), brief[0], "all three: the middle one");
    stripes_view_free(&v);
}

Test(stripes, the_strip_is_the_share_of_the_commonest_token)
{
    struct stripes_view v;
    struct err err = {0};
    float share[N];
    bool known;
    cr_assert(stripes_view_make(&five, &v, &err) && stripes_shares(&v, 0, share, &known, &err) && known);
    cr_expect_float_eq(share[0], 1, 1e-6);
    cr_expect_float_eq(share[1], 0.6, 1e-6); /* 10 in three of five */
    cr_expect_float_eq(share[3], 0.4, 1e-6); /* 12, 22 twice each, 2 once */
    cr_expect_float_eq(share[5], 1, 1e-6);   /* four texts have a sixth token */
    stripes_view_free(&v);
}

Test(stripes, lanes_that_tell_nothing_are_left_out)
{
    struct stripes equal = five;
    struct stripes_view v;
    struct err err = {0};
    equal.n_texts = 2;
    cr_assert(stripes_view_make(&equal, &v, &err), "%s", err.message);
    cr_expect(v.n_lanes == 2 && v.lane[1].lane == STRIPES_SPECIAL && !v.missing, "where all are as long the end is the start");
    stripes_view_free(&v);
    equal.n_heads = 0;
    cr_expect_not(stripes_view_make(&equal, &v, &err));
    stripes_view_free(&v);
    equal = five;
    equal.n_texts = 0;
    cr_expect_not(stripes_view_make(&equal, &v, &err));
    stripes_view_free(&v);
}

Test(stripes, in_text_a_column_is_a_line_downward)
{
    struct buf text = drawn(&five, &(struct cells_options){.columns = 60, .depth = DEPTH_MONO});
    cr_expect_str_eq(buf_cstr(&text),
                     "     L5.H0\n"
                     "     start         from the end\n"
                     "     ██▅▅▅▅▃▃▄▄██  ██▄▄▃▃▃▃▃▃██  ████\n"
                     "                                 [ [\n"
                     "                                 C S\n"
                     "                                 L E\n"
                     "                                 S P\n"
                     "     0         5     -5      -1  ] ]\n"
                     "   0 ██    ▓▓      ██    ▓▓      ██\n"
                     "     ██    ▓▓      ██    ▓▓      ██\n"
                     "     ██    ▓▓      ██    ▓▓      ██\n"
                     "     ██    ▓▓      ██    ▓▓      ██\n"
                     "     shorter texts\n"
                     "   2 ▓▓    ░░····  ····▓▓    ░░  ▓▓░░\n"
                     "\n"
                     "1 ▏    ░░░░▒▒▒▒│▓▓▓▓████▕ 6  n·c_j: attention in units of 1…\n"
                     "·· no value\n"
                     "above: the share of the commonest token at each place\n",
                     "%s", buf_cstr(&text));
    buf_free(&text);
}

Test(stripes, every_width_and_depth_stays_inside_it)
{
    for (size_t columns = 10; columns < 100; columns += 7)
        for (int depth = DEPTH_MONO; depth <= DEPTH_TRUE; depth++) {
            struct buf text = drawn(&five, &(struct cells_options){.columns = columns, .depth = (enum depth)depth});
            cr_expect(text.n > 0);
            buf_free(&text);
        }
}

/* The colour at a share of the first lane's width and height is looked for in the bytes of the canvas. */
Test(stripes, a_figure_is_white_up_to_one_grey_without_a_token_and_the_same_twice)
{
    struct picture picture = {.chart = &chart_stripes, .data = &five};
    struct render_options options = {0};
    struct err err = {0};
    struct buf said = {0};
    struct figure figure;
    struct canvas *canvas = figure_render(&picture, &options, canvas_pixels_new, &figure, &said, &err);
    cr_assert(canvas, "%s", err.message);
    double dpi = figure.dpi;
    const uint32_t *words;
    size_t w, h, stride;
    cr_assert(canvas_pixels(canvas, &words, &w, &h, &stride, &err));
    const struct {
        double key, share;
        uint32_t colour;
    } places[] = {
        {0, 0.05, 0x0b2a4a}, {1, 0.05, 0xffffff}, {2, 0.05, 0xffffff}, {4, 0.05, 0xffffff}, {5, 0.98, palette_blues.masked},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t x = (size_t)((figure.grid_x + (places[i].key + 0.5) * figure.cell_w) * dpi / 72);
        size_t y = (size_t)((figure.grid_y + figure.head + places[i].share * figure.map_h) * dpi / 72);
        uint32_t want = i ? places[i].colour : palette_blues.table[palette_blues.n - 1];
        cr_expect_eq(words[y * stride + x] & 0xffffff, want, "place %zu: %06x, not %06x", i, words[y * stride + x], want);
    }
    canvas->ops->free(canvas);
    struct buf a = {0}, b = {0};
    const struct renderer *png = renderer_find(STR("png"));
    cr_assert(png->render(&picture, &options, &a, &said, &err) && png->render(&picture, &options, &b, &said, &err));
    cr_expect(a.n == b.n && memcmp(a.data, b.data, a.n) == 0);
    options.width = 60;
    b.n = 0;
    cr_expect_not(png->render(&picture, &options, &b, &said, &err), "60 points leave the lanes no room");
    buf_free(&a);
    buf_free(&b);
    buf_free(&said);
}

/* On a low figure the name is a shorter one; beside a high bar it is the whole. */
Test(stripes, the_name_of_the_values_ends_above_what_stands_under_the_bar)
{
    static const char *const names[] = {"n·c_j", "attention in units of 1/n", STRIPES_VALUES};
    static const double heights[] = {40, 110, 230};
    struct err err = {0};
    struct canvas *measure = canvas_pixels_new(100, 100, 72, &err);
    cr_assert(measure, "%s", err.message);
    for (size_t i = 0; i < 3; i++) {
        struct stripes_text *many = calloc(200, sizeof *many);
        const float **ratios = calloc(200, sizeof *ratios);
        size_t n = (size_t)(heights[i] / 1.8);
        cr_assert(many && ratios);
        for (size_t t = 0; t < 200; t++) {
            many[t] = texts[t % 5];
            ratios[t] = rows[t % 5];
        }
        struct stripes_head heads[2] = {{{"L5.H0", 5}, ratios}, {{"L5.H1", 5}, ratios}};
        struct stripes low = {many, n, heads, i ? 1 : 2, N, STRIPES_START, specials, 2};
        struct picture picture = {.chart = &chart_stripes, .data = &low, .across = 2};
        struct render_options options = {.width = 453};
        struct figure f;
        cr_assert(figure_plan(&picture, &options, measure, &f, &err), "%s", err.message);
        cr_expect_str_eq(f.picture.value_name, names[i], "a bar %.0f points high: %s", f.bar_h, f.picture.value_name);
        struct text_style style = {.size = f.text};
        double legend = f.bar_x + 1.4 * f.text + figure_extents(measure, &style, STR("no value")).width;
        cr_expect_lt(legend, f.width - 0.3 * f.text, "what grey means ends inside the figure");
        free(many);
        free(ratios);
    }
    measure->ops->free(measure);
}
