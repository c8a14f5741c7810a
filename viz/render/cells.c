/* A whole picture for line mode: panels side by side on one scale, labels, marks, colour bar, notes.
 *
 * A band is a row of panels. Above its maps stand titles, key labels reading downward, key numbers (digits stacked)
 * and the marks; left of them query numbers and tokens, once a band where all panels have the same. */
#include <math.h>
#include <stdio.h>

#include "viz/render/cells.h"

#define TOKEN_COLUMNS 18 /* at most for a row's token */
#define DOWN_ROWS 8      /* at most for a column's token */
#define GAP 2            /* between panels */
#define BUDGET 60        /* lines for several panels where the caller sets none */

/* Everything that is decided before drawing. */
struct sheet {
    const struct picture *picture;
    struct ink ink;
    struct cell_grid *grid;
    struct err *err;
    size_t columns;
    struct map_room room;     /* of one panel */
    size_t across, bands;     /* panels a row, rows of panels */
    size_t slot;              /* columns of a panel with its own labels */
    size_t number_columns, token_columns, label_columns; /* left of a map; 0: no labels */
    size_t down_rows, digit_rows;                        /* above a map: key labels, key numbers */
    bool shared_labels;       /* row labels once a band */
    bool numbers, titles, marks, ruler;
    bool pooled, left_out;    /* some map is pooled; numbers asked for do not fit */
};

static size_t digits_of(size_t n)
{
    size_t digits = 1;
    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

static const struct style plain, bold = {.flags = CELL_BOLD}, dim = {.flags = CELL_DIM};

static struct style accent(const struct sheet *s)
{
    return (struct style){.fg = ink_rgb(s->ink.depth, (struct rgb){255, 135, 0}), .flags = CELL_BOLD};
}

/* ---- deciding ---- */

static struct map_plan plan_of(const struct sheet *s, const struct panel *panel)
{
    return plan_map(panel->rows, panel->cols, &s->room);
}

/* The tokens of a line of the map, one after another; more than enough for TOKEN_COLUMNS. */
static void line_tokens(const struct panel *panel, const struct map_plan *plan, size_t line, struct buf *out)
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
        struct map_plan plan = plan_of(s, &p->panels[k]);
        for (size_t i = 0; i < p->panels[k].rows && !p->panels[k].no_numbers; i++) {
            size_t n = digits_of(panel_row_number(&p->panels[k], i));
            s->number_columns = n > s->number_columns ? n : s->number_columns;
        }
        for (size_t line = 0; tokens && line < plan.lines && s->token_columns < TOKEN_COLUMNS; line++) {
            struct buf text = {0};
            line_tokens(&p->panels[k], &plan, line, &text);
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
        struct map_plan plan = plan_of(s, panel);
        bool large = plan.cell_columns > 1;
        s->ruler = s->ruler || (!large && !panel->no_numbers && panel->cols > 0);
        for (size_t j = 0; large && j < panel->cols; j++) {
            size_t down = labels ? text_clusters(panel_col_label(panel, j)) : 0;
            size_t digits = panel->no_numbers ? 0 : digits_of(panel_col_number(panel, j));
            digits = digits < plan.cell_columns && plan.cell_columns > 2 ? 1 : digits;
            s->down_rows = down > s->down_rows ? down : s->down_rows;
            s->digit_rows = digits > s->digit_rows ? digits : s->digit_rows;
        }
    }
    s->down_rows = s->down_rows < DOWN_ROWS ? s->down_rows : DOWN_ROWS;
}

static size_t head_rows(const struct sheet *s)
{
    size_t numbers = s->digit_rows > s->ruler ? s->digit_rows : s->ruler;
    return s->titles + s->down_rows + numbers + s->marks;
}

/* The lines that the bands take under the plan that stands in the sheet. */
static size_t count_lines(const struct sheet *s)
{
    size_t lines = 0;
    for (size_t band = 0; band < s->bands; band++) {
        size_t most = 0;
        for (size_t k = band * s->across; k < (band + 1) * s->across && k < s->picture->n_panels; k++) {
            size_t n = plan_of(s, &s->picture->panels[k]).lines;
            most = n > most ? n : most;
        }
        lines += head_rows(s) + most + (band > 0);
    }
    return lines;
}

/* How many panels of the present room stand side by side; sets slot, across and bands. */
static void set_across(struct sheet *s, size_t wanted)
{
    size_t n = s->picture->n_panels, widest = 1, titles = 0;
    for (size_t k = 0; k < n; k++) {
        size_t w = plan_of(s, &s->picture->panels[k]).columns, t = text_columns(s->picture->panels[k].title);
        widest = w > widest ? w : widest;
        titles = t > titles ? t : titles;
    }
    s->slot = titles > widest && titles < s->columns ? titles : widest;
    size_t shared = s->shared_labels ? s->label_columns : 0;
    s->slot += s->shared_labels ? 0 : s->label_columns;
    size_t room = s->columns > shared ? s->columns - shared : 1;
    s->across = (room + GAP) / (s->slot + GAP);
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
    size_t heads = head_rows(s);
    s->room.lines = !lines ? 0 : lines > heads ? lines - heads : 1;
    measure_heads(s, true);
    set_across(s, 1);
}

/* Try large cells, then smaller and smaller ones until the bands fit the lines. */
static void arrange_many(struct sheet *s, size_t lines)
{
    const struct picture *p = s->picture;
    size_t most = 1;
    for (size_t k = 0; k < p->n_panels; k++)
        most = p->panels[k].cols > most ? p->panels[k].cols : most;
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
        if (s->bands > 1 && !pool) { /* labels above every band would cost more than they tell */
            s->down_rows = 0;
        }
        s->ruler = s->ruler && pool < 2;
        if (count_lines(s) <= lines || pool >= most || (pool && (most + pool - 1) / pool <= 4))
            return;
    }
}

static void arrange(struct sheet *s, const struct cells_options *options, size_t footer)
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
    size_t lines = options->rows ? (options->rows > footer + 1 ? options->rows - footer : 1) : 0;
    if (p->n_panels == 1)
        arrange_one(s, lines);
    else if (p->n_panels > 1)
        arrange_many(s, lines ? lines : BUDGET);
    for (size_t k = 0; k < p->n_panels; k++) {
        struct map_plan plan = plan_of(s, &p->panels[k]);
        s->pooled = s->pooled || plan.pool_rows > 1 || plan.pool_cols > 1;
    }
}

/* ---- drawing ---- */

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
    size_t need = panel->cols ? digits_of(panel_col_number(panel, panel->cols - 1)) + 2 : 1;
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
        line_tokens(panel, plan, line, &tokens);
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

static void draw_panel(struct sheet *s, const struct panel *panel, size_t top, size_t col, bool labels)
{
    struct map_plan plan = plan_of(s, panel);
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
    if (s->marks)
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
        size_t first = band * s->across, most = 0;
        for (size_t k = first; k < first + s->across && k < p->n_panels; k++) {
            size_t n = plan_of(s, &p->panels[k]).lines;
            most = n > most ? n : most;
        }
        size_t top = s->grid->rows + (band > 0);
        if (!grid_add_rows(s->grid, head_rows(s) + most + (band > 0), s->err))
            return false;
        size_t col = 0;
        for (size_t k = first; k < first + s->across && k < p->n_panels; k++) {
            bool labels = k == first || !s->shared_labels;
            draw_panel(s, &p->panels[k], top, col, labels);
            col += s->slot + GAP + (labels && s->shared_labels ? s->label_columns : 0);
        }
    }
    return true;
}

/* ---- under the maps ---- */

/* Lines of words, each at most the grid's width; continued lines are indented. */
static bool put_wrapped(struct sheet *s, struct str text, struct style style)
{
    size_t at = 0, row = s->grid->rows;
    if (!grid_add_rows(s->grid, 1, s->err))
        return false;
    while (text.n) {
        size_t n = 0;
        while (n < text.n && text.s[n] != ' ')
            n++;
        struct str word = {text.s, n};
        size_t width = text_columns(word);
        if (at > 2 && at + width > s->columns) {
            row = s->grid->rows;
            at = 2;
            if (!grid_add_rows(s->grid, 1, s->err))
                return false;
        }
        if (at < s->columns)
            at += grid_text(s->grid, row, at, s->columns - at, word, style) + 1;
        n += n < text.n;
        text.s += n;
        text.n -= n;
    }
    return true;
}

static bool put_marked(struct sheet *s)
{
    struct buf text = {0};
    buf_puts(&text, "▼ marked: ");
    marked_text(&text, s->picture, 24);
    bool ok = buf_ok(&text, s->err) && put_wrapped(s, buf_view(&text), plain);
    buf_free(&text);
    return ok;
}

static bool put_pooled(struct sheet *s)
{
    size_t rows = 1, cols = 1;
    for (size_t k = 0; k < s->picture->n_panels; k++) {
        struct map_plan plan = plan_of(s, &s->picture->panels[k]);
        rows = plan.pool_rows > rows ? plan.pool_rows : rows;
        cols = plan.pool_cols > cols ? plan.pool_cols : cols;
    }
    struct buf text = {0};
    pooled_text(&text, rows, cols);
    bool ok = buf_ok(&text, s->err) && put_wrapped(s, buf_view(&text), dim);
    buf_free(&text);
    return ok;
}

static bool draw_footer(struct sheet *s)
{
    const struct picture *p = s->picture;
    if (!grid_add_rows(s->grid, 2, s->err))
        return false;
    size_t row = s->grid->rows - 1, at = cells_bar(s->grid, row, 0, s->columns, &s->ink, p) + 2;
    if (picture_masked(p)) {
        if (at + CELLS_MASKED > s->columns) {
            at = 0;
            row++;
            if (!grid_add_rows(s->grid, 1, s->err))
                return false;
        }
        cells_masked(s->grid, row, at, &s->ink);
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

bool cells_picture(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid_out,
                   struct err *err)
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
    arrange(&s, options, 4 + picture->n_notes + (picture->title != NULL));
    if (picture->title && !put_wrapped(&s, str_of(picture->title), bold))
        goto fail;
    if (!draw_bands(&s) || !draw_footer(&s))
        goto fail;
    return true;
fail:
    grid_free(grid_out);
    return false;
}
