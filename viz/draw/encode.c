/* From cells to escape sequences (ECMA-48 SGR; 38;5 and 38;2 after ISO 8613-6 as xterm writes them). */
#include <string.h>

#include "viz/draw/cells.h"

static bool same_colour(struct colour a, struct colour b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == COLOUR_INDEX)
        return a.index == b.index;
    return a.kind == COLOUR_DEFAULT || (a.rgb.r == b.rgb.r && a.rgb.g == b.rgb.g && a.rgb.b == b.rgb.b);
}

static bool same_style(const struct style *a, const struct style *b)
{
    return a->flags == b->flags && same_colour(a->fg, b->fg) && same_colour(a->bg, b->bg);
}

/* ";38;5;N" and the like. A colour made for more colours than the terminal has is brought down. */
static void put_colour(struct buf *out, struct colour colour, bool back, enum depth depth)
{
    if (colour.kind == COLOUR_DEFAULT)
        return;
    if (depth == DEPTH_TRUE && colour.kind == COLOUR_RGB) {
        buf_printf(out, ";%d;2;%d;%d;%d", back ? 48 : 38, colour.rgb.r, colour.rgb.g, colour.rgb.b);
        return;
    }
    unsigned colours = depth == DEPTH_8 ? 8 : depth == DEPTH_16 ? 16 : 256;
    unsigned index = colour.kind == COLOUR_INDEX && colour.index < colours ? colour.index
                                                                           : xterm_nearest(colour.rgb, colours);
    if (colours == 256)
        buf_printf(out, ";%d;5;%u", back ? 48 : 38, index);
    else if (index < 8)
        buf_printf(out, ";%u", (back ? 40u : 30u) + index);
    else
        buf_printf(out, ";%u", (back ? 100u : 90u) + index - 8);
}

void style_encode(const struct style *style, enum depth depth, struct buf *out)
{
    if (depth == DEPTH_MONO)
        return;
    buf_puts(out, "\033[0");
    if (style->flags & CELL_BOLD)
        buf_puts(out, ";1");
    if (style->flags & CELL_DIM)
        buf_puts(out, ";2");
    if (style->flags & CELL_UNDERLINE)
        buf_puts(out, ";4");
    if (style->flags & CELL_REVERSE)
        buf_puts(out, ";7");
    put_colour(out, style->fg, false, depth);
    put_colour(out, style->bg, true, depth);
    buf_char(out, 'm');
}

static bool is_blank(const struct cell *cell)
{
    return (cell->n == 0 || (cell->n == 1 && cell->text[0] == ' ')) && cell->width == 1 &&
           cell->style.bg.kind == COLOUR_DEFAULT && !(cell->style.flags & (CELL_UNDERLINE | CELL_REVERSE));
}

static void encode_row(const struct cell *row, size_t columns, enum depth depth, struct buf *out)
{
    static const struct style plain;
    const struct style *now = &plain;
    size_t end = columns;
    while (end > 0 && (depth == DEPTH_MONO ? row[end - 1].width == 1 && (row[end - 1].n == 0 || row[end - 1].text[0] == ' ')
                                           : is_blank(&row[end - 1])))
        end--;
    for (size_t c = 0; c < end; c++) {
        const struct cell *cell = &row[c];
        if (cell->width == 0)
            continue;
        if (depth != DEPTH_MONO && !same_style(now, &cell->style)) {
            style_encode(&cell->style, depth, out);
            now = &cell->style;
        }
        if (cell->n)
            buf_add(out, cell->text, cell->n);
        else
            buf_char(out, ' ');
    }
    if (!same_style(now, &plain))
        buf_puts(out, "\033[0m");
    buf_char(out, '\n');
}

void cells_encode(const struct cell_grid *grid, enum depth depth, struct buf *out)
{
    for (size_t r = 0; r < grid->rows; r++)
        encode_row(grid->cells + r * grid->columns, grid->columns, depth, out);
}
