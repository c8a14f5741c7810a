/* The layout of the map view. See map_plan.h.
 *
 *   row 0            title (the viewer's)
 *   label_row …      key labels, downward or across
 *   ruler_row        key numbers, thinned
 *   mark_row         ▼ over marked keys
 *   cross_row        the crosshair's key, spelled out
 *   map              gutter (query numbers, tokens, ▸) | cells | mini-map
 *   bar, neighbours, value, terms rows, message (the viewer's)
 */
#include "repl/view/map_plan.h"

#include <stdio.h>

#include "repl/map/shown_map.h"

enum { TOKEN_MOST = 24, SIDE_MOST = 48, DOWN_MOST = 10, BELOW = 4 /* bar, value, terms, message */,
       ROOMY = 20 /* rows of a screen on which the tokens beside the crosshair's have a line */ };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t digits_of(size_t n)
{
    size_t digits = 1;
    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

struct label_sizes {
    size_t rows, cols; /* columns of the longest query label; lines of the longest key label */
};

static struct label_sizes measure(const struct shown_map *map)
{
    struct label_sizes sizes = {1, 1};
    for (size_t i = 0; i < map->rows; i++) {
        size_t n = text_columns(map->row_labels[i]);
        sizes.rows = n > sizes.rows ? n : sizes.rows;
    }
    for (size_t j = 0; j < map->cols; j++) {
        size_t n = text_clusters(map->col_labels[j]);
        sizes.cols = n > sizes.cols ? n : sizes.cols;
    }
    return sizes;
}

static void cell_size(const struct viewer *viewer, enum zoom zoom, struct map_plan_view *plan)
{
    size_t number = heat_number_columns(&viewer->map->ink.scale);
    plan->zoom = zoom;
    plan->numbers = zoom >= ZOOM_NUMBER;
    plan->cell_rows = zoom == ZOOM_HUGE ? 3 : zoom == ZOOM_LARGE ? 2 : 1;
    plan->cell_cols = zoom == ZOOM_HUGE     ? (number + 2 > 8 ? number + 2 : 8)
                      : zoom == ZOOM_LARGE  ? (number + 1 > 6 ? number + 1 : 6)
                      : zoom == ZOOM_NUMBER ? number
                                            : 2;
    plan->across = plan->cell_cols >= 6;
}

/* Rows above the map without the key labels. */
static size_t head_rows(const struct map_plan_view *plan)
{
    return 2 + (plan->mark_row != SIZE_MAX);
}

/* Does the whole map fit the room at this zoom, with some of its labels? */
static bool fits(const struct viewer *viewer, const struct map_plan_view *plan, enum zoom zoom, size_t rows, size_t cols,
                 size_t longest)
{
    struct map_plan_view at = *plan;
    cell_size(viewer, zoom, &at);
    const struct shown_map *map = &viewer->map->shown;
    if (zoom == ZOOM_SMALL) {
        size_t lines = viewer->depth == DEPTH_MONO ? map->rows : (map->rows + 1) / 2;
        return map->cols <= cols && lines + head_rows(plan) <= rows;
    }
    size_t labels = at.across ? 1 : zoom == ZOOM_CELL ? 0 : least(longest, 3);
    return map->cols * at.cell_cols <= cols && map->rows * at.cell_rows + head_rows(plan) + labels <= rows;
}

static enum zoom choose(const struct viewer *viewer, const struct map_plan_view *plan, size_t rows, size_t cols, size_t longest)
{
    for (enum zoom zoom = ZOOM_HUGE; zoom > ZOOM_WHOLE; zoom--)
        if (fits(viewer, plan, zoom, rows, cols, longest))
            return zoom;
    return ZOOM_WHOLE;
}

/* Move the first value so that `at` is among the `seen` ones and no room is wasted at the end. */
static size_t scroll(size_t first, size_t at, size_t seen, size_t n)
{
    if (at < first)
        first = at;
    else if (seen && at >= first + seen)
        first = at + 1 - seen;
    return n <= seen ? 0 : least(first, n - seen);
}

static void place_left_and_side(const struct viewer *viewer, const struct cell_grid *grid, const struct label_sizes *sizes,
                                struct map_plan_view *plan)
{
    const struct shown_map *map = &viewer->map->shown;
    size_t largest = 0, side = heads_columns(viewer);
    for (size_t i = 0; i < map->rows; i++)
        largest = map->row_tokens[i] > largest ? map->row_tokens[i] : largest;
    plan->number_cols = digits_of(largest);
    plan->token_cols = least(sizes->rows, least(TOKEN_MOST, grid->columns / 4));
    plan->token_cols = plan->token_cols < 5 ? 5 : plan->token_cols; /* "Query" stands over it */
    plan->gutter = 1 + plan->number_cols + 1 + plan->token_cols + 1;
    if (side && side + 2 <= grid->columns / 3)
        plan->side = (struct cell_rect){2, grid->columns - side - 1, grid->rows - 2 - BELOW - (grid->rows >= ROOMY), side};
}

/* Everything above the map, from the last row upward: as many label rows as are left over. */
static void place_head(struct map_plan_view *plan, size_t top, size_t room, size_t lines, size_t longest)
{
    size_t head = head_rows(plan), over = room > lines + head ? room - lines - head : 0;
    plan->down_rows = plan->zoom < ZOOM_CELL ? 0 : plan->across ? least(over, 1) : least(over, least(longest, DOWN_MOST));
    plan->label_row = top;
    plan->ruler_row = top + plan->down_rows;
    if (plan->mark_row != SIZE_MAX)
        plan->mark_row = plan->ruler_row + 1;
    plan->cross_row = top + plan->down_rows + head - 1;
    plan->map.row = plan->cross_row + 1;
}

void map_plan_make(const struct viewer *viewer, const struct cell_grid *grid, enum zoom zoom, size_t *first_row,
                   size_t *first_col, struct map_plan_view *out)
{
    const struct shown_map *map = &viewer->map->shown;
    struct label_sizes sizes = measure(map);
    struct map_plan_view plan = {.mark_row = SIZE_MAX};
    for (size_t j = 0; map->marked && j < map->cols; j++)
        plan.mark_row = map->marked[j] ? 0 : plan.mark_row;
    place_left_and_side(viewer, grid, &sizes, &plan);
    size_t below = BELOW + (grid->rows >= ROOMY);
    plan.bar_row = grid->rows - below;
    plan.neighbours_row = grid->rows >= ROOMY ? plan.bar_row + 1 : 0;
    plan.value_row = grid->rows - 3;
    plan.terms_row = grid->rows - 2;
    size_t right = plan.side.cols ? plan.side.col - 2 : grid->columns - 1;
    size_t cols = right > plan.gutter ? right - plan.gutter : 1, rows = grid->rows - 1 - below;
    cell_size(viewer, zoom == ZOOM_AUTO ? choose(viewer, &plan, rows, cols, sizes.cols) : zoom, &plan);
    size_t room = rows - head_rows(&plan), lines;
    bool half = viewer->depth != DEPTH_MONO;
    if (plan.zoom < ZOOM_CELL) {
        struct map_plan fit = plan_map(map->rows, map->cols,
                                       &(struct map_room){.columns = cols, .lines = room, .half_blocks = half, .small = true, .tall = true});
        plan.heat = plan.zoom == ZOOM_WHOLE ? heat_view_of(&fit)
                                            : (struct heat_view){.pool_rows = 1, .pool_cols = 1, .cell_columns = 1, .half = half};
        plan.seen_rows = least(map->rows, room * plan.heat.pool_rows * (half ? 2 : 1));
        plan.seen_cols = least(map->cols, cols * plan.heat.pool_cols);
        size_t a_line = plan.heat.pool_rows * (half ? 2 : 1);
        lines = (plan.seen_rows + a_line - 1) / a_line;
        plan.map.cols = (plan.seen_cols + plan.heat.pool_cols - 1) / plan.heat.pool_cols;
    } else {
        size_t labels = plan.across ? 1 : least(sizes.cols, 3);
        bool whole = map->rows * plan.cell_rows <= room; /* then labels take what is left over */
        room = !whole && room > labels + 2 ? room - labels : room;
        plan.seen_rows = least(map->rows, room / plan.cell_rows);
        plan.seen_cols = least(map->cols, cols / plan.cell_cols);
        lines = plan.seen_rows * plan.cell_rows;
        plan.map.cols = plan.seen_cols * plan.cell_cols;
    }
    plan.map.rows = lines;
    plan.map.col = plan.gutter;
    place_head(&plan, 1, rows, lines, sizes.cols);
    if (plan.side.cols) { /* beside the map, as wide as is useful */
        size_t col = least(plan.map.col + plan.map.cols + 4, plan.side.col), room_right = grid->columns - 1 - col; /* no head is cut */
        plan.side.cols = least(room_right, plan.side.cols > SIDE_MOST ? plan.side.cols : SIDE_MOST);
        plan.side.col = col;
    }
    *first_row = scroll(*first_row, viewer->map->row, plan.seen_rows, map->rows);
    *first_col = scroll(*first_col, viewer->map->col, plan.seen_cols, map->cols);
    plan.heat.row = *first_row;
    plan.heat.col = *first_col;
    *out = plan;
}

bool map_plan_place(const struct map_plan_view *plan, size_t row, size_t col, struct cell_rect *out, bool *lower)
{
    if (plan->zoom < ZOOM_CELL)
        return heat_place(plan->map, &plan->heat, row, col, out, lower);
    *lower = false;
    if (row < plan->heat.row || col < plan->heat.col || row - plan->heat.row >= plan->seen_rows ||
        col - plan->heat.col >= plan->seen_cols)
        return false;
    *out = (struct cell_rect){plan->map.row + (row - plan->heat.row) * plan->cell_rows,
                              plan->map.col + (col - plan->heat.col) * plan->cell_cols, plan->cell_rows, plan->cell_cols};
    return true;
}
