/* Drawing points with names. See scatter.h.
 *
 * In cells, lines are dots of the Braille patterns (two by four a cell, about square), points and names stand over them. A name
 * stands outward of its point, else on the other side, above or below, where nothing stands yet. */
#include "viz/chart/scatter.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "viz/chart/chart.h"
#include "viz/draw/dots.h"
#include "viz/draw/figure.h"

/* ---- from data units into a rectangle ---- */

struct frame {
    double x0, y0, scale; /* place = (value − x0)·scale, (y0 − value)·scale */
    double dx, dy;
};

/* Fit all points into w × h, one unit as long on both axes, in the middle. */
static struct frame frame_of(const struct scatter *s, double w, double h)
{
    double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < s->n_points; i++) {
        lo[0] = fmin(lo[0], s->points[i].x), hi[0] = fmax(hi[0], s->points[i].x);
        lo[1] = fmin(lo[1], s->points[i].y), hi[1] = fmax(hi[1], s->points[i].y);
    }
    double width = fmax(hi[0] - lo[0], 1e-12), height = fmax(hi[1] - lo[1], 1e-12), scale = fmin(w / width, h / height);
    return (struct frame){lo[0], hi[1], scale, (w - width * scale) / 2, (h - height * scale) / 2};
}

static struct point place(const struct frame *f, double x, double y)
{
    return (struct point){f->dx + (x - f->x0) * f->scale, f->dy + (f->y0 - y) * f->scale};
}

/* Height by width of the rectangle that holds all points. */
static double aspect_of(const struct scatter *s)
{
    struct frame f = frame_of(s, 1, 1);
    return (1 - 2 * f.dy) / fmax(1 - 2 * f.dx, 1e-9);
}

/* The colour of a point whose own would be `plain`. The brightest fifth of viridis is not seen on white. */
static struct rgb colour_of(const struct scatter_point *point, struct rgb plain)
{
    return point->strong ? figure_accent() : point->tint ? palette_at(&palette_viridis, 0.85 * (point->tint - 1) / 254) : plain;
}

/* ---- cells ---- */

enum { SIDE = 14, LEAST_LINES = 7, MOST_LINES = 30 };

/* Columns left free for names at each side. */
static size_t margin_of(size_t columns)
{
    return columns > 60 ? SIDE : columns / 5;
}

/* Does [col, col + n) of that row hold points and names? `taken` [rows,columns]. */
static bool is_free(const unsigned char *taken, const struct dots *d, long row, long col, size_t n)
{
    if (row < 0 || col < 0 || row >= (long)d->rows || col + (long)n > (long)d->columns)
        return false;
    for (size_t i = 0; i < n; i++)
        if (taken[(size_t)row * d->columns + (size_t)col + i])
            return false;
    return true;
}

static void take(unsigned char *taken, const struct dots *d, long row, long col, size_t n)
{
    for (size_t i = 0; i < n; i++)
        taken[(size_t)row * d->columns + (size_t)col + i] = 1;
}

/* Free columns from (row, col) on, to the right or to the left. */
static size_t free_run(const unsigned char *taken, const struct dots *d, long row, long col, long step)
{
    size_t n = 0;
    for (; is_free(taken, d, row, col, 1); col += step)
        n++;
    return n;
}

/* A name that fits nowhere is cut: beside its point, where there is more room. */
static void put_cut_label(struct cell_grid *grid, size_t top, const struct dots *d, unsigned char *taken, long row, long col,
                          const struct scatter_point *point, struct style style)
{
    enum { LEAST = 3 };
    size_t right = free_run(taken, d, row, col + 2, 1), left = free_run(taken, d, row, col - 2, -1);
    size_t n = right > left ? right : left;
    long begin = right > left ? col + 2 : col - 1 - (long)n;
    if (n < LEAST)
        return;
    if (n > text_columns(point->label))
        n = text_columns(point->label);
    take(taken, d, row, begin, n);
    grid_text(grid, top + (size_t)row, (size_t)begin, n, point->label, style);
}

static void put_label(struct cell_grid *grid, size_t top, const struct dots *d, unsigned char *taken, struct point at,
                      const struct scatter_point *point)
{
    long row = (long)at.y / 4, col = (long)at.x / 2;
    size_t n = text_columns(point->label);
    bool left = at.x < (double)d->columns; /* names point outward */
    const long places[][2] = {{row, left ? col - 1 - (long)n : col + 2},
                              {row, left ? col + 2 : col - 1 - (long)n},
                              {row - 1, col - (long)n / 2},
                              {row + 1, col - (long)n / 2},
                              {row - 1, col + 1},
                              {row + 1, col + 1},
                              {row - 1, col - (long)n},
                              {row + 1, col - (long)n}};
    struct style style = {.flags = point->strong ? CELL_BOLD : 0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (is_free(taken, d, places[i][0], places[i][1], n)) {
            take(taken, d, places[i][0], places[i][1], n);
            grid_text(grid, top + (size_t)places[i][0], (size_t)places[i][1], n, point->label, style);
            return;
        }
    put_cut_label(grid, top, d, taken, row, col, point, style);
}

static bool put_points(const struct picture *picture, struct cell_grid *grid, size_t top, struct dots *d, enum depth depth,
                       struct err *err)
{
    const struct scatter *s = picture->data;
    unsigned char *taken = mem_new(d->columns * d->rows, 1, "a picture", err);
    if (!taken)
        return false;
    size_t margin = margin_of(d->columns);
    struct frame f = frame_of(s, 2 * (double)(d->columns - 2 * margin) - 2, 4 * (double)d->rows - 5);
    f.dx += 2 * (double)margin;
    f.dy += 2;
    for (size_t i = 0; i < s->n_lines; i++)
        dots_line(d, place(&f, s->points[s->lines[i].from].x, s->points[s->lines[i].from].y),
                 place(&f, s->points[s->lines[i].to].x, s->points[s->lines[i].to].y));
    dots_put(d, grid, top, 0, (struct style){.flags = CELL_DIM});
    static const struct rgb sky = {0x4a, 0x90, 0xd9}; /* seen on black and on white */
    for (size_t i = 0; i < s->n_points; i++) {
        struct point at = place(&f, s->points[i].x, s->points[i].y);
        struct style style = {.flags = s->points[i].strong ? CELL_BOLD : 0};
        if (depth != DEPTH_MONO)
            style.fg = ink_rgb(depth, colour_of(&s->points[i], sky));
        take(taken, d, (long)at.y / 4, (long)at.x / 2, 1);
        grid_text(grid, top + (size_t)at.y / 4, (size_t)at.x / 2, 1, STR("●"), style);
    }
    for (size_t i = 0; i < s->n_points; i++)
        put_label(grid, top, d, taken, place(&f, s->points[i].x, s->points[i].y), &s->points[i]);
    free(taken);
    return true;
}

static bool scatter_cells(const struct picture *picture, const struct cells_options *options, struct cell_grid *grid,
                          struct err *err)
{
    size_t columns = options->columns ? options->columns : 80, top = picture->title != NULL;
    struct dots d = {.columns = columns < 20 ? 20 : columns, .rows = options->rows};
    if (!d.rows) { /* as many as the points need at full width, within reason */
        double lines = aspect_of(picture->data) * 2 * (double)(d.columns - 2 * margin_of(d.columns)) / 4 + 2;
        d.rows = lines > MOST_LINES ? MOST_LINES : lines < LEAST_LINES ? LEAST_LINES : (size_t)lines;
    }
    *grid = (struct cell_grid){0};
    bool ok = dots_new(&d, err) && grid_new(grid, d.columns, top + d.rows + picture->n_notes, err);
    if (ok && picture->title)
        grid_text(grid, 0, 0, d.columns, str_of(picture->title), (struct style){.flags = CELL_BOLD});
    ok = ok && put_points(picture, grid, top, &d, options->depth, err);
    for (size_t i = 0; ok && i < picture->n_notes; i++)
        grid_text(grid, top + d.rows + i, 0, d.columns, picture->notes[i], (struct style){.flags = CELL_DIM});
    dots_free(&d);
    if (!ok)
        grid_free(grid);
    return ok;
}

/* ---- figures ---- */

static bool scatter_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                         struct figure *f, struct err *err)
{
    (void)measure;
    *f = (struct figure){.picture = *picture};
    if (!figure_type(f, options, err))
        return false;
    f->width = options->width > 0 ? options->width : 300;
    f->grid_x = 3 * f->text;
    f->grid_y = (picture->title ? 2.2 : 0.8) * f->text;
    f->grid_w = f->width - f->grid_x - 0.8 * f->text;
    f->grid_h =
        fmax(0.3 * f->grid_w, fmin(0.72 * f->grid_w, aspect_of(picture->data) * (f->grid_w - 10 * f->text) + 4 * f->text));
    f->height = f->grid_y + f->grid_h + 2.8 * f->text;
    return f->grid_w > 60 || figure_narrow(f->width, err, "the words");
}

static double shared_area(struct box a, struct box b)
{
    double w = fmin(a.x + a.w, b.x + b.w) - fmax(a.x, b.x), h = fmin(a.y + a.h, b.y + b.h) - fmax(a.y, b.y);
    return w > 0 && h > 0 ? w * h : 0;
}

/* A line's box without the room above and below its letters, which may lie over that of others. */
static struct box letters_of(struct box line)
{
    return (struct box){line.x, line.y + 0.15 * line.h, line.w, 0.7 * line.h};
}

/* What a name at that place would cover: of others, and outside the frame. */
static double covered_by(const struct figure *f, struct box place, const struct box *taken, size_t n)
{
    const struct box inside = {f->grid_x, f->grid_y, f->grid_w, f->grid_h};
    double covered = place.w * place.h - shared_area(place, inside);
    covered = covered < 1e-9 * place.w * place.h ? 0 : covered;
    for (size_t k = 0; k < n; k++)
        covered += shared_area(letters_of(place), taken[k]);
    return covered;
}

enum { MANY = 40 }; /* names are set smaller where there are more */
enum { BESIDE = 4, RINGS = 8, WAYS = 16, PLACES = BESIDE + RINGS * WAYS };

/* Where a name may stand, best first: outward of its point, inward, above, below, then on rings around it. */
static struct box place_of(const struct figure *f, struct point at, struct extents size, size_t i)
{
    double gap = 0.55 * f->text, w = size.width, h = size.height;
    if (i < BESIDE) {
        double left = at.x - gap - w, right = at.x + gap;
        bool leftward = (at.x < f->grid_x + f->grid_w / 2) == (i == 0);
        return i < 2 ? (struct box){leftward ? left : right, at.y - h / 2, w, h}
                     : (struct box){at.x - w / 2, i == 2 ? at.y - gap - h : at.y + gap, w, h};
    }
    size_t ring = (i - BESIDE) / WAYS, way = (i - BESIDE) % WAYS;
    double out = (1.6 + 0.8 * (double)ring) * f->text, angle = 6.283185307179586 * (double)way / WAYS;
    double x = at.x + out * cos(angle), y = at.y + out * sin(angle);
    return (struct box){cos(angle) < -0.4 ? x - w : cos(angle) > 0.4 ? x : x - w / 2, y - h / 2, w, h};
}

/* The first place where a name covers nothing, else the one where it covers least. `taken` [points + letters]. *far_out: on a
 * ring, a line must lead to it. */
static struct box label_box(const struct figure *f, struct point at, struct extents size, const struct box *taken, size_t n,
                            bool *far_out)
{
    struct box best = {0};
    double least = INFINITY;
    for (size_t i = 0; i < PLACES && least > 0; i++) {
        struct box box = place_of(f, at, size, i);
        double covered = covered_by(f, box, taken, n);
        if (covered < least) {
            least = covered;
            best = box;
            *far_out = i >= BESIDE;
        }
    }
    return best;
}

/* From a point to the nearest edge of a name's letters. */
static void put_leader(struct canvas *canvas, struct point at, struct box letters, struct rgb colour)
{
    struct point to = {fmax(letters.x, fmin(at.x, letters.x + letters.w)), fmax(letters.y, fmin(at.y, letters.y + letters.h))};
    canvas->ops->line(canvas, at, to, 0.3, colour);
}

static void put_frame(const struct figure *f, struct canvas *canvas, struct rgb colour)
{
    struct point corners[] = {{f->grid_x, f->grid_y},
                              {f->grid_x + f->grid_w, f->grid_y},
                              {f->grid_x + f->grid_w, f->grid_y + f->grid_h},
                              {f->grid_x, f->grid_y + f->grid_h}};
    for (size_t i = 0; i < 4; i++)
        canvas->ops->line(canvas, corners[i], corners[(i + 1) % 4], 0.4, colour);
}

static void put_names(const struct figure *f, struct canvas *canvas, struct rgb ink)
{
    struct text_style style = {.size = f->text, .colour = ink, .along = 0.5};
    if (f->picture.title) {
        struct text_style title = {.size = 1.15 * f->text, .bold = true, .colour = ink, .along = 0.5};
        figure_text(canvas, (struct point){f->width / 2, 0.4 * f->text}, &title, str_of(f->picture.title));
    }
    if (f->picture.col_axis)
        figure_text(canvas, (struct point){f->grid_x + f->grid_w / 2, f->grid_y + f->grid_h + 0.4 * f->text}, &style,
                    str_of(f->picture.col_axis));
    style.turn = 90;
    if (f->picture.row_axis)
        figure_side_name(f, canvas, (struct point){0.6 * f->text, f->grid_y + f->grid_h / 2}, &style, str_of(f->picture.row_axis));
}

static bool scatter_draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    static const struct rgb ink = {0x22, 0x22, 0x22}, pale = {0x77, 0x77, 0x77}, blue = {0x1f, 0x5f, 0xa8};
    const struct scatter *s = f->picture.data;
    double t = f->text, radius = 0.26 * t;
    struct box *taken = mem_new(2 * s->n_points + 1, sizeof *taken, "a picture", err);
    if (!taken)
        return false;
    struct frame frame = frame_of(s, f->grid_w - 10 * t, f->grid_h - 4 * t); /* room for names at the sides */
    frame.dx += f->grid_x + 5 * t;
    frame.dy += f->grid_y + 2 * t;
    put_frame(f, canvas, pale);
    for (size_t i = 0; i < s->n_lines; i++)
        canvas->ops->line(canvas, place(&frame, s->points[s->lines[i].from].x, s->points[s->lines[i].from].y),
                          place(&frame, s->points[s->lines[i].to].x, s->points[s->lines[i].to].y), 0.7, pale);
    for (size_t i = 0; i < s->n_points; i++) {
        struct point at = place(&frame, s->points[i].x, s->points[i].y);
        canvas_disc(canvas, at, radius, colour_of(&s->points[i], blue));
        taken[i] = (struct box){at.x - radius, at.y - radius, 2 * radius, 2 * radius};
    }
    double size = s->n_points > MANY ? fmax(0.75 * t, fmin(6, t)) : t;
    for (size_t i = 0; i < s->n_points; i++) {
        struct text_style style = {.size = size, .bold = s->points[i].strong, .colour = ink};
        struct point at = place(&frame, s->points[i].x, s->points[i].y);
        bool far = false;
        struct box box = label_box(f, at, figure_extents(canvas, &style, s->points[i].label), taken, s->n_points + i, &far);
        taken[s->n_points + i] = letters_of(box);
        if (far)
            put_leader(canvas, at, letters_of(box), pale);
        figure_text(canvas, (struct point){box.x, box.y}, &style, s->points[i].label);
    }
    put_names(f, canvas, ink);
    free(taken);
    return !canvas->failed || err_set(err, ERR_MEMORY, "the figure could not be drawn");
}

const struct chart_kind chart_scatter = {
    .name = "scatter",
    .summary = "points in a plane with their names, some joined by lines",
    .cells = scatter_cells,
    .plan = scatter_plan,
    .draw = scatter_draw,
};
