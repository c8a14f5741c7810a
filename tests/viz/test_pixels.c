/* Pixels for terminals: kitty's pieces, iTerm2's frame, sixels taken apart again. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/chart/maps.h"
#include "viz/palette/palette.h"
#include "viz/render/figure.h"
#include "viz/render/renderer.h"

static const float values[4] = {0, 0.25f, 0.5f, 1};
static const struct panel panel = {.rows = 2, .cols = 2, .values = values, .tick = NAN};
static const struct picture picture = {.panels = &panel, .n_panels = 1, .scale = {.lo = 0, .hi = 1}};
static const struct render_options options = {.dpi = 72};

static struct buf rendered(const struct renderer *renderer)
{
    struct buf out = {0}, remarks = {0};
    struct err err = {0};
    cr_assert(renderer->render(&picture, &options, &out, &remarks, &err), "%s", err.message);
    buf_free(&remarks);
    buf_cstr(&out);
    return out;
}

Test(pixels, kitty_gets_a_png_in_pieces_the_last_of_which_says_so)
{
    struct buf out = rendered(&renderer_kitty);
    cr_expect(strncmp(out.data, "\033_Ga=T,f=100,q=2,m=1;iVBORw0KGgo", 32) == 0 || strncmp(out.data, "\033_Ga=T,f=100,q=2,m=0;iVBORw0KGgo", 32) == 0);
    size_t more = 0, last = 0;
    for (const char *at = out.data; (at = strstr(at, "\033_G")); at++) {
        const char *semicolon = strchr(at, ';'), *end = strstr(at, "\033\\");
        cr_assert(semicolon && end && end - semicolon - 1 <= 4096);
        more += semicolon[-1] == '1';
        last += semicolon[-1] == '0';
        cr_expect(semicolon[-1] == '0' || (end - semicolon - 1) == 4096, "pieces but the last are full");
    }
    cr_expect(last == 1, "%zu pieces and %zu last ones", more, last);
    buf_free(&out);
}

Test(pixels, iterm2_gets_its_frame)
{
    struct buf out = rendered(&renderer_iterm2);
    cr_expect(strncmp(out.data, "\033]1337;File=inline=1;size=", 26) == 0 && strstr(out.data, ":iVBORw0KGgo") && out.data[out.n - 2] == '\a');
    buf_free(&out);
}

static size_t unpack(const char *s, size_t n, unsigned char *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bytes = 0;
    unsigned held = 0;
    int bits = 0;
    for (size_t i = 0; i < n && s[i] != '='; i++) {
        const char *at = strchr(letters, s[i]);
        cr_assert(at && s[i], "no letter of base64: '%c'", s[i]);
        held = held << 6 | (unsigned)(at - letters);
        if ((bits += 6) >= 8)
            out[bytes++] = (unsigned char)(held >> (bits -= 8));
    }
    return bytes;
}

/* What the terminal decodes is the file that renderer_png writes, byte for byte: the same pixels, the same resolution. */
Test(pixels, kittys_and_iterm2s_bytes_decode_to_the_png_of_the_figure)
{
    struct buf png = rendered(&renderer_png);
    const struct renderer *const protocols[] = {&renderer_kitty, &renderer_iterm2};
    for (size_t k = 0; k < 2; k++) {
        struct buf out = rendered(protocols[k]);
        unsigned char *bytes = malloc(out.n);
        size_t n = 0;
        if (k == 0) { /* pieces, each ESC _ G keys ; base64 ESC backslash: whole groups of four letters but for the last */
            for (const char *at = out.data; (at = strstr(at, "\033_G")); at++) {
                const char *begin = strchr(at, ';') + 1;
                n += unpack(begin, (size_t)(strstr(begin, "\033\\") - begin), bytes + n);
            }
        } else {
            const char *begin = strchr(out.data, ':') + 1;
            unsigned long size;
            cr_assert(sscanf(out.data, "\033]1337;File=inline=1;size=%lu", &size) == 1);
            cr_expect_eq(size, png.n);
            n = unpack(begin, (size_t)(strchr(begin, '\a') - begin), bytes);
        }
        cr_expect(n == png.n && memcmp(bytes, png.data, n) == 0, "%s: %zu bytes, the file has %zu", protocols[k]->name, n, png.n);
        free(bytes);
        buf_free(&out);
    }
    buf_free(&png);
}

/* Sixels as colours: 0xRRGGBB in steps of a hundredth, [w·h]. */
static unsigned *decode(const char *s, size_t *w_out, size_t *h_out)
{
    unsigned w, h, palette[256] = {0}, colour = 0;
    int n;
    cr_assert_eq(sscanf(s, "\033Pq\"1;1;%u;%u%n", &w, &h, &n), 2);
    unsigned *out = calloc((size_t)w * (h + 6), sizeof *out);
    size_t x = 0, y = 0;
    for (s += n; *s && *s != '\033';) {
        unsigned i, r, g, b, times = 1;
        if (*s == '#' && sscanf(s, "#%u;2;%u;%u;%u%n", &i, &r, &g, &b, &n) == 4) {
            palette[i] = r << 16 | g << 8 | b;
            s += n;
        } else if (*s == '#' && sscanf(s, "#%u%n", &colour, &n) == 1) {
            s += n;
        } else if (*s == '$' || *s == '-') {
            y += *s == '-' ? 6 : 0;
            x = 0;
            s++;
        } else {
            if (*s == '!' && sscanf(s, "!%u%n", &times, &n) == 1)
                s += n;
            unsigned bits = (unsigned)(*s++ - '?');
            cr_assert_lt(bits, 64);
            for (; times; times--, x++)
                for (unsigned k = 0; k < 6; k++)
                    if (bits >> k & 1) {
                        cr_assert(x < w && y + k < h, "a sixel outside");
                        out[(y + k) * w + x] = palette[colour];
                    }
        }
    }
    *w_out = w;
    *h_out = h;
    return out;
}

/* Every pixel of the figure, not its cells alone: as near as 32 steps a channel, given in hundredths, allow. */
Test(pixels, sixels_decode_to_the_pixels_of_the_figure)
{
    struct buf out = rendered(&renderer_sixel), remarks = {0};
    struct err err = {0};
    const uint32_t *words;
    size_t w, h, width, height, stride, off = 0;
    struct canvas *canvas = figure_render(&picture, &options, canvas_pixels_new, NULL, &remarks, &err);
    cr_assert(canvas && canvas_pixels(canvas, &words, &width, &height, &stride, &err), "%s", err.message);
    unsigned *rgb = decode(out.data, &w, &h);
    cr_assert(w == width && h == height, "%zu × %zu, the figure %zu × %zu", w, h, width, height);
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++)
            for (int shift = 0; shift <= 16; shift += 8)
                off += abs((int)(rgb[y * w + x] >> shift & 255) * 255 / 100 - (int)(words[y * stride + x] >> shift & 255)) > 12;
    cr_expect_leq(off, w * h * 3 / 100, "%zu of %zu values are further off", off, w * h * 3);
    free(rgb);
    canvas->ops->free(canvas);
    buf_free(&remarks);
    buf_free(&out);
}

Test(pixels, sixels_show_the_cells_in_the_palettes_colours)
{
    struct buf out = rendered(&renderer_sixel);
    struct err err = {0};
    struct figure f;
    size_t w, h;
    struct canvas *measure = canvas_pixels_new(1, 1, 72, &err);
    cr_assert(measure && figure_plan(&picture, &options, measure, &f, &err));
    unsigned *rgb = decode(out.data, &w, &h);
    for (size_t k = 0; k < 4; k++) {
        struct box box = maps_box(&f, 0);
        size_t x = (size_t)(box.x + ((double)(k % 2) + 0.5) * f.cell_w), y = (size_t)(box.y + ((double)(k / 2) + 0.5) * f.cell_h);
        struct rgb want = palette_at(&palette_blues, (double)values[k]);
        unsigned found = rgb[y * w + x];
        int off = abs((int)(found >> 16) * 255 / 100 - want.r) + abs((int)(found >> 8 & 255) * 255 / 100 - want.g) +
                  abs((int)(found & 255) * 255 / 100 - want.b);
        cr_expect_lt(off, 27, "cell %zu: %06x hundredths", k, found); /* 32 steps a channel, each then in hundredths */
    }
    free(rgb);
    measure->ops->free(measure);
    buf_free(&out);
}
