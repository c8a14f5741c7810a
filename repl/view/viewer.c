/* The full screen's loop: views on a stack, the frame around them, keys that all views share. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/cancel.h"
#include "repl/line/prompt.h"
#include "repl/view/map_state.h"

enum { IDLE = 150 /* ms */, SLICE = 40 /* ms */, LATE = 100 /* ms: a frame that waits for the mouse to rest */ };

#define VIEW_ROW(name) &view_##name,
const struct view *const views[] = {VIEWS(VIEW_ROW) NULL};
#undef VIEW_ROW

void viewer_say(struct viewer *viewer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(viewer->message, sizeof viewer->message, format, args);
    va_end(args);
    viewer->message_is_error = false;
}

void viewer_complain(struct viewer *viewer, const struct err *err)
{
    viewer_say(viewer, "%s", err->code == ERR_CANCELLED ? "interrupted" : err->message);
    viewer->message_is_error = true;
}

void viewer_note(struct viewer *viewer, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct str echo = buf_view(&viewer->echo);
    if (n <= 0 || (size_t)n >= sizeof line - 1)
        return;
    line[n++] = '\n';
    if (!str_ends(echo, (struct str){line, (size_t)n})) /* twice the same in a row says nothing new */
        buf_add(&viewer->echo, line, (size_t)n);
}

struct kept_run *viewer_kept(const struct viewer *viewer)
{
    for (size_t i = 0; i < viewer->session->n_runs; i++)
        if (viewer->session->runs[i].number == viewer->at.run)
            return &viewer->session->runs[i];
    return NULL;
}

/* ---- the stack ---- */

static void open_view(struct viewer *viewer, const struct view *view)
{
    struct err err = {0};
    if (viewer->n_views == MAX_VIEWS || (viewer->n_views && viewer->views[viewer->n_views - 1].view == view))
        return;
    void *state = mem_new(1, view->state_size ? view->state_size : 1, "the view", &err);
    if (!state || (view->open && !view->open(viewer, viewer->at, state, &err))) {
        free(state);
        viewer_complain(viewer, &err);
        return;
    }
    viewer->views[viewer->n_views].view = view;
    viewer->views[viewer->n_views++].state = state;
}

static void close_top(struct viewer *viewer)
{
    size_t top = --viewer->n_views;
    if (viewer->views[top].view->close)
        viewer->views[top].view->close(viewer, viewer->views[top].state);
    free(viewer->views[top].state);
}

void viewer_turn_pane(struct viewer *viewer, const struct view *view)
{
    bool back = viewer->views[viewer->n_views - 1].view == view;
    while (viewer->n_views > 1)
        close_top(viewer);
    if (!back && view != views[0])
        open_view(viewer, view);
    if (viewer->views[viewer->n_views - 1].view == view)
        viewer_note_line(viewer);
}

/* Append the command that makes the picture that is seen. */
static void put_line(const struct viewer *viewer, struct buf *out)
{
    for (size_t i = viewer->n_views; i-- > 0;) /* the help has no picture: what lies under it */
        if (viewer->views[i].view->line) {
            viewer->views[i].view->line(viewer, viewer->views[i].state, out);
            return;
        }
    viewer_line(viewer, (struct view_line_of){.verb = "plot", .q = SIZE_MAX, .k = SIZE_MAX}, out);
}

void viewer_note_line(struct viewer *viewer)
{
    struct buf line = {0};
    viewer_note_crosshair(viewer);
    put_line(viewer, &line);
    viewer_note(viewer, "%s", buf_cstr(&line));
    buf_free(&line);
}

bool viewer_turn_to(struct viewer *viewer, const struct call *call, struct kept_run *run, struct site site, struct err *err)
{
    struct viewer next = {.session = viewer->session, .at = {.site = site}, .depth = viewer->depth};
    const struct view *above[MAX_VIEWS] = {NULL}; /* views that are opened anew, on the new place */
    bool ok = map_state_new(&next, call, run, err);
    if (ok) {
        viewer_note_crosshair(viewer);
        for (size_t i = 1; i < viewer->n_views; i++)
            above[i - 1] = viewer->views[i].view;
        while (viewer->n_views > 1)
            close_top(viewer);
        next.map->heads.measure = viewer->map->heads.measure;
        next.map->against = viewer->map->against; /* a head that is held stays so */
        next.map->against.on = false;
        map_state_stand(next.map, viewer->map);
        map_state_free(viewer->map);
        viewer->map = next.map;
        viewer->at = next.at;
        next.map = NULL;
        buf_str(&viewer->echo, buf_view(&next.echo));
        heads_restart(viewer);
        for (size_t i = 0; i < MAX_VIEWS && above[i]; i++)
            open_view(viewer, above[i]);
    }
    map_state_free(next.map);
    buf_free(&next.echo);
    return ok;
}

void viewer_back(struct viewer *viewer)
{
    if (viewer->n_views > 1)
        close_top(viewer);
    else
        viewer->leave = true;
}

/* ---- keys that all views share ---- */

static void act_back(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    viewer_back(v);
}

static void act_escape(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    if (v->n_views > 1)
        viewer_back(v);
}

void view_act_head(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_step_head(v, amount);
}

void view_act_layer(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_step_layer(v, amount);
}

static void act_run(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_step_run(v, amount);
}

static void act_part(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_step_part(v, amount);
}

static void act_palette(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_step_palette(v, amount);
}

static void act_scale(struct viewer *v, void *state, int amount)
{
    (void)state;
    viewer_step_scale(v, amount);
}

static void act_special(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    viewer_toggle_special(v);
}

static void act_difference(struct viewer *v, void *state, int amount)
{
    (void)state;
    if (amount < 0)
        viewer_hold_against(v);
    else
        viewer_toggle_difference(v);
}

static void act_measure(struct viewer *v, void *state, int amount)
{
    (void)state;
    heads_next_measure(v, amount);
}

static void act_command(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    prompt_open(v, ":", "", viewer_execute);
}

/* "plot @1 L2.H1 style=bars > L2.H1.row.png" for the prompt. */
static void act_export(struct viewer *v, void *state, int amount)
{
    struct buf line = {0};
    struct str part = v->map->request.part.names;
    const struct view *view = v->views[v->n_views - 1].view;
    (void)state, (void)amount;
    put_line(v, &line);
    buf_puts(&line, " > ");
    site_name(v->at.site, &line);
    if (part.n)
        buf_printf(&line, ".%.*s", STR_ARGS(part));
    if (view->key)
        buf_printf(&line, ".%s", view->name);
    buf_puts(&line, ".png");
    prompt_open(v, ":", buf_cstr(&line), viewer_execute);
    buf_free(&line);
}

/* The next pane, around the end. */
static void act_pane(struct viewer *v, void *state, int amount)
{
    size_t n = 0, at = 0;
    (void)state;
    while (views[n])
        n++;
    for (size_t i = 0; i < n; i++)
        at = views[i] == v->views[v->n_views - 1].view ? i : at;
    do
        at = (at + n + (size_t)amount) % n;
    while (at && !views[at]->key);
    viewer_turn_pane(v, views[at]);
}

static void act_zoom_back(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    viewer_zoom_back(v);
}

static void act_repaint(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    if (v->screen)
        screen_repaint(v->screen);
}

static void act_help(struct viewer *v, void *state, int amount)
{
    (void)state, (void)amount;
    open_view(v, &view_help);
}

const struct view_key viewer_keys[] = {
    {{KEY_TABULATOR}, "Tab", "panes", "the next pane; Shift-Tab the one before", act_pane, 1},
    {{KEY_BACKTAB}, NULL, NULL, NULL, act_pane, -1},
    {{'['}, "[ ]", "head", "previous, next head", view_act_head, -1},
    {{']'}, NULL, NULL, NULL, view_act_head, 1},
    {{'{'}, "{ }", "layer", "previous, next layer", view_act_layer, -1},
    {{'}'}, NULL, NULL, NULL, view_act_layer, 1},
    {{'('}, "( )", "run", "previous, next run", act_run, -1},
    {{')'}, NULL, NULL, NULL, act_run, 1},
    {{'m'}, "m M", "part", "part: probs, scores, each term, its softmax; back", act_part, 1},
    {{'M'}, NULL, NULL, NULL, act_part, -1},
    {{'c'}, "c C", "palette", "palette; back", act_palette, 1},
    {{'C'}, NULL, NULL, NULL, act_palette, -1},
    {{'s'}, "s S", "scale", "scale: linear, sqrt, log, symlog; back", act_scale, 1},
    {{'S'}, NULL, NULL, NULL, act_scale, -1},
    {{'t'}, "t", "special", "hide or show special tokens", act_special, 1},
    {{'d'}, "d D", "difference", "difference: from the run before, or from the head that D holds", act_difference, 1},
    {{'D'}, NULL, NULL, NULL, act_difference, -1},
    {{'b'}, "b B", "heads by", "what colours layers × heads; back", act_measure, 1},
    {{'B'}, NULL, NULL, NULL, act_measure, -1},
    {{'u'}, "u", "wider", "what was seen before zooming into a range", act_zoom_back, 1},
    {{':'}, ":", "command", "any command line, and those below", act_command, 1},
    {{'e'}, "e", "export", "export: the plot line of this picture", act_export, 1},
    {{'?', 'H' & 31}, "?", "help", "this help", act_help, 1},
    {{'L' & 31}, "Ctrl-L", NULL, "paint the screen again", act_repaint, 1},
    {{'q'}, "q", NULL, "back; from the map: leave", act_back, 1},
    {{KEY_ESCAPE}, NULL, NULL, NULL, act_escape, 1},
    {{0}, NULL, NULL, NULL, NULL, 0},
};

static bool try_keys(struct viewer *viewer, const struct view_key *rows, void *state, int key)
{
    for (; rows && rows->act; rows++)
        for (size_t i = 0; i < 3 && rows->keys[i]; i++)
            if (rows->keys[i] == key) {
                rows->act(viewer, state, rows->amount);
                return true;
            }
    return false;
}

static bool try_panes(struct viewer *viewer, int key)
{
    for (size_t i = 0; views[i]; i++)
        if (views[i]->key && views[i]->key == key) {
            viewer_turn_pane(viewer, views[i]);
            return true;
        }
    return false;
}

static void press(struct viewer *viewer, int key)
{
    const struct view *view = viewer->views[viewer->n_views - 1].view;
    void *state = viewer->views[viewer->n_views - 1].state;
    viewer->message[0] = 0;
    viewer_hover_keep(viewer);
    if (key == KEY_INTERRUPT)
        viewer_say(viewer, "q leaves the view");
    else if (!try_keys(viewer, view->keys, state, key) && !try_panes(viewer, key) &&
             !try_keys(viewer, viewer_keys, NULL, key) && key >= ' ')
        viewer_say(viewer, "that key does nothing here; ? lists those that do");
}

/* The wheel goes through heads; with Shift, Alt or Ctrl, or sideways, through layers. */
static void point(struct viewer *viewer)
{
    const struct view *view = viewer->views[viewer->n_views - 1].view;
    struct pointer at = viewer->pointer;
    bool back = at.kind == POINTER_WHEEL_UP || at.kind == POINTER_WHEEL_LEFT;
    bool sideways = at.kind == POINTER_WHEEL_LEFT || at.kind == POINTER_WHEEL_RIGHT;
    if ((at.kind != POINTER_MOVE && at.kind != POINTER_RELEASE) || viewer->passing)
        viewer->message[0] = 0;
    viewer->passing = false;
    if ((view->point && view->point(viewer, viewer->views[viewer->n_views - 1].state, at)) || !pointer_is_wheel(at))
        return;
    if (sideways || at.modified)
        viewer_step_layer(viewer, back ? -1 : 1);
    else
        viewer_step_head(viewer, back ? -1 : 1);
}

/* ---- work while no key is pressed ---- */

static double milliseconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec * 1e-6;
}

bool viewer_work(struct viewer *viewer)
{
    const struct view *view = viewer->views[viewer->n_views - 1].view;
    return (view->work && view->work(viewer, viewer->views[viewer->n_views - 1].state)) || heads_work(viewer);
}

/* Some milliseconds of it; false: there is none. */
static bool work(struct viewer *viewer)
{
    double end = milliseconds() + SLICE;
    bool any = false;
    while (viewer_work(viewer)) {
        any = true;
        if (milliseconds() >= end)
            break;
    }
    return any;
}

/* ---- the loop ---- */

/* A key of the command's, as if someone waited for the screen before pressing it. */
static bool key_of_command(struct viewer *viewer, struct typed *out)
{
    *out = keys_take(&viewer->keys);
    if (out->key == KEY_NOTHING)
        return false;
    while (!cancel_requested() && viewer_work(viewer))
        ;
    if (out->key == KEY_RESIZED && !viewer->screen) {
        viewer->columns = out->columns;
        viewer->rows = out->rows;
    }
    return true;
}

static struct typed key_of_terminal(struct viewer *viewer, int milliseconds)
{
    struct typed typed = {.key = viewer->screen ? screen_key(viewer->screen, milliseconds) : KEY_LEAVE};
    if (typed.key == KEY_POINTER)
        typed.pointer = screen_pointer(viewer->screen);
    if (typed.key == KEY_RESIZED)
        screen_size(viewer->screen, &typed.columns, &typed.rows);
    return typed;
}

/* The next key, which is written down: with the command that opened it, it leads to the same screen again. */
static int next_key(struct viewer *viewer, int milliseconds)
{
    struct typed typed;
    if (!key_of_command(viewer, &typed))
        typed = key_of_terminal(viewer, milliseconds);
    bool on = typed.key == KEY_POINTER && typed.pointer.kind == POINTER_MOVE;
    if (on && viewer->moving) /* of a movement its end is enough */
        viewer->typed.n = viewer->before_key;
    if (typed.key != KEY_NOTHING) {
        viewer->moving = on;
        viewer->before_key = viewer->typed.n;
    }
    viewer->pointer = typed.pointer;
    if (typed.key != KEY_NOTHING && typed.key != KEY_LEAVE)
        keys_put(&viewer->typed, typed);
    return typed.key;
}

static void loop(struct viewer *viewer)
{
    bool busy = true, moving = false;
    double shown = 0;
    viewer->redraw = true;
    while (!viewer->leave) {
        bool late = milliseconds() - shown > LATE;
        if (viewer->redraw && (late || !moving || !viewer->screen || !screen_pending(viewer->screen))) { /* of a quick movement the end */
            frame_show(viewer);
            shown = milliseconds();
        }
        int key = next_key(viewer, busy ? 0 : IDLE);
        if (key == KEY_LEAVE) {
            break;
        } else if (key == KEY_NOTHING) {
            busy = work(viewer);
            viewer->redraw |= busy; /* a frame that waited for the mouse is still to be shown */
            moving = false;
            continue;
        } else if (key == KEY_POINTER) {
            if (!viewer->prompt.mark) /* a line that is being typed stays */
                point(viewer);
        } else if (key != KEY_RESIZED && viewer->prompt.mark) {
            viewer->message[0] = 0;
            prompt_key(viewer, key);
        } else if (key != KEY_RESIZED) {
            press(viewer, key);
        }
        moving = key == KEY_POINTER;
        viewer->redraw = busy = true;
    }
}

/* What was done as commands: for `history`, and for Up at the prompt. */
void viewer_give_history(struct viewer *viewer)
{
    struct session *session = viewer->session;
    bool at_prompt = session->interactive && !session->source_file;
    char *line = viewer->echo.data, *end;
    if (session->nested || !viewer->echo.n)
        return;
    buf_str(&session->history, buf_view(&viewer->echo));
    for (; at_prompt && line < viewer->echo.data + viewer->echo.n && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        line_remember(line);
    }
    buf_free(&viewer->echo);
}

/* The terminal, or a screen that nobody looks at where the call writes a file. */
static bool take_screen(struct viewer *viewer, const struct call *call, struct err *err)
{
    if (call->output.n || call->pipe.n)
        return viewer_read_display(viewer, call, err);
    viewer->screen = screen_open(viewer->session->depth, err);
    if (!viewer->screen)
        return false;
    viewer->depth = screen_depth(viewer->screen);
    screen_size(viewer->screen, &viewer->columns, &viewer->rows);
    return true;
}

static bool look(struct viewer *viewer, const struct call *call, struct result *result, struct err *err)
{
    bool ok = viewer_make(viewer, err);
    heads_restart(viewer);
    viewer_note_opened(viewer, call);
    open_view(viewer, &view_map);
    if (ok && viewer->n_views && call_given(call, "texts"))
        viewer_stripes(viewer, call_str(call, "texts"));
    if (ok && viewer->n_views)
        loop(viewer);
    if (ok && viewer->n_views && !viewer->screen)
        ok = viewer_give_display(viewer, call, result, err);
    viewer_note_crosshair(viewer);
    while (viewer->n_views)
        close_top(viewer);
    return ok;
}

bool viewer_run(struct session *session, const struct call *call, struct kept_run *run, struct site site, struct result *result,
                struct err *err)
{
    struct viewer viewer = {.session = session, .at = {.site = site}, .depth = session->depth, .keys.words = call_str(call, "keys")};
    bool ok = map_state_new(&viewer, call, run, err) && take_screen(&viewer, call, err), seen = viewer.screen != NULL;
    if (ok) {
        ok = look(&viewer, call, result, err);
        if (viewer.screen)
            viewer_give_history(&viewer);
        screen_close(viewer.screen);
        if (ok && !viewer_kept(&viewer))
            ok = err_set(err, ERR_NOT_FOUND, "@%zu, the run that was looked at, has been dropped", viewer.at.run);
    }
    map_state_free(viewer.map);
    prompt_free(&viewer.prompt);
    buf_free(&viewer.echo);
    buf_free(&viewer.opened);
    buf_free(&viewer.typed);
    if (seen && cancel_requested() && !cancel_leaving())
        cancel_clear();
    return ok;
}
