/* What every canvas may ask: runs of equal cells, texts that are cut, discs. See canvas.h. */
#include "viz/draw/canvas.h"

#include <math.h>

#include "core/base/text.h"

bool cells_next_run(const struct rgb *cells, size_t rows, size_t cols, struct run_of_cells *run)
{
    size_t at = run->row * cols + run->col + run->n;
    if (at >= rows * cols)
        return false;
    run->row = at / cols;
    run->col = at % cols;
    run->colour = cells[at];
    for (run->n = 1; run->col + run->n < cols; run->n++) {
        struct rgb next = cells[at + run->n];
        if (next.r != run->colour.r || next.g != run->colour.g || next.b != run->colour.b)
            break;
    }
    return true;
}

size_t cells_runs(const struct rgb *cells, size_t rows, size_t cols)
{
    struct run_of_cells run = {0};
    size_t n = 0;
    while (cells_next_run(cells, rows, cols, &run))
        n++;
    return n;
}

void canvas_cut(struct canvas *canvas, const struct text_style *style, struct str text, struct buf *out)
{
    struct text_style whole = *style;
    whole.width = 0;
    if (style->width <= 0 || canvas->ops->extents(canvas, &whole, text).width <= style->width) {
        buf_str(out, text);
        return;
    }
    size_t kept = 0, begin = out->n;
    for (size_t next = 0; next < text.n; kept = next) {
        next += text_grapheme((struct str){text.s + next, text.n - next});
        out->n = begin;
        buf_add(out, text.s, next);
        buf_puts(out, "…");
        if (canvas->ops->extents(canvas, &whole, (struct str){out->data + begin, out->n - begin}).width > style->width)
            break;
    }
    out->n = begin;
    buf_add(out, text.s, kept);
    buf_puts(out, "…");
}

void canvas_disc(struct canvas *canvas, struct point at, double radius, struct rgb colour)
{
    enum { CORNERS = 16 };
    struct point corners[CORNERS];
    for (size_t i = 0; i < CORNERS; i++) {
        double angle = 6.283185307179586 * (double)i / CORNERS;
        corners[i] = (struct point){at.x + radius * cos(angle), at.y + radius * sin(angle)};
    }
    canvas->ops->polygon(canvas, corners, CORNERS, colour);
}
