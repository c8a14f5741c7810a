/* Pooling, thinning and arranging. See layout.h. */
#include "viz/layout.h"

#include <math.h>

#include "core/base/extent.h"
#include "viz/scale.h"

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

struct map_plan plan_map(size_t rows, size_t cols, const struct map_room *room)
{
    size_t columns = room->columns ? room->columns : 1, lines = room->lines;
    struct map_plan plan = {.pool_rows = 1, .pool_cols = 1, .rows = rows, .cols = cols};
    bool large = !room->small && rows <= LAYOUT_LARGE_CELLS && cols <= LAYOUT_LARGE_CELLS &&
                 cols * room->cell_columns <= columns && (lines == 0 || rows <= lines);
    plan.cell_columns = large ? room->cell_columns : 1;
    if (!large) {
        /* A character is about twice as high as wide: half blocks are square; without them two rows share one. */
        size_t a_line = room->tall && !room->half_blocks ? 1 : 2, pool = ceil_div(cols, columns);
        if (lines)
            pool = pool > ceil_div(rows, lines * a_line) ? pool : ceil_div(rows, lines * a_line);
        pool = pool ? pool : 1;
        plan.half = room->half_blocks;
        plan.pool_cols = pool;
        plan.pool_rows = plan.half ? pool : pool * a_line;
        if (plan.pool_rows > rows)
            plan.pool_rows = rows ? rows : 1;
        if (plan.pool_cols > cols)
            plan.pool_cols = cols ? cols : 1;
        plan.rows = ceil_div(rows, plan.pool_rows);
        plan.cols = ceil_div(cols, plan.pool_cols);
    }
    plan.columns = plan.cols * plan.cell_columns;
    plan.lines = plan.half ? ceil_div(plan.rows, 2) : plan.rows;
    return plan;
}

float pool_value(const struct panel *panel, size_t r0, size_t r1, size_t c0, size_t c1)
{
    float best = NAN, most = -1;
    r1 = r1 < panel->rows ? r1 : panel->rows;
    c1 = c1 < panel->cols ? c1 : panel->cols;
    for (size_t r = r0; r < r1; r++) {
        const float *row = panel->values + r * panel->cols;
        for (size_t c = c0; c < c1; c++) {
            if (panel->masked && panel->masked[r * panel->cols + c])
                continue;
            if (!isfinite(row[c]))
                return INFINITY;
            if (fabsf(row[c]) > most)
                most = fabsf(best = row[c]);
        }
    }
    return best;
}

void pool_largest(const struct panel *panel, size_t pool_rows, size_t pool_cols, float *out, unsigned char *masked_out)
{
    for (size_t r = 0; r < panel->rows; r += pool_rows)
        for (size_t c = 0; c < panel->cols; c += pool_cols) {
            *out = pool_value(panel, r, r + pool_rows, c, c + pool_cols);
            *masked_out = isnan(*out);
            if (pool_rows * pool_cols == 1 && !*masked_out)
                *out = panel->values[r * panel->cols + c]; /* a NaN stays one */
            out++, masked_out++;
        }
}

size_t label_stride(double pitch, double need)
{
    if (!(pitch > 0) || !isfinite(need))
        return 1;
    for (size_t power = 1; power < (size_t)1 << 40; power *= 10)
        for (size_t unit = 1; unit <= 5; unit += unit == 1 ? 1 : 3) /* 1, 2, 5 */
            if ((double)(power * unit) * pitch >= need)
                return power * unit;
    return (size_t)1 << 40;
}

size_t panels_across(size_t n, double width, double height, double aspect)
{
    size_t best = 1;
    double least = INFINITY;
    for (size_t across = 1; across <= n; across++) {
        size_t down = ceil_div(n, across);
        double shape = log((double)across * width / ((double)down * height) / aspect);
        double cost = fabs(shape) + 1.5 * (double)(across * down - n) / (double)n;
        if (cost < least - 1e-12) {
            least = cost;
            best = across;
        }
    }
    return best;
}

size_t panel_row_number(const struct panel *panel, size_t row)
{
    return panel->row_numbers && row < panel->rows ? panel->row_numbers[row] : row;
}

size_t panel_col_number(const struct panel *panel, size_t col)
{
    return panel->col_numbers && col < panel->cols ? panel->col_numbers[col] : col;
}

struct str panel_row_label(const struct panel *panel, size_t row)
{
    return panel->row_labels && row < panel->rows ? panel->row_labels[row] : (struct str){"", 0};
}

struct str panel_col_label(const struct panel *panel, size_t col)
{
    return panel->col_labels && col < panel->cols ? panel->col_labels[col] : (struct str){"", 0};
}

bool panel_same_rows(const struct panel *a, const struct panel *b)
{
    if (a->rows != b->rows)
        return false;
    for (size_t i = 0; i < a->rows; i++)
        if (panel_row_number(a, i) != panel_row_number(b, i) || !str_eq(panel_row_label(a, i), panel_row_label(b, i)))
            return false;
    return true;
}

bool panel_same_cols(const struct panel *a, const struct panel *b)
{
    if (a->cols != b->cols)
        return false;
    for (size_t i = 0; i < a->cols; i++)
        if (panel_col_number(a, i) != panel_col_number(b, i) || !str_eq(panel_col_label(a, i), panel_col_label(b, i)))
            return false;
    return true;
}

/* ---- words ---- */

void marked_text(struct buf *out, const struct picture *picture, size_t most)
{
    size_t named = 0, more = 0;
    for (size_t k = 0; k < picture->n_panels; k++) {
        const struct panel *panel = &picture->panels[k];
        bool first = true;
        for (size_t j = 0; panel->marked_cols && j < panel->cols; j++) {
            if (!panel->marked_cols[j])
                continue;
            if (named == most) {
                more++;
                continue;
            }
            struct str label = panel_col_label(panel, j);
            bool nameless = panel->no_numbers && label.n == 0; /* a small map: its title says it once */
            if (nameless && !first)
                continue;
            buf_puts(out, named == 0 ? "" : first && !nameless ? "; " : ", ");
            if (first && picture->n_panels > 1 && panel->title.n) {
                buf_str(out, panel->title);
                buf_puts(out, nameless ? "" : " ");
            }
            if (!panel->no_numbers)
                buf_printf(out, label.n ? "%zu " : "%zu", panel_col_number(panel, j));
            buf_str(out, label);
            first = false;
            named++;
        }
    }
    if (more)
        buf_printf(out, ", and %zu more", more);
}

void pooled_text(struct buf *out, size_t rows, size_t cols)
{
    buf_printf(out, "pooled: a cell shows the largest |value| of %zu × %zu, its sign kept", rows, cols);
}

void value_text(struct buf *out, const struct picture *picture)
{
    if (picture->value_name)
        buf_puts(out, picture->value_name);
    if (picture->scale.kind == SCALE_LINEAR)
        return;
    buf_puts(out, picture->value_name ? " (" : "(");
    scale_print(&picture->scale, out);
    buf_char(out, ')');
}

void tick_text(struct buf *out, double tick)
{
    double n = 1 / tick;
    if (tick > 0 && tick < 1 && n < 1e6 && fabs(n - round(n)) < 1e-4 * n)
        buf_printf(out, "1/%.0f", round(n));
    else
        scale_label(out, tick, 0, false);
}

double picture_tick(const struct picture *picture)
{
    double tick = picture->n_panels ? picture->panels[0].tick : NAN;
    for (size_t k = 1; k < picture->n_panels; k++)
        tick = picture->panels[k].tick == tick ? tick : NAN;
    return tick;
}

bool picture_masked(const struct picture *picture)
{
    for (size_t k = 0; k < picture->n_panels; k++)
        for (size_t i = 0; picture->panels[k].masked && i < picture->panels[k].rows * picture->panels[k].cols; i++)
            if (picture->panels[k].masked[i])
                return true;
    return false;
}

const char *picture_not_finite(const struct picture *picture)
{
    const char *found = NULL;
    for (size_t k = 0; k < picture->n_panels; k++) {
        const struct panel *panel = &picture->panels[k];
        size_t cells = panel->rows * panel->cols;
        struct extent finite = EXTENT_NONE;
        extent_add(&finite, panel->values, cells);
        for (size_t i = 0; finite.n < cells && i < cells; i++) {
            if (isfinite(panel->values[i]) || (panel->masked && panel->masked[i]))
                continue;
            if (!isnan(panel->values[i]))
                return "not finite";
            found = "not a number";
        }
    }
    return found;
}
