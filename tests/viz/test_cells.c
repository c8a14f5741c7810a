/* Terminal pictures: colours of chosen cells, widths for hostile labels, mono without escapes, odd shapes. Lines are measured
 * here after taking the escape sequences out again. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "viz/render/cells.h"

static struct picture picture_of(struct panel *panels, size_t n)
{
    return (struct picture){.panels = panels,
                            .n_panels = n,
                            .scale = {.lo = NAN, .hi = NAN},
                            .value_name = "attention probability",
                            .row_axis = "Query",
                            .col_axis = "Key"};
}

/* Draw and encode; the test fails where that fails. */
static struct buf drawn(const struct picture *picture, const struct cells_options *options)
{
    struct cell_grid grid;
    struct err err = {0};
    struct buf out = {0};
    cr_assert(cells_picture(picture, options, &grid, &err), "%s", err.message);
    cells_encode(&grid, options->depth, &out);
    cr_assert_not(out.failed);
    grid_free(&grid);
    return out;
}

/* Columns of the widest line once "ESC [ … m" is taken out; *others counts other control bytes but line ends. */
static size_t widest(const struct buf *text, size_t *lines, size_t *others)
{
    struct buf line = {0};
    size_t most = 0;
    *lines = *others = 0;
    for (size_t i = 0; i < text->n; i++) {
        unsigned char c = (unsigned char)text->data[i];
        if (c == '\n') {
            size_t columns = text_width(buf_view(&line));
            most = columns > most ? columns : most;
            line.n = 0;
            ++*lines;
        } else if (c == 27 && i + 1 < text->n && text->data[i + 1] == '[') {
            for (i += 2; i < text->n && (strchr("0123456789;", text->data[i])); i++)
                ;
            *others += i >= text->n || text->data[i] != 'm';
        } else {
            *others += c < 32 || c == 127;
            buf_char(&line, (char)c);
        }
    }
    *others += line.n != 0; /* the last line has its end too */
    buf_free(&line);
    return most;
}

static const enum depth depths[] = {DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256, DEPTH_TRUE};
enum { DEPTHS = sizeof depths / sizeof depths[0] };

/* ---- colours ---- */

Test(cells, colours_of_cells_are_the_palettes)
{
    /* values k/255 of a scale 0 … 1 are the table's own rows: viridis as published */
    const float v[5] = {0, 128 / 255.f, 1, NAN, NAN};
    const unsigned char hidden[5] = {0, 0, 0, 1, 0};
    struct panel panel = {.rows = 1, .cols = 5, .values = v, .masked = hidden, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    picture.scale = (struct scale){.lo = 0, .hi = 1};
    struct buf out = drawn(&picture, &(struct cells_options){.columns = 60, .depth = DEPTH_TRUE});
    cr_expect(strstr(buf_cstr(&out), "48;2;68;1;84m  \033"), "%s", buf_cstr(&out));     /* 440154 */
    cr_expect(strstr(buf_cstr(&out), "48;2;33;145;140m  \033"), "%s", buf_cstr(&out));  /* 21918c */
    cr_expect(strstr(buf_cstr(&out), "48;2;253;231;37m  \033"), "%s", buf_cstr(&out));  /* fde725 */
    cr_expect(strstr(buf_cstr(&out), "48;2;111;111;111m  \033"), "%s", buf_cstr(&out)); /* masked */
    cr_expect(strstr(buf_cstr(&out), "48;2;255;0;255m  \033"), "%s", buf_cstr(&out));  /* not finite */
    cr_expect(strstr(buf_cstr(&out), " masked"), "the legend says what grey is");
    cr_expect(strstr(buf_cstr(&out), " not a number"), "and what is no number: %s", buf_cstr(&out));
    buf_free(&out);
}

Test(cells, half_blocks_have_two_exact_colours)
{
    enum { T = 42 };
    float *v = calloc((size_t)T * T, sizeof *v);
    cr_assert_not_null(v);
    v[0 * T + 7] = 1;           /* upper half of the first line */
    v[1 * T + 7] = 128 / 255.f; /* its lower half */
    struct panel panel = {.rows = T, .cols = T, .values = v, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    struct cell_grid grid;
    struct err err = {0};
    cr_assert(cells_picture(&picture, &(struct cells_options){.columns = 80, .depth = DEPTH_TRUE}, &grid, &err));
    size_t found = 0;
    for (size_t i = 0; i < grid.rows * grid.columns; i++) {
        const struct cell *c = &grid.cells[i];
        if (c->n != 3 || memcmp(c->text, "▀", 3) != 0 || c->style.fg.rgb.r != 0xfd)
            continue;
        found++;
        cr_expect(c->style.fg.rgb.g == 0xe7 && c->style.fg.rgb.b == 0x25);
        cr_expect(c->style.bg.rgb.r == 0x21 && c->style.bg.rgb.g == 0x91 && c->style.bg.rgb.b == 0x8c);
    }
    cr_expect_eq(found, 1);
    grid_free(&grid);
    free(v);
}

Test(cells, a_diverging_scale_takes_a_diverging_palette_and_zero_its_middle)
{
    const float v[3] = {-2, 0, 1};
    struct panel panel = {.rows = 1, .cols = 3, .values = v, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    picture.scale.diverging = true;
    struct buf out = drawn(&picture, &(struct cells_options){.columns = 60, .depth = DEPTH_TRUE});
    char middle[40];
    struct rgb m = rgb_of(palette_rdbu.table[128]), low = rgb_of(palette_rdbu.table[0]);
    snprintf(middle, sizeof middle, "48;2;%d;%d;%dm  \033", m.r, m.g, m.b);
    cr_expect(strstr(buf_cstr(&out), middle), "%s", buf_cstr(&out));
    snprintf(middle, sizeof middle, "48;2;%d;%d;%dm  \033", low.r, low.g, low.b);
    cr_expect(strstr(buf_cstr(&out), middle), "%s", buf_cstr(&out));
    buf_free(&out);
}

Test(cells, sixteen_colours_are_named_by_their_numbers)
{
    for (unsigned index = 0; index < 16; index++) {
        struct colour colour = {.kind = COLOUR_INDEX, .index = (unsigned char)index};
        struct buf out = {0};
        char want[40];
        unsigned fg = index < 8 ? 30 + index : 82 + index; /* 90 to 97 */
        snprintf(want, sizeof want, "\033[0;%u;%um", fg, fg + 10);
        style_encode(&(struct style){.fg = colour, .bg = colour}, DEPTH_16, &out);
        cr_expect_str_eq(buf_cstr(&out), want, "colour %u", index);
        buf_free(&out);
    }
}

Test(cells, few_colours_are_the_ramps_and_only_those_the_terminal_has)
{
    float v[32];
    for (int i = 0; i < 32; i++)
        v[i] = (float)i / 31;
    struct panel panel = {.rows = 1, .cols = 32, .values = v, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    for (size_t d = 1; d < DEPTHS - 1; d++) {
        struct cell_grid grid;
        struct err err = {0};
        struct ramp ramp;
        palette_ramp(&palette_viridis, depths[d], &ramp);
        cr_assert(cells_picture(&picture, &(struct cells_options){.columns = 100, .depth = depths[d]}, &grid, &err));
        unsigned seen[256] = {0}, limit = depths[d] == DEPTH_8 ? 8 : depths[d] == DEPTH_16 ? 16 : 256;
        for (size_t i = 0; i < grid.rows * grid.columns; i++) {
            const struct style *s = &grid.cells[i].style;
            cr_assert(s->bg.kind != COLOUR_RGB && s->fg.kind != COLOUR_RGB);
            cr_assert(s->bg.kind != COLOUR_INDEX || s->bg.index < limit);
            if (s->bg.kind == COLOUR_INDEX)
                seen[s->bg.index]++;
        }
        for (size_t k = 0; k < ramp.n; k++)
            cr_expect(seen[ramp.index[k]], "depth %d: colour %d of the ramp is not used", depths[d], ramp.index[k]);
        grid_free(&grid);
    }
}

Test(cells, masked_cells_and_those_not_finite_have_colours_that_no_value_has)
{
    for (const struct palette *const *p = palettes; *p; p++) {
        for (size_t d = 1; d < DEPTHS; d++) {
            struct scale scale = {.lo = -1, .hi = 1, .diverging = (*p)->diverging};
            struct ink ink;
            cr_assert(ink_init(&ink, (*p)->name, &scale, depths[d], NULL));
            struct rgb grey = ink_colour(&ink, NAN).rgb, pink = ink_colour(&ink, INFINITY).rgb;
            cr_assert(pink.r != grey.r || pink.g != grey.g || pink.b != grey.b, "%s at depth %d", (*p)->name, depths[d]);
            for (int i = -512; i <= 512; i++) {
                struct rgb c = ink_colour(&ink, i / 512.0).rgb;
                cr_assert(c.r != grey.r || c.g != grey.g || c.b != grey.b, "%s at depth %d, %d/512", (*p)->name, depths[d], i);
                cr_assert(c.r != pink.r || c.g != pink.g || c.b != pink.b, "%s at depth %d, %d/512", (*p)->name, depths[d], i);
            }
        }
    }
}

/* ---- width and bytes ---- */

static const char *const hostile[] = {
    "\033[31mred", "a\nb", "\t", "\xff\xfe", "\xc3", "", " ", "我喜欢你们大家", "שלום", "👩‍👩‍👧‍👦👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "\u0301\u0302", "e\u0301\u0301",
    "\u200b", "\u202eevil", "한국어", "\u0e01\u0e33\u0e49", "⚠️", "ﷺ", "averyveryverylongtokenthatdoesnotend", "\x7f", "\xc2\x85", "▁the", "Ġ",
};
enum { HOSTILE = sizeof hostile / sizeof hostile[0] };

static struct str *hostile_labels(size_t n)
{
    struct str *labels = calloc(n + 1, sizeof *labels);
    cr_assert_not_null(labels);
    for (size_t i = 0; i < n; i++)
        labels[i] = str_of(hostile[i % HOSTILE]);
    labels[n] = (struct str){"a\0b", 3};
    return labels;
}

Test(cells, no_line_is_wider_than_asked_and_no_label_reaches_the_terminal)
{
    static const size_t sizes[] = {1, 2, 12, 24, 40, 41, 100, 300}, widths[] = {1, 2, 7, 20, 40, 79, 80, 133, 200};
    char zalgo[2002] = "z";
    for (size_t i = 1; i + 2 < sizeof zalgo; i += 2)
        memcpy(zalgo + i, "\xcc\x81", 2);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t n = sizes[s], lines, others;
        float *v = calloc(n * n, sizeof *v);
        struct str *labels = hostile_labels(n), notes[2] = {str_of("a note of \033]0;evil\007 and 我 and more than one line of it"), STR("")};
        unsigned char *marks = calloc(n, 1);
        cr_assert(v && marks);
        labels[0] = str_of(zalgo);
        for (size_t i = 0; i < n * n; i++)
            v[i] = (float)(i % 17) / 17;
        marks[0] = marks[n / 2] = 1;
        struct panel panels[3];
        for (size_t k = 0; k < 3; k++)
            panels[k] = (struct panel){.rows = n, .cols = n, .values = v, .row_labels = labels, .col_labels = labels, .marked_cols = marks,
                                       .title = str_of(hostile[k]), .tick = 1.0 / (double)n};
        struct picture picture = picture_of(panels, 1);
        picture.title = "\033[2Jtitle";
        picture.value_name = "\033[Hname";
        picture.notes = notes;
        picture.n_notes = 2;
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            for (size_t d = 0; d < 2 * DEPTHS; d++) {
                picture.n_panels = d % 2 ? 3 : 1;
                struct cells_options options = {.columns = widths[w], .depth = depths[d / 2], .numbers = d % 2 == 0 && n <= 24};
                struct buf out = drawn(&picture, &options);
                size_t most = widest(&out, &lines, &others);
                cr_expect(most <= widths[w], "%zu tokens, depth %d, %zu panels: %zu columns of %zu", n, options.depth, picture.n_panels, most,
                          widths[w]);
                cr_expect_eq(others, 0, "%zu tokens: %zu control bytes", n, others);
                cr_expect_eq(utf8_invalid_at(buf_view(&out)), out.n, "not UTF-8");
                cr_expect_gt(lines, 1);
                if (options.depth == DEPTH_MONO)
                    cr_expect_null(memchr(out.data, 27, out.n), "an escape byte in mono");
                buf_free(&out);
            }
        }
        free(v);
        free(labels);
        free(marks);
    }
}

Test(cells, control_characters_are_spelled_out)
{
    const float v[4] = {0};
    struct str labels[2] = {STR("\033[31m"), STR("\xe2\x80\xae" "evil")};
    struct panel panel = {.rows = 2, .cols = 2, .values = v, .row_labels = labels, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    struct buf out = drawn(&picture, &(struct cells_options){.columns = 60});
    cr_expect(strstr(buf_cstr(&out), "\\x1b[31m") && strstr(buf_cstr(&out), "\\u{202e}evil"), "%s", buf_cstr(&out));
    buf_free(&out);
}

Test(cells, several_panels_fit_the_lines_they_are_given)
{
    float v[144];
    for (int i = 0; i < 144; i++)
        v[i] = (float)(i % 13);
    struct panel panels[144];
    char titles[144][32];
    for (int k = 0; k < 144; k++) {
        snprintf(titles[k], sizeof titles[k], "L%d.H%d", k / 12, k % 12);
        panels[k] = (struct panel){.rows = 12, .cols = 12, .values = v, .title = str_of(titles[k]), .tick = NAN};
    }
    struct picture picture = picture_of(panels, 144);
    struct cells_options options = {.columns = 120, .depth = DEPTH_TRUE};
    size_t lines, others;
    struct buf out = drawn(&picture, &options);
    widest(&out, &lines, &others);
    cr_expect_leq(lines, 64, "%zu lines", lines);
    for (int k = 0; k < 144; k++)
        cr_expect(strstr(buf_cstr(&out), titles[k]), "%s is missing", titles[k]);
    buf_free(&out);
    picture.across = 12;
    options.columns = 100;
    out = drawn(&picture, &options);
    for (int k = 0; k < 144; k += 12) {
        const char *first = strstr(buf_cstr(&out), titles[k]), *last = strstr(buf_cstr(&out), titles[k + 11]);
        cr_expect(first && last && !memchr(first, '\n', (size_t)(last - first)), "%s … %s are not in one row", titles[k], titles[k + 11]);
    }
    buf_free(&out);
    picture.n_panels = 6;
    picture.across = 2;
    out = drawn(&picture, &options);
    const char *third = strstr(buf_cstr(&out), "L0.H2"), *second = strstr(buf_cstr(&out), "L0.H1");
    cr_expect(third && second && memchr(second, '\n', (size_t)(third - second)), "two panels a row were asked for");
    buf_free(&out);
}

Test(cells, a_panel_fits_the_lines_it_is_given)
{
    enum { T = 128 };
    float *v = calloc((size_t)T * T, sizeof *v);
    unsigned char marks[T] = {1};
    cr_assert_not_null(v);
    struct panel panel = {.rows = T, .cols = T, .values = v, .marked_cols = marks, .title = STR("L0.H0"), .tick = 1.0 / T};
    struct picture picture = picture_of(&panel, 1);
    v[0] = 1;
    for (size_t rows = 14; rows < 90; rows += 5) {
        for (size_t d = 0; d < DEPTHS; d++) {
            size_t lines, others;
            struct buf out = drawn(&picture, &(struct cells_options){.columns = 200, .rows = rows, .depth = depths[d]});
            widest(&out, &lines, &others);
            cr_expect(lines <= rows && lines + 14 > (rows < 70 ? rows : 70) / 2, "%zu lines of %zu at depth %d", lines, rows, depths[d]);
            buf_free(&out);
        }
    }
    free(v);
}

Test(cells, panels_side_by_side_do_not_touch)
{
    float v[50 * 50];
    for (int i = 0; i < 50 * 50; i++)
        v[i] = 1;
    struct panel panels[3];
    for (int k = 0; k < 3; k++)
        panels[k] = (struct panel){.rows = 50, .cols = 50, .values = v, .tick = NAN};
    struct picture picture = picture_of(panels, 3);
    static const size_t across[] = {0, 1, 2, 3};
    for (size_t a = 0; a < 4; a++) {
        picture.across = across[a];
        struct buf out = drawn(&picture, &(struct cells_options){.columns = 170});
        size_t run = 0, longest = 0;
        for (size_t i = 0; i + 2 < out.n; i += run ? 3 : 1) {
            run = memcmp(out.data + i, "█", 3) == 0 ? run + 1 : 0;
            longest = run > longest ? run : longest;
        }
        cr_expect(longest > 10 && longest <= 50, "%zu across: %zu full cells in a row", across[a], longest);
        buf_free(&out);
    }
}

Test(cells, a_picture_says_what_it_did)
{
    enum { T = 512 };
    float *v = calloc((size_t)T * T, sizeof *v);
    struct str *labels = calloc(T, sizeof *labels);
    unsigned char *marks = calloc(T, 1);
    cr_assert(v && labels && marks);
    v[3] = 0.83f;
    labels[3] = STR("[CLS]");
    marks[3] = 1;
    struct panel panel = {.rows = T, .cols = T, .values = v, .col_labels = labels, .marked_cols = marks, .tick = 1.0 / T};
    struct picture picture = picture_of(&panel, 1);
    picture.scale.kind = SCALE_SQRT;
    struct buf out = drawn(&picture, &(struct cells_options){.columns = 100});
    static const char *const words[] = {"0.00 ▏", "▕ 0.83  attention probability (sqrt)", "│ 1/512", "▼ marked: 3 [CLS]",
                                        "pooled: a cell shows the largest |value| of 12 × 6, its sign kept", "Query↓ Key→"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        cr_expect(strstr(buf_cstr(&out), words[i]), "'%s' is missing in\n%s", words[i], buf_cstr(&out));
    buf_free(&out);
    free(v);
    free(labels);
    free(marks);
}

Test(cells, numbers_stand_in_large_cells)
{
    const float v[4] = {0.834f, 0, 1, NAN}, logits[4] = {-12.3f, 4.56f, -0.04f, 0};
    const unsigned char hidden[4] = {0, 0, 0, 1};
    struct panel panel = {.rows = 2, .cols = 2, .values = v, .masked = hidden, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    struct buf out = drawn(&picture, &(struct cells_options){.columns = 60, .numbers = true});
    cr_expect(strstr(buf_cstr(&out), ".83 .00") && strstr(buf_cstr(&out), "1.0 ····"), "%s", buf_cstr(&out));
    buf_free(&out);
    panel.masked = NULL;
    out = drawn(&picture, &(struct cells_options){.columns = 60, .numbers = true});
    cr_expect(strstr(buf_cstr(&out), "1.0 ××××"), "%s", buf_cstr(&out));
    buf_free(&out);
    panel.values = logits;
    picture.scale.diverging = true;
    out = drawn(&picture, &(struct cells_options){.columns = 60, .numbers = true});
    cr_expect(strstr(buf_cstr(&out), "-12   5") && strstr(buf_cstr(&out), "0   0") && !strstr(buf_cstr(&out), "-0 "), "%s", buf_cstr(&out));
    buf_free(&out);
}

Test(cells, mono_tells_signs_apart)
{
    struct scale scale = {.lo = -1, .hi = 1, .diverging = true};
    struct ink ink;
    cr_assert(ink_init(&ink, NULL, &scale, DEPTH_MONO, NULL));
    cr_expect_str_eq(ink_shade(&ink, 1), "█");
    cr_expect_str_eq(ink_shade(&ink, -1), "#");
    cr_expect_str_eq(ink_shade(&ink, 0), " ");
    cr_expect_str_eq(ink_shade(&ink, NAN), "·");
    cr_expect_str_eq(ink_shade(&ink, -INFINITY), "×");
    cr_expect_eq(ink_colour(&ink, 1).kind, COLOUR_DEFAULT);
}

Test(cells, an_unknown_palette_is_an_error_with_the_known_names)
{
    struct panel panel = {.tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    struct cell_grid grid;
    struct err err = {0};
    picture.palette = "jet";
    cr_expect_not(cells_picture(&picture, &(struct cells_options){.columns = 60}, &grid, &err));
    cr_expect(err.code == ERR_NOT_FOUND && strstr(err.message, "jet") && strstr(err.message, "viridis") && strstr(err.message, "vik"));
}

/* ---- odd shapes ---- */

Test(cells, odd_shapes_and_values_do_not_crash)
{
    static const size_t shapes[][2] = {{0, 0}, {0, 5}, {5, 0}, {1, 1}, {1, 600}, {600, 1}, {2, 3}, {41, 1}, {1, 41}, {40, 41}};
    const float fills[] = {0, 1, -1, NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e-45f};
    float *v = calloc(2000, sizeof *v);
    cr_assert_not_null(v);
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        for (size_t f = 0; f < sizeof fills / sizeof fills[0]; f++) {
            for (size_t i = 0; i < 2000; i++)
                v[i] = f % 2 && i % 3 == 0 ? -fills[f] : fills[f];
            struct panel panels[2] = {{.rows = shapes[s][0], .cols = shapes[s][1], .values = v, .tick = NAN},
                                      {.rows = shapes[s][1], .cols = shapes[s][0], .values = v, .tick = 0.5}};
            for (size_t k = 0; k < DEPTHS * 12; k++) {
                struct picture picture = picture_of(panels, k % 3);
                picture.scale.diverging = k & 1;
                picture.scale.kind = (enum scale_kind)(k / 3 % 4);
                struct cells_options options = {.columns = 50, .rows = k % 2 ? 20 : 0, .depth = depths[k % DEPTHS], .numbers = k % 4 == 0};
                size_t lines, others;
                struct buf out = drawn(&picture, &options);
                cr_assert(widest(&out, &lines, &others) <= 50, "%zu×%zu", shapes[s][0], shapes[s][1]);
                buf_free(&out);
            }
        }
    }
    free(v);
}

/* ---- pieces ---- */

Test(cells, a_part_of_a_map_stands_where_heat_place_says)
{
    enum { T = 30 };
    float v[T * T] = {0};
    v[11 * T + 17] = 1;
    struct panel panel = {.rows = T, .cols = T, .values = v, .tick = NAN};
    struct scale scale = {.lo = 0, .hi = 1};
    struct ink ink;
    cr_assert(ink_init(&ink, NULL, &scale, DEPTH_TRUE, NULL));
    static const struct heat_view views[] = {
        {.row = 5, .col = 9, .pool_rows = 1, .pool_cols = 1, .cell_columns = 2},
        {.row = 4, .col = 2, .pool_rows = 1, .pool_cols = 1, .cell_columns = 1, .half = true},
        {.row = 0, .col = 0, .pool_rows = 3, .pool_cols = 3, .cell_columns = 1, .half = true},
        {.row = 10, .col = 16, .pool_rows = 2, .pool_cols = 1, .cell_columns = 4},
    };
    for (size_t k = 0; k < sizeof views / sizeof views[0]; k++) {
        struct cell_grid grid;
        struct cell_rect rect = {2, 3, 9, 40}, place;
        bool lower;
        cr_assert(grid_new(&grid, 60, 20, NULL));
        cells_heat(&grid, rect, &panel, &views[k], &ink);
        cr_assert(heat_place(rect, &views[k], 11, 17, &place, &lower), "view %zu", k);
        const struct cell *cell = grid_at(&grid, place.row, place.col);
        struct colour c = views[k].half && !lower ? cell->style.fg : cell->style.bg;
        cr_expect(c.rgb.r == 0xfd && c.rgb.g == 0xe7, "view %zu: %02x%02x%02x", k, c.rgb.r, c.rgb.g, c.rgb.b);
        size_t yellow = 0;
        for (size_t i = 0; i < grid.rows * grid.columns; i++) {
            const struct style *s = &grid.cells[i].style;
            size_t row = i / grid.columns, col = i % grid.columns;
            bool inside = row >= 2 && row < 11 && col >= 3 && col < 43;
            cr_assert(inside || (s->bg.kind == COLOUR_DEFAULT && grid.cells[i].n == 0), "drawn outside the rectangle");
            yellow += (s->bg.kind && s->bg.rgb.r == 0xfd) + (views[k].half && s->fg.kind && s->fg.rgb.r == 0xfd);
        }
        cr_expect_eq(yellow, views[k].cell_columns, "view %zu", k);
        cr_expect_not(heat_place(rect, &views[k], views[k].row ? views[k].row - 1 : 999, 17, &place, &lower));
        grid_free(&grid);
    }
}

Test(cells, wide_characters_are_never_cut_in_half)
{
    struct cell_grid grid;
    struct buf out = {0};
    cr_assert(grid_new(&grid, 6, 1, NULL));
    cr_expect_eq(grid_text(&grid, 0, 0, 5, STR("我喜欢"), (struct style){0}), 5); /* two of three and "…" */
    grid_text(&grid, 0, 1, 1, STR("x"), (struct style){0});                         /* over the right half of the first */
    grid_text(&grid, 0, 5, 2, STR("我"), (struct style){0});                        /* half outside */
    cells_encode(&grid, DEPTH_MONO, &out);
    cr_expect_str_eq(buf_cstr(&out), " x喜…\n");
    buf_free(&out);
    grid_free(&grid);
}

Test(cells, reruns_are_byte_identical)
{
    float v[169];
    for (int i = 0; i < 169; i++)
        v[i] = (float)sin(i);
    struct panel panel = {.rows = 13, .cols = 13, .values = v, .tick = NAN};
    struct picture picture = picture_of(&panel, 1);
    picture.scale.diverging = true;
    for (size_t d = 0; d < DEPTHS; d++) {
        struct cells_options options = {.columns = 80, .depth = depths[d]};
        struct buf a = drawn(&picture, &options), b = drawn(&picture, &options);
        cr_expect(a.n == b.n && memcmp(a.data, b.data, a.n) == 0, "depth %d", depths[d]);
        buf_free(&a);
        buf_free(&b);
    }
}

Test(cells, numbers_have_as_many_decimals_as_tell_values_apart)
{
    static const struct {
        double lo, hi;
        int decimals;
    } rows[] = {{0, 1, 2}, {1.3, 1.4, 3}, {0.004, 0.03, 3}, {-3.6, 3.6, 1}, {0, 100, 1}, {2, 2, 2}, {INFINITY, -INFINITY, 2}, {0, 1e-9, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(heat_decimals(rows[i].lo, rows[i].hi), rows[i].decimals, "row %zu: %d", i, heat_decimals(rows[i].lo, rows[i].hi));
    struct scale scale = {.lo = 0, .hi = 0.03, .decimals = 3};
    struct buf text = {0};
    heat_number(&text, &scale, 0.0042);
    cr_expect_str_eq(buf_cstr(&text), ".004");
    cr_expect_eq(heat_number_columns(&scale), 5);
    buf_free(&text);
}

Test(cells, numbers_below_one_have_two_digits_of_the_largest_and_no_nought_before_the_point)
{
    static const struct {
        double end, value;
        const char *text;
        size_t columns;
    } rows[] = {{0.078, -0.0372, "-.037", 6}, {0.078, 0.0002, ".000", 6}, {0.4, -0.0372, "-.04", 5}, {1, 0.534, ".53", 5},
                {1, -1, "-1.0", 5},           {3.6, -0.04, "0.0", 5},      {3.6, -3.55, "-3.5", 5},   {120, -99.6, "-100", 5}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scale scale = {.lo = -rows[i].end, .hi = rows[i].end, .diverging = true};
        struct buf text = {0};
        heat_number(&text, &scale, rows[i].value);
        cr_expect(strcmp(buf_cstr(&text), rows[i].text) == 0 && heat_number_columns(&scale) == rows[i].columns, "%g of %g: '%s', %zu columns",
                  rows[i].value, rows[i].end, buf_cstr(&text), heat_number_columns(&scale));
        buf_free(&text);
    }
}

Test(cells, a_number_of_noughts_alone_is_dim)
{
    cr_expect(heat_nought(STR(".00")) && heat_nought(STR("0.0")) && heat_nought(STR("0")));
    cr_expect(!heat_nought(STR(".01")) && !heat_nought(STR("-0.1")) && !heat_nought(STR("")));
    const float v[2] = {0.001F, 1};
    struct panel panel = {.rows = 1, .cols = 2, .values = v, .tick = NAN};
    struct picture picture = {.panels = &panel, .n_panels = 1, .scale = {.lo = 0, .hi = 1}};
    struct cell_grid grid;
    struct err err = {0};
    cr_assert(cells_picture(&picture, &(struct cells_options){.columns = 40, .depth = DEPTH_TRUE, .numbers = true}, &grid, &err));
    size_t dim = 0, bold = 0;
    for (size_t r = 0; r < grid.rows; r++)
        for (size_t c = 0; c < grid.columns; c++) {
            struct cell *cell = grid_at(&grid, r, c);
            bool digit = cell->n == 1 && cell->text[0] >= '0' && cell->text[0] <= '9' && cell->style.bg.kind != COLOUR_DEFAULT;
            dim += digit && cell->style.flags & CELL_DIM;
            bold += digit && !(cell->style.flags & CELL_DIM);
        }
    cr_expect(dim == 2 && bold == 2, "%zu dim digits of \".00\", %zu others of \"1.0\"", dim, bold);
    grid_free(&grid);
}

Test(cells, a_few_maps_are_stacked_before_they_are_made_smaller)
{
    enum { N = 24 };
    static float v[N * N];
    struct panel two[2];
    for (size_t k = 0; k < 2; k++)
        two[k] = (struct panel){.rows = N, .cols = N, .values = v, .title = STR("a title"), .tick = NAN};
    struct picture picture = picture_of(two, 2);
    picture.across = 2;
    const struct cells_options options = {.columns = 80, .depth = DEPTH_TRUE};
    struct buf out = drawn(&picture, &options);
    size_t lines, others;
    widest(&out, &lines, &others);
    cr_expect(lines > 2 * N, "%zu lines: each token has one of its own in both maps", lines);
    buf_free(&out);
}
