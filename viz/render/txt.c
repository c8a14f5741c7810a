/* Plain text: the terminal's picture in shades, without colours. */
#include "viz/render/cells.h"
#include "viz/render/renderer.h"

static bool render_txt(const struct picture *picture, const struct render_options *options, struct buf *out,
                       struct buf *remarks, struct err *err)
{
    (void)remarks; /* all that is to be said stands in the text */
    struct cells_options cells = {.columns = options->columns ? options->columns : 100,
                                  .depth = DEPTH_MONO,
                                  .numbers = options->numbers};
    struct cell_grid grid;
    if (!cells_picture(picture, &cells, &grid, err))
        return false;
    cells_encode(&grid, DEPTH_MONO, out);
    grid_free(&grid);
    return buf_ok(out, err);
}

const struct renderer renderer_txt = {
    .name = "txt",
    .suffixes = "txt text",
    .summary = "text in shades, without colours",
    .render = render_txt,
};
