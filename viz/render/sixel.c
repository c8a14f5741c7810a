/* The figure as sixels (DEC STD 070): bands of six rows, for each colour of a band a line of characters, one a column, whose six
 * bits are the rows of that colour. 256 colours: the figure's commonest of 32 steps a channel; what is left takes the nearest. */
#include <stdlib.h>

#include "viz/render/figure.h"
#include "viz/render/renderer.h"

enum { COLOURS = 256, BINS = 1 << 15 };

struct pixels {
    const uint32_t *words;
    size_t w, h, stride;
};

static unsigned bin_of(uint32_t word)
{
    return (word >> 19 & 31) << 10 | (word >> 11 & 31) << 5 | (word >> 3 & 31);
}

struct count {
    size_t n;
    unsigned bin;
};

static int commonest_first(const void *a, const void *b)
{
    const struct count *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : (x->bin > y->bin) - (x->bin < y->bin);
}

static int distance(unsigned a, unsigned b)
{
    int r = (int)(a >> 10) - (int)(b >> 10), g = (int)(a >> 5 & 31) - (int)(b >> 5 & 31), l = (int)(a & 31) - (int)(b & 31);
    return 2 * r * r + 4 * g * g + 3 * l * l;
}

/* The colours into chosen [COLOURS] (their number is returned), each used bin's colour into index [BINS]. */
static size_t choose(const struct pixels *p, struct count *counts, unsigned chosen[COLOURS], unsigned char *index)
{
    size_t used = 0;
    for (unsigned i = 0; i < BINS; i++)
        counts[i] = (struct count){0, i};
    for (size_t y = 0; y < p->h; y++)
        for (size_t x = 0; x < p->w; x++)
            counts[bin_of(p->words[y * p->stride + x])].n++;
    qsort(counts, BINS, sizeof *counts, commonest_first);
    while (used < BINS && counts[used].n)
        used++;
    size_t n = used < COLOURS ? used : COLOURS;
    for (size_t i = 0; i < n; i++)
        chosen[i] = counts[i].bin;
    for (size_t i = 0; i < used; i++) {
        size_t best = i < n ? i : 0;
        for (size_t k = 0; i >= n && k < n; k++)
            best = distance(chosen[k], counts[i].bin) < distance(chosen[best], counts[i].bin) ? k : best;
        index[counts[i].bin] = (unsigned char)best;
    }
    return n;
}

static void put_run(struct buf *out, unsigned char bits, size_t n)
{
    if (n > 3)
        buf_printf(out, "!%zu%c", n, '?' + bits);
    else
        for (size_t i = 0; i < n; i++)
            buf_char(out, (char)('?' + bits));
}

/* The columns of one colour in the band that begins at row y. */
static void put_colour(const struct pixels *p, size_t y, size_t colour, const unsigned char *index, struct buf *out)
{
    unsigned char before = 0;
    size_t run = 0;
    buf_printf(out, "#%zu", colour);
    for (size_t x = 0; x < p->w; x++) {
        unsigned char bits = 0;
        for (size_t k = 0; k < 6 && y + k < p->h; k++)
            if (index[bin_of(p->words[(y + k) * p->stride + x])] == colour)
                bits = (unsigned char)(bits | 1 << k);
        if (bits != before && run) {
            put_run(out, before, run);
            run = 0;
        }
        before = bits;
        run++;
    }
    if (before)
        put_run(out, before, run);
    buf_char(out, '$');
}

static void put_band(const struct pixels *p, size_t y, const unsigned char *index, struct buf *out)
{
    bool there[COLOURS] = {false};
    for (size_t k = 0; k < 6 && y + k < p->h; k++)
        for (size_t x = 0; x < p->w; x++)
            there[index[bin_of(p->words[(y + k) * p->stride + x])]] = true;
    for (size_t c = 0; c < COLOURS; c++)
        if (there[c])
            put_colour(p, y, c, index, out);
    buf_char(out, '-');
}

static bool put_sixels(const struct pixels *p, struct buf *out, struct err *err)
{
    unsigned chosen[COLOURS];
    struct count *counts = mem_new(BINS, sizeof *counts, "colours", err);
    unsigned char *index = mem_new(BINS, 1, "colours", err);
    bool ok = counts && index;
    if (ok) {
        size_t n = choose(p, counts, chosen, index);
        buf_printf(out, "\033Pq\"1;1;%zu;%zu", p->w, p->h);
        for (size_t i = 0; i < n; i++)
            buf_printf(out, "#%zu;2;%u;%u;%u", i, (chosen[i] >> 10) * 100 / 31, (chosen[i] >> 5 & 31) * 100 / 31, (chosen[i] & 31) * 100 / 31);
        for (size_t y = 0; y < p->h; y += 6)
            put_band(p, y, index, out);
        buf_puts(out, "\033\\\n");
    }
    free(counts);
    free(index);
    return ok && buf_ok(out, err);
}

static bool render_sixel(const struct picture *picture, const struct render_options *options, struct buf *out, struct buf *remarks,
                         struct err *err)
{
    struct pixels p;
    struct canvas *canvas = figure_render(picture, options, canvas_pixels_new, NULL, remarks, err);
    bool ok = canvas && canvas_pixels(canvas, &p.words, &p.w, &p.h, &p.stride, err) && put_sixels(&p, out, err);
    if (canvas)
        canvas->ops->free(canvas);
    return ok;
}

const struct renderer renderer_sixel = {
    .name = "sixel",
    .suffixes = "sixel six",
    .summary = "pixels on terminals with sixels",
    .render = render_sixel,
};
