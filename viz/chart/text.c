/* A text shaded by numbers: its tokens one after another, each on the colour of its value; a block a map of one row. The token
 * that the row belongs to has a frame. In cells without colours a shade stands before each token. */
#include <math.h>

#include "viz/chart/chart.h"
#include "viz/draw/cells.h"
#include "viz/draw/figure.h"
#include "viz/layout.h"

static bool rows_fit(const struct picture *picture, struct err *err)
{
    for (size_t p = 0; p < picture->n_panels; p++)
        if (picture->panels[p].rows != 1)
            return err_set(err, ERR_ARG, "style=text shades one row of a map, not %zu", picture->panels[p].rows);
    return picture->n_panels || err_set(err, ERR_ARG, "there is no map to shade a text by");
}

/* Is the j-th token the one that the row is of? */
static bool is_subject(const struct panel *panel, size_t j)
{
    return panel->row_labels && panel_row_number(panel, 0) == panel_col_number(panel, j) &&
           str_eq(panel_row_label(panel, 0), panel_col_label(panel, j));
}

static float value_of(const struct panel *panel, size_t j)
{
    return pool_value(panel, 0, 1, j, j + 1);
}

/* ---- cells ---- */

struct writing {
    struct cell_grid *grid;
    struct ink ink;
    size_t columns, row, col;
    bool dry; /* only count the rows */
};

static void put_token(struct writing *w, const struct panel *panel, size_t j)
{
    struct str label = panel_col_label(panel, j);
    size_t width = text_columns(label), most = w->columns - 2;
    width = (width < most ? width : most) + 2;
    if (w->col && w->col + width > w->columns) {
        w->row++;
        w->col = 0;
    }
    if (!w->dry) {
        struct style style = {.bg = ink_colour(&w->ink, value_of(panel, j))};
        if (w->ink.depth != DEPTH_MONO)
            style.fg = ink_over(&w->ink, style.bg);
        style.flags = is_subject(panel, j) ? CELL_BOLD | CELL_UNDERLINE : 0;
        grid_fill(w->grid, (struct cell_rect){w->row, w->col, 1, width}, " ", (struct style){.bg = style.bg});
        if (w->ink.depth == DEPTH_MONO)
            grid_text(w->grid, w->row, w->col, 1, str_of(ink_shade(&w->ink, value_of(panel, j))), (struct style){0});
        grid_text(w->grid, w->row, w->col + 1, width - 2, label, style);
    }
    w->col += width;
}

static void put_block(struct writing *w, const struct panel *panel, bool titled)
{
    if (titled && !w->dry)
        grid_text(w->grid, w->row, 0, w->columns, panel->title, (struct style){.flags = CELL_BOLD});
    w->row += titled;
    w->col = 0;
    for (size_t j = 0; j < panel->cols; j++)
        put_token(w, panel, j);
    w->row += 2;
}

static bool text_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid, struct err *err)
{
    *grid = (struct cell_grid){0};
    size_t columns = options->columns < 24 ? options->columns ? 24 : 80 : options->columns, rows = 0;
    struct picture fitted = *picture;
    struct writing w = {.grid = grid, .columns = columns};
    if (!(fitted.scale.lo < fitted.scale.hi))
        picture_fit_scale(&fitted);
    if (!rows_fit(picture, err) || !ink_init(&w.ink, picture->palette, &fitted.scale, options->depth, err))
        return false;
    for (int pass = 0; pass < 2; pass++) {
        w.dry = pass == 0;
        w.row = picture->title != NULL;
        for (size_t p = 0; p < picture->n_panels; p++)
            put_block(&w, &picture->panels[p], picture->panels[p].title.n > 0);
        rows = w.row;
        if (w.dry && !grid_new(grid, columns, rows + 1, err))
            return false;
    }
    if (picture->title)
        grid_text(grid, 0, 0, columns, str_of(picture->title), (struct style){.flags = CELL_BOLD});
    cells_bar(grid, rows, 0, columns, &w.ink, &fitted);
    bool ok = grid_add_notes(grid, columns, picture, err);
    if (!ok)
        grid_free(grid);
    return ok;
}

/* ---- figures ---- */

#define LINE 1.9    /* text sizes: from a line of the text to the next */
#define SHADE 1.55  /* the height of a token's colour */
#define INSIDE 0.28 /* left and right of a token's letters */
#define JOINED 0.05 /* the same where the neighbour belongs to the same word */
#define BETWEEN 0.12

struct place {
    double x, y, right;
};

static bool is_joined(const struct panel *panel, size_t j)
{
    return panel->joined_cols && j < panel->cols && panel->joined_cols[j];
}

/* Room left of the j-th token's letters, or right of them: what follows without a blank adjoins. */
static double inside(const struct figure *f, const struct panel *panel, size_t j, bool right)
{
    return (is_joined(panel, j + right) ? JOINED : INSIDE) * f->text;
}

static double token_width(const struct figure *f, struct canvas *canvas, const struct panel *panel, size_t j)
{
    struct text_style style = {.size = f->text};
    double letters = figure_extents(canvas, &style, panel_col_label(panel, j)).width;
    return fmin(letters + inside(f, panel, j, false) + inside(f, panel, j, true), f->grid_w);
}

/* Of the tokens that adjoin from the j-th on. */
static double word_width(const struct figure *f, struct canvas *canvas, const struct panel *panel, size_t j)
{
    double width = token_width(f, canvas, panel, j);
    while (is_joined(panel, ++j))
        width += token_width(f, canvas, panel, j);
    return width;
}

/* The box of the next token, on a new line where it does not fit; what adjoins stays together where a line has room for it. */
static struct box next_box(const struct figure *f, struct canvas *canvas, const struct panel *panel, size_t j, struct place *at)
{
    double width = token_width(f, canvas, panel, j), word = is_joined(panel, j) ? width : word_width(f, canvas, panel, j);
    if (at->x > f->grid_x && at->x + (word > f->grid_w ? width : word) > at->right + 1e-6) {
        at->x = f->grid_x;
        at->y += LINE * f->text;
    }
    struct box box = {at->x, at->y, width, SHADE * f->text};
    at->x += width + (is_joined(panel, j + 1) ? 0 : BETWEEN * f->text);
    return box;
}

static double block_height(const struct figure *f, struct canvas *canvas, const struct panel *panel)
{
    double head = panel->title.n ? 1.7 * f->text : 0;
    struct place at = {f->grid_x, 0, f->grid_x + f->grid_w};
    for (size_t j = 0; j < panel->cols; j++)
        next_box(f, canvas, panel, j, &at);
    return head + at.y + SHADE * f->text + 0.9 * f->text;
}

static bool text_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure, struct figure *f,
                      struct err *err)
{
    *f = (struct figure){.picture = *picture};
    if (!rows_fit(picture, err) || !figure_type(f, options, err) || !figure_colours(f, err))
        return false;
    f->width = options->width > 0 ? options->width : 330;
    f->grid_x = 0.5 * f->text;
    f->grid_w = f->width - f->text;
    f->grid_y = (picture->title ? 2.2 : 0.5) * f->text;
    for (size_t p = 0; p < picture->n_panels; p++)
        f->grid_h += block_height(f, measure, &picture->panels[p]);
    f->bar_x = f->grid_x;
    f->bar_y = f->grid_y + f->grid_h + 0.2 * f->text;
    f->height = f->bar_y + 3.3 * f->text;
    return f->grid_w > 80 || figure_narrow(f->width, err, "the text");
}

static void put_words(const struct figure *f, struct canvas *canvas, const struct panel *panel, double *y)
{
    struct text_style title = {.size = f->text, .bold = true, .colour = figure_ink};
    if (panel->title.n) {
        figure_text(canvas, (struct point){f->grid_x, *y}, &title, panel->title);
        *y += 1.7 * f->text;
    }
    struct place at = {f->grid_x, *y, f->grid_x + f->grid_w};
    for (size_t j = 0; j < panel->cols; j++) {
        struct box box = next_box(f, canvas, panel, j, &at);
        struct rgb colour = figure_colour(f, value_of(panel, j));
        struct text_style style = {.size = f->text, .colour = rgb_ink(colour), .across = 0.5};
        double left = inside(f, panel, j, false);
        style.width = figure_extents(canvas, &style, panel_col_label(panel, j)).width > box.w ? box.w - left : 0;
        canvas->ops->rectangle(canvas, box, colour);
        if (is_subject(panel, j))
            figure_frame(canvas, box);
        figure_text(canvas, (struct point){box.x + left, box.y + box.h / 2}, &style, panel_col_label(panel, j));
    }
    *y = at.y + SHADE * f->text + 0.9 * f->text;
}

static bool text_draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    double y = f->grid_y;
    for (size_t p = 0; p < f->picture.n_panels; p++)
        put_words(f, canvas, &f->picture.panels[p], &y);
    figure_flat_bar(f, canvas, fmin(14 * f->text, 0.45 * f->grid_w));
    struct text_style title = {.size = 1.15 * f->text, .bold = true, .colour = figure_ink, .along = 0.5};
    if (f->picture.title)
        figure_text(canvas, (struct point){f->width / 2, 0.4 * f->text}, &title, str_of(f->picture.title));
    return !canvas->failed || err_set(err, ERR_MEMORY, "the figure could not be drawn");
}

const struct chart_kind chart_text = {
    .name = "text",
    .summary = "a text shaded by the attention that a token gives or gets",
    .cells = text_cells,
    .plan = text_plan,
    .draw = text_draw,
};
