/* Where everything of a figure of maps stands. See maps.h, figure.h. */
#include <math.h>
#include <stdio.h>

#include "core/base/text.h"
#include "viz/chart/maps.h"
#include "viz/layout.h"

#define LABEL_WIDTH 12.0 /* at most for a row's label, in text sizes */
#define LABEL_DEPTH 12.0 /* at most for a column's label */
#define LINE 1.16        /* between labels, in text sizes */
#define LABEL_MIN 6.0    /* points: below that labels are thinned */
#define MAP_MIN 14.0     /* points: a map is at least so wide and high */
#define OVERVIEW 48    /* with more panels, maps of many tokens are small */
#define HIGHEST 560.0    /* points: no map is higher than a page */
#define BARE 8           /* with more panels, labels that must be thinned are left out */

void maps_label(const struct panel *panel, bool column, size_t index, size_t stride, struct buf *out)
{
    struct str label = column ? panel_col_label(panel, index) : panel_row_label(panel, index);
    size_t number = column ? panel_col_number(panel, index) : panel_row_number(panel, index);
    bool numbered = !panel->no_numbers && (stride > 1 || label.n == 0);
    if (numbered)
        buf_printf(out, label.n ? "%zu " : "%zu", number);
    text_escape(out, label);
}

size_t maps_pool(const struct figure *figure, double cell)
{
    double pixels = cell * figure->dpi / 72;
    return pixels >= 0.999 ? 1 : (size_t)ceil(1 / pixels - 1e-9);
}

static const struct panel *panels_of(const struct figure *f)
{
    return f->picture.panels;
}

static bool is_marked(const struct panel *panel, size_t col)
{
    return panel->marked_cols && panel->marked_cols[col];
}

static bool some_marked(const struct figure *f)
{
    for (size_t k = 0; k < f->picture.n_panels; k++)
        for (size_t j = 0; j < panels_of(f)[k].cols; j++)
            if (is_marked(&panels_of(f)[k], j))
                return true;
    return false;
}

bool maps_remark(const struct figure *figure, size_t k, struct buf *out)
{
    size_t rows = maps_pool(figure, figure->cell_h), cols = maps_pool(figure, figure->cell_w);
    bool pooled = rows > 1 || cols > 1;
    if (pooled && k == 0)
        pooled_text(out, rows, cols);
    else if (figure->numbers_left_out && k == pooled)
        buf_puts(out, "numbers are left out: the cells are too small for them");
    else if (k == pooled + (size_t)figure->numbers_left_out && figure->cell_w < MAPS_MARKED_WIDTH && some_marked(figure))
        buf_puts(out, "marked columns are drawn wider than they are, so that they are seen: 0.8 points, over their neighbours");
    else
        return false;
    return true;
}

/* The longest label that is shown, in points; `flat_out`: all fit side by side in their columns. */
static double longest_label(const struct figure *f, bool column, struct canvas *measure, bool *flat_out)
{
    size_t stride = column ? f->col_stride : f->row_stride;
    double longest = 0;
    *flat_out = stride == 1;
    for (size_t k = 0; k < f->picture.n_panels; k++) {
        const struct panel *panel = &panels_of(f)[k];
        for (size_t i = 0; i < (column ? panel->cols : panel->rows); i++) {
            struct text_style style = {.size = f->label, .bold = column && is_marked(panel, i)};
            if ((i % stride || (k && (column ? f->same_cols : f->same_rows))) && !style.bold)
                continue;
            struct buf text = {0};
            maps_label(panel, column, i, stride, &text);
            struct extents size = measure->ops->extents(measure, &style, buf_view(&text));
            longest = fmax(longest, size.width);
            *flat_out = *flat_out && size.width <= 0.86 * f->cell_w;
            buf_free(&text);
        }
    }
    return longest;
}

/* ---- sizes of cells ---- */

static void most_values(const struct figure *f, size_t *rows_out, size_t *cols_out)
{
    *rows_out = *cols_out = 1;
    for (size_t k = 0; k < f->picture.n_panels; k++) {
        *rows_out = panels_of(f)[k].rows > *rows_out ? panels_of(f)[k].rows : *rows_out;
        *cols_out = panels_of(f)[k].cols > *cols_out ? panels_of(f)[k].cols : *cols_out;
    }
}

/* The most values of a panel in the c-th column, or the r-th row, of panels. */
static size_t most_in(const struct figure *f, size_t at, bool column)
{
    size_t most = 1;
    for (size_t k = 0; k < f->picture.n_panels; k++) {
        size_t n = column ? panels_of(f)[k].cols : panels_of(f)[k].rows;
        if ((column ? k % f->across : k / f->across) == at && n > most)
            most = n;
    }
    return most;
}

static size_t values_across(const struct figure *f)
{
    size_t sum = 0;
    for (size_t c = 0; c < f->across; c++)
        sum += most_in(f, c, true);
    return sum;
}

static double snap(const struct figure *f, double x)
{
    return ceil(x * f->dpi / 72 - 1e-6) * 72 / f->dpi;
}

double maps_column_at(const struct figure *f, size_t c)
{
    double x = 0;
    for (size_t i = 0; i < c; i++) {
        double width = f->cell_w * (double)most_in(f, i, true) + f->gap + (f->same_rows ? 0 : f->row_labels);
        x += snap(f, fmax(width, f->slot_w));
    }
    return x;
}

double maps_row_at(const struct figure *f, size_t r)
{
    double y = 0, between = fmin(f->gap, f->text) + (f->same_cols ? 0 : f->col_labels);
    for (size_t i = 0; i < r; i++)
        y += snap(f, f->head + f->cell_h * (double)most_in(f, i, false) + between);
    return y;
}

/* What a cell would like to be where no width is given, in points. */
static double natural_cell(const struct figure *f, size_t n)
{
    double side = f->picture.n_panels == 1 ? 204 : f->picture.n_panels <= 4 ? 150 : 108;
    double line = 1.3 * f->text;
    if (n <= 16)
        return fmin(fmax(side / (double)n, LINE * f->text), 26);
    if (n <= LAYOUT_LARGE_CELLS && f->picture.n_panels == 1)
        return fmax(line, side / (double)n);
    if (f->picture.n_panels > OVERVIEW) /* what is looked at is which head is worth a figure of its own */
        return 54 / (double)n;
    return (f->picture.n_panels == 1 ? 440 : f->picture.n_panels <= 4 ? 200 : 108) / (double)n;
}

/* Whole pixels a cell where cells are large enough to lose a little, so that all are of one size. */
static double snap_cell(const struct figure *f, double cell, bool fixed)
{
    double pixels = cell * f->dpi / 72;
    if (fixed)
        return pixels >= 24 ? floor(pixels) * 72 / f->dpi : cell;
    return fmax(1, floor(pixels + 0.5)) * 72 / f->dpi;
}

void maps_number(const struct scale *scale, double value, struct buf *out)
{
    struct buf plain = {0};
    heat_number(&plain, scale, value);
    struct str text = buf_view(&plain);
    bool minus = text.n && text.s[0] == '-';
    buf_puts(out, minus ? "−" : "");
    buf_str(out, (struct str){text.s + minus, text.n - minus});
    buf_free(&plain);
}

/* Of the widest: the largest magnitude in the widest digits. */
static double number_width(const struct figure *f, struct canvas *measure)
{
    struct text_style style = {.size = fmax(5, 0.8 * f->text)};
    const struct scale *scale = &f->picture.scale;
    double largest = fmax(fabs(scale->lo), fabs(scale->hi));
    struct buf text = {0};
    maps_number(scale, scale->lo < 0 ? -largest : largest, &text);
    for (size_t i = 0; i < text.n; i++)
        text.data[i] = text.data[i] >= '0' && text.data[i] <= '9' ? '8' : text.data[i];
    double width = measure->ops->extents(measure, &style, buf_view(&text)).width * 1.15;
    buf_free(&text);
    return width;
}

/* Numbers that are wider than their cells lose decimals first; then they are left out, and that is said. */
static void fit_numbers(struct figure *f, struct canvas *measure)
{
    int *decimals = &f->picture.scale.decimals;
    while (f->numbers && *decimals > 0 && f->cell_w < number_width(f, measure))
        (*decimals)--;
    if (f->numbers && f->cell_w < number_width(f, measure))
        f->numbers = !(f->numbers_left_out = true);
}

size_t maps_legends(const struct figure *f, struct figure_legend out[MAPS_LEGENDS])
{
    size_t n = 0;
    const char *not_finite = picture_not_finite(&f->picture);
    if (picture_masked(&f->picture))
        out[n++] = (struct figure_legend){rgb_of(f->palette->masked), "masked"};
    if (not_finite)
        out[n++] = (struct figure_legend){rgb_not_finite(), not_finite};
    return n;
}

static double left_of(const struct figure *f)
{
    return (f->picture.row_axis ? FIGURE_AXIS * f->text : 0.4 * f->text) + f->names_w;
}

static void settle_names(struct figure *f, struct canvas *measure)
{
    const struct picture *p = &f->picture;
    struct text_style style = {.size = f->text, .bold = true};
    f->table = p->col_names && p->row_names && p->across && f->across == p->across && f->across * f->down == p->n_panels;
    for (size_t i = 0; f->table && i < f->down; i++)
        f->names_w = fmax(f->names_w, figure_extents(measure, &style, p->row_names[i]).width + 0.6 * f->text);
    f->names_h = f->table ? FIGURE_TITLE * f->text : 0;
}

/* Where not every label stands, those that do are set apart. */
static size_t thinned(double cell, double need)
{
    need *= 1 - 1e-9;
    return cell >= need ? 1 : label_stride(cell, 1.35 * need);
}

/* The labels under a map: how they are turned, and the room they take. */
static void settle_columns(struct figure *f, const struct render_options *options, struct canvas *measure)
{
    double longest = longest_label(f, true, measure, &f->flat_cols), deep = fmin(longest, LABEL_DEPTH * f->text);
    f->flat_cols = options->turn == TURN_FLAT || (f->flat_cols && options->turn == TURN_AUTO);
    f->col_turn = f->flat_cols ? 0 : options->turn == TURN_SLANTED ? 45 : 90;
    if (options->turn == TURN_FLAT) { /* as many as stand side by side */
        f->col_need = 1.16 * longest;
        f->col_stride = f->cell_w >= f->col_need ? 1 : label_stride(f->cell_w, 1.1 * f->col_need);
    }
    if (f->col_turn == 45)
        deep = 0.707 * deep + 0.7 * f->label;
    f->col_labels = f->bare ? 0 : f->flat_cols ? 1.3 * f->text : deep + FIGURE_SPACE * f->text;
}

/* Cells, labels and their thinning hang together: settled in a few rounds. */
static bool settle(struct figure *f, const struct render_options *options, struct canvas *measure, struct err *err)
{
    size_t rows, cols;
    most_values(f, &rows, &cols);
    size_t most = rows > cols ? rows : cols;
    struct figure_legend legends[MAPS_LEGENDS];
    double right = 1.4 * f->text + figure_bar_room(f, measure, legends, maps_legends(f, legends));
    f->row_stride = f->col_stride = 1;
    f->label = f->text;
    f->cell_w = natural_cell(f, most);
    if (f->numbers && most <= LAYOUT_LARGE_CELLS)
        f->cell_w = fmax(f->cell_w, number_width(f, measure));
    bool flat;
    double cap = fmin(LABEL_WIDTH * f->text, options->width > 0 ? options->width / 3 : INFINITY);
    for (int round = 0; round < 4; round++) {
        f->bare = f->bare || (f->picture.n_panels > BARE && round > 0 && (f->row_stride > 1 || f->col_stride > 1));
        double before = round > 1 ? f->row_labels : 0; /* room once given stays: thinned or not, labels fit */
        f->row_labels = f->bare ? 0 : fmax(before, fmin(longest_label(f, false, measure, &flat), cap) + FIGURE_SPACE * f->text);
        f->gap = (f->bare && f->table ? 0.7 : 1.4) * f->text;
        if (options->width > 0) {
            double gaps = (double)(f->across - 1) * f->gap, labels = f->row_labels;
            labels *= f->same_rows ? 1 : (double)f->across;
            double room = options->width - left_of(f) - labels - gaps - right;
            if (room < MAP_MIN * (double)f->across && f->picture.n_panels > BARE && !f->bare) { /* as long as labels can go */
                f->bare = true;
                round = -1;
                continue;
            }
            if (room < MAP_MIN * (double)f->across)
                return figure_narrow(options->width, err, f->across == 1 ? "the map" : "%zu maps side by side", f->across);
            f->cell_w = room / (double)values_across(f);
            f->cell_w = fmin(f->cell_w, 40); /* few values need not fill the width */
        }
        f->cell_w = snap_cell(f, f->cell_w, options->width > 0 || f->picture.n_panels > OVERVIEW);
        f->cell_h = f->cell_w;
        /* Square, unless few rows (columns) of a long map would be too narrow for their labels, or it would be higher than a page. */
        if (LINE * f->text * (double)rows <= 0.5 * f->cell_w * (double)cols)
            f->cell_h = fmax(f->cell_h, LINE * f->text);
        if (options->width <= 0 && LINE * f->text * (double)cols <= 0.5 * f->cell_h * (double)rows)
            f->cell_w = fmax(f->cell_w, LINE * f->text);
        if (f->cell_h * (double)rows > HIGHEST)
            f->cell_h = HIGHEST / (double)rows;
        if (f->cell_w * (double)cols < MAP_MIN)
            f->cell_w = MAP_MIN / (double)cols;
        if (f->cell_h * (double)rows < MAP_MIN)
            f->cell_h = MAP_MIN / (double)rows;
        double fits = fmin(f->cell_w, f->cell_h) / LINE; /* a little smaller is better than every second */
        f->label = fits >= f->text || fits < fmin(LABEL_MIN, f->text) ? f->text : fits;
        f->row_stride = thinned(f->cell_h, LINE * f->label);
        f->col_need = LINE * f->label * (options->turn == TURN_SLANTED ? 1.42 : 1);
        f->col_stride = thinned(f->cell_w, f->col_need);
    }
    double longest = f->bare ? 0 : longest_label(f, false, measure, &flat);
    double room = f->row_labels - FIGURE_SPACE * f->text;
    if (!f->bare && longest > room) /* a little smaller is better than cut, too */
        f->label = fmax(fmin(LABEL_MIN, f->label), f->label * room / longest);
    fit_numbers(f, measure);
    settle_columns(f, options, measure);
    f->map_w = f->cell_w * (double)cols;
    f->map_h = f->cell_h * (double)rows;
    return true;
}

static void settle_heads(struct figure *f)
{
    f->head = 0;
    bool titles = false, marks = false;
    f->same_rows = f->same_cols = true;
    for (size_t k = 0; k < f->picture.n_panels; k++) {
        const struct panel *panel = &panels_of(f)[k];
        titles = titles || (panel->title.n > 0 && !f->table);
        f->same_rows = f->same_rows && panel_same_rows(&panels_of(f)[0], panel);
        f->same_cols = f->same_cols && panel_same_cols(&panels_of(f)[0], panel);
        for (size_t j = 0; panel->marked_cols && j < panel->cols; j++)
            marks = marks || panel->marked_cols[j];
    }
    f->head = (titles ? FIGURE_TITLE * f->text : 0) + (marks ? FIGURE_MARKS * f->text : 0);
    f->title_lines = titles;
}

double maps_title_room(const struct figure *f, size_t k)
{
    size_t col = k % f->across;
    return (f->across > 1 ? maps_column_at(f, col + 1) - maps_column_at(f, col) : f->width - f->grid_x) - 0.5 * f->text;
}

size_t maps_title_break(const struct figure *f, struct canvas *measure, struct str title, double room)
{
    struct text_style style = {.size = f->small};
    size_t at = 0;
    for (size_t i = 1; i + 1 < title.n; i++)
        if (title.s[i] == ' ' && figure_extents(measure, &style, (struct str){title.s, i}).width <= room)
            at = i;
    return at;
}

/* Titles that are wider than their places: all smaller, and in two lines if one needs them. */
static void settle_titles(struct figure *f, struct canvas *measure)
{
    struct text_style bold = {.size = f->text, .bold = true}, small = {.size = f->small};
    for (size_t k = 0; k < f->picture.n_panels && !f->table; k++) {
        struct str title = panels_of(f)[k].title;
        double room = maps_title_room(f, k);
        f->small_titles = f->small_titles || (title.n && figure_extents(measure, &bold, title).width > room);
        if (title.n && figure_extents(measure, &small, title).width > room && maps_title_break(f, measure, title, room))
            f->title_lines = 2;
    }
    if (f->title_lines > 1)
        f->head += 1.16 * f->small;
}

static double widest_title(const struct figure *f, struct canvas *measure)
{
    struct text_style style = {.size = f->text, .bold = true};
    double widest = 0;
    for (size_t k = 0; k < f->picture.n_panels && !f->table; k++)
        widest = fmax(widest, figure_extents(measure, &style, panels_of(f)[k].title).width);
    return widest;
}

/* From the top down, once all sizes are known. */
static void place(struct figure *f, const struct render_options *options, struct canvas *measure)
{
    double t = f->text, pad = 0.5 * t;
    double labels = f->row_labels;
    f->slot_w = f->slot_h = 0;
    f->width = options->width;
    if (options->width <= 0 && f->across > 1) /* titles that are longer than their maps push them apart */
        f->slot_w = widest_title(f, measure) + 0.8 * t;
    if (options->width > 0)
        settle_titles(f, measure);
    f->grid_x = snap(f, left_of(f));
    f->grid_y = snap(f, pad + (f->picture.title ? 2.0 * t : 0) + f->names_h);
    f->grid_w = (f->same_rows ? labels : 0) + maps_column_at(f, f->across) - f->gap;
    f->grid_h = maps_row_at(f, f->down) - fmin(f->gap, 1.0 * t) + (f->same_cols ? f->col_labels : 0);
    f->bar_x = snap(f, f->grid_x + f->grid_w + 1.4 * t);
    f->bar_y = f->grid_y + f->head;
    double maps = maps_row_at(f, f->down) - fmin(f->gap, 1.0 * t) - f->head - (f->same_cols ? 0 : f->col_labels);
    f->bar_h = snap(f, fmin(fmax(maps, 6 * t), 640));
    struct figure_legend legends[MAPS_LEGENDS];
    size_t n_legends = maps_legends(f, legends);
    f->grid_h = fmax(f->grid_h, f->head + f->bar_h + figure_bar_below(f, n_legends));
    f->bar_room = figure_bar_room(f, measure, legends, n_legends);
    f->width = options->width > 0 ? options->width : snap(f, f->bar_x + f->bar_room);
    f->left = fmax(0, floor((f->width - f->bar_x - f->bar_room) / 2));
    f->grid_x += f->left;
    f->bar_x += f->left;
    f->height = snap(f, f->grid_y + f->grid_h + (f->picture.col_axis ? FIGURE_AXIS - 0.5 : 0) * t + 0.3 * t + pad);
    struct buf name = {0};
    value_text(&name, &f->picture);
    f->height = fmax(f->height, snap(f, figure_side_height(f, measure, buf_view(&name))));
    buf_free(&name);
}

bool maps_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
               struct figure *figure_out, struct err *err)
{
    struct figure *f = figure_out;
    *f = (struct figure){.picture = *picture, .numbers = options->numbers};
    if (!figure_colours(f, err) || !figure_type(f, options, err))
        return false;
    size_t n = picture->n_panels ? picture->n_panels : 1;
    f->across = picture->across ? picture->across : n <= 3 ? n : panels_across(n, 1, 1, 1.45);
    f->across = f->across < n ? f->across : n;
    f->down = (n + f->across - 1) / f->across;
    settle_names(f, measure);
    settle_heads(f);
    if (!settle(f, options, measure, err))
        return false;
    place(f, options, measure);
    return true;
}
