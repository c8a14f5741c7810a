/* A whole picture for line mode: panels side by side on one scale, labels, marks, colour bar, notes.
 *
 * A band is a row of panels. Above its maps stand titles, key labels reading downward, key numbers (digits stacked)
 * and the marks; left of them query numbers and tokens, once a band where all panels have the same. */
#include <math.h>
#include <stdio.h>

#include "viz/chart/maps.h"
#include "viz/chart/maps_cells_plan.h"

static const struct style plain, bold = {.flags = CELL_BOLD}, dim = {.flags = CELL_DIM};

static struct style accent(const struct sheet *s)
{
    return (struct style){.fg = ink_rgb(s->ink.depth, (struct rgb){255, 135, 0}), .flags = CELL_BOLD};
}

static void draw_down(struct sheet *s, const struct panel *panel, const struct map_plan *plan, size_t row, size_t col)
{
    for (size_t j = 0; j < panel->cols && s->down_rows; j++) {
        size_t n = text_clusters(panel_col_label(panel, j)), offset = n < s->down_rows ? s->down_rows - n : 0;
        bool marked = panel->marked_cols && panel->marked_cols[j];
        size_t at = col + j * plan->cell_columns + (plan->cell_columns - 1) / 2;
        grid_text_down(s->grid, row + offset, at, 2, s->down_rows - offset, panel_col_label(panel, j),
                       marked ? accent(s) : plain);
    }
}

/* Numbers over large cells: digits stacked where a cell is narrow. */
static void draw_digits(struct sheet *s, const struct panel *panel, const struct map_plan *plan, size_t row, size_t col)
{
    for (size_t j = 0; j < panel->cols && !panel->no_numbers; j++) {
        char text[24];
        size_t n = (size_t)snprintf(text, sizeof text, "%zu", panel_col_number(panel, j));
        size_t at = col + j * plan->cell_columns;
        if (s->digit_rows == 1) {
            at += plan->cell_columns > 2 ? (plan->cell_columns - n) / 2 : 0;
            grid_text(s->grid, row, at, n, (struct str){text, n}, dim);
            continue;
        }
        for (size_t d = 0; d < n && d < s->digit_rows; d++)
            grid_text(s->grid, row + s->digit_rows - 1 - d, at, 1, (struct str){text + n - 1 - d, 1}, dim);
    }
}

/* Numbers over small cells, every so many columns that they stay apart. */
static void draw_ruler(struct sheet *s, const struct panel *panel, const struct map_plan *plan, size_t row, size_t col)
{
    size_t need = panel->cols ? sheet_digits(panel_col_number(panel, panel->cols - 1)) + 2 : 1;
    size_t values = label_stride(1.0 / (double)plan->pool_cols, (double)need);
    for (size_t j = 0; j < panel->cols; j += values) {
        char text[24];
        size_t n = (size_t)snprintf(text, sizeof text, "%zu", panel_col_number(panel, j));
        if (j && j / plan->pool_cols + n > plan->cols)
            break;
        grid_text(s->grid, row, col + j / plan->pool_cols, n, (struct str){text, n}, dim);
    }
}

static void draw_marks(struct sheet *s, const struct panel *panel, const struct map_plan *plan, size_t row, size_t col)
{
    for (size_t j = 0; panel->marked_cols && j < panel->cols; j++) {
        size_t at = col + j / plan->pool_cols * plan->cell_columns + (plan->cell_columns - 1) / 2;
        if (panel->marked_cols[j])
            grid_text(s->grid, row, at, 1, STR("▼"), accent(s));
    }
}

/* "12 cat " right-aligned before the map; a line that stands for several rows names the first number and then
 * as many tokens as fit. */
static void draw_row_label(struct sheet *s, const struct panel *panel, const struct map_plan *plan, size_t line,
                           size_t row, size_t col)
{
    size_t i = line * plan->pool_rows * (plan->half ? 2 : 1), end = col + s->label_columns - 1;
    if (s->token_columns) {
        struct buf tokens = {0};
        sheet_line_tokens(panel, plan, line, &tokens);
        grid_text_right(s->grid, row, end - s->token_columns, s->token_columns, buf_view(&tokens), plain);
        buf_free(&tokens);
        end -= s->token_columns + 1;
    }
    if (s->number_columns && !panel->no_numbers) {
        char text[24];
        size_t n = (size_t)snprintf(text, sizeof text, "%zu", panel_row_number(panel, i));
        grid_text_right(s->grid, row, end - s->number_columns, s->number_columns, (struct str){text, n}, dim);
    }
}

static void draw_axes(struct sheet *s, size_t row, size_t col)
{
    struct buf text = {0};
    if (!s->picture->row_axis || !s->picture->col_axis || s->label_columns < 4)
        return;
    buf_printf(&text, "%s↓ %s→", s->picture->row_axis, s->picture->col_axis);
    if (text_columns(buf_view(&text)) + 1 <= s->label_columns)
        grid_text_right(s->grid, row, col, s->label_columns - 1, buf_view(&text), dim);
    buf_free(&text);
}

static void draw_panel(struct sheet *s, const struct panel *panel, size_t top, size_t col, bool labels, bool marks)
{
    struct map_plan plan = sheet_plan(s, panel);
    size_t map_col = col + (labels ? s->label_columns : 0), row = top;
    if (s->titles)
        grid_text(s->grid, row++, map_col, s->slot - (labels && !s->shared_labels ? s->label_columns : 0), panel->title, bold);
    size_t numbers = s->digit_rows > s->ruler ? s->digit_rows : s->ruler;
    if (plan.cell_columns > 1) {
        draw_down(s, panel, &plan, row, map_col);
        draw_digits(s, panel, &plan, row + s->down_rows + numbers - s->digit_rows, map_col);
    } else if (s->ruler) {
        draw_ruler(s, panel, &plan, row + s->down_rows + numbers - 1, map_col);
    }
    row += s->down_rows + numbers;
    if (labels && row > top + s->titles)
        draw_axes(s, row - 1, col);
    if (marks)
        draw_marks(s, panel, &plan, row++, map_col);
    for (size_t line = 0; labels && s->label_columns && line < plan.lines; line++)
        draw_row_label(s, panel, &plan, line, row + line, col);
    struct heat_view view = heat_view_of(&plan);
    view.numbers = s->numbers;
    cells_heat(s->grid, (struct cell_rect){row, map_col, plan.lines, plan.columns}, panel, &view, &s->ink);
}

static bool draw_bands(struct sheet *s)
{
    const struct picture *p = s->picture;
    for (size_t band = 0; band < s->bands; band++) {
        size_t first = band * s->across, most = sheet_band_lines(s, band);
        size_t top = s->grid->rows + (band > 0);
        if (!grid_add_rows(s->grid, sheet_head_rows(s, band) + most + (band > 0), s->err))
            return false;
        size_t col = 0;
        for (size_t k = first; k < first + s->across && k < p->n_panels; k++) {
            bool labels = k == first || !s->shared_labels;
            draw_panel(s, &p->panels[k], top, col, labels, sheet_band_marks(s, band));
            col += s->slot + s->gap + (labels && s->shared_labels ? s->label_columns : 0);
        }
    }
    return true;
}

/* ---- under the maps ---- */

static bool put_wrapped(struct sheet *s, struct str text, struct style style)
{
    return grid_add_wrapped(s->grid, s->columns, text, style, s->err);
}

static bool put_marked(struct sheet *s)
{
    struct buf text = {0};
    buf_puts(&text, "▼ marked: ");
    marked_text(&text, s->picture, s->picture->n_panels > 4 ? 8 : 24);
    bool ok = buf_ok(&text, s->err) && put_wrapped(s, buf_view(&text), plain);
    buf_free(&text);
    return ok;
}

static bool put_pooled(struct sheet *s)
{
    size_t rows = 1, cols = 1;
    for (size_t k = 0; k < s->picture->n_panels; k++) {
        struct map_plan plan = sheet_plan(s, &s->picture->panels[k]);
        rows = plan.pool_rows > rows ? plan.pool_rows : rows;
        cols = plan.pool_cols > cols ? plan.pool_cols : cols;
    }
    struct buf text = {0};
    pooled_text(&text, rows, cols);
    bool ok = buf_ok(&text, s->err) && put_wrapped(s, buf_view(&text), dim);
    buf_free(&text);
    return ok;
}

/* The place of a legend of so many columns: beside what stands there already, else on a line of its own. */
static bool next_legend(struct sheet *s, size_t columns, size_t *row, size_t *at)
{
    if (*at + columns <= s->columns)
        return true;
    *at = 0;
    *row = s->grid->rows;
    return grid_add_rows(s->grid, 1, s->err);
}

static bool draw_footer(struct sheet *s)
{
    const struct picture *p = s->picture;
    if (!grid_add_rows(s->grid, 2, s->err))
        return false;
    size_t row = s->grid->rows - 1, at = cells_bar(s->grid, row, 0, s->columns, &s->ink, p) + 2;
    const char *not_finite = picture_not_finite(p);
    if (picture_masked(p)) {
        if (!next_legend(s, CELLS_MASKED, &row, &at))
            return false;
        cells_masked(s->grid, row, at, &s->ink);
        at += CELLS_MASKED + 2;
    }
    if (not_finite) {
        if (!next_legend(s, CELLS_NOT_FINITE, &row, &at))
            return false;
        cells_not_finite(s->grid, row, at, &s->ink, not_finite);
    }
    if (s->marks && !put_marked(s))
        return false;
    if (s->pooled && !put_pooled(s))
        return false;
    if (s->left_out && !put_wrapped(s, STR("numbers are left out: the cells are too small for them"), dim))
        return false;
    for (size_t i = 0; i < p->n_notes; i++)
        if (!put_wrapped(s, p->notes[i], plain))
            return false;
    return true;
}

bool maps_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid_out, struct err *err)
{
    struct picture fitted = *picture;
    if (!(fitted.scale.lo < fitted.scale.hi))
        picture_fit_scale(&fitted);
    struct sheet s = {.picture = &fitted, .grid = grid_out, .err = err, .numbers = options->numbers};
    *grid_out = (struct cell_grid){0};
    if (!ink_init(&s.ink, picture->palette, &fitted.scale, options->depth, err) ||
        !grid_new(grid_out, options->columns ? options->columns : 80, 0, err))
        return false;
    s.columns = grid_out->columns;
    sheet_arrange(&s, options->rows, 4 + picture->n_notes + (picture->title != NULL));
    if (picture->title && !put_wrapped(&s, str_of(picture->title), bold))
        goto fail;
    if (!draw_bands(&s) || !draw_footer(&s))
        goto fail;
    return true;
fail:
    grid_free(grid_out);
    return false;
}
