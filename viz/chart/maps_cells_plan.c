/* What of a picture fits a terminal, and how: large cells, half blocks or pooled ones, labels, panels a row. */
#include "viz/chart/maps_cells_plan.h"

#define TOKEN_COLUMNS 18 /* at most for a row's token */
#define DOWN_ROWS 8      /* at most for a column's token */
#define GAP 2            /* columns between panels, where that does not cost one */
#define BUDGET 60        /* lines for several panels where the caller sets none */
#define STACKED 3        /* so few panels are stacked before they are made smaller */
#define STACK_BUDGET 140 /* lines for them */

size_t sheet_digits(size_t n)
{
    size_t digits = 1;
    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

struct map_plan sheet_plan(const struct sheet *s, const struct panel *panel)
{
    return plan_map(panel->rows, panel->cols, &s->room);
}

/* The tokens of a line of the map, one after another; more than enough for TOKEN_COLUMNS. */
void sheet_line_tokens(const struct panel *panel, const struct map_plan *plan, size_t line, struct buf *out)
{
    size_t a_line = plan->pool_rows * (plan->half ? 2 : 1), i = line * a_line;
    for (size_t k = i; panel->row_labels && k < i + a_line && k < panel->rows && k < i + TOKEN_COLUMNS; k++) {
        if (out->n && panel->row_labels[k].n)
            buf_char(out, ' ');
        buf_str(out, panel->row_labels[k]);
    }
}

static void measure_labels(struct sheet *s, bool tokens)
{
    const struct picture *p = s->picture;
    s->number_columns = s->token_columns = 0;
    for (size_t k = 0; k < p->n_panels; k++) {
        struct map_plan plan = sheet_plan(s, &p->panels[k]);
        for (size_t i = 0; i < p->panels[k].rows && !p->panels[k].no_numbers; i++) {
            size_t n = sheet_digits(panel_row_number(&p->panels[k], i));
            s->number_columns = n > s->number_columns ? n : s->number_columns;
        }
        for (size_t line = 0; tokens && line < plan.lines && s->token_columns < TOKEN_COLUMNS; line++) {
            struct buf text = {0};
            sheet_line_tokens(&p->panels[k], &plan, line, &text);
            size_t t = text_columns(buf_view(&text));
            s->token_columns = t > s->token_columns ? t : s->token_columns;
            buf_free(&text);
        }
    }
    size_t most = s->columns / 4 < TOKEN_COLUMNS ? s->columns / 4 : TOKEN_COLUMNS;
    s->token_columns = s->token_columns < most ? s->token_columns : most;
    s->label_columns = s->number_columns + (s->number_columns > 0) + s->token_columns + (s->token_columns > 0);
    size_t axes = p->row_axis && p->col_axis ? text_columns(str_of(p->row_axis)) + text_columns(str_of(p->col_axis)) + 4 : 0;
    if (s->label_columns && s->label_columns < axes && s->columns > 3 * axes)
        s->label_columns = axes;
}

/* Rows above the maps for key labels and numbers, where cells are large. */
static void measure_heads(struct sheet *s, bool labels)
{
    const struct picture *p = s->picture;
    s->down_rows = s->digit_rows = 0;
    s->ruler = false;
    for (size_t k = 0; k < p->n_panels; k++) {
        const struct panel *panel = &p->panels[k];
        struct map_plan plan = sheet_plan(s, panel);
        bool large = plan.cell_columns > 1;
        s->ruler = s->ruler || (!large && !panel->no_numbers && panel->cols > 0);
        for (size_t j = 0; large && j < panel->cols; j++) {
            size_t down = labels ? text_clusters(panel_col_label(panel, j)) : 0;
            size_t digits = panel->no_numbers ? 0 : sheet_digits(panel_col_number(panel, j));
            digits = digits < plan.cell_columns && plan.cell_columns > 2 ? 1 : digits;
            s->down_rows = down > s->down_rows ? down : s->down_rows;
            s->digit_rows = digits > s->digit_rows ? digits : s->digit_rows;
        }
    }
    s->down_rows = s->down_rows < DOWN_ROWS ? s->down_rows : DOWN_ROWS;
}

bool sheet_band_marks(const struct sheet *s, size_t band)
{
    const struct picture *p = s->picture;
    for (size_t k = band * s->across; s->marks && k < (band + 1) * s->across && k < p->n_panels; k++)
        for (size_t j = 0; p->panels[k].marked_cols && j < p->panels[k].cols; j++)
            if (p->panels[k].marked_cols[j])
                return true;
    return false;
}

size_t sheet_head_rows(const struct sheet *s, size_t band)
{
    size_t numbers = s->digit_rows > s->ruler ? s->digit_rows : s->ruler;
    return s->titles + s->down_rows + numbers + sheet_band_marks(s, band);
}

size_t sheet_band_lines(const struct sheet *s, size_t band)
{
    size_t most = 0;
    for (size_t k = band * s->across; k < (band + 1) * s->across && k < s->picture->n_panels; k++) {
        size_t n = sheet_plan(s, &s->picture->panels[k]).lines;
        most = n > most ? n : most;
    }
    return most;
}

/* The lines that the bands take under the plan that stands in the sheet. */
static size_t count_lines(const struct sheet *s)
{
    size_t lines = 0;
    for (size_t band = 0; band < s->bands; band++)
        lines += sheet_head_rows(s, band) + sheet_band_lines(s, band) + (band > 0);
    return lines;
}

/* How many panels of the present room stand side by side; sets slot, across and bands. */
static void set_across(struct sheet *s, size_t wanted)
{
    size_t n = s->picture->n_panels, widest = 1, titles = 0;
    for (size_t k = 0; k < n; k++) {
        size_t w = sheet_plan(s, &s->picture->panels[k]).columns, t = text_columns(s->picture->panels[k].title);
        widest = w > widest ? w : widest;
        titles = t > titles ? t : titles;
    }
    s->slot = titles > widest && titles < s->columns ? titles : widest;
    size_t shared = s->shared_labels ? s->label_columns : 0;
    s->slot += s->shared_labels ? 0 : s->label_columns;
    size_t room = s->columns > shared ? s->columns - shared : 1;
    s->across = (room + s->gap) / (s->slot + s->gap);
    s->across = s->across < 1 ? 1 : s->across;
    if (wanted && wanted < s->across)
        s->across = wanted;
    s->across = s->across < n ? s->across : n ? n : 1;
    s->bands = (n + s->across - 1) / s->across;
    if (s->bands) /* as even as possible where the caller does not care */
        s->across = wanted ? s->across : (n + s->bands - 1) / s->bands;
}

/* The largest cells with which one panel fits the width (and the height, where one is set). */
static void arrange_one(struct sheet *s, size_t lines)
{
    const struct panel *panel = &s->picture->panels[0];
    s->across = s->bands = 1;
    s->room.columns = s->columns;
    measure_labels(s, true);
    s->room.columns = s->columns > s->label_columns + 1 ? s->columns - s->label_columns : 1;
    measure_labels(s, true); /* cells may have become smaller, and a line stand for more rows */
    s->room.columns = s->columns > s->label_columns + 1 ? s->columns - s->label_columns : 1;
    if (s->numbers) {
        s->room.cell_columns = heat_number_columns(&s->ink.scale);
        s->left_out = plan_map(panel->rows, panel->cols, &s->room).cell_columns == 1;
        s->numbers = !s->left_out;
        s->room.cell_columns = s->left_out ? 2 : s->room.cell_columns;
    }
    measure_heads(s, true);
    size_t heads = sheet_head_rows(s, 0);
    s->room.lines = !lines ? 0 : lines > heads ? lines - heads : 1;
    measure_heads(s, true);
    set_across(s, 1);
}

/* Do a few maps stand below each other, each whole? That comes before smaller ones side by side. */
static bool is_stacked(const struct sheet *s, size_t lines)
{
    size_t n = s->picture->n_panels;
    if (n > STACKED || s->bands != n || count_lines(s) > (lines == BUDGET ? STACK_BUDGET : lines))
        return false;
    for (size_t k = 0; k < n; k++) {
        struct map_plan plan = sheet_plan(s, &s->picture->panels[k]);
        if (plan.pool_rows > 1 || plan.pool_cols > 1)
            return false;
    }
    return true;
}

/* Try large cells, then smaller and smaller ones until the bands fit the lines, and as many panels stand side by side as
 * the picture asks for and their titles allow. */
static void arrange_many(struct sheet *s, size_t lines)
{
    const struct picture *p = s->picture;
    size_t most = 1, titles = 1;
    for (size_t k = 0; k < p->n_panels; k++) {
        size_t t = text_columns(p->panels[k].title);
        most = p->panels[k].cols > most ? p->panels[k].cols : most;
        titles = t > titles ? t : titles;
    }
    size_t goal = p->across < p->n_panels ? p->across : p->n_panels;
    s->gap = goal * (titles + GAP) <= s->columns + GAP ? GAP : 1;
    if (goal > (s->columns + s->gap) / (titles + s->gap)) { /* never: do not shrink the maps for it */
        goal = 0;
        s->gap = GAP;
    }
    if (s->numbers) {
        s->left_out = true;
        s->numbers = false;
    }
    for (size_t step = 0; step <= most + 1; step++) { /* 0: large cells, 1: small, a line for each row */
        size_t pool = step > 1 ? step - 1 : step;
        s->room.small = pool > 0;
        s->room.tall = step == 1;
        s->room.columns = pool ? (most + pool - 1) / pool : s->columns;
        measure_labels(s, pool < 2);
        s->label_columns = pool < 2 ? s->label_columns : 0;
        size_t shared = s->label_columns;
        if (s->room.columns + shared > s->columns)
            s->room.columns = s->columns > shared ? s->columns - shared : 1;
        measure_heads(s, true);
        set_across(s, p->across);
        if (s->bands > 1 && !pool && p->n_panels > STACKED) /* labels above every band would cost more than they tell */
            s->down_rows = 0;
        s->ruler = s->ruler && pool < 2;
        if (is_stacked(s, lines) || (count_lines(s) <= lines && s->across >= goal) || pool >= most || (pool && (most + pool - 1) / pool <= 4))
            return;
    }
}

void sheet_arrange(struct sheet *s, size_t rows, size_t footer)
{
    const struct picture *p = s->picture;
    s->shared_labels = true;
    for (size_t k = 0; k < p->n_panels; k++) {
        s->titles = s->titles || p->panels[k].title.n > 0;
        s->shared_labels = s->shared_labels && panel_same_rows(&p->panels[0], &p->panels[k]);
        for (size_t j = 0; p->panels[k].marked_cols && j < p->panels[k].cols; j++)
            s->marks = s->marks || p->panels[k].marked_cols[j];
    }
    s->room = (struct map_room){.cell_columns = 2, .half_blocks = s->ink.depth != DEPTH_MONO};
    size_t lines = rows ? (rows > footer + 1 ? rows - footer : 1) : 0;
    if (p->n_panels == 1)
        arrange_one(s, lines);
    else if (p->n_panels > 1)
        arrange_many(s, lines ? lines : BUDGET);
    for (size_t k = 0; k < p->n_panels; k++) {
        struct map_plan plan = sheet_plan(s, &p->panels[k]);
        s->pooled = s->pooled || plan.pool_rows > 1 || plan.pool_cols > 1;
    }
}
