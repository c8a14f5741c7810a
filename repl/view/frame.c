/* The frame around a view: title, message or hints, the prompt. */
#include <stdio.h>
#include <string.h>

#include "repl/view/map_state.h"

enum { LEAST_COLUMNS = 44, LEAST_ROWS = 12 };

const struct style style_plain = {0}, style_bold = {.flags = CELL_BOLD}, style_dim = {.flags = CELL_DIM};

struct style style_accent(enum depth depth)
{
    return (struct style){.fg = ink_rgb(depth, (struct rgb){255, 135, 0}), .flags = CELL_BOLD};
}

static struct style bar_style(enum depth depth)
{
    if (depth < DEPTH_256)
        return (struct style){.flags = CELL_REVERSE};
    return (struct style){.fg = ink_rgb(depth, (struct rgb){228, 228, 228}), .bg = ink_rgb(depth, (struct rgb){48, 56, 76})};
}

static void draw_title(struct viewer *viewer, struct cell_grid *grid)
{
    struct style bar = bar_style(viewer->depth), strong = bar;
    struct kept_run *kept = viewer_kept(viewer);
    struct buf left = {0}, middle = {0}, text = {0};
    strong.flags |= CELL_BOLD;
    grid_fill(grid, (struct cell_rect){0, 0, 1, grid->columns}, " ", bar);
    const struct view *view = viewer->views[viewer->n_views - 1].view;
    if (view != &view_grid && view != &view_help)
        site_name(viewer->at.site, &left);
    if (view != &view_map)
        buf_printf(&left, "%s%s", left.n ? " " : "", view->name);
    buf_puts(&left, "  ");
    if (kept) {
        shown_map_part(&viewer->map->shown, &left);
        if (viewer->map->against.on) {
            buf_printf(&left, "  less @%zu ", viewer->map->against.run);
            if (viewer->map->against.pinned)
                site_name(viewer->map->against.site, &left);
        }
        if (viewer->map->broken.n)
            buf_printf(&left, "   %.*s", STR_ARGS(viewer->map->broken));
        buf_printf(&middle, "%s @%zu", kept->run->model->name, kept->number);
        if (kept->name)
            buf_printf(&middle, " %s", kept->name);
        if (kept->text) {
            buf_puts(&middle, "  “");
            label_of(&text, str_of(kept->text));
            buf_str(&middle, buf_view(&text));
            buf_puts(&middle, "”");
        }
    }
    size_t end = grid->columns > 18 ? grid->columns - 17 : 0;
    size_t at = 1 + grid_text(grid, 0, 1, end > 2 ? end - 2 : grid->columns - 1, buf_view(&left), strong);
    if (end > at + 8)
        grid_text(grid, 0, at + 3, end - at - 4, buf_view(&middle), bar);
    grid_text_right(grid, 0, end, grid->columns - end - 1, STR("? help  q back"), bar);
    buf_free(&left);
    buf_free(&middle);
    buf_free(&text);
}

/* "key what" where it fits; the column behind it. */
static size_t draw_hint(struct cell_grid *grid, size_t at, const char *key, const char *what)
{
    struct buf text = {0};
    buf_printf(&text, "%s %s", key, what);
    size_t n = text_columns(buf_view(&text));
    if (at + n < grid->columns)
        at += grid_text(grid, grid->rows - 1, at, n, buf_view(&text), style_dim) + 3;
    buf_free(&text);
    return at;
}

/* Those of the rows that have a hint. */
static size_t draw_hints(struct cell_grid *grid, size_t at, const struct view_key *rows)
{
    for (; rows && rows->act; rows++)
        if (rows->label && rows->hint)
            at = draw_hint(grid, at, rows->label, rows->hint);
    return at;
}

static void draw_message(struct viewer *viewer, struct cell_grid *grid)
{
    if (viewer->message[0]) {
        struct buf text = {0};
        screen_text(&text, str_of(viewer->message));
        grid_text(grid, grid->rows - 1, 0, grid->columns, buf_view(&text),
                  viewer->message_is_error ? style_accent(viewer->depth) : style_bold);
        buf_free(&text);
        return;
    }
    const struct view *view = viewer->views[viewer->n_views - 1].view;
    size_t at = draw_hints(grid, 1, view->keys);
    for (size_t i = 0; view != &view_help && views[i]; i++) /* the other panes */
        if (views[i]->key && views[i] != view)
            at = draw_hint(grid, at, (char[]){(char)views[i]->key, 0}, views[i]->name);
    draw_hints(grid, at, view == &view_help ? NULL : viewer_keys);
}

static void draw_too_small(struct cell_grid *grid)
{
    char needs[40], is[60];
    snprintf(needs, sizeof needs, "view needs %d x %d.", LEAST_COLUMNS, LEAST_ROWS);
    snprintf(is, sizeof is, "Here are %zu x %zu.", grid->columns, grid->rows);
    struct str lines[] = {str_of(needs), str_of(is), STR("Enlarge it; q leaves.")}; /* short: it is a narrow screen */
    for (size_t i = 0; i < sizeof lines / sizeof *lines && i < grid->rows; i++)
        grid_text(grid, i, 0, grid->columns, lines[i], style_plain);
}

bool frame_draw(struct viewer *viewer, struct cell_grid *grid, struct err *err)
{
    size_t columns = viewer->columns, rows = viewer->rows;
    if (!grid_new(grid, columns, rows, err))
        return false;
    if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) {
        draw_too_small(grid);
        return true;
    }
    draw_title(viewer, grid);
    const struct view *view = viewer->views[viewer->n_views - 1].view;
    view->draw(viewer, viewer->views[viewer->n_views - 1].state, grid);
    draw_message(viewer, grid);
    return true;
}

/* What Tab found for the prompt, over the line above it. */
static void draw_candidates(struct viewer *viewer, struct cell_grid *grid)
{
    struct buf text = {0};
    if (!viewer->message[0] || grid->rows < 2)
        return;
    screen_text(&text, str_of(viewer->message));
    grid_fill(grid, (struct cell_rect){grid->rows - 2, 0, 1, grid->columns}, " ", style_plain);
    grid_text(grid, grid->rows - 2, 0, grid->columns, buf_view(&text), style_dim);
    buf_free(&text);
}

void frame_show(struct viewer *viewer)
{
    struct cell_grid grid = {0};
    struct err err = {0};
    size_t row = SIZE_MAX, col = SIZE_MAX;
    if (viewer->screen)
        screen_size(viewer->screen, &viewer->columns, &viewer->rows);
    if (frame_draw(viewer, &grid, &err)) {
        if (viewer->prompt.mark) {
            row = grid.rows - 1;
            draw_candidates(viewer, &grid);
            grid_fill(&grid, (struct cell_rect){row, 0, 1, grid.columns}, " ", style_plain);
            col = prompt_draw(viewer, &grid, row);
        }
        if (viewer->screen)
            screen_show(viewer->screen, &grid, row, col);
    }
    grid_free(&grid);
    viewer->redraw = false;
}
