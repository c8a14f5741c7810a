/* Ramps for terminals with 8, 16 or 256 colours: of all sequences of distinct terminal colours whose lightness
 * rises strictly, the one nearest to the palette (in CIELAB, with a price on hues that wander between neighbours),
 * found by dynamic programming. Taking the nearest colour for each position alone gives inversions of lightness. */
#include "viz/palette/palette.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES 240
#define GARISH 2.5
#define FEWEST 12
#define LIKE 12.5 /* mean a*b* distance up to which a ramp looks like its palette */
#define WANDER 0.35 /* price of a neighbour's a*b* step that the palette does not make */

struct rgb xterm_rgb(unsigned index)
{
    static const uint32_t low[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
                                     0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
    static const unsigned char level[6] = {0, 95, 135, 175, 215, 255};
    if (index < 16)
        return rgb_of(low[index]);
    if (index < 232) {
        unsigned i = index - 16;
        return (struct rgb){level[i / 36], level[i / 6 % 6], level[i % 6]};
    }
    unsigned char grey = (unsigned char)(8 + 10 * (index - 232));
    return (struct rgb){grey, grey, grey};
}

static double square(double x)
{
    return x * x;
}

unsigned xterm_nearest(struct rgb colour, unsigned colours)
{
    struct lab want = rgb_lab(colour);
    unsigned best = colours > 16 ? 16 : 0;
    double least = INFINITY;
    for (unsigned i = best; i < colours && i < 256; i++) {
        struct lab have = rgb_lab(xterm_rgb(i));
        double d = square(want.L - have.L) + square(want.a - have.a) + square(want.b - have.b);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

struct candidate {
    struct lab lab;
    unsigned char index;
};

/* The terminal's colours, darkest first; equal lightness in the order of indices. The few arms of a diverging ramp
 * leave out black and dark grey, which would stand for strong values without telling their sign. */
static size_t candidates_of(enum depth depth, bool diverging, struct candidate *out)
{
    size_t first = depth == DEPTH_256 ? 16 : 0, end = depth == DEPTH_256 ? 256 : depth == DEPTH_16 ? 16 : 8, n = 0;
    for (size_t i = first; i < end; i++) {
        if (diverging && (i == 0 || i == 8))
            continue;
        struct candidate c = {rgb_lab(xterm_rgb((unsigned)i)), (unsigned char)i};
        size_t at = n++;
        for (; at > 0 && out[at - 1].lab.L > c.lab.L; at--)
            out[at] = out[at - 1];
        out[at] = c;
    }
    return n;
}

/* What the best sequence up to a candidate costs. */
struct reached {
    double cost;
    unsigned char candidate;
};

static int cheaper_first(const void *left, const void *right)
{
    const struct reached *a = left, *b = right;
    return a->cost < b->cost ? -1 : a->cost > b->cost ? 1 : (int)a->candidate - (int)b->candidate;
}

/* The best rising sequence for `levels` targets (darkest first). Returns false where there is none. Predecessors are
 * tried from the cheapest on: the first that costs more alone than the best found ends the row. */
static bool search(const struct lab *target, size_t levels, const struct candidate *c, size_t n, double gap,
                   unsigned char *index_out)
{
    struct reached best[CANDIDATES], next[CANDIDATES];
    unsigned char from[RAMP_MAX][CANDIDATES];
    for (size_t k = 0; k < levels; k++) {
        for (size_t j = 0; j < n; j++) {
            double least = k ? INFINITY : 0;
            from[k][j] = 0;
            for (size_t r = 0; k && r < n && best[r].cost <= least; r++) {
                size_t i = best[r].candidate;
                if (i >= j || !(c[i].lab.L <= c[j].lab.L - gap))
                    continue;
                double a = (c[j].lab.a - c[i].lab.a) - (target[k].a - target[k - 1].a);
                double b = (c[j].lab.b - c[i].lab.b) - (target[k].b - target[k - 1].b);
                double cost = best[r].cost + WANDER * (a * a + b * b);
                if (cost < least || (isfinite(cost) && cost <= least && i < from[k][j])) {
                    least = cost;
                    from[k][j] = (unsigned char)i;
                }
            }
            next[j] = (struct reached){least + square(target[k].L - c[j].lab.L) + square(target[k].a - c[j].lab.a) +
                                           square(target[k].b - c[j].lab.b),
                                       (unsigned char)j};
        }
        memcpy(best, next, n * sizeof *best);
        qsort(best, n, sizeof *best, cheaper_first);
    }
    if (!n || !isfinite(best[0].cost))
        return false;
    for (size_t k = levels, j = best[0].candidate; k-- > 0; j = from[k][j])
        index_out[k] = c[j].index;
    return true;
}

/* A ramp of `levels` from position `from` to `to`, in that order, whichever end is the darker. */
static bool rising(const struct palette *palette, double from, double to, size_t levels, enum depth depth,
                   unsigned char *out)
{
    struct candidate c[CANDIDATES];
    struct lab target[RAMP_MAX];
    unsigned char index[RAMP_MAX];
    size_t n = candidates_of(depth, palette->diverging, c);
    bool up = rgb_lab(palette_at(palette, from)).L < rgb_lab(palette_at(palette, to)).L;
    for (size_t k = 0; k < levels; k++) {
        double t = levels > 1 ? (double)(up ? k : levels - 1 - k) / (double)(levels - 1) : 0.5;
        target[k] = rgb_lab(palette_at(palette, from + (to - from) * t));
        if (depth != DEPTH_256) { /* the few colours are garish: let the hue decide */
            target[k].a *= GARISH;
            target[k].b *= GARISH;
        }
    }
    if (!search(target, levels, c, n, depth == DEPTH_256 ? 1.0 : 2.0, index))
        return false;
    for (size_t k = 0; k < levels; k++)
        out[k] = index[up ? k : levels - 1 - k];
    return true;
}

/* How far a ramp's hues are from the palette's, on average, in CIELAB's a*b* plane. */
static double hue_distance(const struct palette *palette, double from, double to, const unsigned char *index, size_t levels)
{
    double sum = 0;
    for (size_t k = 0; k < levels; k++) {
        double t = levels > 1 ? (double)k / (double)(levels - 1) : 0.5;
        struct lab want = rgb_lab(palette_at(palette, from + (to - from) * t)), have = rgb_lab(xterm_rgb(index[k]));
        sum += sqrt(square(want.a - have.a) + square(want.b - have.b));
    }
    return sum / (double)levels;
}

/* The most levels up to `most` that still look like the palette: 24 steps of viridis can be had of 256 colours only with
 * greys and magentas between the blues. */
static size_t like_palette(const struct palette *palette, size_t most, enum depth depth, unsigned char *out)
{
    size_t levels = most;
    for (; levels > FEWEST; levels--)
        if (rising(palette, 0, 1, levels, depth, out) && hue_distance(palette, 0, 1, out, levels) <= LIKE)
            return levels;
    while (levels && !rising(palette, 0, 1, levels, depth, out))
        levels--;
    return levels;
}

void palette_ramp(const struct palette *palette, enum depth depth, struct ramp *ramp_out)
{
    *ramp_out = (struct ramp){0};
    if (depth == DEPTH_MONO || depth == DEPTH_TRUE)
        return;
    size_t levels = depth == DEPTH_256 ? 24 : depth == DEPTH_16 ? 7 : 5; /* of a whole map */
    if (!palette->diverging) {
        if (depth == DEPTH_256)
            levels = like_palette(palette, levels, depth, ramp_out->index);
        else
            while (levels && !rising(palette, 0, 1, levels, depth, ramp_out->index))
                levels--;
        ramp_out->n = levels;
        return;
    }
    /* Two arms that meet in the middle; each has its own middle entry, the left arm's is kept. */
    size_t arm = levels / 2 + 1;
    unsigned char left[RAMP_MAX], right[RAMP_MAX];
    while (arm > 1 && !(rising(palette, 0, 0.5, arm, depth, left) && rising(palette, 1, 0.5, arm, depth, right)))
        arm--;
    bool same_top = rgb_lab(xterm_rgb(left[arm - 1])).L >= rgb_lab(xterm_rgb(right[arm - 1])).L;
    for (size_t k = 0; k < arm; k++)
        ramp_out->index[k] = left[k];
    for (size_t k = 0; k + 1 < arm; k++)
        ramp_out->index[2 * arm - 2 - k] = right[k];
    if (!same_top)
        ramp_out->index[arm - 1] = right[arm - 1];
    ramp_out->n = 2 * arm - 1;
}

size_t ramp_level(const struct ramp *ramp, double position)
{
    double x = position * (double)ramp->n;
    if (!(x > 0))
        return 0;
    return x >= (double)ramp->n ? ramp->n - 1 : (size_t)x;
}
