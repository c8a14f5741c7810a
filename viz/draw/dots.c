/* Lines of Braille dots. See dots.h. */
#include "viz/draw/dots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

bool dots_new(struct dots *d, struct err *err)
{
    d->bits = mem_new(d->columns * d->rows, 1, "a picture", err);
    return d->bits != NULL;
}

void dots_free(struct dots *d)
{
    free(d->bits);
    d->bits = NULL;
}

void dots_clear(struct dots *d)
{
    memset(d->bits, 0, d->columns * d->rows);
}

void dots_set(struct dots *d, double x, double y)
{
    static const unsigned char bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (x < 0 || y < 0)
        return;
    size_t column = (size_t)x / 2, row = (size_t)y / 4;
    if (column < d->columns && row < d->rows)
        d->bits[row * d->columns + column] |= bit[(size_t)y % 4][(size_t)x % 2];
}

void dots_line(struct dots *d, struct point a, struct point b)
{
    size_t steps = (size_t)ceil(fmax(fabs(b.x - a.x), fabs(b.y - a.y))) + 1;
    for (size_t i = 0; i <= steps; i++) {
        double t = (double)i / (double)steps;
        dots_set(d, a.x + t * (b.x - a.x), a.y + t * (b.y - a.y));
    }
}

void dots_put(const struct dots *d, struct cell_grid *grid, size_t row, size_t col, struct style style)
{
    for (size_t r = 0; r < d->rows; r++)
        for (size_t c = 0; c < d->columns; c++)
            if (d->bits[r * d->columns + c]) {
                char text[4];
                size_t n = utf8_encode(0x2800 + d->bits[r * d->columns + c], text);
                grid_text(grid, row + r, col + c, 1, (struct str){text, n}, style);
            }
}
