/* What all charts draw with. See figure.h. */
#include "viz/draw/figure.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/base/text.h"
#include "viz/scale.h"

const struct rgb figure_ink = {0x22, 0x22, 0x22}, figure_pale = {0x55, 0x55, 0x55}, figure_grey = {0x77, 0x77, 0x77};

struct rgb figure_accent(void)
{
    return (struct rgb){0xd5, 0x5e, 0x00};
}

struct extents figure_extents(struct canvas *canvas, const struct text_style *style, struct str text)
{
    struct buf escaped = {0};
    text_escape(&escaped, text);
    struct extents size = canvas->ops->extents(canvas, style, buf_view(&escaped));
    buf_free(&escaped);
    return size;
}

void figure_text(struct canvas *canvas, struct point at, const struct text_style *style, struct str text)
{
    struct buf escaped = {0};
    text_escape(&escaped, text);
    canvas->ops->text(canvas, at, style, buf_view(&escaped));
    buf_free(&escaped);
}

double figure_side_height(const struct figure *f, struct canvas *measure, struct str name)
{
    struct text_style style = {.size = f->small};
    return fmin(400, figure_extents(measure, &style, name).width + 1.05 * f->text);
}

void figure_side_name(const struct figure *f, struct canvas *canvas, struct point at, struct text_style *style, struct str name)
{
    double room = f->height - f->text;
    if (figure_extents(canvas, style, name).width > room)
        style->size = f->small;
    if (figure_extents(canvas, style, name).width > room)
        style->width = room;
    double half = fmin(figure_extents(canvas, style, name).width, room) / 2;
    at.y = fmin(fmax(at.y, half + 0.4 * f->text), f->height - half - 0.4 * f->text);
    figure_text(canvas, at, style, name);
}

bool figure_narrow(double width, struct err *err, const char *what, ...)
{
    char text[200];
    va_list list;
    va_start(list, what);
    vsnprintf(text, sizeof text, what, list);
    va_end(list);
    return err_set(err, ERR_ARG, "a figure %.1f mm wide has no room for %s", width * 25.4 / 72, text);
}

bool figure_colours(struct figure *f, struct err *err)
{
    const char *name = f->picture.palette;
    if (!(f->picture.scale.lo < f->picture.scale.hi))
        picture_fit_scale(&f->picture);
    f->palette = name ? palette_find(str_of(name)) : f->picture.scale.diverging ? &palette_rdbu : &palette_blues;
    return f->palette || err_set(err, ERR_NOT_FOUND, "palette '%s': not known", name);
}

void figure_put_colour(const struct figure *f, float value, struct rgb *out)
{
    if (isinf(value))
        *out = rgb_not_finite();
    else
        palette_put(f->palette, scale_position(&f->picture.scale, value), out);
}

struct rgb figure_colour(const struct figure *f, float value)
{
    struct rgb colour;
    figure_put_colour(f, value, &colour);
    return colour;
}

bool figure_type(struct figure *f, const struct render_options *options, struct err *err)
{
    bool sized = options->width > 0;
    f->text = options->text > 0 ? options->text : sized ? 7 : 8;
    f->small = f->text * 0.88 < 5 ? 5 : f->text * 0.88;
    f->dpi = options->dpi > 0 ? options->dpi : sized ? 600 : 300;
    if (f->text < 5 || f->text > 10)
        return err_set(err, ERR_ARG, "text=%g: expected 5 to 10 points", f->text);
    if (f->dpi < 30 || f->dpi > 2400)
        return err_set(err, ERR_ARG, "dpi=%g: expected 30 to 2400", f->dpi);
    return true;
}
