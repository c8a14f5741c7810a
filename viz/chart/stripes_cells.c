/* Stripes in character cells. See stripes.h.
 *
 *   L5.H0
 *        ▇▂▁▁▁▂▁▁▁▁▇  commonest token     ▇▂▁▁▁▂▁▁▁▁▇   ▇▇
 *        0    5                           -10  -5       [CLS] [SEP]  downward
 *    0   ▀▀▀▀▀▀▀▀▀▀▀                      ▀▀▀▀▀▀▀▀▀▀▀   ▀▀
 *    2   …
 *
 * Half blocks hold two rows a line where there are colours, a line holds one where there are none. Heads stand side by side
 * as far as the width goes, then below each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "viz/chart/stripes_view.h"
#include "viz/draw/cells.h"

enum { BUDGET = 48, LEAST_LINES = 6, NAMES = 5 }; /* lines of all heads, of one, of a name */
enum { GAP = 2, NUMBERS = 5, LEGENDS = 24, TITLE = 13 }; /* columns */

static const struct style plain, bold = {.flags = CELL_BOLD}, dim = {.flags = CELL_DIM};

struct sheet {
    const struct picture *picture;
    struct stripes_view view;
    struct ink ink;
    struct cell_grid *grid;
    struct err *err;
    size_t cell_columns;              /* of a place */
    size_t pool[STRIPES_LANES];       /* places a cell */
    size_t columns[STRIPES_LANES];    /* of a lane */
    size_t panel_columns, across;     /* of a head with its row numbers; heads side by side */
    size_t rows, pool_rows, main_lines, short_lines; /* rows a line, texts a row */
    size_t names;                     /* lines for the names of special tokens or for numbers */
    bool shares;
    float *share[STRIPES_LANES], *scratch;
};

/* ---- what fits ---- */

static size_t ceil_div(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

/* Columns of all lanes when a place takes so many and key lanes are pooled by so much; special tokens are never pooled. */
static size_t lanes_columns(struct sheet *s, size_t cell, size_t pool)
{
    size_t sum = 0;
    for (size_t l = 0; l < s->view.n_lanes; l++) {
        bool keys = s->view.lane[l].lane != STRIPES_SPECIAL;
        s->pool[l] = keys ? pool : 1;
        s->columns[l] = keys ? ceil_div(s->view.lane[l].width, pool) * cell : 2 * s->view.lane[l].width;
        sum += s->columns[l] + (l ? GAP : 0);
    }
    return sum;
}

static void fit_columns(struct sheet *s, size_t columns)
{
    enum { WIDE = 2 };
    size_t room = columns > NUMBERS + 4 ? columns - NUMBERS : 4, n = s->view.data->n_heads;
    bool many = n > 1; /* then no cell is wider than it must be */
    s->cell_columns = many || lanes_columns(s, WIDE, 1) > room ? 1 : WIDE;
    size_t pool = 1;
    while (lanes_columns(s, s->cell_columns, pool) > room && pool < s->view.most)
        pool++;
    size_t lanes = lanes_columns(s, s->cell_columns, pool), least = TITLE < room ? TITLE : room;
    s->panel_columns = NUMBERS + (lanes > least ? lanes : least); /* special tokens alone are narrower than their head's name */
    s->across = (columns + GAP) / (s->panel_columns + GAP);
    s->across = s->across < 1 ? 1 : s->across < n ? s->across : n;
}

/* Above a head's stripes: its title; what tells of the texts and the lanes stands once, above the first heads. */
static size_t head_lines(const struct sheet *s, bool first)
{
    return first ? 2 + s->shares + s->names : 1;
}

static void fit_lines(struct sheet *s, size_t budget)
{
    size_t n = s->view.data->n_texts, bands = ceil_div(s->view.data->n_heads, s->across);
    size_t heads = head_lines(s, true) + (bands - 1) * (head_lines(s, false) + 1), room = budget > heads ? (budget - heads) / bands : 0;
    room = room > LEAST_LINES ? room : LEAST_LINES;
    size_t n_short = n - s->view.n_main;
    s->rows = s->ink.depth == DEPTH_MONO ? 1 : 2;
    for (s->pool_rows = 1;; s->pool_rows++) {
        size_t a_line = s->rows * s->pool_rows;
        s->main_lines = ceil_div(s->view.n_main, a_line);
        s->short_lines = ceil_div(n_short, a_line) + (n_short > 0 && s->view.n_main > 0); /* with a line between */
        if (s->main_lines + s->short_lines <= room || s->pool_rows >= n)
            return;
    }
}

static bool make_shares(struct sheet *s)
{
    for (size_t l = 0; l < s->view.n_lanes; l++) {
        s->share[l] = mem_new(s->view.lane[l].width, sizeof(float), "stripes", s->err);
        if (!s->share[l] || !stripes_shares(&s->view, l, s->share[l], &s->shares, s->err))
            return false;
    }
    s->scratch = mem_new(s->view.data->n_texts, sizeof *s->scratch, "stripes", s->err);
    return s->scratch != NULL;
}

/* ---- drawing ---- */

/* "▂" for a share of a quarter. */
static void draw_shares(const struct sheet *s, size_t lane, size_t row, size_t col)
{
    static const char *const levels[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    size_t cell = s->view.lane[lane].lane == STRIPES_SPECIAL ? 2 : s->cell_columns;
    for (size_t x = 0; x < s->view.lane[lane].width; x += s->pool[lane]) {
        float most = 0;
        for (size_t i = x; i < x + s->pool[lane] && i < s->view.lane[lane].width; i++)
            most = s->share[lane][i] > most ? s->share[lane][i] : most; /* NaN is not */
        size_t level = (size_t)(most * 8 + 0.5F);
        grid_fill(s->grid, (struct cell_rect){row, col + x / s->pool[lane] * cell, 1, cell}, levels[level < 8 ? level : 8], plain);
    }
}

/* Numbers of keys: 0, 10, … from the start, −1, −10, … from the end. */
static void draw_ruler(const struct sheet *s, size_t lane, size_t row, size_t col)
{
    const struct stripes_place *place = &s->view.lane[lane];
    size_t cell = s->cell_columns, stride = label_stride((double)cell / (double)s->pool[lane], 6);
    for (size_t i = 0; i < place->width; i += stride) {
        char text[24];
        bool end = place->lane == STRIPES_END;
        size_t number = end && i == 0 ? 1 : i, x = end ? place->width - number : i; /* -1, -10, -20 */
        size_t n = (size_t)snprintf(text, sizeof text, end ? "-%zu" : "%zu", number);
        size_t at = x / s->pool[lane] * cell;
        if (end)
            at = at + cell >= n ? at + cell - n : 0;
        if (at + n <= s->columns[lane])
            grid_text(s->grid, row, col + at, n, (struct str){text, n}, dim);
    }
}

static struct str lane_name(const struct sheet *s, size_t lane)
{
    struct str name = str_of(s->view.lane[lane].name);
    return text_columns(name) <= s->columns[lane] ? name : str_of(s->view.lane[lane].brief);
}

static void draw_lane_head(const struct sheet *s, size_t lane, size_t row, size_t col)
{
    const struct stripes *data = s->view.data;
    bool special = s->view.lane[lane].lane == STRIPES_SPECIAL;
    if (!special)
        grid_text(s->grid, row, col, s->columns[lane], lane_name(s, lane), dim);
    if (s->shares)
        draw_shares(s, lane, row + 1, col);
    row += 1 + s->shares;
    if (!special)
        draw_ruler(s, lane, row + s->names - 1, col);
    for (size_t k = 0; special && k < s->view.n_special && k < data->n_specials; k++) {
        size_t n = text_clusters(data->specials[k]), above = n < s->names ? s->names - n : 0;
        grid_text_down(s->grid, row + above, col + 2 * k, 2, s->names - above, data->specials[k], plain);
    }
}

static struct colour colour_of(const struct sheet *s, size_t head, size_t lane, size_t t0, size_t end, size_t x)
{
    size_t t1 = t0 + s->pool_rows < end ? t0 + s->pool_rows : end;
    return ink_colour(&s->ink, stripes_value(&s->view, head, lane, t0, t1, x, x + s->pool[lane], s->scratch));
}

/* One line of a lane: texts from t0 on, before `end`. */
static void draw_line(const struct sheet *s, size_t head, size_t lane, size_t t0, size_t end, size_t row, size_t col)
{
    size_t cell = s->view.lane[lane].lane == STRIPES_SPECIAL ? 2 : s->cell_columns;
    for (size_t x = 0; x < s->view.lane[lane].width; x += s->pool[lane]) {
        struct cell_rect rect = {row, col + x / s->pool[lane] * cell, 1, cell};
        if (s->ink.depth == DEPTH_MONO) {
            size_t t1 = t0 + s->pool_rows < end ? t0 + s->pool_rows : end;
            float value = stripes_value(&s->view, head, lane, t0, t1, x, x + s->pool[lane], s->scratch);
            grid_fill(s->grid, rect, ink_shade(&s->ink, value), plain);
            continue;
        }
        struct style style = {.fg = colour_of(s, head, lane, t0, end, x)};
        if (t0 + s->pool_rows < end)
            style.bg = colour_of(s, head, lane, t0 + s->pool_rows, end, x);
        grid_fill(s->grid, rect, "▀", style);
    }
}

static void draw_group(const struct sheet *s, size_t head, size_t begin, size_t end, size_t row, size_t col)
{
    size_t a_line = s->rows * s->pool_rows;
    for (size_t t = begin, line = 0; t < end; t += a_line, line++) {
        if (line % 5 == 0) {
            char text[24];
            int n = snprintf(text, sizeof text, "%zu", s->view.order[t]);
            grid_text_right(s->grid, row + line, col, NUMBERS - 1, (struct str){text, (size_t)n}, dim);
        }
        size_t at = col + NUMBERS;
        for (size_t l = 0; l < s->view.n_lanes; l++) {
            draw_line(s, head, l, t, end, row + line, at);
            at += s->columns[l] + GAP;
        }
    }
}

static void draw_head(const struct sheet *s, size_t head, size_t top, size_t col)
{
    size_t at = col + NUMBERS, n = s->view.data->n_texts, row = top;
    grid_text(s->grid, row++, at, s->panel_columns - NUMBERS, s->view.data->heads[head].title, bold);
    for (size_t l = 0; head < s->across && l < s->view.n_lanes; l++) {
        draw_lane_head(s, l, row, at);
        at += s->columns[l] + GAP;
    }
    row = top + head_lines(s, head < s->across);
    draw_group(s, head, 0, s->view.n_main, row, col);
    row += s->main_lines;
    if (s->view.n_main < n) {
        if (s->view.n_main)
            grid_text(s->grid, row++, col + NUMBERS, s->panel_columns - NUMBERS, STR("shorter texts"), dim);
        draw_group(s, head, s->view.n_main, n, row, col);
    }
}

static bool draw_heads(struct sheet *s)
{
    for (size_t first = 0, n = s->view.data->n_heads; first < n; first += s->across) {
        size_t top = s->grid->rows + (first > 0), lines = head_lines(s, first == 0) + s->main_lines + s->short_lines;
        if (!grid_add_rows(s->grid, lines + (first > 0), s->err))
            return false;
        for (size_t k = first; k < first + s->across && k < n; k++)
            draw_head(s, k, top, (k - first) * (s->panel_columns + GAP));
    }
    return true;
}

static bool put_note(struct sheet *s, struct str text)
{
    return grid_add_wrapped(s->grid, s->grid->columns, text, dim, s->err);
}

static bool put_count(struct sheet *s, const char *before, size_t n, const char *after)
{
    struct buf text = {0};
    buf_printf(&text, "%s%zu%s", before, n, after);
    bool ok = n < 2 || (buf_ok(&text, s->err) && put_note(s, buf_view(&text)));
    buf_free(&text);
    return ok;
}

static bool draw_footer(struct sheet *s)
{
    struct panel panel;
    struct picture bar = stripes_bar(s->picture, &s->view, &panel);
    if (!grid_add_rows(s->grid, 2, s->err))
        return false;
    size_t row = s->grid->rows - 1, at = cells_bar(s->grid, row, 0, s->grid->columns, &s->ink, &bar) + 2, pool = 1;
    if ((s->view.missing || s->view.not_finite) && at + LEGENDS > s->grid->columns) {
        if (!grid_add_rows(s->grid, 1, s->err))
            return false;
        row++, at = 0;
    }
    if (s->view.missing)
        at += cells_legend(s->grid, row, at, &s->ink, NAN, "no value") + 2;
    if (s->view.not_finite)
        cells_legend(s->grid, row, at, &s->ink, INFINITY, "not finite");
    for (size_t l = 0; l < s->view.n_lanes; l++)
        pool = s->pool[l] > pool ? s->pool[l] : pool;
    bool ok = !s->shares || put_note(s, STR("above: the share of the commonest token at each place"));
    ok = ok && put_count(s, "pooled: a row is the median of ", s->pool_rows, " texts");
    ok = ok && put_count(s, "pooled: a cell is the largest of ", pool, " keys");
    return ok && grid_add_notes(s->grid, s->grid->columns, s->picture, s->err);
}

static bool draw(struct sheet *s, const struct cells_options *options)
{
    const char *palette = s->picture->palette ? s->picture->palette : "blues";
    struct scale scale = stripes_scale(&s->view);
    size_t columns = options->columns ? options->columns : 80;
    if (!ink_init(&s->ink, palette, &scale, options->depth, s->err) || !grid_new(s->grid, columns, 0, s->err) || !make_shares(s))
        return false;
    s->names = 1;
    for (size_t k = 0; s->view.lane[s->view.n_lanes - 1].lane == STRIPES_SPECIAL && k < s->view.data->n_specials; k++) {
        size_t n = text_clusters(s->view.data->specials[k]);
        n = n < NAMES ? n : NAMES;
        s->names = n > s->names ? n : s->names;
    }
    fit_columns(s, s->grid->columns);
    fit_lines(s, options->rows ? options->rows : BUDGET);
    if (s->picture->title) {
        if (!grid_add_rows(s->grid, 1, s->err))
            return false;
        grid_text(s->grid, 0, 0, s->grid->columns, str_of(s->picture->title), bold);
    }
    return draw_heads(s) && draw_footer(s);
}

bool stripes_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid, struct err *err)
{
    struct sheet s = {.picture = picture, .grid = grid, .err = err};
    *grid = (struct cell_grid){0};
    bool ok = stripes_view_make(picture->data, &s.view, err) && draw(&s, options);
    for (size_t l = 0; l < STRIPES_LANES; l++)
        free(s.share[l]);
    free(s.scratch);
    stripes_view_free(&s.view);
    if (!ok)
        grid_free(grid);
    return ok;
}
