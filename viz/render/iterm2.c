/* The figure as pixels on a terminal that takes iTerm2's inline images (iTerm2, WezTerm, mintty): OSC 1337 with a PNG in base64. */
#include "viz/render/base64.h"
#include "viz/render/renderer.h"

static bool render_iterm2(const struct picture *picture, const struct render_options *options, struct buf *out, struct buf *remarks,
                          struct err *err)
{
    struct picture bare = *picture;
    struct buf png = {0};
    bare.n_provenance = 0; /* a screen keeps nothing */
    bool ok = renderer_png.render(&bare, options, &png, remarks, err);
    buf_printf(out, "\033]1337;File=inline=1;size=%zu:", png.n);
    base64_put(out, png.data, png.n);
    buf_puts(out, "\a\n");
    buf_free(&png);
    return ok && buf_ok(out, err);
}

const struct renderer renderer_iterm2 = {
    .name = "iterm2",
    .suffixes = "iterm2",
    .summary = "pixels on terminals with iTerm2's images",
    .render = render_iterm2,
};
