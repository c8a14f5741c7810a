/* The figure as pixels on a terminal that speaks kitty's graphics protocol (kitty, Ghostty, Konsole, WezTerm): a PNG in base64,
 * in pieces of 4096 bytes, all but the last marked m=1. */
#include "viz/render/base64.h"
#include "viz/render/renderer.h"

static bool render_kitty(const struct picture *picture, const struct render_options *options, struct buf *out, struct buf *remarks,
                         struct err *err)
{
    enum { PIECE = 4096 };
    struct picture bare = *picture;
    struct buf png = {0}, text = {0};
    bare.n_provenance = 0; /* a screen keeps nothing */
    bool ok = renderer_png.render(&bare, options, &png, remarks, err);
    if (ok)
        base64_put(&text, png.data, png.n);
    for (size_t at = 0; at < text.n; at += PIECE) {
        size_t n = text.n - at < PIECE ? text.n - at : PIECE;
        buf_printf(out, at ? "\033_Gm=%d;" : "\033_Ga=T,f=100,q=2,m=%d;", at + n < text.n);
        buf_add(out, text.data + at, n);
        buf_puts(out, "\033\\");
    }
    buf_puts(out, "\n");
    ok = ok && buf_ok(&text, err) && buf_ok(out, err);
    buf_free(&png);
    buf_free(&text);
    return ok;
}

const struct renderer renderer_kitty = {
    .name = "kitty",
    .suffixes = "kitty",
    .summary = "pixels on terminals with kitty's graphics",
    .render = render_kitty,
};
