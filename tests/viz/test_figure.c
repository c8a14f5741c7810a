/* Figure files: the PNG is taken apart again here (zlib's inflate and the five filters of ISO/IEC 15948 §9), its pixels,
 * density and texts are looked at. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/cancel.h"
#include "viz/chart/maps.h"
#include "viz/render/figure.h"
#include "viz/render/renderer.h"

struct decoded {
    size_t width, height;
    unsigned char *rgb; /* [height, width, 3] */
    unsigned density;   /* pixels a metre */
    struct buf texts;   /* "keyword=value;" in the order of the file */
};

static size_t u32(const unsigned char *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static unsigned char paeth(int a, int b, int c)
{
    int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
    return (unsigned char)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

static void unfilter(struct decoded *d, const unsigned char *raw)
{
    size_t stride = 3 * d->width;
    for (size_t y = 0; y < d->height; y++) {
        const unsigned char *in = raw + y * (stride + 1) + 1;
        unsigned char *out = d->rgb + y * stride;
        for (size_t x = 0; x < stride; x++) {
            int left = x >= 3 ? out[x - 3] : 0, up = y ? out[(ptrdiff_t)x - (ptrdiff_t)stride] : 0;
            int corner = x >= 3 && y ? out[(ptrdiff_t)x - 3 - (ptrdiff_t)stride] : 0;
            int add[5] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
            cr_assert(in[-1] < 5, "filter %d", in[-1]);
            out[x] = (unsigned char)(in[x] + add[in[-1]]);
        }
    }
}

static void put_text_chunk(struct decoded *d, const unsigned char *data, size_t n, bool international)
{
    size_t key = strnlen((const char *)data, n), value = key + (international ? 5 : 1);
    cr_assert(key < n && value <= n);
    buf_printf(&d->texts, "%.*s=%.*s;", (int)key, (const char *)data, (int)(n - value), (const char *)data + value);
}

/* Every chunk's CRC is checked; IHDR first, IEND last, pHYs before IDAT. */
static struct decoded decode(const struct buf *png)
{
    struct decoded d = {0};
    struct buf packed = {0};
    const unsigned char *bytes = (const unsigned char *)png->data;
    cr_assert(png->n > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0);
    size_t at = 8;
    bool end = false;
    while (at + 12 <= png->n) {
        size_t n = u32(bytes + at);
        const unsigned char *type = bytes + at + 4, *data = type + 4;
        cr_assert(at + 12 + n <= png->n && !end);
        cr_assert_eq(u32(data + n), crc32(0, type, (uInt)(n + 4)), "CRC of %.4s", (const char *)type);
        if (memcmp(type, "IHDR", 4) == 0) {
            cr_assert(at == 8 && n == 13 && data[8] == 8 && data[9] == 2 && data[12] == 0);
            d.width = u32(data);
            d.height = u32(data + 4);
        } else if (memcmp(type, "pHYs", 4) == 0) {
            cr_assert(packed.n == 0 && n == 9 && data[8] == 1 && u32(data) == u32(data + 4));
            d.density = (unsigned)u32(data);
        } else if (memcmp(type, "tEXt", 4) == 0 || memcmp(type, "iTXt", 4) == 0) {
            put_text_chunk(&d, data, n, type[0] == 'i');
        } else if (memcmp(type, "IDAT", 4) == 0) {
            buf_add(&packed, data, n);
        }
        end = memcmp(type, "IEND", 4) == 0;
        at += 12 + n;
    }
    cr_assert(end && at == png->n && d.width && d.height);
    uLongf size = (uLongf)((d.width * 3 + 1) * d.height), expected = size;
    unsigned char *raw = malloc(size);
    d.rgb = malloc(d.width * d.height * 3);
    cr_assert(raw && d.rgb);
    cr_assert_eq(uncompress(raw, &size, (const Bytef *)packed.data, (uLong)packed.n), Z_OK);
    cr_assert_eq(size, expected);
    unfilter(&d, raw);
    free(raw);
    buf_free(&packed);
    return d;
}

static void decoded_free(struct decoded *d)
{
    free(d->rgb);
    buf_free(&d->texts);
}

static struct buf rendered(const struct picture *picture, const struct render_options *options)
{
    struct buf out = {0}, said = {0};
    struct err err = {0};
    cr_assert(renderer_png.render(picture, options, &out, &said, &err), "%s", err.message);
    buf_free(&said);
    return out;
}

/* The plan that the renderer makes too. */
static struct figure plan_of(const struct picture *picture, const struct render_options *options)
{
    struct err err = {0};
    struct figure figure;
    struct canvas *measure = canvas_pixels_new(1, 1, 72, &err);
    cr_assert_not_null(measure);
    cr_assert(figure_plan(picture, options, measure, &figure, &err), "%s", err.message);
    measure->ops->free(measure);
    return figure;
}

static struct picture picture_of(const struct panel *panels, size_t n)
{
    return (struct picture){.panels = panels,
                            .n_panels = n,
                            .scale = {.lo = 0, .hi = 1},
                            .value_name = "attention probability",
                            .row_axis = "Query",
                            .col_axis = "Key"};
}

/* The pixel in the middle of value (i,j) of panel k. */
static unsigned pixel(const struct decoded *d, const struct figure *f, size_t k, size_t i, size_t j)
{
    double x = f->grid_x + maps_column_at(f, k % f->across) + f->row_labels + ((double)j + 0.5) * f->cell_w;
    double y = f->grid_y + maps_row_at(f, k / f->across) + f->head + ((double)i + 0.5) * f->cell_h;
    size_t px = (size_t)(x * f->dpi / 72), py = (size_t)(y * f->dpi / 72);
    cr_assert(px < d->width && py < d->height);
    const unsigned char *p = d->rgb + (py * d->width + px) * 3;
    return (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
}

Test(figure, pixels_have_the_palettes_colours)
{
    /* viridis as published at 0, 128 and 255; the masked grey of its row; NaN has a colour of its own */
    const float v[4] = {0, 128 / 255.f, 1, NAN};
    const unsigned char hidden[4] = {0, 0, 0, 1};
    struct panel panels[2] = {{.rows = 2, .cols = 2, .values = v, .masked = hidden, .tick = NAN},
                              {.rows = 2, .cols = 2, .values = v, .tick = NAN}};
    struct picture picture = picture_of(panels, 2);
    picture.palette = "viridis";
    struct render_options sized = {0}, plain = {0};
    cr_assert(render_size(STR("acl1"), &sized, NULL));
    const struct render_options *options[] = {&plain, &sized};
    for (size_t o = 0; o < 2; o++) {
        struct figure figure = plan_of(&picture, options[o]);
        struct buf png = rendered(&picture, options[o]);
        struct decoded d = decode(&png);
        for (size_t k = 0; k < 2; k++) {
            cr_expect_eq(pixel(&d, &figure, k, 0, 0), 0x440154, "%06x", pixel(&d, &figure, k, 0, 0));
            cr_expect_eq(pixel(&d, &figure, k, 0, 1), 0x21918c, "%06x", pixel(&d, &figure, k, 0, 1));
            cr_expect_eq(pixel(&d, &figure, k, 1, 0), 0xfde725, "%06x", pixel(&d, &figure, k, 1, 0));
            cr_expect_eq(pixel(&d, &figure, k, 1, 1), k == 0 ? 0x6f6f6f : 0xff00ff, "%06x", pixel(&d, &figure, k, 1, 1));
        }
        cr_expect_eq(d.rgb[0], 255, "the corner is white");
        decoded_free(&d);
        buf_free(&png);
    }
}

Test(figure, defaults_are_white_for_zero_and_diverging_for_signs)
{
    const float v[4] = {-3, 0, 3, 3};
    struct panel panel = {.rows = 2, .cols = 2, .values = v, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    struct figure figure = plan_of(&picture, &(struct render_options){0});
    struct buf png = rendered(&picture, &(struct render_options){0});
    struct decoded d = decode(&png);
    cr_expect_eq(pixel(&d, &figure, 0, 0, 1), 0xffffff);
    decoded_free(&d);
    buf_free(&png);
    picture.scale = (struct scale){.lo = NAN, .hi = NAN, .diverging = true};
    figure = plan_of(&picture, &(struct render_options){0});
    png = rendered(&picture, &(struct render_options){0});
    d = decode(&png);
    cr_expect_eq(pixel(&d, &figure, 0, 0, 0), 0x053061); /* ColorBrewer's ends */
    cr_expect_eq(pixel(&d, &figure, 0, 1, 1), 0x67001f);
    cr_expect_eq(pixel(&d, &figure, 0, 0, 1), palette_rdbu.table[128]);
    decoded_free(&d);
    buf_free(&png);
}

static struct str label_list[600];

static void fill_labels(void)
{
    static const char *const some[] = {"[CLS]", "Ġcat", "我", "שלום", "👩‍👩‍👧", "\xff", "\n", "한국어"};
    for (size_t i = 0; i < 600; i++)
        label_list[i] = str_of(some[i % 8]);
}

Test(figure, every_column_of_512_tokens_is_seen)
{
    enum { T = 512 };
    float *v = calloc((size_t)T * T, sizeof *v);
    cr_assert_not_null(v);
    for (size_t i = 0; i < T; i++)
        v[i * T + 137] = 1;
    fill_labels();
    struct panel panel = {.rows = T, .cols = T, .values = v, .row_labels = label_list, .col_labels = label_list, .tick = 1.0 / T};
    struct picture picture = picture_of(&panel, 1);
    struct render_options sized = {0}, tiny = {.dpi = 72};
    cr_assert(render_size(STR("acl1"), &sized, NULL) && render_size(STR("acl1"), &tiny, NULL));
    const struct render_options plain = {0}, *options[] = {&plain, &sized, &tiny};
    for (size_t o = 0; o < 3; o++) {
        struct figure figure = plan_of(&picture, options[o]);
        struct buf png = rendered(&picture, options[o]);
        struct decoded d = decode(&png);
        size_t dark = 0, pool = maps_pool(&figure, figure.cell_h);
        cr_expect(o < 2 ? pool == 1 : pool > 1, "only 72 dpi is pooled");
        for (size_t i = 0; i < T; i++)
            for (size_t j = 137; j < 137 + pool; j++) /* pooled: in the pixel of its own middle, or of the next token's */
                if (pixel(&d, &figure, 0, i, j - pool / 2) == palette_blues.table[255]) {
                    dark++;
                    break;
                }
        static const size_t least[] = {T, T - 1, 500}; /* where cells are not whole pixels, the middle of an outer one may lie on the frame */
        cr_expect(dark >= least[o], "%zu of %d rows show the column at %g dpi", dark, T, figure.dpi);
        if (o == 0)
            for (size_t i = 1; i + 1 < T; i++)
                cr_assert(pixel(&d, &figure, 0, i, 136) == 0xffffff && pixel(&d, &figure, 0, i, 138) == 0xffffff, "blurred at %zu", i);
        decoded_free(&d);
        buf_free(&png);
    }
    free(v);
}

Test(figure, size_density_and_provenance)
{
    const float v[144] = {1};
    fill_labels();
    struct panel panel = {.rows = 12, .cols = 12, .values = v, .row_labels = label_list, .col_labels = label_list, .tick = 1.0 / 12};
    struct text_pair pairs[] = {{"Software", "gaze"}, {"Text", "我 喜欢"}, {"a b", "1"}};
    struct picture picture = picture_of(&panel, 1);
    picture.provenance = pairs;
    picture.n_provenance = 3;
    struct render_options options = {0};
    struct buf png = rendered(&picture, &options);
    struct decoded d = decode(&png);
    cr_expect(d.width > 1000 && d.width < 1500, "%zu pixels wide", d.width);
    cr_expect_eq(d.density, 11811); /* 300 / 0.0254 */
    cr_expect_str_eq(buf_cstr(&d.texts), "Software=gaze;Text=我 喜欢;a_b=1;");
    decoded_free(&d);
    buf_free(&png);
    cr_assert(render_size(STR("nature1"), &options, NULL));
    png = rendered(&picture, &options);
    d = decode(&png);
    cr_expect_eq(d.density, 23622); /* 600 / 0.0254 */
    cr_expect(labs((long)d.width - (long)ceil(89 / 25.4 * 600)) <= 1, "%zu pixels for 89 mm", d.width);
    decoded_free(&d);
    buf_free(&png);
}

Test(figure, sizes_are_read)
{
    static const struct {
        const char *text;
        double mm;
    } rows[] = {{"acl1", 77}, {"acl2", 160}, {"nature1", 89}, {"nature2", 183}, {"85mm", 85}, {"8.5cm", 85}, {"3.25in", 82.55}, {"72pt", 25.4}};
    static const char *const bad[] = {"", "acl3", "85", "mm", "-5cm", "0.1mm", "9m", "5 cm", "infin", "nanmm", "1e9cm"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct render_options o = {0};
        cr_expect(render_size(str_of(rows[i].text), &o, NULL), "%s", rows[i].text);
        cr_expect_float_eq(o.width, rows[i].mm * 72 / 25.4, 1e-9, "%s: %g", rows[i].text, o.width);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct render_options o = {0};
        struct err err = {0};
        cr_expect(!render_size(str_of(bad[i]), &o, &err) && err.code == ERR_ARG && o.width == 0, "'%s'", bad[i]);
    }
}

Test(figure, what_cannot_be_drawn_is_an_error)
{
    const float v[1] = {1};
    struct panel panels[40];
    for (size_t i = 0; i < 40; i++)
        panels[i] = (struct panel){.rows = 1, .cols = 1, .values = v, .tick = NAN};
    static const struct {
        const char *what, *palette;
        struct render_options options;
        enum err_code code;
    } rows[] = {{"palette", "jet", {.text = 8}, ERR_NOT_FOUND},
                {"text", NULL, {.text = 4}, ERR_ARG},
                {"text", NULL, {.text = 11}, ERR_ARG},
                {"dpi", NULL, {.dpi = 5}, ERR_ARG},
                {"width", NULL, {.width = 100}, ERR_ARG},
                {"pixels", NULL, {.width = 5600, .dpi = 2400}, ERR_LIMIT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct picture picture = picture_of(panels, 40);
        struct buf out = {0}, said = {0};
        struct err err = {0};
        picture.palette = rows[i].palette;
        picture.across = 40;
        cr_expect_not(renderer_png.render(&picture, &rows[i].options, &out, &said, &err), "row %zu", i);
        cr_expect_eq(err.code, rows[i].code, "row %zu: %s", i, err.message);
        cr_expect_gt(strlen(err.message), 10);
        buf_free(&out);
        buf_free(&said);
    }
}

Test(figure, reruns_are_byte_identical)
{
    float v[169];
    for (int i = 0; i < 169; i++)
        v[i] = (float)sin(i);
    fill_labels();
    unsigned char marks[13] = {1};
    struct panel panels[3];
    for (int k = 0; k < 3; k++)
        panels[k] = (struct panel){.rows = 13, .cols = 13, .values = v, .row_labels = label_list, .col_labels = label_list + k,
                                   .marked_cols = marks, .title = STR("L0.H0"), .tick = NAN};
    struct picture picture = picture_of(panels, 3);
    picture.scale = (struct scale){.lo = NAN, .hi = NAN, .diverging = true};
    picture.title = "again";
    struct render_options options = {.numbers = true};
    struct buf a = rendered(&picture, &options), b = rendered(&picture, &options);
    cr_expect(a.n == b.n && memcmp(a.data, b.data, a.n) == 0);
    buf_free(&a);
    buf_free(&b);
}

Test(figure, odd_shapes_and_values_do_not_crash)
{
    static const size_t shapes[][2] = {{0, 0}, {0, 5}, {5, 0}, {1, 1}, {1, 600}, {600, 1}, {2, 3}, {40, 41}};
    const float fills[] = {0, 1, NAN, INFINITY, -INFINITY, -3e38f};
    unsigned char hidden[2000];
    float *v = calloc(2000, sizeof *v);
    cr_assert_not_null(v);
    fill_labels();
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        for (size_t f = 0; f < sizeof fills / sizeof fills[0]; f++) {
            for (size_t i = 0; i < 2000; i++)
                v[i] = f % 2 && i % 3 == 0 ? -fills[f] : fills[f], hidden[i] = i % 5 == 0;
            struct panel panels[2] = {
                {.rows = shapes[s][0], .cols = shapes[s][1], .values = v, .masked = hidden, .row_labels = label_list, .tick = NAN},
                {.rows = shapes[s][1], .cols = shapes[s][0], .values = v, .col_labels = label_list, .tick = 0.5}};
            struct picture picture = picture_of(panels, (s + f) % 3);
            picture.scale = (struct scale){.kind = (enum scale_kind)(f % 4), .lo = NAN, .hi = NAN, .diverging = s % 2};
            struct render_options options = {.numbers = f % 2, .dpi = 72};
            struct buf png = rendered(&picture, &options);
            struct decoded d = decode(&png);
            decoded_free(&d);
            buf_free(&png);
        }
    }
    free(v);
}

Test(figure, renderers_are_found_by_name_and_suffix)
{
    for (const struct renderer *const *r = renderers; *r; r++) {
        cr_expect((*r)->name && (*r)->suffixes && (*r)->summary && (*r)->render);
        cr_expect_eq(renderer_find(str_of((*r)->name)), *r);
    }
    cr_expect_eq(renderer_find(STR("PNG")), &renderer_png);
    cr_expect_eq(renderer_find(STR("ans")), &renderer_ansi);
    cr_expect_null(renderer_find(STR("gif")));
    cr_expect_null(renderer_find(STR("")));
    cr_expect_null(renderer_find(STR("txt text")));
}

Test(figure, every_renderer_draws_a_picture)
{
    const float v[4] = {0, 0.5f, 1, NAN};
    struct panel panel = {.rows = 2, .cols = 2, .values = v, .tick = 0.5};
    struct picture picture = picture_of(&panel, 1);
    for (const struct renderer *const *r = renderers; *r; r++) {
        struct buf out = {0}, said = {0};
        struct err err = {0};
        cr_expect((*r)->render(&picture, &(struct render_options){0}, &out, &said, &err), "%s: %s", (*r)->name, err.message);
        cr_expect_gt(out.n, 50, "%s", (*r)->name);
        cr_expect_eq(said.n, 0, "%s", buf_cstr(&said));
        buf_free(&out);
        buf_free(&said);
    }
}

/* U+10FFFD is for private use: no font has it. */
Test(figure, what_no_font_has_is_said_once_beside_the_figure)
{
    const float v[4] = {0, 0.5f, 1, 0};
    const struct str labels[] = {STR("the"), STR("\U0010fffd\U0010fffd")}, note = STR("a note");
    struct panel panel = {.rows = 2, .cols = 2, .values = v, .row_labels = labels, .col_labels = labels, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    struct buf out = {0}, said = {0};
    struct err err = {0};
    picture.notes = &note;
    picture.n_notes = 1;
    cr_assert(renderer_png.render(&picture, &(struct render_options){0}, &out, &said, &err), "%s", err.message);
    cr_expect_str_eq(buf_cstr(&said),
                     "a note\nwarning: no installed font has \U0010fffd (U+10FFFD): boxes stand for them in the figure\n", "%s",
                     buf_cstr(&said));
    buf_free(&out);
    buf_free(&said);
}

Test(figure, the_package_of_what_no_font_has_is_named)
{
    struct canvas canvas = {.lacking = {0x13000, 0x4e00, 0x12000, 0x1f600}, .n_lacking = 4};
    struct buf said = {0};
    figure_lacking(&canvas, &said);
    cr_expect_str_eq(buf_cstr(&said),
                     "warning: no installed font has \U00013000 (U+13000), \U00012000 (U+12000): boxes stand for them in the figure; "
                     "apt install fonts-noto-core brings a font\n"
                     "warning: no installed font has \u4e00 (U+4E00): boxes stand for them in the figure; apt install fonts-noto-cjk "
                     "brings a font\n"
                     "warning: no installed font has \U0001f600 (U+1F600): boxes stand for them in the figure; "
                     "apt install fonts-noto-color-emoji brings a font\n",
                     "%s", buf_cstr(&said));
    buf_free(&said);
}

Test(figure, a_cancelled_figure_is_no_file)
{
    const float v[4] = {0, 0.5f, 1, 0};
    struct panel panel = {.rows = 2, .cols = 2, .values = v, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    struct buf out = {0}, said = {0};
    struct err err = {0};
    cancel_request();
    cr_expect_not(renderer_png.render(&picture, &(struct render_options){0}, &out, &said, &err));
    cr_expect(err.code == ERR_CANCELLED && out.n == 0, "%s", err.message);
    cancel_clear();
    buf_free(&out);
    buf_free(&said);
}

/* 500 columns on 77 mm: one takes a third of a point. */
Test(figure, a_marked_column_of_500_tokens_is_drawn_wide_enough_to_be_seen)
{
    enum { N = 500 };
    static float v[N * N];
    static unsigned char marked[N];
    for (size_t i = 0; i < N; i++)
        v[i * N] = v[i * N + 250] = 1;
    marked[0] = marked[250] = 1;
    struct panel panel = {.rows = N, .cols = N, .values = v, .marked_cols = marked, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    struct render_options options = {.width = 77 * 72 / 25.4};
    struct figure figure = plan_of(&picture, &options);
    struct buf out = {0}, said = {0};
    struct err err = {0};
    cr_assert(renderer_png.render(&picture, &options, &out, &said, &err), "%s", err.message);
    struct decoded d = decode(&out);
    size_t y = (size_t)((figure.grid_y + figure.head + 0.4 * figure.map_h) * figure.dpi / 72), dark = 0;
    double x0 = figure.grid_x + figure.row_labels;
    for (size_t x = (size_t)((x0 + 0.4 * figure.map_w) * figure.dpi / 72); x < (size_t)((x0 + 0.6 * figure.map_w) * figure.dpi / 72); x++)
        dark += d.rgb[3 * (y * d.width + x)] < 100;
    cr_expect(dark >= 6 && dark <= 7, "%zu of the 6.7 pixels that 0.8 points are", dark);
    cr_expect(strstr(buf_cstr(&said), "marked columns are drawn wider"), "%s", buf_cstr(&said));
    decoded_free(&d);
    buf_free(&out);
    buf_free(&said);
}

/* 6 layers of 12 heads by a measure of 0 to 14.8: at 7.7 cm a cell has room for two digits, at 16 cm for a decimal too. */
Test(figure, numbers_lose_decimals_before_they_touch_and_are_left_out_only_then)
{
    static float values[72];
    struct err err = {0};
    struct canvas *measure = canvas_pixels_new(100, 100, 72, &err);
    cr_assert(measure, "%s", err.message);
    for (size_t i = 0; i < 72; i++)
        values[i] = 14.8F * (float)i / 71;
    struct panel panel = {.rows = 6, .cols = 12, .values = values, .tick = NAN};
    const struct {
        double width;
        int decimals;
        bool numbers;
    } rows[] = {{453, 1, true}, {218, 0, true}, {110, 0, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct picture picture = {.panels = &panel, .n_panels = 1, .scale = {.lo = 0, .hi = 14.8, .decimals = 1, .clip_hi = 100}};
        struct render_options options = {.numbers = true, .width = rows[i].width};
        struct figure f;
        cr_assert(figure_plan(&picture, &options, measure, &f, &err), "%s", err.message);
        cr_expect_eq(f.numbers, rows[i].numbers, "%.0f points", rows[i].width);
        cr_expect_eq(f.picture.scale.decimals, rows[i].decimals, "%.0f points: %d", rows[i].width, f.picture.scale.decimals);
        struct text_style style = {.size = fmax(5, 0.8 * f.text)};
        double widest = measure->ops->extents(measure, &style, rows[i].decimals ? STR("14.8") : STR("15")).width;
        cr_expect(!f.numbers || widest < 0.95 * f.cell_w, "%.0f points: %.1f in %.1f", rows[i].width, widest, f.cell_w);
    }
    measure->ops->free(measure);
}
