/* PNG (ISO/IEC 15948), truecolour of 8 bits, with zlib as its compressor.
 *
 *   0  signature (8)   8  IHDR (25)   33  pHYs, tEXt/iTXt …   IDAT   IEND
 *   a chunk: length (4, big-endian) | type (4) | data | CRC-32 of type and data (4)
 *
 * Each row takes the filter (§9: none, left or up) whose bytes, as signed numbers, have the least sum of magnitudes. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/deflate.h"
#include "viz/render/figure.h"
#include "viz/render/renderer.h"

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

/* ---- pixels ---- */

enum { FILTER_NONE, FILTER_LEFT, FILTER_UP, FILTERS };

static void unpack(const uint32_t *words, size_t w, unsigned char *row)
{
    for (size_t x = 0; x < w; x++) {
        row[3 * x] = (unsigned char)(words[x] >> 16);
        row[3 * x + 1] = (unsigned char)(words[x] >> 8);
        row[3 * x + 2] = (unsigned char)words[x];
    }
}

static unsigned magnitude(unsigned char byte)
{
    return byte < 128 ? byte : 256U - byte;
}

/* One row behind the number of its filter: out [1 + n]. `above` is the row before it, zeros for the first. */
static void put_filtered(const unsigned char *row, const unsigned char *above, size_t n, unsigned char *out)
{
    size_t cost[FILTERS] = {0};
    for (size_t i = 0; i < n; i++) {
        cost[FILTER_NONE] += magnitude(row[i]);
        cost[FILTER_LEFT] += magnitude((unsigned char)(row[i] - (i < 3 ? 0 : row[i - 3])));
        cost[FILTER_UP] += magnitude((unsigned char)(row[i] - above[i]));
    }
    unsigned char best = FILTER_NONE;
    for (unsigned char f = 1; f < FILTERS; f++)
        best = cost[f] < cost[best] ? f : best;
    out[0] = best;
    for (size_t i = 0; i < n; i++) {
        unsigned char before = best == FILTER_LEFT ? (i < 3 ? 0 : row[i - 3]) : best == FILTER_UP ? above[i] : 0;
        out[1 + i] = (unsigned char)(row[i] - before);
    }
}

/* The canvas's rows, filtered: [h, 1 + 3 w]. */
static unsigned char *filtered(const uint32_t *words, size_t w, size_t h, size_t stride, struct err *err)
{
    unsigned char *rows = mem_new(2, 3 * w, "a PNG's pixels", err), *out = mem_new(h, 3 * w + 1, "a PNG's pixels", err);
    for (size_t y = 0; rows && out && y < h && !cancel_requested(); y++) {
        unsigned char *row = rows + y % 2 * 3 * w, *above = rows + (y + 1) % 2 * 3 * w;
        unpack(words + y * stride, w, row);
        put_filtered(row, above, 3 * w, out + y * (3 * w + 1));
    }
    if (!rows) {
        free(out);
        out = NULL;
    }
    free(rows);
    return out;
}

static void put_header(struct buf *out, size_t w, size_t h)
{
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char data[13] = {[8] = 8, [9] = 2}; /* bits a sample; truecolour */
    put_u32(data, (uint32_t)w);
    put_u32(data + 4, (uint32_t)h);
    buf_add(out, signature, sizeof signature);
    put_chunk(out, "IHDR", data, sizeof data);
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

static bool put_png(struct canvas *canvas, const struct picture *picture, double dpi, struct buf *out, struct err *err)
{
    const uint32_t *words;
    size_t w, h, stride, n = 0;
    if (!canvas_pixels(canvas, &words, &w, &h, &stride, err))
        return false;
    if (w * 3 + 1 > INT_MAX / (h ? h : 1))
        return err_set(err, ERR_LIMIT, "a PNG of %zu × %zu pixels is too large; lower dpi= or size=", w, h);
    unsigned char *rows = filtered(words, w, h, stride, err), *packed = NULL;
    if (rows)
        packed = deflate_bytes(rows, h * (3 * w + 1), 6, &n);
    free(rows);
    if (cancel_requested() || !packed) {
        free(packed);
        return cancel_requested() ? err_set(err, ERR_CANCELLED, "cancelled") : err_memory(err, h * (3 * w + 1), "a PNG");
    }
    put_header(out, w, h);
    put_density(out, dpi);
    for (size_t i = 0; i < picture->n_provenance; i++)
        put_text(out, &picture->provenance[i]);
    put_notes(out, picture);
    put_chunk(out, "IDAT", packed, n);
    put_chunk(out, "IEND", NULL, 0);
    free(packed);
    return buf_ok(out, err);
}

static bool render_png(const struct picture *picture, const struct render_options *options, struct buf *out,
                       struct buf *remarks, struct err *err)
{
    double dpi;
    struct canvas *canvas = figure_render(picture, options, canvas_pixels_new, &dpi, remarks, err);
    bool ok = canvas && put_png(canvas, picture, dpi, out, err);
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
