/* Palettes and the colours of heads as people see them who lack one kind of cone: Machado, Oliveira and Fernandes 2009, "A
 * Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1, on linear sRGB. Distances are CIE 1976
 * ΔE; about 2.3 is a difference that is just seen. */
#include <criterion/criterion.h>
#include <math.h>

#include "viz/chart/series.h"
#include "viz/palette/palette.h"

static const struct {
    const char *name;
    double m[9];
} sights[] = {
    {"all cones", {1, 0, 0, 0, 1, 0, 0, 0, 1}},
    {"protanopia", {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998}},
    {"deuteranopia", {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881}},
    {"tritanopia", {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900}},
};
enum { SIGHTS = sizeof sights / sizeof *sights };

static double to_linear(unsigned char c)
{
    double x = c / 255.0;
    return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

static unsigned char to_srgb(double x)
{
    x = fmin(fmax(x, 0), 1);
    return (unsigned char)lround(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * pow(x, 1 / 2.4) - 0.055));
}

static struct lab seen(struct rgb c, size_t sight)
{
    const double *m = sights[sight].m, in[3] = {to_linear(c.r), to_linear(c.g), to_linear(c.b)};
    double out[3];
    for (size_t i = 0; i < 3; i++)
        out[i] = m[3 * i] * in[0] + m[3 * i + 1] * in[1] + m[3 * i + 2] * in[2];
    return rgb_lab((struct rgb){to_srgb(out[0]), to_srgb(out[1]), to_srgb(out[2])});
}

static double distance(struct rgb a, struct rgb b, size_t sight)
{
    struct lab x = seen(a, sight), y = seen(b, sight);
    return sqrt((x.L - y.L) * (x.L - y.L) + (x.a - y.a) * (x.a - y.a) + (x.b - y.b) * (x.b - y.b));
}

Test(sight, eighths_of_every_palette_are_told_apart_by_every_kind_of_sight)
{
    const double least = 6;
    for (const struct palette *const *p = palettes; *p; p++)
        for (size_t s = 0; s < SIGHTS; s++)
            for (int i = 0; i < 8; i++) {
                double d = distance(palette_at(*p, i / 8.0), palette_at(*p, (i + 1) / 8.0), s);
                cr_expect_gt(d, least, "%s, %s, from %d/8 to the next: ΔE %.1f", (*p)->name, sights[s].name, i, d);
            }
}

Test(sight, both_ends_of_a_diverging_palette_differ_by_more_than_a_fifth_of_white_to_black)
{
    const double least = 20; /* white and black are 100 apart */
    for (const struct palette *const *p = palettes; *p; p++)
        for (size_t s = 0; s < SIGHTS && (*p)->diverging; s++) {
            double d = distance(palette_at(*p, 0.1), palette_at(*p, 0.9), s);
            cr_expect_gt(d, least, "%s, %s: ΔE %.1f", (*p)->name, sights[s].name, d);
        }
}

Test(sight, colours_of_heads_are_told_apart_by_every_kind_of_sight)
{
    const double least = 10;
    for (size_t s = 0; s < SIGHTS; s++)
        for (size_t i = 0; i < SERIES_MAX; i++)
            for (size_t j = 0; j < i; j++) {
                double d = distance(series_colour(i), series_colour(j), s);
                cr_expect_gt(d, least, "%zu and %zu, %s: ΔE %.1f", j, i, sights[s].name, d);
            }
}
