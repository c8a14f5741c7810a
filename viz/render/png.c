/* PNG (ISO/IEC 15948) through stb_image_write, with deflate.h as its compressor, which uses all threads and ends on Ctrl-C; pHYs
 * and text chunks are put in behind the header:
 *
 *   0  signature (8)   8  IHDR (25)   33  pHYs, tEXt/iTXt …   then IDAT … IEND as stb wrote them
 *   a chunk: length (4, big-endian) | type (4) | data | CRC-32 of type and data (4) */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/deflate.h"
#include "core/base/pool.h"
#include "viz/render/figure.h"
#include "viz/render/pixels.h"
#include "viz/render/renderer.h"

static unsigned char *compress_bytes(unsigned char *data, int n, int *n_out, int quality)
{
    size_t size = 0;
    unsigned char *out = deflate_bytes(data, (size_t)n, quality < 1 || quality > 9 ? 6 : quality, &size);
    if (size > INT_MAX) {
        free(out);
        return NULL;
    }
    *n_out = (int)size;
    return out;
}

#pragma GCC diagnostic ignored "-Wunused-function" /* told at the end of the file, of what we do not call */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#define STBIW_ZLIB_COMPRESS compress_bytes
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

#define HEADER_BYTES 33
/* One of PNG's filters for all rows: stb's trial of all five takes three seconds at 1200 dpi and does not look at Ctrl-C. */
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

/* Pixels as stb takes them, and how many of them equal the one above. */
struct pixels {
    const uint32_t *words; /* 0x00RRGGBB, rows `stride` words apart; NULL: the bytes are there */
    size_t w, h, stride;
    unsigned char *bytes; /* [h,w,3] */
    size_t *same;         /* [bands] */
};

static void convert_band(void *context, size_t task, size_t thread)
{
    struct pixels *p = context;
    (void)thread;
    for (size_t y = task * BAND; y < (task + 1) * BAND && y < p->h && !cancel_requested(); y++) {
        const uint32_t *row = p->words + y * p->stride, *above = y ? row - p->stride : row;
        unsigned char *at = p->bytes + 3 * y * p->w;
        for (size_t x = 0; x < p->w; x++, at += 3) {
            at[0] = (unsigned char)(row[x] >> 16);
            at[1] = (unsigned char)(row[x] >> 8);
            at[2] = (unsigned char)row[x];
            p->same[task] += row[x] == above[x];
        }
    }
}

/* The canvas's words as rows of bytes R G B on the heap, in *up_out whether rows repeat so often that differences to the one above
 * are shorter; NULL without memory. */
static unsigned char *bytes_of(struct pixels *p, bool *up_out)
{
    size_t bands = (p->h + BAND - 1) / BAND, same = 0;
    p->bytes = malloc(p->w * p->h * 3);
    p->same = calloc(bands, sizeof *p->same);
    if (p->bytes && p->same) {
        pool_run(bands, convert_band, p);
        for (size_t i = 0; i < bands; i++)
            same += p->same[i];
        *up_out = same >= p->w * p->h / 10 * 9;
    } else {
        free(p->bytes);
        p->bytes = NULL;
    }
    free(p->same);
    return p->bytes;
}

/* The file of those bytes as stb writes it; NULL on failure, and on Ctrl-C. */
static unsigned char *encode(const unsigned char *bytes, size_t w, size_t h, bool up, int *n_out)
{
    *n_out = 0;
    if (!bytes || w == 0 || h == 0 || w * 3 + 1 > INT_MAX / h || cancel_requested())
        return NULL;
    stbi_write_force_png_filter = up ? FILTER_UP : FILTER_NONE;
    stbi_write_png_compression_level = w * h >= LARGE ? LEVEL_LARGE : LEVEL;
    return stbi_write_png_to_mem(bytes, (int)w * 3, (int)w, (int)h, 3, n_out);
}

bool pixels_png(const unsigned char *rgb, size_t width, size_t height, struct buf *out, struct err *err)
{
    int n;
    unsigned char *png = encode(rgb, width, height, false, &n);
    if (png)
        buf_add(out, png, (size_t)n);
    free(png);
    return png ? buf_ok(out, err) : err_memory(err, width * height * 3, "a PNG");
}

static bool put_png(struct pixels *pixels, double dpi, const struct picture *picture, struct buf *out, struct err *err)
{
    int n = 0;
    size_t w = pixels->w, h = pixels->h;
    bool up = false;
    if (w * 3 + 1 > INT_MAX / (h ? h : 1))
        return err_set(err, ERR_LIMIT, "a PNG of %zu × %zu pixels is too large; lower dpi= or size=", w, h);
    unsigned char *bytes = bytes_of(pixels, &up), *png = encode(bytes, w, h, up, &n);
    free(bytes);
    if (cancel_requested() || !png || n < HEADER_BYTES) {
        free(png);
        return cancel_requested() ? err_set(err, ERR_CANCELLED, "cancelled") : err_memory(err, w * h * 3, "a PNG");
    }
    buf_add(out, png, HEADER_BYTES);
    put_density(out, dpi);
    for (size_t i = 0; i < picture->n_provenance; i++)
        put_text(out, &picture->provenance[i]);
    put_notes(out, picture);
    buf_add(out, png + HEADER_BYTES, (size_t)n - HEADER_BYTES);
    free(png);
    return buf_ok(out, err);
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
