/* The mouse on the map: the crosshair follows it, a drag chooses a range to zoom into, another button pulls the map along. The
 * same ranges by keys. */
#include <stdio.h>
#include <stdlib.h>

#include "repl/view/map_plan.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The value whose cell that is; false where none is drawn there. */
static bool value_at(const struct viewer *v, const struct map_plan_view *plan, size_t row, size_t col, size_t *i_out, size_t *j_out)
{
    bool row_found = false, col_found = false;
    for (size_t i = plan->heat.row; i < v->map->shown.rows && !row_found; i++) {
        struct cell_rect at;
        bool lower;
        if (!map_plan_place(plan, i, plan->heat.col, &at, &lower))
            break;
        row_found = row >= at.row && row < at.row + at.rows;
        *i_out = i;
    }
    for (size_t j = plan->heat.col; j < v->map->shown.cols && !col_found; j++) {
        struct cell_rect at;
        bool lower;
        if (!map_plan_place(plan, plan->heat.row, j, &at, &lower))
            break;
        col_found = col >= at.col && col < at.col + at.cols;
        *j_out = j;
    }
    return row_found && col_found;
}

/* ---- a range ---- */

static bool wide_enough(const struct viewer *v, const struct map_pane *s)
{
    return labs((long)s->range_row - (long)v->map->row) > 1 || labs((long)s->range_col - (long)v->map->col) > 1;
}

static void begin(struct viewer *v, struct map_pane *s)
{
    s->ranging = true;
    s->range_row = v->map->row;
    s->range_col = v->map->col;
}

static void say_range(struct viewer *v, const struct map_pane *s, const char *how)
{
    const struct shown_map *map = &v->map->shown;
    size_t row0 = least(s->range_row, v->map->row), row1 = s->range_row + v->map->row - row0;
    size_t col0 = least(s->range_col, v->map->col), col1 = s->range_col + v->map->col - col0;
    viewer_say(v, "queries %zu-%zu, keys %zu-%zu: %s", map->row_tokens[row0], map->row_tokens[row1], map->col_tokens[col0],
               map->col_tokens[col1], how);
}

static void zoom(struct viewer *v, struct map_pane *s)
{
    size_t row0 = least(s->range_row, v->map->row), col0 = least(s->range_col, v->map->col);
    s->ranging = false;
    viewer_zoom_to(v, row0, s->range_row + v->map->row - row0, col0, s->range_col + v->map->col - col0);
}

void map_act_range(struct viewer *v, void *state, int amount)
{
    struct map_pane *s = state;
    (void)amount;
    if (s->ranging) {
        zoom(v, s);
        return;
    }
    begin(v, s);
    viewer_say(v, "a range begins here: move, and z zooms into it; Esc leaves it");
}

void map_act_no_range(struct viewer *v, void *state, int amount)
{
    (void)v, (void)amount;
    ((struct map_pane *)state)->ranging = false;
}

/* Its rows have a bar in the gutter, its columns one above the map. */
void map_range_draw(struct viewer *v, const struct map_pane *s, struct cell_grid *grid)
{
    const struct map_plan_view *plan = &s->plan;
    struct style accent = style_accent(v->depth);
    if (!s->ranging)
        return;
    size_t row0 = least(s->range_row, v->map->row), row1 = s->range_row + v->map->row - row0;
    size_t col0 = least(s->range_col, v->map->col), col1 = s->range_col + v->map->col - col0;
    struct cell_rect at;
    bool lower;
    for (size_t i = row0; i <= row1; i++)
        for (size_t y = 0; map_plan_place(plan, i, plan->heat.col, &at, &lower) && y < at.rows; y++)
            grid_text(grid, at.row + y, plan->gutter - 1, 1, STR("┃"), accent);
    for (size_t j = col0; j <= col1; j++)
        for (size_t x = 0; map_plan_place(plan, plan->heat.row, j, &at, &lower) && x < at.cols; x++)
            grid_text(grid, plan->cross_row, at.col + x, 1, STR("━"), accent);
}

/* ---- the mouse ---- */

/* Where the pointer is while a range is drawn: the nearest value that is seen. */
static bool drag_to(struct viewer *v, struct map_pane *s, struct pointer at)
{
    const struct cell_rect map = s->plan.map;
    size_t i, j, row = at.row < map.row ? map.row : at.row, col = at.col < map.col ? map.col : at.col;
    if (!value_at(v, &s->plan, least(row, map.row + map.rows - 1), least(col, map.col + map.cols - 1), &i, &j))
        return false;
    viewer_stand(v, i, j);
    return true;
}

/* Values that move by, for so many cells of the screen. */
static long pulled(size_t from, size_t to, size_t values, size_t cells)
{
    return ((long)from - (long)to) * (long)values / (long)cells;
}

static size_t shifted(size_t first, long by, size_t seen, size_t n)
{
    long to = (long)first + by, last = (long)(n - seen);
    return to < 0 ? 0 : to > last ? (size_t)last : (size_t)to;
}

static size_t inside(size_t at, size_t first, size_t seen)
{
    return at < first ? first : at >= first + seen ? first + seen - 1 : at;
}

/* The map comes along; the crosshair stays where it is, or at the edge that it would leave by. */
static void pull(struct viewer *v, struct map_pane *s, struct pointer at)
{
    const struct map_plan_view *plan = &s->plan;
    const struct shown_map *map = &v->map->shown;
    bool small = plan->zoom < ZOOM_CELL;
    long down = pulled(s->grab_row, at.row, small ? plan->heat.pool_rows * (plan->heat.half ? 2 : 1) : 1, small ? 1 : plan->cell_rows);
    long right = pulled(s->grab_col, at.col, small ? plan->heat.pool_cols : 1, small ? 1 : plan->cell_cols);
    if (plan->seen_rows == map->rows && plan->seen_cols == map->cols)
        viewer_say(v, "the whole map is seen; + enlarges its cells, a drag with the left button zooms into a range");
    if (down)
        s->grab_row = at.row;
    if (right)
        s->grab_col = at.col;
    s->first_row = shifted(s->first_row, down, plan->seen_rows, map->rows);
    s->first_col = shifted(s->first_col, right, plan->seen_cols, map->cols);
    viewer_stand(v, inside(v->map->row, s->first_row, plan->seen_rows), inside(v->map->col, s->first_col, plan->seen_cols));
}

/* The mini-map: a click goes to that head, the wheel changes the layer, a pointer over it tells the head's value. */
static bool point_heads(struct viewer *v, const struct map_pane *s, struct pointer at)
{
    const struct site *site = heads_at(v, s->plan.side, at.row, at.col);
    if (at.kind == POINTER_WHEEL_UP || at.kind == POINTER_WHEEL_DOWN)
        viewer_step_layer(v, at.kind == POINTER_WHEEL_UP ? -1 : 1);
    else if (pointer_is_wheel(at))
        return false;
    else if (site && at.kind == POINTER_PRESS)
        viewer_go(v, *site);
    else if (site && at.kind == POINTER_MOVE)
        heads_tell(v, *site);
    return true;
}

bool map_point(struct viewer *v, void *state, struct pointer at)
{
    struct map_pane *s = state;
    size_t i = 0, j = 0;
    bool drawn = value_at(v, &s->plan, at.row, at.col, &i, &j);
    if (s->plan.side.cols && at.col >= s->plan.side.col && at.kind != POINTER_DRAG && at.kind != POINTER_RELEASE) {
        viewer_hover_end(v);
        return point_heads(v, s, at);
    }
    switch (at.kind) {
    case POINTER_MOVE:
        if (s->ranging && drawn) /* one that a key began */
            viewer_stand(v, i, j);
        else if (drawn)
            viewer_hover(v, i, j);
        else
            viewer_hover_end(v);
        return true;
    case POINTER_PRESS:
        s->ranging = false;
        if (drawn) {
            viewer_stand(v, i, j);
            s->range_row = i;
            s->range_col = j;
        } else {
            s->range_row = SIZE_MAX;
        }
        return true;
    case POINTER_DRAG:
        if (s->range_row >= v->map->shown.rows || s->range_col >= v->map->shown.cols || !drag_to(v, s, at))
            return true;
        s->ranging = wide_enough(v, s);
        if (s->ranging)
            say_range(v, s, "let go to zoom, Esc leaves it");
        return true;
    case POINTER_RELEASE:
        if (s->ranging)
            zoom(v, s);
        s->range_row = SIZE_MAX;
        return true;
    case POINTER_GRAB:
        s->grab_row = at.row;
        s->grab_col = at.col;
        return true;
    case POINTER_PULL:
        pull(v, s, at);
        return true;
    default:
        return false;
    }
}
