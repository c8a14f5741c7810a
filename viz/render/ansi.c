/* The terminal's picture with 24-bit colour sequences, for `cat` and `less -R`. */
#include "viz/render/cells.h"
#include "viz/render/renderer.h"

static bool render_ansi(const struct picture *picture, const struct render_options *options, struct buf *out,
                       struct buf *remarks, struct err *err)
{
    (void)remarks; /* all that is to be said stands in the text */
    struct cells_options cells = {.columns = options->columns ? options->columns : 100,
                                  .depth = DEPTH_TRUE,
                                  .numbers = options->numbers};
    struct cell_grid grid;
    if (!cells_picture(picture, &cells, &grid, err))
        return false;
    cells_encode(&grid, DEPTH_TRUE, out);
    grid_free(&grid);
    return buf_ok(out, err);
}

const struct renderer renderer_ansi = {
    .name = "ansi",
    .suffixes = "ansi ans",
    .summary = "text with 24-bit colour sequences",
    .render = render_ansi,
};
