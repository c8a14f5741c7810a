/* PDF and SVG, looked at by programs that others wrote: fonts, labels, the colour of every cell once it is pixels. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../support/scratch.h"
#include "tools.h"
#include "viz/chart/maps.h"
#include "viz/render/figure.h"
#include "viz/render/provenance.h"
#include "viz/render/renderer.h"

/* Hebrew, Arabic, Chinese, an emoji, a combining mark, and what XML has a meaning for. */
static const struct str labels[] = {{"שלום", 8}, {"عربي", 8}, {"中文", 6}, {"😀", 4}, {"e\u0301", 3}, {"<a&\"b\">", 7}};
enum { N = sizeof labels / sizeof *labels };
static const struct text_pair pairs[] = {{"Software", "gaze 0"}, {"Command", "plot L0.H0 > a"}, {"Text", "שלום (a\\b)\n<b> 😀 %"}};

static float values[N * N];

static struct picture picture_of(struct panel *panel)
{
    for (size_t i = 0; i < N * N; i++)
        values[i] = (float)i / (N * N - 1);
    *panel = (struct panel){.rows = N, .cols = N, .values = values, .row_labels = labels, .col_labels = labels, .tick = 1.0 / N};
    return (struct picture){.panels = panel, .n_panels = 1, .scale = {.lo = 0, .hi = 1}, .palette = "viridis", .row_axis = "Query",
                            .col_axis = "Key", .value_name = "attention probability", .provenance = pairs, .n_provenance = 3};
}

static struct buf rendered(const struct renderer *renderer, const struct picture *picture, const struct render_options *options)
{
    struct buf out = {0}, remarks = {0};
    struct err err = {0};
    cr_assert(renderer->render(picture, options, &out, &remarks, &err), "%s", err.message);
    buf_free(&remarks);
    return out;
}

/* Render into a file of the scratch folder; its plan too. */
static struct figure written(const struct renderer *renderer, const struct picture *picture, const char *name)
{
    struct render_options options = {0};
    struct err err = {0};
    struct figure figure;
    struct buf out = rendered(renderer, picture, &options);
    scratch_write(name, out.data, out.n);
    buf_free(&out);
    struct canvas *measure = canvas_pdf_new(1, 1, 72, &err);
    cr_assert(measure && figure_plan(picture, &options, measure, &figure, &err), "%s", err.message);
    measure->ops->free(measure);
    return figure;
}

/* Every cell's middle, and a point a fifth of a cell from each of its corners, has the palette's colour for its value. */
static void check_colours(const struct figure *f, const char *pdf)
{
    enum { DPI = 288 };
    size_t w, h, wrong = 0;
    unsigned char *rgb = tool_pixels(pdf, DPI, &w, &h);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            for (int corner = 0; corner < 5; corner++) {
                double dx = corner == 0 ? 0.5 : corner % 2 ? 0.2 : 0.8, dy = corner == 0 ? 0.5 : corner < 3 ? 0.2 : 0.8;
                size_t x = (size_t)((f->grid_x + f->row_labels + ((double)j + dx) * f->cell_w) * DPI / 72);
                size_t y = (size_t)((f->grid_y + f->head + ((double)i + dy) * f->cell_h) * DPI / 72);
                cr_assert(x < w && y < h);
                struct rgb want = palette_at(&palette_viridis, (double)values[i * N + j]);
                const unsigned char *found = rgb + (y * w + x) * 3;
                wrong += abs(found[0] - want.r) > 1 || abs(found[1] - want.g) > 1 || abs(found[2] - want.b) > 1;
            }
    cr_expect_eq(wrong, 0, "%zu of %d points have another colour", wrong, N * N * 5);
    free(rgb);
}

Test(pages, pngcheck_finds_every_chunk_in_order_and_the_resolution_and_no_error)
{
    static const struct {
        double dpi; /* below and above the size from which pixels are compressed faster */
        const char *density;
    } rows[] = {{0, "11811x11811 pixels/meter (300 dpi)"}, {1200, "47244x47244 pixels/meter (1200 dpi)"}};
    struct panel panel;
    struct picture picture = picture_of(&panel);
    if (tool_missing("pngcheck"))
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct render_options options = {.dpi = rows[i].dpi};
        int status;
        struct buf file = rendered(&renderer_png, &picture, &options);
        scratch_write("a.png", file.data, file.n);
        struct buf said = tool_output("pngcheck -v a.png", &status);
        const char *report = buf_cstr(&said), *at = report;
        static const char *const chunks[] = {"chunk IHDR", "24-bit RGB", "chunk pHYs", "chunk tEXt", "chunk tEXt", "chunk iTXt", "chunk IDAT",
                                             "chunk IEND", "No errors detected"};
        for (size_t k = 0; at && k < sizeof chunks / sizeof *chunks; k++)
            at = strstr(at, chunks[k]) ? strstr(at, chunks[k]) + 1 : NULL;
        cr_expect(status == 0 && at && strstr(report, rows[i].density), "%s", report);
        buf_free(&said);
        buf_free(&file);
    }
}

Test(pages, pdf_cells_have_the_palettes_colours_once_they_are_pixels)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    if (tool_missing("pdftoppm"))
        return;
    struct figure f = written(&renderer_pdf, &picture, "a.pdf");
    check_colours(&f, "a.pdf");
}

Test(pages, svg_cells_have_the_palettes_colours_once_they_are_pixels)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    int status;
    if (tool_missing("pdftoppm") || tool_missing("rsvg-convert"))
        return;
    struct figure f = written(&renderer_svg, &picture, "a.svg");
    struct buf said = tool_output("rsvg-convert --dpi-x 72 --dpi-y 72 -f pdf -o svg.pdf a.svg", &status);
    cr_assert_eq(status, 0, "%s", buf_cstr(&said));
    check_colours(&f, "svg.pdf");
    buf_free(&said);
}

Test(pages, pdf_fonts_are_embedded_subsets_and_none_is_of_type_3)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    int status;
    if (tool_missing("pdffonts"))
        return;
    written(&renderer_pdf, &picture, "a.pdf");
    struct buf fonts = tool_output("pdffonts a.pdf", &status);
    cr_expect_null(strstr(buf_cstr(&fonts), "Type 3"), "%s", buf_cstr(&fonts));
    size_t n = 0;
    for (char *line = strtok(fonts.data, "\n"); line; line = strtok(NULL, "\n")) /* columns: … emb sub uni */
        if (strstr(line, "+") && ++n)
            cr_expect(strstr(line, " yes yes yes "), "%s", line);
    cr_expect_gt(n, 0);
    buf_free(&fonts);
}

/* The marks of direction that pdftotext puts around what reads leftward. */
static void drop_marks(struct buf *text)
{
    size_t n = 0;
    for (size_t i = 0; i < text->n; i++) {
        if (i + 2 < text->n && memcmp(text->data + i, "\xe2\x80", 2) == 0 && (unsigned char)text->data[i + 2] >= 0xaa &&
            (unsigned char)text->data[i + 2] <= 0xae)
            i += 2;
        else
            text->data[n++] = text->data[i];
    }
    text->n = n;
    buf_cstr(text);
}

Test(pages, pdf_labels_are_text_in_every_script)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    int status;
    if (tool_missing("pdftotext"))
        return;
    written(&renderer_pdf, &picture, "a.pdf");
    struct buf text = tool_output("pdftotext a.pdf -", &status);
    drop_marks(&text);
    cr_expect(strstr(buf_cstr(&text), "Query") && strstr(buf_cstr(&text), "attention probability") && strstr(buf_cstr(&text), "1/6"));
    struct buf lacks = tool_output("fc-list :charset=4e2d family", &status);
    for (size_t i = 0; i < N; i++) {
        bool composed = i == 4 && strstr(buf_cstr(&text), "\u00e9"); /* as pdftotext may write it */
        if (i != 2 || lacks.n)                                       /* a font for Chinese is there */
            cr_expect(composed || strstr(buf_cstr(&text), labels[i].s), "%s is not in\n%s", labels[i].s, buf_cstr(&text));
    }
    buf_free(&lacks);
    buf_free(&text);
}

Test(pages, svg_labels_are_text_elements_that_a_parser_of_xml_reads)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    int status;
    if (tool_missing("xmllint"))
        return;
    picture.title = "a < b & \"c\"";
    written(&renderer_svg, &picture, "a.svg");
    for (size_t i = 0; i < N; i++) {
        struct buf command = {0};
        buf_puts(&command, "xmllint --nonet --encode UTF-8 --xpath \"count(//*[local-name()='text'][.='");
        for (size_t k = 0; k < labels[i].n; k++)
            buf_puts(&command, labels[i].s[k] == '"' ? "\\\"" : (char[]){labels[i].s[k], 0});
        buf_puts(&command, "'])\" a.svg");
        struct buf out = tool_output(buf_cstr(&command), &status);
        cr_expect(status == 0 && strncmp(buf_cstr(&out), "2", 1) == 0, "%s: %s", labels[i].s, buf_cstr(&out));
        buf_free(&out);
        buf_free(&command);
    }
    struct buf title = tool_output("xmllint --nonet --xpath \"string(//*[local-name()='title'])\" a.svg", &status);
    cr_expect(strstr(buf_cstr(&title), picture.title), "%s", buf_cstr(&title));
    buf_free(&title);
}

/* Renderers that keep provenance. */
static const struct renderer *const keepers[] = {&renderer_png, &renderer_pdf, &renderer_svg, &renderer_tex, &renderer_html};
enum { KEEPERS = sizeof keepers / sizeof *keepers, DRAWN = 3 /* those of them that are drawn here */ };

Test(pages, provenance_is_read_back_from_every_format)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    static const struct str notes[] = {{"a <note>", 8}};
    picture.notes = notes;
    picture.n_notes = 1;
    for (size_t i = 0; i < KEEPERS; i++) {
        struct buf file = rendered(keepers[i], &picture, &(struct render_options){0}), text = {0};
        struct err err = {0};
        cr_expect(provenance_read(buf_view(&file), "a", &text, &err), "%s: %s", keepers[i]->name, err.message);
        cr_expect_str_eq(buf_cstr(&text),
                         "Software: gaze 0\nCommand: plot L0.H0 > a\nText: שלום (a\\b)\n  <b> 😀 %\nNote: a <note>\n", "%s",
                         keepers[i]->name);
        buf_free(&file);
        buf_free(&text);
    }
}

Test(pages, no_prefix_of_a_figure_and_no_other_file_breaks_the_reader_of_provenance)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    for (size_t i = 0; i < KEEPERS; i++) {
        struct buf file = rendered(keepers[i], &picture, &(struct render_options){0});
        for (size_t n = 0; n < file.n; n += n < 3000 ? 7 : 997) {
            char *copy = mem_copy_str((struct str){file.data, n}, NULL); /* so that a read behind its end is seen */
            struct buf text = {0};
            struct err err = {0};
            bool ok = provenance_read((struct str){copy, n}, "a", &text, &err);
            cr_expect(ok || strstr(err.message, "a:") == err.message, "%s, %zu bytes: %s", keepers[i]->name, n, err.message);
            buf_free(&text);
            free(copy);
        }
        buf_free(&file);
    }
}

Test(pages, the_same_figure_is_the_same_bytes_again)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    for (size_t i = 0; renderers[i]; i++) {
        struct buf a = rendered(renderers[i], &picture, &(struct render_options){0});
        struct buf b = rendered(renderers[i], &picture, &(struct render_options){0});
        cr_expect(a.n == b.n && memcmp(a.data, b.data, a.n) == 0, "%s", renderers[i]->name);
        buf_free(&a);
        buf_free(&b);
    }
}

Test(pages, a_font_that_is_not_installed_is_one_clear_error)
{
    struct panel panel;
    struct picture picture = picture_of(&panel);
    for (size_t i = 0; i < DRAWN; i++) {
        struct buf out = {0}, remarks = {0};
        struct err err = {0};
        cr_expect_not(keepers[i]->render(&picture, &(struct render_options){.font = "No Such Font"}, &out, &remarks, &err));
        cr_expect(strstr(err.message, "No Such Font") && strstr(err.message, "DejaVu Sans") && out.n == 0, "%s: %s", keepers[i]->name,
                  err.message);
        buf_free(&remarks);
        buf_free(&out);
    }
}

Test(pages, a_map_of_512_tokens_is_less_than_a_megabyte_and_says_that_it_is_an_image)
{
    enum { T = 512 };
    static float noise[T * T];
    unsigned long long state = 7;
    for (size_t i = 0; i < T * T; i++)
        noise[i] = (float)draw(&state, 1000) / 1000;
    struct panel panel = {.rows = T, .cols = T, .values = noise, .tick = NAN};
    struct picture picture = {.panels = &panel, .n_panels = 1, .scale = {.lo = 0, .hi = 1}};
    for (size_t i = 1; i < DRAWN; i++) {
        struct buf out = {0}, remarks = {0};
        struct err err = {0};
        cr_assert(keepers[i]->render(&picture, &(struct render_options){0}, &out, &remarks, &err), "%s", err.message);
        cr_expect_lt(out.n, keepers[i] == &renderer_pdf ? 1000000 : 1400000, "%s: %zu bytes", keepers[i]->name, out.n);
        cr_expect(strstr(buf_cstr(&remarks), "as an image, a pixel a cell"), "%s", buf_cstr(&remarks));
        buf_free(&out);
        buf_free(&remarks);
    }
}

/* A map alone would be rectangles, of which 24 such maps have 220,000. */
Test(pages, maps_of_many_cells_in_all_are_images_one_and_all_with_the_colours_of_their_values)
{
    enum { T = 96, MAPS = 24, DPI = 600 };
    static float noise[T * T];
    struct panel panels[MAPS];
    unsigned long long state = 7;
    for (size_t i = 0; i < T * T; i++)
        noise[i] = (float)draw(&state, 1000) / 1000;
    for (size_t k = 0; k < MAPS; k++)
        panels[k] = (struct panel){.rows = T, .cols = T, .values = noise, .tick = NAN};
    struct picture picture = {.panels = panels, .n_panels = MAPS, .scale = {.lo = 0, .hi = 1}, .palette = "viridis"};
    struct render_options options = {.width = 454};
    for (size_t i = 1; i < DRAWN; i++) {
        struct buf out = {0}, remarks = {0};
        struct err err = {0};
        cr_assert(keepers[i]->render(&picture, &options, &out, &remarks, &err), "%s", err.message);
        cr_expect_lt(out.n, 1000000, "%s: %zu bytes", keepers[i]->name, out.n);
        cr_expect(strstr(buf_cstr(&remarks), "maps of more than 160000 cells in all are drawn as images, a pixel a cell\n"), "%s: %s",
                  keepers[i]->name, buf_cstr(&remarks));
        if (keepers[i] == &renderer_pdf)
            scratch_write("many.pdf", out.data, out.n);
        buf_free(&out);
        buf_free(&remarks);
    }
    picture.n_panels = 6; /* 55,000 */
    struct buf few = rendered(&renderer_svg, &picture, &options);
    cr_expect_not(strstr(buf_cstr(&few), "<image"));
    buf_free(&few);
    picture.n_panels = MAPS;
    if (tool_missing("pdftoppm"))
        return;
    struct err err = {0};
    struct figure figure;
    struct canvas *measure = canvas_pdf_new(1, 1, 72, &err);
    cr_assert(measure && figure_plan(&picture, &options, measure, &figure, &err), "%s", err.message);
    measure->ops->free(measure);
    size_t w, h, wrong = 0;
    unsigned char *rgb = tool_pixels("many.pdf", DPI, &w, &h);
    struct box box = maps_box(&figure, MAPS - 1);
    for (size_t i = 0; i < T; i++)
        for (size_t j = 0; j < T; j++) {
            size_t x = (size_t)((box.x + ((double)j + 0.5) * figure.cell_w) * DPI / 72);
            size_t y = (size_t)((box.y + ((double)i + 0.5) * figure.cell_h) * DPI / 72);
            struct rgb want = figure_colour(&figure, noise[i * T + j]);
            const unsigned char *have = rgb + 3 * (y * w + x);
            wrong += have[0] != want.r || have[1] != want.g || have[2] != want.b;
        }
    cr_expect_eq(wrong, 0, "%zu cells of %d", wrong, T * T);
    free(rgb);
}
