/* The colour of a value at a terminal's depth. See cells.h. */
#include <math.h>

#include "viz/draw/cells.h"

static bool unknown_palette(const char *name, struct err *err)
{
    struct buf names = {0};
    for (const struct palette *const *p = palettes; *p; p++)
        buf_printf(&names, "%s%s", p == palettes ? "" : ", ", (*p)->name);
    err_set(err, ERR_NOT_FOUND, "palette '%s': not known; there are %s", name, buf_cstr(&names));
    buf_free(&names);
    return false;
}

bool ink_refit(struct ink *ink, const char *palette, const struct scale *scale, enum depth depth, struct err *err)
{
    const struct palette *p = scale->diverging ? &palette_rdbu : &palette_viridis;
    if (palette)
        p = palette_find(str_of(palette));
    if (!p)
        return unknown_palette(palette, err);
    if (ink->palette != p || ink->depth != depth || !ink->ramp.n)
        palette_ramp(p, depth, &ink->ramp);
    ink->palette = p;
    ink->scale = *scale;
    ink->depth = depth;
    return true;
}

bool ink_init(struct ink *ink_out, const char *palette, const struct scale *scale, enum depth depth, struct err *err)
{
    *ink_out = (struct ink){0};
    return ink_refit(ink_out, palette, scale, depth, err);
}

static struct colour indexed(unsigned index)
{
    return (struct colour){COLOUR_INDEX, xterm_rgb(index), (unsigned char)index};
}

struct colour ink_rgb(enum depth depth, struct rgb rgb)
{
    switch (depth) {
    case DEPTH_TRUE:
        return (struct colour){COLOUR_RGB, rgb, 0};
    case DEPTH_256:
        return indexed(xterm_nearest(rgb, 256));
    case DEPTH_16:
        return indexed(xterm_nearest(rgb, 16));
    case DEPTH_8:
        return indexed(xterm_nearest(rgb, 8));
    case DEPTH_MONO:
        break;
    }
    return (struct colour){0};
}

/* A terminal's colour that the ramp does not hold, near `want`, and is not `taken` (-1: none); `grey`: one without hue. */
static struct colour beside_ramp(const struct ink *ink, struct rgb want, bool grey, int taken)
{
    if (ink->depth == DEPTH_TRUE || ink->depth == DEPTH_MONO)
        return ink_rgb(ink->depth, want);
    unsigned end = ink->depth == DEPTH_256 ? 256 : ink->depth == DEPTH_16 ? 16 : 8, best = 0;
    double least = INFINITY;
    struct lab target = rgb_lab(want);
    for (unsigned i = end == 256 ? 16 : 0; i < end; i++) {
        bool used = (int)i == taken;
        for (size_t k = 0; k < ink->ramp.n; k++)
            used = used || ink->ramp.index[k] == i;
        struct lab lab = rgb_lab(xterm_rgb(i));
        double d = fabs(lab.L - target.L) + (grey ? 2 * hypot(lab.a, lab.b) : hypot(lab.a - target.a, lab.b - target.b));
        if (!used && d < least) {
            least = d;
            best = i;
        }
    }
    return indexed(best);
}

struct colour ink_at(const struct ink *ink, double position)
{
    if (ink->depth == DEPTH_MONO)
        return (struct colour){0};
    if (isnan(position))
        return beside_ramp(ink, rgb_of(ink->palette->masked), true, -1);
    if (ink->ramp.n)
        return indexed(ink->ramp.index[ramp_level(&ink->ramp, position)]);
    return (struct colour){COLOUR_RGB, palette_at(ink->palette, position), 0};
}

struct colour ink_colour(const struct ink *ink, double value)
{
    if (isinf(value) && ink->depth != DEPTH_MONO)
        return beside_ramp(ink, rgb_not_finite(), false, ink_at(ink, NAN).index);
    return ink_at(ink, scale_position(&ink->scale, value));
}

struct colour ink_over(const struct ink *ink, struct colour background)
{
    if (ink->depth == DEPTH_MONO || background.kind == COLOUR_DEFAULT)
        return (struct colour){0};
    bool dark = rgb_ink(background.rgb).r == 255;
    if (ink->depth == DEPTH_TRUE)
        return (struct colour){COLOUR_RGB, rgb_ink(background.rgb), 0};
    return indexed(ink->depth == DEPTH_256 ? (dark ? 231 : 16) : ink->depth == DEPTH_16 ? (dark ? 15 : 0) : (dark ? 7 : 0));
}

const char *ink_shade(const struct ink *ink, double value)
{
    return isinf(value) ? "×" : ink_shade_at(ink, scale_position(&ink->scale, value));
}

const char *ink_shade_at(const struct ink *ink, double position)
{
    static const char *const up[5] = {" ", "░", "▒", "▓", "█"}, *const down[5] = {" ", ".", "-", "=", "#"};
    if (isnan(position))
        return "·";
    double size = ink->scale.diverging ? fabs(2 * position - 1) : position;
    size_t level = size >= 1 ? 4 : (size_t)(size * 5);
    return ink->scale.diverging && position < 0.5 ? down[level] : up[level];
}
