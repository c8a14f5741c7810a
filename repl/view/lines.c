/* What is typed after `:`: the full screen's own lines, a selector, or any command of gaze. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/number.h"
#include "repl/grammar/call.h"
#include "repl/grammar/grammar.h"
#include "repl/line/execute.h"
#include "repl/view/map_state.h"

static void run_save_display(struct viewer *viewer, struct str file)
{
    struct err err = {0};
    if (!file.n) {
        viewer_say(viewer, "save-display FILE: a file's name is missing");
        viewer->message_is_error = true;
    } else if (viewer_save_display(viewer, file, &err)) {
        viewer_say(viewer, "%.*s written", STR_ARGS(file));
    } else {
        viewer_complain(viewer, &err);
    }
}

static void run_texts(struct viewer *viewer, struct str file)
{
    if (file.n)
        viewer_stripes(viewer, file);
    else
        viewer_turn_pane(viewer, &view_stripes);
}

static void run_back(struct viewer *viewer, struct str argument)
{
    (void)argument;
    viewer_back(viewer);
}

/* "5 3": query 5, key 3. */
static void run_go(struct viewer *viewer, struct str argument)
{
    size_t at = 0;
    long query, key;
    bool ok = number_take(argument, &at, &query);
    while (at < argument.n && argument.s[at] == ' ')
        at++;
    if (!ok || !number_take(argument, &at, &key)) {
        viewer_say(viewer, "go QUERY KEY: two token numbers are missing");
        viewer->message_is_error = true;
        return;
    }
    size_t row = viewer->map->row, col = viewer->map->col;
    for (size_t i = 0; i < viewer->map->shown.rows; i++)
        row = viewer->map->shown.row_tokens[i] == (size_t)query ? i : row;
    for (size_t j = 0; j < viewer->map->shown.cols; j++)
        col = viewer->map->shown.col_tokens[j] == (size_t)key ? j : col;
    viewer_stand(viewer, row, col);
}

const struct view_line view_lines[] = {
    {"texts", "FILE", "stripes over the lines of a file", run_texts},
    {"save-display", "FILE", "this screen: as .svg, .png, .pdf, else as text", run_save_display},
    {"go", "QUERY KEY", "the crosshair to two token numbers", run_go},
    {"q", "", "back", run_back},
    {NULL, NULL, NULL, NULL},
};

/* "L3.H2": look at that head. */
static bool go_to_selector(struct viewer *viewer, struct str line)
{
    struct kept_run *kept = viewer_kept(viewer);
    struct sites sites = {0};
    struct err err = {0};
    if (!kept || line.n < 2 || !strchr(stack_letters, line.s[0]) || !strchr("-0123456789", line.s[1]))
        return false;
    if (sites_parse(line, kept->run, &sites, &err))
        viewer_go(viewer, sites.site[0]);
    else
        viewer_complain(viewer, &err);
    sites_free(&sites);
    return true;
}

/* "view @2 L1.H0 part=c2p": look at that instead. False: it is another command. */
static bool try_view(struct viewer *viewer, const char *line)
{
    struct call call;
    struct err err = {0};
    struct kept_run **runs = NULL;
    struct sites sites = {0};
    size_t n;
    bool is_view = call_parse(line, true, &call, &err) && call.command && call.command == command_named(STR("view")) &&
                   !call.output.n && !call.pipe.n;
    if (is_view && !(select_runs(viewer->session, &call, &runs, &n, &err) &&
                     select_sites(viewer->session, &call, runs[0], SELECT_LAST, &sites, &err) &&
                     viewer_turn_to(viewer, &call, runs[0], sites.site[0], &err)))
        viewer_complain(viewer, &err);
    sites_free(&sites);
    free(runs);
    call_free(&call);
    return is_view;
}

static void wait_for_return(void)
{
    fputs("\nEnter goes back to the view. ", stderr);
    fflush(stderr);
    for (char byte = 0; byte != '\n' && !cancel_leaving();)
        if (read(STDIN_FILENO, &byte, 1) != 1)
            break; /* Ctrl-C, or no terminal any more */
    cancel_clear();
}

static size_t newest_run(const struct session *session)
{
    return session->n_runs ? session->runs[session->n_runs - 1].number : 0;
}

/* Write down as keys that another run is looked at. */
static void type_turn(struct viewer *viewer)
{
    struct buf line = {0};
    buf_char(&line, ':');
    viewer_line(viewer, (struct view_line_of){.verb = "view", .q = SIZE_MAX, .k = SIZE_MAX}, &line);
    keys_put_text(&viewer->typed, buf_view(&line));
    keys_put(&viewer->typed, (struct typed){.key = KEY_RETURN});
    buf_free(&line);
}

/* Does it print nothing but notes beside the run that it makes? */
static bool is_quiet(const char *line)
{
    struct call call;
    bool is = call_parse(line, true, &call, NULL) && call.command &&
              (call.command == command_named(STR("run")) || call.command == command_named(STR("open")));
    call_free(&call);
    return is;
}

/* A command of gaze: the run that `run` makes is shown at once; what another prints, of a run that it makes (ablate, patch, shift)
 * too, stands on the plain terminal until Enter brings the view back. */
static void run_command(struct viewer *viewer, const char *line)
{
    struct err err = {0};
    size_t newest = newest_run(viewer->session), before = viewer->map->heads.done;
    viewer_note_crosshair(viewer);
    viewer_give_history(viewer); /* what was done before it */
    if (viewer->screen) {
        screen_suspend(viewer->screen);
        fprintf(stderr, "gaze> %s\n", line);
    }
    bool ok = session_execute(viewer->session, line), new = newest_run(viewer->session) > newest;
    if (viewer->session->quit || cancel_leaving()) {
        viewer->leave = true;
        if (viewer->screen)
            screen_resume(viewer->screen);
        return;
    }
    if (viewer->screen && !(ok && new && is_quiet(line)))
        wait_for_return();
    if (viewer->screen)
        screen_resume(viewer->screen);
    viewer->typed.n = viewer->before_prompt; /* it stands in the history by itself */
    if (new) {
        viewer_turn_to_run(viewer, &viewer->session->runs[viewer->session->n_runs - 1]);
        type_turn(viewer);
    } else if (!viewer_make(viewer, &err)) { /* the run may have been dropped */
        viewer_complain(viewer, &err);
        if (!viewer_kept(viewer))
            viewer->leave = true;
    } else if (before && viewer->map->heads.values == NULL) {
        heads_restart(viewer);
    }
}

void viewer_execute(struct viewer *viewer, struct str line)
{
    while (line.n && line.s[0] == ' ')
        line.s++, line.n--;
    size_t verb = 0;
    while (verb < line.n && line.s[verb] != ' ')
        verb++;
    struct str argument = {line.s + verb, line.n - verb};
    while (argument.n && argument.s[0] == ' ')
        argument.s++, argument.n--;
    for (const struct view_line *own = view_lines; own->name; own++)
        if (str_is((struct str){line.s, verb}, own->name)) {
            own->run(viewer, argument);
            return;
        }
    struct err err = {0};
    char *copy = mem_copy_str(line, &err);
    if (!copy)
        viewer_complain(viewer, &err);
    else if (line.n && !go_to_selector(viewer, line) && !try_view(viewer, copy))
        run_command(viewer, copy);
    free(copy);
}
