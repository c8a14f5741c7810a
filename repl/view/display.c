/* The screen saved: as text, or as a figure of its cells with the command that makes it again, whose keys lead there. */
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/number.h"
#include "repl/grammar/grammar.h"
#include "repl/result/figure.h"
#include "repl/view/map_state.h"
#include "viz/chart/chart.h"
#include "viz/chart/display.h"

enum { LEAST_SIDE = 3, MOST_COLUMNS = 1000, MOST_ROWS = 500 };

/* Options of view that say how its picture is made, not what is looked at. */
static const char *const of_picture[] = {"keys", "screen", "colors", "size", "dpi", "font", "format", NULL};

static const struct {
    const char *name;
    enum depth depth;
} depths[] = {{"none", DEPTH_MONO}, {"8", DEPTH_8}, {"16", DEPTH_16}, {"256", DEPTH_256}, {"24bit", DEPTH_TRUE}};
enum { DEPTHS = sizeof depths / sizeof *depths };

/* ---- what the call says ---- */

bool viewer_read_display(struct viewer *viewer, const struct call *call, struct err *err)
{
    struct str size = call_str(call, "screen"), colors = call_str(call, "colors");
    long columns, rows;
    size_t at = 0;
    bool ok = number_take(size, &at, &columns) && at < size.n && size.s[at++] == 'x' && number_take(size, &at, &rows) && at == size.n;
    if (!ok || columns < LEAST_SIDE || rows < LEAST_SIDE || columns > MOST_COLUMNS || rows > MOST_ROWS) {
        err_set(err, ERR_ARG, "screen= wants COLUMNSxROWS, at most %dx%d; found '%.*s'", MOST_COLUMNS, MOST_ROWS, STR_ARGS(size));
        return call_blame_option(call, "screen", err);
    }
    viewer->columns = (size_t)columns;
    viewer->rows = (size_t)rows;
    for (size_t i = 0; i < DEPTHS; i++)
        if (str_is(colors, depths[i].name))
            viewer->depth = depths[i].depth;
    return true;
}

/* ---- as a command ---- */

static void put_option(struct buf *out, const struct call *call, size_t i)
{
    const char *name = command_option(call->command, i)->name;
    const struct call_word *value = &call->values[i];
    struct str typed = {call->line + value->column - 1, value->length};
    for (size_t k = 0; of_picture[k]; k++)
        if (strcmp(of_picture[k], name) == 0)
            return;
    buf_char(out, ' ');
    if (!str_starts(typed, str_of(name)) || typed.n <= strlen(name) || typed.s[strlen(name)] != '=')
        buf_printf(out, "%s=", name);
    buf_str(out, typed);
}

void viewer_note_opened(struct viewer *viewer, const struct call *call)
{
    buf_printf(&viewer->opened, "view @%zu ", viewer->at.run);
    site_name(viewer->at.site, &viewer->opened);
    for (size_t i = 0, n = command_options(call->command); i < n; i++)
        if (call->values[i].text.s)
            put_option(&viewer->opened, call, i);
    viewer->first_columns = viewer->columns;
    viewer->first_rows = viewer->rows;
}

/* The command of what is seen: how it was opened, and the keys since then. */
static void put_command(const struct viewer *viewer, struct str path, struct buf *out)
{
    buf_str(out, buf_view(&viewer->opened));
    if (viewer->typed.n) {
        buf_puts(out, " keys=");
        json_quote(out, buf_view(&viewer->typed));
    }
    buf_printf(out, " screen=%zux%zu", viewer->first_columns, viewer->first_rows);
    for (size_t i = 0; i < DEPTHS; i++)
        if (depths[i].depth == viewer->depth && viewer->depth != DEPTH_TRUE)
            buf_printf(out, " colors=%s", depths[i].name);
    buf_puts(out, " > ");
    json_quote(out, path);
}

/* ---- as a picture ---- */

bool viewer_give_display(struct viewer *viewer, const struct call *call, struct result *result, struct err *err)
{
    struct cell_grid grid = {0};
    struct kept_run *kept = viewer_kept(viewer);
    struct buf site = {0};
    viewer->message[0] = 0; /* of the last key, which the line that asks for the picture takes away */
    while (!cancel_requested() && viewer_work(viewer)) /* so that the same keys give the same screen */
        ;
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "interrupted");
    site_name(viewer->at.site, &site);
    bool ok = frame_draw(viewer, &grid, err) && buf_ok(&site, err);
    struct display display = {&grid, viewer->depth};
    struct picture picture = {.chart = &chart_display, .data = &display};
    struct figure_source source = {.runs = &kept, .n_runs = kept != NULL, .site = buf_cstr(&site)};
    ok = ok && give_figure(viewer->session, call, &picture, &source, result, err);
    grid_free(&grid);
    buf_free(&site);
    return ok;
}

/* Through the command that makes it, so that both write the same bytes. */
static bool save_figure(struct viewer *viewer, struct str path, struct err *err)
{
    struct buf line = {0};
    struct call call;
    struct result *result = NULL;
    struct err ending = {0};
    put_command(viewer, path, &line);
    if (!buf_ok(&line, err) || !call_parse(buf_cstr(&line), false, &call, err)) {
        buf_free(&line);
        return false;
    }
    bool ok = result_begin(viewer->session, &call, &result, err) && viewer_give_display(viewer, &call, result, err);
    bool ended = result_end(result, ok, &ending);
    if (ok && !ended && err)
        *err = ending;
    if (ok && ended) {
        buf_str(&viewer->echo, buf_view(&line));
        buf_char(&viewer->echo, '\n');
    }
    if (viewer->screen) /* a note may have been written over it */
        screen_repaint(viewer->screen);
    call_free(&call);
    buf_free(&line);
    return ok && ended;
}

/* ---- as text ---- */

static bool save_text(struct viewer *viewer, struct str path, struct err *err)
{
    struct cell_grid grid = {0};
    struct buf text = {0};
    struct out out;
    char *name = mem_copy_str(path, err);
    while (viewer_work(viewer))
        ;
    bool ok = name && frame_draw(viewer, &grid, err);
    if (ok)
        cells_encode(&grid, DEPTH_MONO, &text);
    ok = ok && buf_ok(&text, err) && out_open(name, &out, err);
    if (ok && !(out_write(&out, text.data, text.n, err) && out_commit(&out, err))) {
        out_abort(&out);
        ok = false;
    }
    grid_free(&grid);
    buf_free(&text);
    free(name);
    return ok;
}

bool viewer_save_display(struct viewer *viewer, struct str path, struct err *err)
{
    struct str extension = path_extension(path);
    viewer->typed.n = viewer->before_prompt; /* what asks for it is not seen */
    bool figure = str_is(extension, "svg") || str_is(extension, "png") || str_is(extension, "pdf");
    return figure ? save_figure(viewer, path, err) : save_text(viewer, path, err);
}
