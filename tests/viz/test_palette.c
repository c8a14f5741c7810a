/* Palettes: published colours, lightness, symmetry, and the ramps for terminals with few colours. Lightness is computed here
 * again from CIE 15, so that the library's own formula is held against something. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "viz/draw/cells.h"
#include "viz/palette/palette.h"
#include "viz/picture.h"

static double linear(unsigned char c)
{
    double v = c / 255.0;
    return v > 0.04045 ? pow((v + 0.055) / 1.055, 2.4) : v / 12.92;
}

/* L* of CIELAB: luminance of sRGB under D65, then the cube root law. */
static double lightness(struct rgb c)
{
    double y = 0.2126729 * linear(c.r) + 0.7151522 * linear(c.g) + 0.0721750 * linear(c.b);
    return y > 216.0 / 24389.0 ? 116 * cbrt(y) - 16 : y * 24389.0 / 27.0;
}

static unsigned hex(struct rgb c)
{
    return (unsigned)c.r << 16 | (unsigned)c.g << 8 | c.b;
}

Test(palette, names_are_unique_and_rows_are_whole)
{
    for (const struct palette *const *p = palettes; *p; p++) {
        cr_expect((*p)->name && (*p)->summary && (*p)->table && (*p)->n >= 256, "%s", (*p)->name);
        cr_expect_eq(palette_find(str_of((*p)->name)), *p, "%s", (*p)->name);
        for (const struct palette *const *q = palettes; q < p; q++)
            cr_expect(strcasecmp((*p)->name, (*q)->name) != 0, "%s twice", (*p)->name);
    }
    cr_expect_eq(palette_find(STR("RDBU")), &palette_rdbu);
    cr_expect_null(palette_find(STR("jet")));
    cr_expect_null(palette_find(STR("")));
}

Test(palette, published_colours_are_exact)
{
    /* matplotlib 3, `matplotlib.colormaps[name].colors[i]` times 255, rounded; Crameri 8.0 likewise */
    static const struct {
        const struct palette *palette;
        size_t i;
        unsigned hex;
    } rows[] = {
        {&palette_viridis, 0, 0x440154}, {&palette_viridis, 128, 0x21918c}, {&palette_viridis, 255, 0xfde725},
        {&palette_magma, 0, 0x000004},   {&palette_magma, 255, 0xfcfdbf},   {&palette_cividis, 0, 0x00224e},
        {&palette_cividis, 255, 0xfee838}, {&palette_batlow, 0, 0x011959},  {&palette_batlow, 255, 0xfaccfa},
        {&palette_grey, 0, 0x000000},    {&palette_grey, 255, 0xffffff},    {&palette_blues, 0, 0xffffff},
        {&palette_rdbu, 256, 0x67001f},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        const struct palette *p = rows[k].palette;
        struct rgb got = palette_at(p, (double)rows[k].i / (double)(p->n - 1));
        cr_expect_eq(hex(got), rows[k].hex, "%s[%zu]: %06x, published %06x", p->name, rows[k].i, hex(got), rows[k].hex);
    }
}

Test(palette, lightness_of_sequential_maps_never_turns)
{
    for (const struct palette *const *p = palettes; *p; p++) {
        if ((*p)->diverging)
            continue;
        double first = lightness(palette_at(*p, 0)), last = lightness(palette_at(*p, 1)), sign = last > first ? 1 : -1;
        cr_expect(fabs(last - first) > 70, "%s: only %.1f from end to end", (*p)->name, fabs(last - first));
        for (size_t i = 0; i + 1 < (*p)->n; i++) {
            double step = sign * (lightness(rgb_of((*p)->table[i + 1])) - lightness(rgb_of((*p)->table[i])));
            cr_expect(step > -0.05, "%s[%zu]: lightness turns by %.3f", (*p)->name, i, step); /* 8-bit rounding */
        }
        double before = lightness(palette_at(*p, 0));
        for (int i = 1; i <= 32; i++, before = lightness(palette_at(*p, (i - 1) / 32.0)))
            cr_expect(sign * (lightness(palette_at(*p, i / 32.0)) - before) > 0.5, "%s at %d/32", (*p)->name, i);
    }
}

Test(palette, diverging_maps_are_symmetric_in_lightness_and_lightest_in_the_middle)
{
    size_t found = 0;
    for (const struct palette *const *p = palettes; *p; p++) {
        if (!(*p)->diverging)
            continue;
        found++;
        for (int i = 0; i <= 128; i++) {
            double left = lightness(palette_at(*p, i / 256.0)), right = lightness(palette_at(*p, 1 - i / 256.0));
            cr_expect(fabs(left - right) < 0.5, "%s at ±%d: %.2f and %.2f", (*p)->name, 128 - i, left, right);
            if (i)
                cr_expect(left > lightness(palette_at(*p, (i - 1) / 256.0)) - 0.05, "%s at %d", (*p)->name, i);
        }
        struct rgb middle = palette_at(*p, 0.5);
        int spread = abs(middle.r - middle.g) + abs(middle.g - middle.b);
        cr_expect(spread <= 6, "%s: the middle %06x is not neutral", (*p)->name, hex(middle));
    }
    cr_expect_geq(found, 3);
}

Test(palette, single_hue_map_keeps_its_hue)
{
    for (int i = 40; i < 256; i++) {
        struct rgb c = rgb_of(palette_blues.table[i]);
        cr_expect(c.b > c.g && c.g > c.r, "blues[%d] = %06x", i, hex(c));
    }
}

Test(palette, masked_colour_is_none_of_the_map)
{
    for (const struct palette *const *p = palettes; *p; p++) {
        cr_expect_eq(hex(palette_at(*p, NAN)), (*p)->masked);
        for (size_t i = 0; i < (*p)->n; i++)
            cr_expect_neq((*p)->table[i], (*p)->masked, "%s[%zu]", (*p)->name, i);
    }
}

Test(palette, lab_agrees_with_published_values)
{
    /* Lindbloom's calculator, sRGB D65 */
    struct lab red = rgb_lab((struct rgb){255, 0, 0}), white = rgb_lab((struct rgb){255, 255, 255});
    cr_expect_float_eq(red.L, 53.24, 0.02);
    cr_expect_float_eq(red.a, 80.09, 0.05);
    cr_expect_float_eq(red.b, 67.20, 0.05);
    cr_expect_float_eq(white.L, 100, 0.01);
    cr_expect_float_eq(hypot(white.a, white.b), 0, 0.05);
}

Test(palette, terminal_ramps_have_no_inversions_and_enough_levels)
{
    static const size_t least[] = {[DEPTH_8] = 5, [DEPTH_16] = 6, [DEPTH_256] = 12};
    for (const struct palette *const *p = palettes; *p; p++) {
        for (enum depth depth = DEPTH_8; depth <= DEPTH_256; depth++) {
            struct ramp ramp, again;
            palette_ramp(*p, depth, &ramp);
            palette_ramp(*p, depth, &again);
            cr_expect(memcmp(&ramp, &again, sizeof ramp) == 0, "%s: another ramp the second time", (*p)->name);
            cr_expect_geq(ramp.n, least[depth], "%s at depth %d: %zu levels", (*p)->name, depth, ramp.n);
            size_t middle = (*p)->diverging ? ramp.n / 2 : ramp.n - 1;
            double whole = lightness(xterm_rgb(ramp.index[middle])) - lightness(xterm_rgb(ramp.index[0]));
            for (size_t i = 0; i + 1 < ramp.n; i++) {
                double step = lightness(xterm_rgb(ramp.index[i + 1])) - lightness(xterm_rgb(ramp.index[i]));
                double sign = (whole > 0) == (i < middle) ? 1 : -1;
                cr_expect(sign * step > 0.9, "%s at depth %d, level %zu: lightness steps by %.2f", (*p)->name, depth, i,
                          sign * step);
            }
            if ((*p)->diverging)
                cr_expect_eq(ramp.n % 2, 1, "%s: no middle", (*p)->name);
        }
    }
}

/* As the terminal shows it at a depth: what ink_colour gives, looked up in xterm's table; without colours how much of a cell is inked. */
static double seen_lightness(const struct ink *ink, enum depth depth, double value)
{
    static const char *const shades[] = {" ", "\u2591", "\u2592", "\u2593", "\u2588"};
    static const char *const below[] = {" ", ".", "-", "=", "#"};
    if (depth == DEPTH_MONO) {
        const char *shade = ink_shade(ink, value);
        for (int i = 0; i < 5; i++)
            if (strncmp(shade, shades[i], strlen(shades[i])) == 0 || strncmp(shade, below[i], 1) == 0)
                return -i;
        cr_assert(false, "no shade: '%s'", shade);
    }
    struct colour c = ink_colour(ink, value);
    return lightness(c.kind == COLOUR_RGB ? c.rgb : xterm_rgb(c.index));
}

static const enum depth every_depth[] = {DEPTH_MONO, DEPTH_8, DEPTH_256, DEPTH_TRUE};

Test(palette, a_sequential_scale_is_monotone_at_every_depth)
{
    for (const struct palette *const *p = palettes; *p; p++)
        for (size_t d = 0; d < 4 && !(*p)->diverging; d++) {
            struct ink ink;
            struct scale scale = {.lo = 0, .hi = 1, .clip_hi = 100};
            cr_assert(ink_init(&ink, (*p)->name, &scale, every_depth[d], NULL));
            double first = seen_lightness(&ink, every_depth[d], 0), last = seen_lightness(&ink, every_depth[d], 1), before = first;
            cr_expect(fabs(last - first) > (every_depth[d] == DEPTH_MONO ? 3.9 : 50), "%s at depth %d: %.1f from end to end", (*p)->name, (int)every_depth[d], last - first);
            for (int i = 1; i <= 400; i++) {
                double now = seen_lightness(&ink, every_depth[d], i / 400.0);
                cr_expect((now - before) * (last - first) >= -0.06 * fabs(last - first), "%s at depth %d turns at %d/400", (*p)->name, (int)every_depth[d], i);
                before = now;
            }
        }
}

/* A value and its negative are as far from the middle: as light with 24 bits, as many levels away where there are few colours (red
 * and blue of a terminal are not as light), as much ink where there are none. */
Test(palette, a_diverging_scale_is_symmetric_about_zero_at_every_depth)
{
    size_t found = 0;
    for (const struct palette *const *p = palettes; *p; p++)
        for (size_t d = 0; d < 4 && (*p)->diverging; d++, found++) {
            enum depth depth = every_depth[d];
            struct ink ink;
            struct scale scale = {.lo = -3, .hi = 3, .diverging = true, .clip_hi = 100};
            cr_assert(ink_init(&ink, (*p)->name, &scale, depth, NULL));
            for (int i = 0; i < 300; i++) { /* off the borders of levels, where either of two is right */
                double v = (i + 0.437) / 100.0;
                bool ramp = depth == DEPTH_8 || depth == DEPTH_256;
                double below = ramp ? (double)ramp_level(&ink.ramp, 0.5 - v / 6) : seen_lightness(&ink, depth, -v);
                double above = ramp ? (double)(ink.ramp.n - 1 - ramp_level(&ink.ramp, 0.5 + v / 6)) : seen_lightness(&ink, depth, v);
                cr_expect(fabs(below - above) < 0.5, "%s at depth %d, ±%g: %.2f and %.2f", (*p)->name, (int)depth, v, below, above);
            }
            double zero = seen_lightness(&ink, depth, 0);
            cr_expect(zero > seen_lightness(&ink, depth, 3) && zero > seen_lightness(&ink, depth, -3), "%s: 0 is the lightest", (*p)->name);
        }
    cr_expect_geq(found, 12);
}

/* Scores from -1 to 4: the range is made as wide below 0 as above, whatever the depth. */
Test(palette, the_range_of_a_diverging_scale_is_forced_symmetric)
{
    static const float values[] = {-1, 0.5f, 2, 4};
    struct panel panel = {.rows = 2, .cols = 2, .values = values, .tick = NAN};
    struct picture picture = {.panels = &panel, .n_panels = 1, .scale = {.lo = NAN, .hi = NAN, .diverging = true, .clip_hi = 100}};
    picture_fit_scale(&picture);
    cr_expect_eq(picture.scale.lo, -4);
    cr_expect_eq(picture.scale.hi, 4);
}

Test(palette, the_middle_level_of_a_diverging_ramp_is_the_lightest_and_stands_for_zero)
{
    for (const struct palette *const *p = palettes; *p; p++) {
        struct ramp ramp;
        palette_ramp(*p, DEPTH_256, &ramp);
        if (!(*p)->diverging)
            continue;
        cr_expect_eq(ramp_level(&ramp, 0.5), ramp.n / 2);
        cr_expect_eq(ramp_level(&ramp, 0), 0);
        cr_expect_eq(ramp_level(&ramp, 1), ramp.n - 1);
        for (size_t i = 0; i < ramp.n; i++)
            if (i != ramp.n / 2)
                cr_expect(lightness(xterm_rgb(ramp.index[i])) < lightness(xterm_rgb(ramp.index[ramp.n / 2])), "%s %zu",
                          (*p)->name, i);
    }
}

Test(palette, xterm_colours)
{
    static const struct {
        unsigned index, hex;
    } rows[] = {{16, 0x000000}, {21, 0x0000ff}, {67, 0x5f87af}, {196, 0xff0000}, {231, 0xffffff}, {232, 0x080808}, {255, 0xeeeeee}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(hex(xterm_rgb(rows[i].index)), rows[i].hex, "%u", rows[i].index);
        cr_expect_eq(hex(xterm_rgb(xterm_nearest(rgb_of(rows[i].hex), 256))), rows[i].hex, "nearest to %06x", rows[i].hex);
    }
}
