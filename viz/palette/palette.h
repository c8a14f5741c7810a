/* Palettes: tables of colours, and the ramps that stand for them on terminals with few colours. */
#ifndef GAZE_VIZ_PALETTE_PALETTE_H
#define GAZE_VIZ_PALETTE_PALETTE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/mem.h"
#include "viz/palette/list.h"

struct rgb {
    unsigned char r, g, b; /* sRGB */
};

struct palette {
    const char *name, *summary;
    bool diverging;        /* the middle of the table stands for 0 */
    const uint32_t *table; /* [n] 0xRRGGBB, evenly spaced over positions 0 … 1 */
    size_t n;
    uint32_t masked; /* 0xRRGGBB of masked cells: no colour of the table */
};

#define PALETTE_EXTERN(name) extern const struct palette palette_##name;
PALETTES(PALETTE_EXTERN)
#undef PALETTE_EXTERN
extern const struct palette *const palettes[]; /* NULL-ended, in the order of list.h */

/* By name, upper and lower case alike; NULL where there is none. */
const struct palette *palette_find(struct str name);

/* The colour at a position in [0,1] (clamped), linear between entries; NaN gives the masked colour. */
struct rgb palette_at(const struct palette *palette, double position);
/* The same where millions are asked for: three bytes written one by one and returned in a register are waited for. */
void palette_put(const struct palette *palette, double position, struct rgb *out);
struct rgb rgb_of(uint32_t hex);

/* CIELAB under D65 (CIE 15:2004), from sRGB (IEC 61966-2-1). L in [0,100]. */
struct lab {
    double L, a, b;
};
struct lab rgb_lab(struct rgb colour);
/* The colour of cells whose value is not finite: that of no palette, and no grey. */
struct rgb rgb_not_finite(void);
/* Black or white, whichever can be read on `background`. */
struct rgb rgb_ink(struct rgb background);

/* What a terminal can show. DEPTH_8 and DEPTH_16 assume xterm's default colours. */
enum depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256, DEPTH_TRUE };

/* The colour that xterm shows for an index of 0 … 255. */
struct rgb xterm_rgb(unsigned index);
/* The index below `colours` (8, 16 or 256) nearest to a colour in CIELAB; 256 leaves out 0 … 15, which users set. */
unsigned xterm_nearest(struct rgb colour, unsigned colours);

/* Terminal colours in the order of positions 0 … 1: lightness rises (or falls) strictly through the ramp, or
 * through each arm of a diverging one, whose middle entry stands for 0. */
#define RAMP_MAX 33
struct ramp {
    size_t n;
    unsigned char index[RAMP_MAX];
};
/* The ramp of a palette at DEPTH_8, DEPTH_16 or DEPTH_256; n = 0 at the other depths. Deterministic. */
void palette_ramp(const struct palette *palette, enum depth depth, struct ramp *ramp_out);
/* The entry for a position in [0,1] (clamped); n > 0. */
size_t ramp_level(const struct ramp *ramp, double position);

#endif
