/* Block elements and box drawing (Unicode 15, U+2500 … U+259F) as boxes, so that neighbours touch in any font. See display.h. */
#include "viz/chart/display.h"

#include <math.h>

static void add(struct glyph_boxes *out, double x, double y, double w, double h)
{
    if (out->n < GLYPH_BOXES && w > 0 && h > 0)
        out->box[out->n++] = (struct box){x, y, w, h};
}

/* Upper left 1, upper right 2, lower left 4, lower right 8: of U+2596 … U+259F. */
static const unsigned char quadrants[] = {4, 8, 1, 13, 9, 7, 11, 2, 6, 14};

static bool block(int32_t cp, struct glyph_boxes *out)
{
    int from = cp - 0x2580;
    if (cp == 0x2580)
        add(out, 0, 0, 1, 0.5);
    else if (cp <= 0x2588) /* ▁ … █: eighths from below */
        add(out, 0, 1 - from / 8.0, 1, from / 8.0);
    else if (cp <= 0x258f) /* ▉ … ▏: eighths from the left */
        add(out, 0, 0, (16 - from) / 8.0, 1);
    else if (cp == 0x2590)
        add(out, 0.5, 0, 0.5, 1);
    else if (cp <= 0x2593) /* ░▒▓ */
        add(out, 0, 0, 1, 1);
    else if (cp == 0x2594)
        add(out, 0, 0, 1, 0.125);
    else if (cp == 0x2595)
        add(out, 0.875, 0, 0.125, 1);
    else
        for (int q = 0; q < 4; q++)
            if (quadrants[cp - 0x2596] & 1 << q)
                add(out, q % 2 * 0.5, q / 2 * 0.5, 0.5, 0.5);
    out->ink = cp >= 0x2591 && cp <= 0x2593 ? (cp - 0x2590) / 4.0 : 1;
    return true;
}

/* The arms of U+2500 … U+257F to the left, right, top and bottom: 0 none, 1 light, 2 heavy. All 0: not straight, dashed or double,
 * left to the font. Corners that are round there are square here. */
static const char arms[][5] = {
    "1100", "2200", "0011", "0022", "0000", "0000", "0000", "0000", /* ─━│┃┄┅┆┇ */
    "0000", "0000", "0000", "0000", "0101", "0201", "0102", "0202", /* ┈┉┊┋┌┍┎┏ */
    "1001", "2001", "1002", "2002", "0110", "0210", "0120", "0220", /* ┐┑┒┓└┕┖┗ */
    "1010", "2010", "1020", "2020", "0111", "0211", "0121", "0112", /* ┘┙┚┛├┝┞┟ */
    "0122", "0221", "0212", "0222", "1011", "2011", "1021", "1012", /* ┠┡┢┣┤┥┦┧ */
    "1022", "2021", "2012", "2022", "1101", "2101", "1201", "2201", /* ┨┩┪┫┬┭┮┯ */
    "1102", "2102", "1202", "2202", "1110", "2110", "1210", "2210", /* ┰┱┲┳┴┵┶┷ */
    "1120", "2120", "1220", "2220", "1111", "2111", "1211", "2211", /* ┸┹┺┻┼┽┾┿ */
    "1121", "1112", "1122", "2121", "1221", "2112", "1212", "2221", /* ╀╁╂╃╄╅╆╇ */
    "2212", "2122", "1222", "2222", "0000", "0000", "0000", "0000", /* ╈╉╊╋╌╍╎╏ */
    "0000", "0000", "0000", "0000", "0000", "0000", "0000", "0000", /* ═║╒╓╔╕╖╗ */
    "0000", "0000", "0000", "0000", "0000", "0000", "0000", "0000", /* ╘╙╚╛╜╝╞╟ */
    "0000", "0000", "0000", "0000", "0000", "0000", "0000", "0000", /* ╠╡╢╣╤╥╦╧ */
    "0000", "0000", "0000", "0000", "0000", "0101", "1001", "1010", /* ╨╩╪╫╬╭╮╯ */
    "0110", "0000", "0000", "0000", "1000", "0010", "0100", "0001", /* ╰╱╲╳╴╵╶╷ */
    "2000", "0020", "0200", "0002", "1200", "0012", "2100", "0021", /* ╸╹╺╻╼╽╾╿ */
};

/* Each arm from its edge over the middle, as far as the thickest line that crosses it is wide. */
static bool lines(int32_t cp, double aspect, struct glyph_boxes *out)
{
    const char *arm = arms[cp - 0x2500];
    double thick[4], light = 1 / 7.0;
    for (int i = 0; i < 4; i++)
        thick[i] = (arm[i] - '0') * light;
    double tall = fmax(thick[2], thick[3]), flat = fmax(thick[0], thick[1]) / aspect;
    out->ink = 1;
    if (thick[0] > 0 && thick[0] == thick[1])
        add(out, 0, 0.5 - flat / 2, 1, flat);
    else if (thick[0] > 0)
        add(out, 0, 0.5 - thick[0] / 2 / aspect, 0.5 + tall / 2, thick[0] / aspect);
    if (thick[1] > 0 && thick[0] != thick[1])
        add(out, 0.5 - tall / 2, 0.5 - thick[1] / 2 / aspect, 0.5 + tall / 2, thick[1] / aspect);
    if (thick[2] > 0 && thick[2] == thick[3])
        add(out, 0.5 - tall / 2, 0, tall, 1);
    else if (thick[2] > 0)
        add(out, 0.5 - thick[2] / 2, 0, thick[2], 0.5 + flat / 2);
    if (thick[3] > 0 && thick[2] != thick[3])
        add(out, 0.5 - thick[3] / 2, 0.5 - flat / 2, thick[3], 0.5 + flat / 2);
    return out->n > 0;
}

bool glyph_boxes(int32_t cp, double aspect, struct glyph_boxes *out)
{
    *out = (struct glyph_boxes){.ink = 1};
    if (cp >= 0x2580 && cp <= 0x259f)
        return block(cp, out);
    return cp >= 0x2500 && cp <= 0x257f && lines(cp, aspect, out);
}
