/* Several heads in one drawing. See series.h. */
#include "viz/chart/series.h"

#include <math.h>

struct rgb series_colour(size_t i)
{
    static const struct rgb colours[SERIES_MAX] = {{0x00, 0x72, 0xb2}, {0xd5, 0x5e, 0x00}, {0x00, 0x9e, 0x73},
                                                   {0xcc, 0x79, 0xa7}, {0xe6, 0x9f, 0x00}, {0x56, 0xb4, 0xe9}};
    return colours[i % SERIES_MAX];
}

struct rgb series_pale(struct rgb colour, double strength)
{
    double s = fmax(0, fmin(1, strength));
    return (struct rgb){(unsigned char)lround(255 - s * (255 - colour.r)), (unsigned char)lround(255 - s * (255 - colour.g)),
                        (unsigned char)lround(255 - s * (255 - colour.b))};
}

bool series_fit(const struct picture *picture, const char *chart, struct err *err)
{
    const struct panel *first = picture->panels;
    if (!picture->n_panels || picture->n_panels > SERIES_MAX)
        return err_set(err, ERR_ARG, "style=%s draws 1 to %d maps in one drawing, not %zu", chart, SERIES_MAX, picture->n_panels);
    for (size_t p = 1; p < picture->n_panels; p++)
        if (picture->panels[p].rows != first->rows || picture->panels[p].cols != first->cols)
            return err_set(err, ERR_ARG, "style=%s draws maps of one size together, not %zu × %zu and %zu × %zu", chart, first->rows,
                           first->cols, picture->panels[p].rows, picture->panels[p].cols);
    return true;
}

double series_value(const struct panel *panel, size_t row, size_t col)
{
    size_t at = row * panel->cols + col;
    double value = (double)panel->values[at];
    return (panel->masked && panel->masked[at]) || !isfinite(value) ? 0 : value;
}

double series_largest(const struct picture *picture)
{
    double largest = 0;
    for (size_t p = 0; p < picture->n_panels; p++)
        for (size_t i = 0; i < picture->panels[p].rows; i++)
            for (size_t j = 0; j < picture->panels[p].cols; j++)
                largest = fmax(largest, fabs(series_value(&picture->panels[p], i, j)));
    return largest;
}

#define SWATCH 1.2 /* text sizes: a head's colour and the space behind it */
#define ROW 1.6

/* How the names are arranged: so many a row, each in a place of its own where there are several rows. */
static size_t key_across(const struct figure *f, struct canvas *canvas, double *place_out)
{
    struct text_style style = {.size = f->text};
    double widest = 0;
    for (size_t p = 0; p < f->picture.n_panels; p++)
        widest = fmax(widest, figure_extents(canvas, &style, f->picture.panels[p].title).width);
    *place_out = widest + (SWATCH + 1.4) * f->text;
    size_t fit = (size_t)fmax(1, floor((f->width - f->text) / *place_out));
    return fit < f->picture.n_panels ? fit : f->picture.n_panels;
}

double series_key_height(const struct figure *f, struct canvas *measure)
{
    double place;
    if (f->picture.n_panels < 2)
        return 0;
    size_t across = key_across(f, measure, &place);
    return ROW * f->text * (double)((f->picture.n_panels + across - 1) / across);
}

void series_key(const struct figure *f, struct canvas *canvas, double y)
{
    struct text_style style = {.size = f->text, .colour = figure_ink};
    double place;
    if (f->picture.n_panels < 2)
        return;
    size_t across = key_across(f, canvas, &place);
    double left = (f->width - (double)across * place + 1.4 * f->text) / 2;
    for (size_t p = 0; p < f->picture.n_panels; p++) {
        double x = left + (double)(p % across) * place, top = y + ROW * f->text * (double)(p / across);
        canvas->ops->rectangle(canvas, (struct box){x, top + 0.35 * f->text, 0.8 * f->text, 0.5 * f->text}, series_colour(p));
        figure_text(canvas, (struct point){x + SWATCH * f->text, top}, &style, f->picture.panels[p].title);
    }
}

void series_key_cells(const struct picture *picture, struct cell_grid *grid, size_t row, enum depth depth)
{
    size_t col = 0;
    for (size_t p = 0; p < picture->n_panels && col < grid->columns; p++) {
        struct style style = {.flags = CELL_BOLD};
        if (depth != DEPTH_MONO && picture->n_panels > 1)
            style.fg = ink_rgb(depth, series_colour(p));
        col += grid_text(grid, row, col, grid->columns - col, picture->panels[p].title, style) + 2;
    }
}
