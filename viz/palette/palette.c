/* Colours of palettes and their lightness. See palette.h. */
#include "viz/palette/palette.h"

#include <math.h>
#include <strings.h>

#define PALETTE_ROW(name) &palette_##name,
const struct palette *const palettes[] = {PALETTES(PALETTE_ROW) NULL};
#undef PALETTE_ROW

const struct palette *palette_find(struct str name)
{
    for (const struct palette *const *p = palettes; *p; p++)
        if (str_of((*p)->name).n == name.n && strncasecmp((*p)->name, name.s, name.n) == 0)
            return *p;
    return NULL;
}

struct rgb rgb_of(uint32_t hex)
{
    return (struct rgb){(unsigned char)(hex >> 16), (unsigned char)(hex >> 8), (unsigned char)hex};
}

/* The byte at `shift` between those of two colours. */
static unsigned char mix(uint32_t a, uint32_t b, int shift, double t)
{
    int from = (int)(a >> shift & 255), to = (int)(b >> shift & 255);
    return (unsigned char)(int)(from + (to - from) * t + 0.5);
}

void palette_put(const struct palette *palette, double position, struct rgb *out)
{
    double x = (position > 0 ? position > 1 ? 1 : position : 0) * (double)(palette->n - 1);
    int i = (int)x;
    if (isnan(position) || (size_t)i + 1 >= palette->n) {
        *out = rgb_of(isnan(position) ? palette->masked : palette->table[palette->n - 1]);
        return;
    }
    uint32_t a = palette->table[i], b = palette->table[i + 1];
    out->r = mix(a, b, 16, x - i);
    out->g = mix(a, b, 8, x - i);
    out->b = mix(a, b, 0, x - i);
}

struct rgb palette_at(const struct palette *palette, double position)
{
    struct rgb colour;
    palette_put(palette, position, &colour);
    return colour;
}

static double linear_light(unsigned char c)
{
    double v = c / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* The cube root of CIELAB with its straight part near 0. */
static double lab_f(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

struct lab rgb_lab(struct rgb colour)
{
    double r = linear_light(colour.r), g = linear_light(colour.g), b = linear_light(colour.b);
    double x = lab_f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    double y = lab_f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
    double z = lab_f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
    return (struct lab){116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

struct rgb rgb_not_finite(void)
{
    return (struct rgb){255, 0, 255};
}

struct rgb rgb_ink(struct rgb background)
{
    return rgb_lab(background).L < 55 ? (struct rgb){255, 255, 255} : (struct rgb){0, 0, 0};
}
