/* What all charts draw with. See figure.h. */
#include "viz/draw/figure.h"

#include "core/base/text.h"

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
