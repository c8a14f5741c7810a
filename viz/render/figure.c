/* A picture on any canvas, and what all charts draw with. See figure.h. */
#include "viz/render/figure.h"

#include "core/base/text.h"
#include "viz/chart/chart.h"

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

bool figure_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                 struct figure *figure_out, struct err *err)
{
    return picture_chart(picture)->plan(picture, options, measure, figure_out, err);
}

bool figure_draw(const struct figure *figure, struct canvas *canvas, struct err *err)
{
    return picture_chart(&figure->picture)->draw(figure, canvas, err);
}

struct canvas *figure_render(const struct picture *picture, const struct render_options *options, canvas_maker new_canvas,
                             double *dpi_out, struct err *err)
{
    struct canvas *measure = new_canvas(1, 1, 72, err), *canvas = NULL;
    struct figure figure = {0};
    bool ok = measure && figure_plan(picture, options, measure, &figure, err);
    if (ok)
        canvas = new_canvas(figure.width, figure.height, figure.dpi, err);
    ok = canvas && figure_draw(&figure, canvas, err);
    if (!ok && canvas)
        canvas->ops->free(canvas);
    if (measure)
        measure->ops->free(measure);
    *dpi_out = figure.dpi;
    return ok ? canvas : NULL;
}
