/* A picture on any canvas. See figure.h. */
#include "viz/render/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/text.h"
#include "viz/chart/chart.h"

#define WIDEST (2000 * 72 / 25.4) /* points: two metres, as sizes go */

/* Where it is the width alone that is wrong: the whole millimetres that are enough, said behind the message. Returns false. */
static bool say_width(const struct picture *picture, const struct render_options *options, struct canvas *measure, struct err *err)
{
    const struct chart_kind *chart = picture_chart(picture);
    struct render_options other = *options;
    struct figure figure;
    double low = options->width, high = WIDEST, mm = 72 / 25.4;
    size_t length = err ? strlen(err->message) : 0;
    if (low <= 0 || !length)
        return false;
    for (other.width = high; high - low > 0.02 * mm; other.width = (low + high) / 2)
        if (chart->plan(picture, &other, measure, &figure, &(struct err){0}))
            high = other.width;
        else if (other.width >= WIDEST)
            return false;
        else
            low = other.width;
    snprintf(err->message + length, sizeof err->message - length, "; size=%.0fmm is wide enough", ceil(high / mm));
    return false;
}

bool figure_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                 struct figure *figure_out, struct err *err)
{
    return picture_chart(picture)->plan(picture, options, measure, figure_out, err) || say_width(picture, options, measure, err);
}

bool figure_draw(const struct figure *figure, struct canvas *canvas, struct err *err)
{
    return picture_chart(&figure->picture)->draw(figure, canvas, err);
}

static void put_remark(struct buf *remarks, struct str text)
{
    buf_str(remarks, text);
    buf_char(remarks, '\n');
}

/* Debian's name for the fonts that have a character. Of historical scripts and symbols Noto's core set has nearly all. */
static const char *package_of(int32_t cp)
{
    static const struct {
        int32_t first, last;
        const char *package;
    } rows[] = {
        {0x1100, 0x11ff, "fonts-noto-cjk"},     {0x2e80, 0x9fff, "fonts-noto-cjk"},         {0xa960, 0xa97f, "fonts-noto-cjk"},
        {0xac00, 0xd7ff, "fonts-noto-cjk"},     {0xe000, 0xf8ff, NULL},                     {0xf900, 0xfaff, "fonts-noto-cjk"},
        {0xfe30, 0xfe4f, "fonts-noto-cjk"},     {0xff00, 0xffef, "fonts-noto-cjk"},         {0x1f000, 0x1faff, "fonts-noto-color-emoji"},
        {0x20000, 0x3ffff, "fonts-noto-cjk"},   {0xf0000, 0x10ffff, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (cp >= rows[i].first && cp <= rows[i].last)
            return rows[i].package;
    return "fonts-noto-core";
}

void figure_lacking(const struct canvas *canvas, struct buf *remarks)
{
    bool said[CANVAS_LACKING] = {false};
    for (size_t i = 0; i < canvas->n_lacking; i++) {
        const char *package = package_of(canvas->lacking[i]);
        if (said[i])
            continue;
        buf_puts(remarks, "warning: no installed font has ");
        for (size_t k = i; k < canvas->n_lacking; k++) {
            const char *other = package_of(canvas->lacking[k]);
            char text[4];
            if (other != package && (!other || !package || strcmp(other, package) != 0))
                continue;
            said[k] = true;
            buf_puts(remarks, k > i ? ", " : "");
            buf_add(remarks, text, utf8_encode(canvas->lacking[k], text));
            buf_printf(remarks, " (U+%04X)", (unsigned)canvas->lacking[k]);
        }
        buf_puts(remarks, canvas->n_lacking == CANVAS_LACKING ? ", …" : "");
        buf_puts(remarks, ": boxes stand for them in the figure");
        if (package)
            buf_printf(remarks, "; apt install %s brings a font", package);
        buf_char(remarks, '\n');
    }
}

static bool set_font(struct canvas *canvas, const struct render_options *options, struct err *err)
{
    return canvas && (!options->font || canvas->ops->font(canvas, options->font, err));
}

static void say(const struct canvas *canvas, struct buf *remarks)
{
    figure_lacking(canvas, remarks);
    if (canvas->as_images)
        buf_printf(remarks, "maps of more than %d cells in all are drawn as images, a pixel a cell\n", CANVAS_VECTOR_ALL);
    else if (canvas->images)
        buf_printf(remarks, "%s of more than %d cells %s drawn as an image, a pixel a cell\n", canvas->images == 1 ? "a map" : "maps",
                   CANVAS_VECTOR_CELLS, canvas->images == 1 ? "is" : "are");
}

struct canvas *figure_render(const struct picture *picture, const struct render_options *options, canvas_maker new_canvas,
                             struct figure *figure_out, struct buf *remarks, struct err *err)
{
    struct canvas *measure = new_canvas(1, 1, 72, err), *canvas = NULL;
    struct figure figure = {0};
    bool ok = set_font(measure, options, err) && figure_plan(picture, options, measure, &figure, err);
    if (ok)
        canvas = new_canvas(figure.width, figure.height, figure.dpi, err);
    figure.remarks = remarks;
    for (size_t i = 0; i < picture->n_notes; i++)
        put_remark(remarks, picture->notes[i]);
    ok = set_font(canvas, options, err) && figure_draw(&figure, canvas, err);
    if (ok && cancel_requested())
        ok = err_set(err, ERR_CANCELLED, "cancelled");
    if (ok)
        say(canvas, remarks);
    if (!ok && canvas)
        canvas->ops->free(canvas);
    if (measure)
        measure->ops->free(measure);
    if (figure_out)
        *figure_out = figure;
    return ok ? canvas : NULL;
}
