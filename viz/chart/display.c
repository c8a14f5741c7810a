/* A screen of a terminal: its characters, colours and attributes, cell for cell. See display.h.
 *
 * Grounds, and the half blocks that maps are made of, are one image of two values a cell; other block elements and box lines are
 * boxes; letters are text, as many cells at once as the font sets as the grid does. A cell is twice as high as it is wide. */
#include "viz/chart/display.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "viz/chart/chart.h"
#include "viz/draw/figure.h"

#define ASPECT 2.0
#define CELL_POINTS 6.0 /* the width of a cell where none is asked for */
enum { SCREEN_DPI = 144 /* 12 × 24 pixels a cell */ };

/* The terminal's own colours. */
static const struct rgb own_ink = {0xe4, 0xe6, 0xea}, own_ground = {0x14, 0x16, 0x1b};

static const struct cell_grid *grid_of(const struct picture *picture)
{
    return ((const struct display *)picture->data)->grid;
}

static bool display_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *out, struct err *err)
{
    const struct cell_grid *grid = grid_of(picture);
    (void)options;
    if (!grid_new(out, grid->columns, grid->rows, err))
        return false;
    memcpy(out->cells, grid->cells, grid->rows * grid->columns * sizeof *grid->cells);
    return true;
}

/* ---- what a cell is painted with ---- */

struct paint {
    struct rgb ink, ground;
    bool bold, underline;
};

static struct rgb mix(struct rgb a, struct rgb b, double share_of_a)
{
    double rest = 1 - share_of_a;
    return (struct rgb){(unsigned char)lround(a.r * share_of_a + b.r * rest), (unsigned char)lround(a.g * share_of_a + b.g * rest),
                        (unsigned char)lround(a.b * share_of_a + b.b * rest)};
}

/* The colour as the terminal shows it, which may have fewer. */
static struct rgb shown(struct colour colour, enum depth depth, struct rgb own)
{
    if (colour.kind == COLOUR_DEFAULT || depth == DEPTH_MONO)
        return own;
    if (colour.kind == COLOUR_INDEX || depth == DEPTH_TRUE)
        return colour.rgb;
    return ink_rgb(depth, colour.rgb).rgb;
}

static struct paint paint_of(const struct cell *cell, enum depth depth)
{
    struct paint p = {.ink = shown(cell->style.fg, depth, own_ink),
                      .ground = shown(cell->style.bg, depth, own_ground),
                      .bold = (cell->style.flags & CELL_BOLD) != 0,
                      .underline = (cell->style.flags & CELL_UNDERLINE) != 0};
    if (cell->style.flags & CELL_REVERSE) {
        struct rgb ink = p.ink;
        p.ink = p.ground;
        p.ground = ink;
    }
    if (cell->style.flags & CELL_DIM)
        p.ink = mix(p.ink, p.ground, 0.55);
    return p;
}

static int32_t character(const struct cell *cell)
{
    int32_t cp = ' ';
    if (cell->n)
        utf8_decode(cell->text, cell->n, &cp);
    return cp;
}

/* ---- the plan ---- */

/* DejaVu Sans Mono's letters are 0.602 of its size wide; another font's as measured. */
static bool display_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                         struct figure *f, struct err *err)
{
    const struct cell_grid *grid = grid_of(picture);
    *f = (struct figure){.picture = *picture};
    double across = (double)grid->columns + 2; /* a cell's width is left all around */
    f->cell_w = options->width > 0 ? options->width / across : CELL_POINTS;
    f->cell_h = ASPECT * f->cell_w;
    f->dpi = options->dpi > 0 ? options->dpi : options->width > 0 ? 600 : SCREEN_DPI;
    if (f->dpi < 30 || f->dpi > 2400)
        return err_set(err, ERR_ARG, "dpi=%g: expected 30 to 2400", f->dpi);
    double wide = measure->ops->extents(measure, &(struct text_style){.size = 10}, STR("MMMMMMMMMM")).width / 10;
    f->text = wide > 0 ? 10 * f->cell_w / wide : f->cell_h / ASPECT;
    f->width = across * f->cell_w;
    f->height = (double)grid->rows * f->cell_h + 2 * f->cell_w;
    f->grid_x = f->grid_y = f->cell_w;
    return true;
}

/* ---- grounds ---- */

static void draw_grounds(const struct figure *f, struct canvas *canvas, const struct display *display)
{
    const struct cell_grid *grid = display->grid;
    struct rgb *halves = mem_new(2 * grid->rows * grid->columns, sizeof *halves, "a screen", NULL);
    for (size_t row = 0; halves && row < grid->rows; row++)
        for (size_t col = 0; col < grid->columns; col++) {
            const struct cell *cell = grid_at(grid, row, col);
            struct paint p = paint_of(cell, display->depth);
            int32_t cp = character(cell);
            halves[2 * row * grid->columns + col] = cp == 0x2580 || cp == 0x2588 ? p.ink : p.ground;
            halves[(2 * row + 1) * grid->columns + col] = cp == 0x2584 || cp == 0x2588 ? p.ink : p.ground;
        }
    canvas->failed = canvas->failed || !halves;
    if (halves)
        canvas->ops->image(canvas, (struct box){f->grid_x, f->grid_y, (double)grid->columns * f->cell_w, (double)grid->rows * f->cell_h},
                           halves, 2 * grid->rows, grid->columns);
    free(halves);
}

/* ---- blocks and lines ---- */

static bool in_grounds(int32_t cp)
{
    return cp == 0x2580 || cp == 0x2584 || cp == 0x2588;
}

static void draw_boxes(const struct figure *f, struct canvas *canvas, struct point at, const struct glyph_boxes *glyph, struct paint p)
{
    struct rgb fill = glyph->ink < 1 ? mix(p.ink, p.ground, glyph->ink) : p.ink;
    double pixel = 72 / f->dpi;
    for (size_t i = 0; i < glyph->n; i++) {
        struct box b = glyph->box[i];
        /* an image of one value, whose edges no renderer smoothes; a pixel at least */
        canvas->ops->image(canvas, (struct box){at.x + b.x * f->cell_w, at.y + b.y * f->cell_h, fmax(b.w * f->cell_w, pixel), fmax(b.h * f->cell_h, pixel)},
                           &fill, 1, 1);
    }
}

/* ---- letters ---- */

/* Letters that stand side by side in every font of one width: of scripts written from the left, whose letters do not join. */
static bool is_plain(const struct cell *cell, int32_t cp)
{
    char utf8[4];
    return cell->width == 1 && cp > ' ' && cp < 0x590 && !cp_is_mark(cp) && utf8_encode(cp, utf8) == cell->n;
}

static bool same_paint(struct paint a, struct paint b)
{
    return memcmp(&a.ink, &b.ink, sizeof a.ink) == 0 && a.bold == b.bold && a.underline == b.underline;
}

/* How many cells from here are one piece of text: plain letters of one style, and single blanks between them. */
static size_t piece(const struct display *display, size_t row, size_t col)
{
    const struct cell_grid *grid = display->grid;
    const struct cell *first = grid_at(grid, row, col);
    if (!is_plain(first, character(first)))
        return first->width > 1 ? first->width : 1;
    struct paint paint = paint_of(first, display->depth);
    size_t end = col + 1;
    for (size_t c = col + 1; c < grid->columns; c++) {
        const struct cell *cell = grid_at(grid, row, c);
        bool blank = character(cell) == ' ' && cell->width == 1;
        if ((!blank && !is_plain(cell, character(cell))) || !same_paint(paint, paint_of(cell, display->depth)) || (blank && end < c))
            break;
        end = blank ? end : c + 1;
    }
    return end - col;
}

struct line_of_text {
    double x, base; /* the left edge of column 0, the baseline */
    size_t row;
};

static void put_text(const struct figure *f, struct canvas *canvas, struct line_of_text line, size_t col, size_t n, struct str text,
                     struct paint p)
{
    struct text_style style = {.size = f->text, .bold = p.bold, .colour = p.ink};
    struct extents size = canvas->ops->extents(canvas, &style, text);
    double room = (double)n * f->cell_w;
    if (size.width > room * 1.02) { /* of another font, whose letters are wider */
        style.size *= room / size.width;
        size = canvas->ops->extents(canvas, &style, text);
    }
    struct point at = {line.x + (double)col * f->cell_w + (room - size.width) / 2, line.base - size.baseline};
    canvas->ops->text(canvas, at, &style, text);
}

/* A piece at once where the font sets it as wide as its cells, else cell for cell. */
static void draw_piece(const struct figure *f, struct canvas *canvas, struct line_of_text line, const struct display *display, size_t col,
                       size_t n)
{
    const struct cell *first = grid_at(display->grid, line.row, col);
    struct paint paint = paint_of(first, display->depth);
    struct buf text = {0};
    for (size_t c = col; c < col + n; c++) {
        const struct cell *cell = grid_at(display->grid, line.row, c);
        if (cell->n)
            buf_add(&text, cell->text, cell->n);
        else if (cell->width)
            buf_char(&text, ' ');
    }
    double wide = canvas->ops->extents(canvas, &(struct text_style){.size = f->text, .bold = paint.bold}, buf_view(&text)).width;
    if (n == 1 || first->width > 1 || fabs(wide - (double)n * f->cell_w) < 0.02 * f->cell_w * (double)n)
        put_text(f, canvas, line, col, n, buf_view(&text), paint);
    else
        for (size_t c = col; c < col + n; c++) {
            const struct cell *cell = grid_at(display->grid, line.row, c);
            if (character(cell) != ' ')
                put_text(f, canvas, line, c, 1, (struct str){cell->text, cell->n}, paint);
        }
    if (paint.underline)
        canvas->ops->rectangle(canvas, (struct box){line.x + (double)col * f->cell_w, line.base + 0.12 * f->text, (double)n * f->cell_w, 0.06 * f->text},
                               paint.ink);
    canvas->failed = canvas->failed || text.failed;
    buf_free(&text);
}

static void draw_row(const struct figure *f, struct canvas *canvas, struct line_of_text line, const struct display *display)
{
    for (size_t col = 0, n; col < display->grid->columns; col += n) {
        const struct cell *cell = grid_at(display->grid, line.row, col);
        int32_t cp = character(cell);
        struct glyph_boxes glyph;
        n = 1;
        if (cp == ' ' || !cell->width || in_grounds(cp))
            continue;
        struct point at = {line.x + (double)col * f->cell_w, f->grid_y + (double)line.row * f->cell_h};
        if (glyph_boxes(cp, ASPECT, &glyph)) {
            draw_boxes(f, canvas, at, &glyph, paint_of(cell, display->depth));
        } else {
            n = piece(display, line.row, col);
            draw_piece(f, canvas, line, display, col, n);
        }
    }
}

static bool display_draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    const struct display *display = f->picture.data;
    struct extents letter = canvas->ops->extents(canvas, &(struct text_style){.size = f->text}, STR("M"));
    canvas->ops->rectangle(canvas, (struct box){-1, -1, f->width + 2, f->height + 2}, own_ground); /* no edge of paper shows */
    draw_grounds(f, canvas, display);
    for (size_t row = 0; row < display->grid->rows; row++) {
        double top = f->grid_y + (double)row * f->cell_h;
        draw_row(f, canvas, (struct line_of_text){f->grid_x, top + (f->cell_h - letter.height) / 2 + letter.baseline, row}, display);
    }
    return !canvas->failed || err_memory(err, 0, "a screen");
}

const struct chart_kind chart_display = {
    .name = "display",
    .summary = "the full screen, cell for cell",
    .cells = display_cells,
    .plan = display_plan,
    .draw = display_draw,
};
