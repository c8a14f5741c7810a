/* A heat map and its colour bar in cells. See cells.h. */
#include <math.h>
#include <stdio.h>

#include "core/base/text.h"
#include "viz/draw/cells.h"

struct heat_view heat_view_of(const struct map_plan *plan)
{
    return (struct heat_view){.pool_rows = plan->pool_rows,
                              .pool_cols = plan->pool_cols,
                              .cell_columns = plan->cell_columns,
                              .half = plan->half};
}

/* ---- numbers in cells ---- */

static double most_of(const struct scale *scale)
{
    return fmax(fabs(scale->lo), fabs(scale->hi));
}

/* No value is beyond 1: the 0 before the point is left out. */
static bool is_share(const struct scale *scale)
{
    return most_of(scale) <= 1;
}

/* Two digits of the largest magnitude, so that a difference of 0.04 is no "0.0"; a probability has .01 as its least step. */
static int number_decimals(const struct scale *scale)
{
    double most = most_of(scale);
    if (scale->decimals)
        return scale->decimals;
    return scale->lo < 0 && most < 0.095 ? 3 : is_share(scale) ? 2 : most < 9.95 ? 1 : 0;
}

int heat_decimals(double lo, double hi)
{
    double step = (hi - lo) / 20;
    if (!(step > 0) || !isfinite(step))
        return 2;
    return (int)fmin(fmax(ceil(-log10(step) - 1e-9), 1), 4);
}

size_t heat_number_columns(const struct scale *scale)
{
    size_t decimals = (size_t)number_decimals(scale), sign = scale->lo < 0;
    if (is_share(scale))
        return sign + decimals + 2;
    double most = most_of(scale);
    size_t digits = most >= 1 ? (size_t)log10(most) + 1 : 1;
    digits = digits > 9 ? 9 : digits;
    return digits + (decimals ? decimals + 1 : 0) + sign + 1;
}

/* A share as ".83", anything else with the decimals that its scale asks for. */
void heat_number(struct buf *out, const struct scale *scale, double value)
{
    char text[64];
    int decimals = number_decimals(scale);
    if (!isfinite(value))
        return;
    value = fabs(value) < 0.5 * pow(10, -decimals) ? 0 : value; /* no "-0.0" */
    int n = snprintf(text, sizeof text, "%.*f", decimals, value);
    if (!is_share(scale)) {
        if (n > 12)
            snprintf(text, sizeof text, "%.1e", value);
        buf_puts(out, text);
        return;
    }
    const char *digits = text + (text[0] == '-');
    buf_puts(out, text[0] == '-' ? "-" : "");
    if (digits[0] == '0')
        buf_puts(out, digits + 1);
    else
        buf_add(out, digits, (size_t)decimals + 1); /* "1.0": as wide as ".83" */
}

bool heat_nought(struct str number)
{
    for (size_t i = 0; i < number.n; i++)
        if (number.s[i] != '0' && number.s[i] != '.')
            return false;
    return number.n > 0;
}

/* ---- the map ---- */

static void put_mono(struct cell_grid *grid, size_t row, size_t col, size_t columns, const struct ink *ink, float value)
{
    grid_fill(grid, (struct cell_rect){row, col, 1, columns}, ink_shade(ink, value), (struct style){0});
}

static void put_number(struct cell_grid *grid, size_t row, size_t col, size_t columns, const struct ink *ink,
                       float value, struct style style)
{
    struct buf text = {0};
    heat_number(&text, &ink->scale, value);
    struct str number = buf_view(&text);
    style.flags |= heat_nought(number) ? CELL_DIM : 0;
    if (number.n < columns)
        grid_text_right(grid, row, col, columns - 1, number, style);
    buf_free(&text);
}

static void put_large(struct cell_grid *grid, size_t row, size_t col, const struct heat_view *view,
                      const struct ink *ink, float value)
{
    struct cell_rect cell = {row, col, 1, view->cell_columns};
    if (ink->depth == DEPTH_MONO && view->numbers) {
        grid_fill(grid, cell, isfinite(value) ? " " : ink_shade(ink, value), (struct style){0});
        put_number(grid, row, col, view->cell_columns, ink, value, (struct style){0});
    } else if (ink->depth == DEPTH_MONO) {
        put_mono(grid, row, col, view->cell_columns, ink, value);
    } else {
        struct style style = {.bg = ink_colour(ink, value)};
        style.fg = ink_over(ink, style.bg);
        grid_fill(grid, cell, " ", style);
        if (view->numbers)
            put_number(grid, row, col, view->cell_columns, ink, value, style);
    }
}

/* The value drawn at (r,c) of the view's cells. */
static float value_at(const struct panel *panel, const struct heat_view *view, size_t r, size_t c)
{
    size_t i = view->row + r * view->pool_rows, j = view->col + c * view->pool_cols;
    return pool_value(panel, i, i + view->pool_rows, j, j + view->pool_cols);
}

void cells_heat(struct cell_grid *grid, struct cell_rect rect, const struct panel *panel,
                const struct heat_view *view, const struct ink *ink)
{
    size_t step = view->half ? 2 : 1, width = view->cell_columns ? view->cell_columns : 1;
    for (size_t line = 0; line < rect.rows; line++) {
        size_t i = view->row + line * step * view->pool_rows;
        if (i >= panel->rows)
            break;
        for (size_t c = 0; (c + 1) * width <= rect.cols; c++) {
            size_t j = view->col + c * view->pool_cols;
            if (j >= panel->cols)
                break;
            float upper = value_at(panel, view, line * step, c);
            if (!view->half) {
                put_large(grid, rect.row + line, rect.col + c * width, view, ink, upper);
                continue;
            }
            struct style style = {.fg = ink_colour(ink, upper)};
            if (i + view->pool_rows < panel->rows)
                style.bg = ink_colour(ink, value_at(panel, view, line * step + 1, c));
            grid_fill(grid, (struct cell_rect){rect.row + line, rect.col + c * width, 1, width}, "▀", style);
        }
    }
}

bool heat_place(struct cell_rect rect, const struct heat_view *view, size_t i, size_t j, struct cell_rect *cell_out,
                bool *lower_out)
{
    if (i < view->row || j < view->col)
        return false;
    size_t r = (i - view->row) / view->pool_rows, c = (j - view->col) / view->pool_cols;
    size_t line = view->half ? r / 2 : r;
    *lower_out = view->half && r % 2;
    *cell_out = (struct cell_rect){rect.row + line, rect.col + c * view->cell_columns, 1, view->cell_columns};
    return line < rect.rows && (c + 1) * view->cell_columns <= rect.cols;
}

/* ---- the colour bar ---- */

/* The bar itself: each column the colour of its middle; 0 of a diverging scale and the tick stand in it. */
static void put_bar(struct cell_grid *grid, size_t row, size_t col, size_t width, const struct ink *ink, double tick)
{
    double at_tick = isnan(tick) ? NAN : scale_position(&ink->scale, tick);
    size_t tick_col = at_tick >= 0 && tick >= ink->scale.lo && tick <= ink->scale.hi
                          ? (size_t)fmin(floor(at_tick * (double)width), (double)width - 1)
                          : SIZE_MAX;
    for (size_t c = 0; c < width; c++) {
        double position = ((double)c + 0.5) / (double)width;
        struct style style = {.bg = ink_at(ink, position)};
        style.fg = ink_over(ink, style.bg);
        const char *text = ink->depth == DEPTH_MONO ? ink_shade_at(ink, position) : " ";
        text = c == tick_col ? "│" : ink->scale.diverging && c == width / 2 ? "0" : text;
        grid_fill(grid, (struct cell_rect){row, col + c, 1, 1}, text, style);
    }
}

size_t cells_bar(struct cell_grid *grid, size_t row, size_t col, size_t columns, const struct ink *ink,
                 const struct picture *picture)
{
    struct buf lo = {0}, hi = {0}, mark = {0}, name = {0};
    struct style plain = {0}, bold = {.flags = CELL_BOLD};
    double step = ink->scale.kind == SCALE_LOG ? 0 : (ink->scale.hi - ink->scale.lo) / 50;
    double tick = picture_tick(picture);
    scale_label(&lo, ink->scale.lo, step, false);
    scale_label(&hi, ink->scale.hi, step, false);
    value_text(&name, picture);
    bool has_tick = !isnan(tick) && tick >= ink->scale.lo && tick <= ink->scale.hi;
    if (has_tick)
        tick_text(&mark, tick);
    size_t ends = lo.n + hi.n + 4; /* ASCII */
    size_t width = columns / 3 < 24 ? columns / 3 : 24;
    width = ends + width > columns ? (columns > ends ? columns - ends : 0) : width;
    width |= 1; /* odd: 0 has a middle */
    size_t end = col + columns, at = col;
    if (ends + width <= columns) {
        at += grid_text(grid, row, at, end - at, buf_view(&lo), bold);
        at += grid_text(grid, row, at, end - at, STR(" ▏"), plain);
        put_bar(grid, row, at, width, ink, tick);
        at += width;
        at += grid_text(grid, row, at, end - at, STR("▕ "), plain);
        at += grid_text(grid, row, at, end - at, buf_view(&hi), bold);
    }
    if (name.n && at + 3 < end)
        at += 2 + grid_text(grid, row, at + 2, end - at - 2, buf_view(&name), plain);
    if (has_tick && at + 4 + mark.n <= end) {
        at += 2 + grid_text(grid, row, at + 2, end - at - 2, STR("│ "), plain);
        at += grid_text(grid, row, at, end - at, buf_view(&mark), plain);
    }
    buf_free(&lo);
    buf_free(&hi);
    buf_free(&mark);
    buf_free(&name);
    return at - col;
}

size_t cells_legend(struct cell_grid *grid, size_t row, size_t col, const struct ink *ink, float value, const char *name)
{
    put_large(grid, row, col, &(struct heat_view){.cell_columns = 2}, ink, value);
    return 3 + grid_text(grid, row, col + 3, text_columns(str_of(name)), str_of(name), (struct style){0});
}

void cells_masked(struct cell_grid *grid, size_t row, size_t col, const struct ink *ink)
{
    cells_legend(grid, row, col, ink, NAN, "masked");
}

void cells_not_finite(struct cell_grid *grid, size_t row, size_t col, const struct ink *ink, const char *name)
{
    cells_legend(grid, row, col, ink, INFINITY, name);
}

void cells_length(struct cell_grid *grid, size_t row, size_t col, double cells, struct style style)
{
    size_t whole = (size_t)cells, eighths = (size_t)lround((cells - (double)whole) * 8);
    for (size_t c = 0; c < whole; c++)
        grid_text(grid, row, col + c, 1, STR("█"), style);
    if (eighths) {
        char text[4];
        size_t n = utf8_encode((int32_t)(0x2590 - eighths), text);
        grid_text(grid, row, col + whole, 1, (struct str){text, n}, style);
    }
}
