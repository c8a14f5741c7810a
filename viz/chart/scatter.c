/* Drawing points with names. See scatter.h.
 *
 * In cells, lines are dots of the Braille patterns (two by four a cell, about square), points and names stand over them. A name
 * stands outward of its point, else on the other side, above or below, where nothing stands yet. */
#include "viz/chart/scatter.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "viz/chart/chart.h"
#include "viz/draw/dots.h"
#include "viz/draw/figure.h"
#include "viz/scale.h"

unsigned char scatter_tint(size_t i, size_t n)
{
    return (unsigned char)(1 + (n > 1 ? 254 * i / (n - 1) : 0));
}

static struct rgb tint_colour(unsigned char tint)
{
    return palette_at(&palette_viridis, 0.85 * (tint - 1) / 254); /* the brightest fifth is not seen on white */
}

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

/* The colour of a point whose own would be `plain`. */
static struct rgb colour_of(const struct scatter_point *point, struct rgb plain)
{
    return point->strong ? figure_accent() : point->tint ? tint_colour(point->tint) : plain;
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

static const struct rgb pale = {0x77, 0x77, 0x77};

#define KEY_ROW 1.6 /* text sizes */

static bool scatter_plan(const struct picture *picture, const struct render_options *options, struct canvas *measure,
                         struct figure *f, struct err *err)
{
    (void)measure;
    *f = (struct figure){.picture = *picture};
    if (!figure_type(f, options, err))
        return false;
    const struct scatter *s = picture->data;
    f->width = options->width > 0 ? options->width : 300;
    f->grid_x = (s->ticks ? 4.6 : 3) * f->text;
    f->grid_y = (picture->title ? 2.2 : 0.8) * f->text + (s->tint_name ? KEY_ROW * f->text : 0);
    f->grid_w = f->width - f->grid_x - 0.8 * f->text;
    f->grid_h =
        fmax(0.3 * f->grid_w, fmin(0.72 * f->grid_w, aspect_of(picture->data) * (f->grid_w - 10 * f->text) + 4 * f->text));
    f->height = f->grid_y + f->grid_h + (s->ticks ? 4 : 2.8) * f->text;
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

/* Does the line from a to b meet the box? (Liang and Barsky 1984.) */
static bool meets(struct point a, struct point b, struct box box)
{
    const double step[] = {a.x - b.x, b.x - a.x, a.y - b.y, b.y - a.y};
    const double room[] = {a.x - box.x, box.x + box.w - a.x, a.y - box.y, box.y + box.h - a.y};
    double from = 0, to = 1;
    for (size_t i = 0; i < 4; i++) {
        if (step[i] == 0 && room[i] < 0)
            return false;
        if (step[i] < 0)
            from = fmax(from, room[i] / step[i]);
        else if (step[i] > 0)
            to = fmin(to, room[i] / step[i]);
    }
    return from < to;
}

/* What stands already: discs of all points, letters of the names of some, and lines that lead to those. */
struct placed {
    struct box *discs, *letters; /* [points], [names] */
    struct point (*leaders)[2];
    size_t n_discs, n_letters, n_leaders;
};

#define CROSSED 0.001 /* of a name's area: a line over letters is better than letters over letters */

/* What a name at that place would cover: of others, and outside the frame. */
static double covered_by(const struct figure *f, struct box place, const struct placed *placed)
{
    const struct box inside = {f->grid_x, f->grid_y, f->grid_w, f->grid_h};
    struct box letters = letters_of(place);
    double area = place.w * place.h, covered = area - shared_area(place, inside);
    covered = covered < 1e-9 * area ? 0 : covered;
    for (size_t k = 0; k < placed->n_discs; k++)
        covered += shared_area(letters, placed->discs[k]);
    for (size_t k = 0; k < placed->n_letters; k++)
        covered += shared_area(letters, placed->letters[k]);
    for (size_t k = 0; k < placed->n_leaders; k++)
        covered += meets(placed->leaders[k][0], placed->leaders[k][1], letters) ? CROSSED * area : 0;
    return covered;
}

/* The same of a line that leads from point `own` to its name. */
static double crossed_by(struct point from, struct point to, size_t own, double area, const struct placed *placed)
{
    size_t n = 0;
    for (size_t k = 0; k < placed->n_discs; k++)
        n += k != own && meets(from, to, placed->discs[k]);
    for (size_t k = 0; k < placed->n_letters; k++)
        n += meets(from, to, placed->letters[k]);
    return CROSSED * area * (double)n;
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

/* From a point to the nearest edge of a name's letters. */
static struct point leader_end(struct point at, struct box letters)
{
    return (struct point){fmax(letters.x, fmin(at.x, letters.x + letters.w)), fmax(letters.y, fmin(at.y, letters.y + letters.h))};
}

/* The first place where the name of point i covers nothing, else the one where it covers least: *covered_out. *far_out: on a ring,
 * a line leads to it. */
static struct box label_box(const struct figure *f, struct point at, size_t i, struct extents size, const struct placed *placed,
                            bool *far_out, double *covered_out)
{
    struct box best = {0};
    *covered_out = INFINITY;
    for (size_t k = 0; k < PLACES && *covered_out > 0; k++) {
        struct box box = place_of(f, at, size, k);
        double covered = covered_by(f, box, placed);
        if (k >= BESIDE && covered < *covered_out)
            covered += crossed_by(at, leader_end(at, letters_of(box)), i, box.w * box.h, placed);
        if (covered < *covered_out) {
            *covered_out = covered;
            best = box;
            *far_out = k >= BESIDE;
        }
    }
    return best;
}

/* A point's name, and what leads to it. Of many points a name that would cover something is left out: returns false. */
static bool put_point_name(const struct figure *f, struct canvas *canvas, struct point at, size_t i, struct placed *placed)
{
    const struct scatter *s = f->picture.data;
    bool many = s->n_points > MANY, far = false;
    struct text_style style = {.size = many ? fmax(0.75 * f->text, fmin(6, f->text)) : f->text, .bold = s->points[i].strong, .colour = figure_ink};
    double covered;
    struct box box = label_box(f, at, i, figure_extents(canvas, &style, s->points[i].label), placed, &far, &covered);
    if (many && covered > 0 && !s->points[i].strong)
        return false;
    struct box letters = letters_of(box);
    placed->letters[placed->n_letters++] = letters;
    if (far) {
        struct point to = leader_end(at, letters);
        canvas->ops->line(canvas, at, to, 0.3, pale);
        placed->leaders[placed->n_leaders][0] = at;
        placed->leaders[placed->n_leaders++][1] = to;
    }
    figure_text(canvas, (struct point){box.x, box.y}, &style, s->points[i].label);
    return true;
}

/* A disc and a number a tint, as many as there is room for, the first and evenly spaced others. */
static void put_key(const struct figure *f, struct canvas *canvas)
{
    const struct scatter *s = f->picture.data;
    struct text_style style = {.size = f->text, .colour = figure_ink, .across = 0.5};
    double t = f->text, y = f->grid_y - 0.5 * KEY_ROW * t - 0.2 * t, x = f->grid_x;
    double name = figure_extents(canvas, &style, str_of(s->tint_name)).width + 0.9 * t, place = (s->n_tints > 10 ? 2.9 : 2.2) * t;
    size_t fit = (size_t)fmax(1, floor((f->grid_w - name) / place)), step = (s->n_tints + fit - 1) / fit;
    figure_text(canvas, (struct point){x, y}, &style, str_of(s->tint_name));
    x += name;
    for (size_t i = 0; i < s->n_tints; i += step, x += place) {
        struct buf number = {0};
        buf_printf(&number, "%zu", i);
        canvas_disc(canvas, (struct point){x, y}, 0.3 * t, tint_colour(scatter_tint(i, s->n_tints)));
        figure_text(canvas, (struct point){x + 0.55 * t, y}, &style, buf_view(&number));
        buf_free(&number);
    }
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

/* The value at the lower end of an axis, and the axis's length in data units. */
static struct scale axis_of(const struct figure *f, const struct frame *frame, bool upward)
{
    double lo = upward ? frame->y0 - (f->grid_y + f->grid_h - frame->dy) / frame->scale : frame->x0 - (frame->dx - f->grid_x) / frame->scale;
    return (struct scale){.lo = lo, .hi = lo + (upward ? f->grid_h : f->grid_w) / frame->scale};
}

/* Numbers along one axis, `step` apart. */
static void put_ticks(const struct figure *f, struct canvas *canvas, const struct frame *frame, double step, bool upward)
{
    double t = f->text;
    struct scale axis = axis_of(f, frame, upward);
    struct text_style style = {.size = f->small, .colour = figure_ink, .along = upward ? 1 : 0.5, .across = upward ? 0.5 : 0};
    for (double value = step * ceil(axis.lo / step); value <= axis.hi; value += step) {
        struct point at = place(frame, value, value), out = {upward ? -0.3 * t : 0, upward ? 0 : 0.3 * t};
        struct buf number = {0};
        scale_label(&number, fabs(value) < 1e-9 * step ? 0 : value, step, true);
        at = upward ? (struct point){f->grid_x, at.y} : (struct point){at.x, f->grid_y + f->grid_h};
        canvas->ops->line(canvas, at, (struct point){at.x + out.x, at.y + out.y}, 0.4, pale);
        figure_text(canvas, (struct point){at.x + 1.5 * out.x, at.y + 1.2 * out.y}, &style, buf_view(&number));
        buf_free(&number);
    }
}

/* One unit is as long on both axes, and so are their steps: those of the shorter one, upward. */
static void put_axes(const struct figure *f, struct canvas *canvas, const struct frame *frame)
{
    struct scale axis = axis_of(f, frame, true);
    double ticks[TICKS_MAX];
    size_t n = scale_ticks(&axis, (size_t)fmax(3, fmin(6, f->grid_h / (4 * f->text))), ticks);
    for (int upward = 0; n > 1 && upward < 2; upward++)
        put_ticks(f, canvas, frame, ticks[1] - ticks[0], upward);
}

static void put_names(const struct figure *f, struct canvas *canvas)
{
    const struct scatter *s = f->picture.data;
    struct text_style style = {.size = f->text, .colour = figure_ink, .along = 0.5};
    if (f->picture.title) {
        struct text_style title = {.size = 1.15 * f->text, .bold = true, .colour = figure_ink, .along = 0.5};
        figure_text(canvas, (struct point){f->width / 2, 0.4 * f->text}, &title, str_of(f->picture.title));
    }
    if (f->picture.col_axis)
        figure_text(canvas, (struct point){f->grid_x + f->grid_w / 2, f->grid_y + f->grid_h + (s->ticks ? 1.6 : 0.4) * f->text}, &style,
                    str_of(f->picture.col_axis));
    style.turn = 90;
    if (f->picture.row_axis)
        figure_side_name(f, canvas, (struct point){0.6 * f->text, f->grid_y + f->grid_h / 2}, &style, str_of(f->picture.row_axis));
}

static void put_all(const struct figure *f, struct canvas *canvas, struct placed *placed)
{
    static const struct rgb blue = {0x1f, 0x5f, 0xa8};
    const struct scatter *s = f->picture.data;
    double t = f->text, radius = 0.26 * t;
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
        placed->discs[placed->n_discs++] = (struct box){at.x - radius, at.y - radius, 2 * radius, 2 * radius};
    }
    size_t named = 0;
    for (size_t i = 0; i < s->n_points && !cancel_requested(); i++)
        named += put_point_name(f, canvas, place(&frame, s->points[i].x, s->points[i].y), i, placed);
    if (f->remarks && named < s->n_points)
        buf_printf(f->remarks, "%zu of %zu names are left out: they would cover others; a larger size= has room for more\n",
                   s->n_points - named, s->n_points);
    if (s->tint_name)
        put_key(f, canvas);
    if (s->ticks)
        put_axes(f, canvas, &frame);
    put_names(f, canvas);
}

static bool scatter_draw(const struct figure *f, struct canvas *canvas, struct err *err)
{
    const struct scatter *s = f->picture.data;
    struct placed placed = {0};
    placed.discs = mem_new(s->n_points + 1, sizeof *placed.discs, "a picture", err);
    placed.letters = mem_new(s->n_points + 1, sizeof *placed.letters, "a picture", err);
    placed.leaders = mem_new(s->n_points + 1, sizeof *placed.leaders, "a picture", err);
    bool ok = placed.discs && placed.letters && placed.leaders;
    if (ok)
        put_all(f, canvas, &placed);
    free(placed.discs);
    free(placed.letters);
    free(placed.leaders);
    return ok && (!canvas->failed || err_set(err, ERR_MEMORY, "the figure could not be drawn"));
}

const struct chart_kind chart_scatter = {
    .name = "scatter",
    .summary = "points in a plane with their names, some joined by lines",
    .cells = scatter_cells,
    .plan = scatter_plan,
    .draw = scatter_draw,
};
