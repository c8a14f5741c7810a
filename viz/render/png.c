/* PNG (ISO/IEC 15948), eight bits a channel, without alpha:
 *
 *   0  signature (8)   8  IHDR (25)   33  pHYs, tEXt/iTXt …   then IDAT, IEND
 *   a chunk: length (4, big-endian) | type (4) | data | CRC-32 of type and data (4)
 *   IDAT: a zlib stream of rows, each a filter's number and R G B of every pixel
 *
 * Rows of one cell are equal: such a row is written as its difference to the one above (filter 2), any other as it is (filter 0). */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/deflate.h"
#include "core/base/pool.h"
#include "viz/render/figure.h"
#include "viz/render/pixels.h"
#include "viz/render/renderer.h"

enum { FILTER_NONE, FILTER_UP = 2 };
/* zlib's level for pictures of so many pixels and more: an overview of 144 maps takes 0.2 s at 2 and 0.7 s at 6, for about the
 * same number of bytes; below, a smaller file is worth its few milliseconds. */
enum { LARGE = 1 << 22, LEVEL_LARGE = 2, LEVEL = 6 };
enum { BAND = 64 }; /* rows that a thread takes at once */

static void put_u32(unsigned char *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(v >> (24 - 8 * i));
}

static void put_chunk(struct buf *out, const char *type, const void *data, size_t n)
{
    unsigned char word[4];
    uint32_t crc = crc32_of(crc32_of(0, type, 4), data, n);
    put_u32(word, (uint32_t)n);
    buf_add(out, word, 4);
    buf_add(out, type, 4);
    buf_add(out, data, n);
    put_u32(word, crc);
    buf_add(out, word, 4);
}

static void put_density(struct buf *out, double dpi)
{
    unsigned char data[9];
    uint32_t a_metre = (uint32_t)(dpi / 0.0254 + 0.5);
    put_u32(data, a_metre);
    put_u32(data + 4, a_metre);
    data[8] = 1;
    put_chunk(out, "pHYs", data, sizeof data);
}

/* A keyword is 1 … 79 printable Latin-1 bytes; ours are ASCII, others become '_'. ASCII text goes into tEXt, the rest,
 * as UTF-8, into iTXt. */
static void put_text(struct buf *out, const struct text_pair *pair)
{
    struct buf data = {0};
    bool ascii = true;
    for (const char *k = pair->key; *k && data.n < 79; k++)
        buf_char(&data, *k > 32 && *k < 127 ? *k : '_');
    char *value = mem_new(6, strlen(pair->value) + 1, "a text", NULL); /* a code takes up to six times the room */
    if (!value) {
        out->failed = true;
        buf_free(&data);
        return;
    }
    err_escape(pair->value, value, 6 * (strlen(pair->value) + 1)); /* programs print it to terminals */
    for (const char *v = value; *v; v++)
        ascii = ascii && ((*v >= 32 && *v < 127) || *v == '\n');
    if (data.n) {
        buf_add(&data, ascii ? "" : "\0\0\0\0", ascii ? 1 : 5); /* end of keyword | not compressed, no language, no translation */
        buf_puts(&data, value);
        if (data.failed || data.n > INT_MAX)
            out->failed = out->failed || data.failed;
        else
            put_chunk(out, ascii ? "tEXt" : "iTXt", data.data, data.n);
    }
    free(value);
    buf_free(&data);
}

static void put_notes(struct buf *out, const struct picture *picture)
{
    for (size_t i = 0; i < picture->n_notes; i++) {
        struct buf note = {0};
        buf_str(&note, picture->notes[i]);
        put_text(out, &(struct text_pair){"Note", buf_cstr(&note)});
        buf_free(&note);
    }
}

/* Pixels 0x00RRGGBB, rows `stride` words apart, and the filtered bytes that they become. */
struct pixels {
    const uint32_t *words;
    size_t w, h, stride;
    unsigned char *filtered; /* [h][1 + 3·w] */
};

static size_t pixels_equal(const uint32_t *a, const uint32_t *b, size_t n)
{
    size_t same = 0;
    for (size_t i = 0; i < n; i++)
        same += a[i] == b[i];
    return same;
}

static void filter_row(const struct pixels *p, size_t y)
{
    const uint32_t *row = p->words + y * p->stride, *above = row - p->stride;
    unsigned char *at = p->filtered + y * (1 + 3 * p->w);
    bool up = y && 10 * pixels_equal(row, above, p->w) >= 9 * p->w;
    *at++ = up ? FILTER_UP : FILTER_NONE;
    for (size_t x = 0; x < p->w; x++, at += 3) {
        uint32_t v = row[x], from = up ? above[x] : 0;
        at[0] = (unsigned char)((v >> 16) - (from >> 16));
        at[1] = (unsigned char)((v >> 8) - (from >> 8));
        at[2] = (unsigned char)(v - from);
    }
}

static void filter_band(void *context, size_t task, size_t thread)
{
    const struct pixels *p = context;
    (void)thread;
    for (size_t y = task * BAND; y < (task + 1) * BAND && y < p->h && !cancel_requested(); y++)
        filter_row(p, y);
}

/* The pixels' IDAT on the heap; NULL without memory, or on Ctrl-C. */
static unsigned char *encode(struct pixels *p, size_t *n_out)
{
    size_t size = p->h * (1 + 3 * p->w);
    unsigned char *packed = NULL;
    p->filtered = malloc(size);
    if (p->filtered) {
        pool_run((p->h + BAND - 1) / BAND, filter_band, p);
        packed = deflate_bytes(p->filtered, size, p->w * p->h >= LARGE ? LEVEL_LARGE : LEVEL, n_out);
    }
    free(p->filtered);
    return packed;
}

static void put_header(struct buf *out, size_t w, size_t h)
{
    unsigned char data[13] = {[8] = 8 /* bits a channel */, [9] = 2 /* R G B */};
    put_u32(data, (uint32_t)w);
    put_u32(data + 4, (uint32_t)h);
    buf_add(out, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(out, "IHDR", data, sizeof data);
}

/* The whole file; `dpi` and `picture` are 0 and NULL where nothing is to be said of them. */
static bool put_png(struct pixels *pixels, double dpi, const struct picture *picture, struct buf *out, struct err *err)
{
    size_t n = 0, w = pixels->w, h = pixels->h;
    if (w == 0 || h == 0 || w * 3 + 1 > INT_MAX / h)
        return err_set(err, ERR_LIMIT, "a PNG of %zu × %zu pixels is too large; lower dpi= or size=", w, h);
    unsigned char *packed = encode(pixels, &n);
    if (cancel_requested() || !packed) {
        free(packed);
        return cancel_requested() ? err_set(err, ERR_CANCELLED, "cancelled") : err_memory(err, w * h * 3, "a PNG");
    }
    put_header(out, w, h);
    if (dpi > 0)
        put_density(out, dpi);
    for (size_t i = 0; picture && i < picture->n_provenance; i++)
        put_text(out, &picture->provenance[i]);
    if (picture)
        put_notes(out, picture);
    put_chunk(out, "IDAT", packed, n);
    put_chunk(out, "IEND", "", 0);
    free(packed);
    return buf_ok(out, err);
}

bool pixels_png(const unsigned char *rgb, size_t width, size_t height, struct buf *out, struct err *err)
{
    uint32_t *words = mem_new(width * height, sizeof *words, "a PNG's pixels", err);
    struct pixels pixels = {.words = words, .w = width, .h = height, .stride = width};
    for (size_t i = 0; words && i < width * height; i++)
        words[i] = (uint32_t)rgb[3 * i] << 16 | (uint32_t)rgb[3 * i + 1] << 8 | rgb[3 * i + 2];
    bool ok = words && put_png(&pixels, 0, NULL, out, err);
    free(words);
    return ok;
}

static bool render_png(const struct picture *picture, const struct render_options *options, struct buf *out,
                       struct buf *remarks, struct err *err)
{
    struct figure figure;
    struct canvas *canvas = figure_render(picture, options, canvas_pixels_new, &figure, remarks, err);
    struct pixels pixels = {0};
    bool ok = canvas && canvas_pixels(canvas, &pixels.words, &pixels.w, &pixels.h, &pixels.stride, err) &&
              put_png(&pixels, figure.dpi, picture, out, err);
    if (canvas)
        canvas->ops->free(canvas);
    return ok;
}

const struct renderer renderer_png = {
    .name = "png",
    .suffixes = "png",
    .summary = "pixels, 300 dpi, or 600 where size= is set",
    .render = render_png,
};
