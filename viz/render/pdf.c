/* PDF: the figure as vectors, its text as text. The page is drawn by draw/canvas_pdf.c. */
#include "viz/render/figure.h"
#include "viz/render/provenance.h"
#include "viz/render/renderer.h"

static const char *value_of(const struct picture *picture, const char *key)
{
    for (size_t i = 0; i < picture->n_provenance; i++)
        if (str_is(str_of(picture->provenance[i].key), key))
            return picture->provenance[i].value;
    return NULL;
}

static bool render_pdf(const struct picture *picture, const struct render_options *options, struct buf *out, struct buf *remarks,
                       struct err *err)
{
    struct canvas *canvas = figure_render(picture, options, canvas_pdf_new, NULL, remarks, err);
    struct buf object = {0}, title = {0};
    provenance_json(picture, &object);
    buf_puts(&title, picture->title ? picture->title : value_of(picture, "Site") ? value_of(picture, "Site") : "attention");
    bool ok = canvas && buf_ok(&object, err) && buf_ok(&title, err) &&
              canvas_pdf_finish(canvas, buf_cstr(&title), value_of(picture, "Command"), buf_cstr(&object), out, err);
    buf_free(&object);
    buf_free(&title);
    if (canvas)
        canvas->ops->free(canvas);
    return ok;
}

const struct renderer renderer_pdf = {
    .name = "pdf",
    .suffixes = "pdf",
    .summary = "a page of vectors with embedded fonts",
    .render = render_pdf,
};
