/* record: what the file holds, replayed on a second screen, is what the terminal shows; and it is whole however it ends. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "tests/screen/gaze.h"

/* A recording read back: its header and events, each line JSON of its own. */
struct replay {
    char *text;
    struct json *header;
    struct replay_event {
        double seconds;
        char code;
        struct json *line;
        struct str data;
    } *events;
    size_t n;
};

static bool replay_read(struct replay *r, const char *path)
{
    *r = (struct replay){.text = file_text(path)};
    size_t capacity = 0;
    if (!r->text || !*r->text || r->text[strlen(r->text) - 1] != '\n') {
        fprintf(stderr, "%s is missing, or does not end with a whole line\n", path);
        return false;
    }
    for (char *line = r->text, *end; *line; line = end + 1) {
        struct err err = {0};
        end = strchr(line, '\n');
        struct json *value = json_parse((struct str){line, (size_t)(end - line)}, path, 0, &err);
        if (!value) {
            fprintf(stderr, "%s\n", err.message);
            return false;
        }
        if (!r->header) {
            r->header = value;
            continue;
        }
        if (r->n == capacity)
            r->events = realloc(r->events, (capacity = capacity ? 2 * capacity : 64) * sizeof *r->events);
        struct str code = json_str(json_at(value, 1), "");
        if (json_count(value) != 3 || code.n != 1 || !json_is_string(json_at(value, 2)) ||
            json_number(json_at(value, 0), -1) < (r->n ? r->events[r->n - 1].seconds : 0)) {
            fprintf(stderr, "no event, or earlier than the one before: %.*s\n", (int)(end - line), line);
            return false;
        }
        r->events[r->n++] = (struct replay_event){json_number(json_at(value, 0), -1), code.s[0], value, json_str(json_at(value, 2), "")};
    }
    return r->header != NULL;
}

static void replay_free(struct replay *r)
{
    for (size_t i = 0; i < r->n; i++)
        json_free(r->events[i].line);
    json_free(r->header);
    free(r->events);
    free(r->text);
}

static size_t replay_count(const struct replay *r, char code)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->events[i].code == code;
    return n;
}

/* All of one code in a row; free() it. */
static char *replay_all(const struct replay *r, char code)
{
    struct buf all = {0};
    for (size_t i = 0; i < r->n; i++)
        if (r->events[i].code == code)
            buf_str(&all, r->events[i].data);
    buf_cstr(&all);
    return all.data ? all.data : calloc(1, 1);
}

static struct emulator *replay_start(const struct replay *r)
{
    return emulator_new((int)json_number(json_get(r->header, "height"), 0), (int)json_number(json_get(r->header, "width"), 0));
}

static void replay_step(const struct replay_event *event, struct emulator *e)
{
    int cols, rows;
    if (event->code == 'o')
        emulator_feed(e, event->data.s, event->data.n);
    else if (event->code == 'r' && sscanf(event->data.s, "%dx%d", &cols, &rows) == 2)
        emulator_resize(e, rows, cols);
}

/* Does the recording, at some moment, show that screen? */
static bool replay_shows(const struct replay *r, const struct emulator *screen)
{
    struct emulator *e = replay_start(r);
    bool found = false;
    for (size_t i = 0; i < r->n && !found; i++) {
        replay_step(&r->events[i], e);
        found = screens_same(e, screen, emulator_rows(screen) - 1);
    }
    emulator_free(e);
    return found;
}

/* A copy of what a terminal shows: its bytes once more, on a screen of the same sizes. */
static struct emulator *copy_screen(const struct terminal *t)
{
    int rows = emulator_rows(t->screen), cols = emulator_cols(t->screen);
    struct emulator *e = emulator_new(rows, cols);
    emulator_feed(e, t->log, t->n_log);
    return e;
}

static struct terminal *prompt(const struct terminal_kind *kind, int rows, int cols)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/roberta-tiny", SENTENCE, NULL}, kind, rows, cols, NULL);
    cr_assert(wait_prompt(t));
    return t;
}

static void cast_path(const struct terminal *t, char path[200])
{
    snprintf(path, 200, "%s/walk.cast", t->home);
}

static void record(struct terminal *t, const char *options)
{
    char line[300];
    snprintf(line, sizeof line, "record %s/walk.cast%s", t->home, options);
    gaze_line(t, line);
}

static void begin_view(struct terminal *t)
{
    terminal_send(t, "view L2.H1\r");
    cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
}

Test(record, replays_the_full_screen_cell_for_cell, .timeout = 280)
{
    static const struct {
        int rows, cols;
        size_t kind;
    } rows[] = {{24, 80, 0}, {40, 120, 1}, {70, 250, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[200];
        struct replay r;
        struct terminal *t = prompt(&terminal_kinds[rows[i].kind], rows[i].rows, rows[i].cols);
        cast_path(t, path);
        record(t, "");
        begin_view(t);
        terminal_keys(t, "Down Right ] g");
        cr_assert(sync_frame(t));
        struct emulator *shown = copy_screen(t);
        cr_expect(screens_same(shown, t->screen, emulator_rows(shown)));
        terminal_keys(t, "q q");
        cr_assert(wait_prompt(t));
        cr_expect(access(path, F_OK) != 0, "there is no file before the end");
        gaze_line(t, "record off");
        cr_expect(terminal_shows(t, " events"));
        cr_assert(replay_read(&r, path));
        cr_expect(replay_shows(&r, shown), "%s", terminal_kinds[rows[i].kind].name);
        cr_expect_eq(replay_count(&r, 'i'), 0, "keys were not asked for");
        cr_expect_eq(replay_count(&r, 'r'), 0);
        cr_expect(str_is(json_str(json_get(json_get(r.header, "env"), "TERM"), ""), terminal_kinds[rows[i].kind].term));
        cr_expect_eq(json_number(json_get(r.header, "version"), 0), 2);
        cr_expect_null(strstr(strtok(r.text, "\n"), t->home), "no path of a home: %s", r.text);
        replay_free(&r);
        emulator_free(shown);
        terminal_keys(t, "C-d");
        leave(t, 0);
    }
}

Test(record, holds_new_sizes_and_commands_of_the_shell, .timeout = 280)
{
    char path[200];
    struct replay r;
    struct terminal *t = prompt(NULL, 24, 80);
    cast_path(t, path);
    record(t, " idle=2 title=\"two \\\"words\\\"\"");
    begin_view(t);
    terminal_resize(t, 30, 100);
    cr_expect(terminal_wait_row(t, 28, "prob "));
    cr_assert(sync_frame(t));
    terminal_keys(t, "q");
    cr_assert(wait_prompt(t));
    gaze_line(t, "!stty size; printf '\\351t\\303\\251\\n' >&2");
    gaze_line(t, "record off");
    cr_expect(terminal_shows(t, "30 100"), "the shell's commands find the size of the window");
    cr_assert(replay_read(&r, path));
    char *output = replay_all(&r, 'o'), *sizes = replay_all(&r, 'r');
    cr_expect_str_eq(sizes, "100x30");
    cr_expect(strstr(output, "\xef\xbf\xbdt\xc3\xa9"), "a malformed byte is U+FFFD, standard error is there");
    cr_expect_null(strstr(output, "_gaze"), "marks are taken out");
    cr_expect_null(memmem(t->log, t->n_log, "_gaze", 5), "from what the terminal gets, too");
    cr_expect(strstr(output, "record off"), "up to the last line");
    cr_expect(str_is(json_str(json_get(r.header, "title"), ""), "two \"words\""));
    cr_expect_eq(json_number(json_get(r.header, "idle_time_limit"), 0), 2);
    free(output);
    free(sizes);
    replay_free(&r);
    terminal_keys(t, "C-d");
    leave(t, 0);
}

Test(record, holds_keys_where_they_are_wanted, .timeout = 280)
{
    char path[200];
    struct replay r;
    struct terminal *t = prompt(NULL, 24, 80);
    cast_path(t, path);
    record(t, " input=on");
    terminal_send(t, "# caf\xc3\xa9\r");
    cr_assert(wait_prompt(t));
    begin_view(t);
    terminal_keys(t, "Up");
    mouse(t, MOUSE_LEFT, 8, 20);
    cr_assert(sync_frame(t));
    terminal_keys(t, "q");
    cr_assert(wait_prompt(t));
    gaze_line(t, "record off");
    cr_assert(replay_read(&r, path));
    char *keys = replay_all(&r, 'i');
    cr_expect(strstr(keys, "# caf\xc3\xa9\rview L2.H1\r"), "%s", keys);
    cr_expect(strstr(keys, "\033OA") || strstr(keys, "\033[A"), "the arrow");
    cr_expect(strstr(keys, "\033[<0;21;9M"), "the mouse");
    free(keys);
    replay_free(&r);
    terminal_keys(t, "C-d");
    leave(t, 0);
}

/* Leaving in all ways but record off: the program's last bytes are there, the terminal is whole, and so is the file. */
Test(record, is_whole_however_the_program_ends, .timeout = 280)
{
    static const struct {
        const char *name;
        int signal, status; /* 0: Ctrl-D at the prompt */
    } rows[] = {{"Ctrl-D", 0, 0}, {"SIGTERM", SIGTERM, 143}, {"SIGHUP", SIGHUP, 129}, {"SIGABRT", SIGABRT, 134}, {"SIGSEGV", SIGSEGV, 139}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[200];
        struct replay r;
        struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/roberta-tiny", SENTENCE, NULL}, NULL, 24, 80,
                                        (const char *[]){without_asan_handler(), NULL});
        cr_assert(wait_prompt(t));
        cast_path(t, path);
        record(t, "");
        if (rows[i].signal) {
            begin_view(t);
            terminal_signal(t, rows[i].signal);
        } else {
            terminal_keys(t, "C-d");
        }
        cr_expect_eq(terminal_wait_exit(t), rows[i].status, "%s", rows[i].name);
        cr_expect(terminal_modes_restored(t), "%s: modes", rows[i].name);
        cr_expect(!emulator_alternate(t->screen) && emulator_cursor_visible(t->screen) && !emulator_mouse(t->screen), "%s: screen", rows[i].name);
        cr_expect(replay_read(&r, path), "%s", rows[i].name);
        struct emulator *e = replay_start(&r);
        for (size_t k = 0; k < r.n; k++)
            replay_step(&r.events[k], e);
        cr_expect(!emulator_alternate(e) && emulator_cursor_visible(e), "%s: the recording's end", rows[i].name);
        emulator_free(e);
        replay_free(&r);
        unlink(path);
        terminal_free(t);
    }
}

/* A script that goes on for long, and Ctrl-C: it ends with 130, what it recorded is whole, and stands in the place of the old file. */
Test(record, is_whole_where_ctrl_c_stops_a_script, .timeout = 280)
{
    char home[] = "/tmp/gaze-cast-XXXXXX", script[100], path[100];
    struct replay r;
    cr_assert(mkdtemp(home));
    snprintf(script, sizeof script, "%s/long.gaze", home);
    snprintf(path, sizeof path, "%s/walk.cast", home);
    FILE *file = fopen(script, "w");
    cr_assert(file);
    fprintf(file, "record %s\n", path);
    for (int i = 0; i < 200000; i++)
        fputs("show L0.H0\n", file);
    fclose(file);
    struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/roberta-tiny", SENTENCE, "-f", script, NULL}, NULL, 24, 80, NULL);
    cr_assert(terminal_wait_text(t, "attention probability"));
    cr_expect(access(path, F_OK) != 0, "no file before the end");
    terminal_keys(t, "C-c");
    cr_expect_eq(terminal_wait_exit(t), 130);
    cr_expect(terminal_modes_restored(t));
    cr_assert(replay_read(&r, path));
    char *output = replay_all(&r, 'o');
    cr_expect(strstr(output, "L0.H0") && strstr(output, "attention probability"));
    free(output);
    replay_free(&r);
    unlink(path);
    unlink(script);
    rmdir(home);
    terminal_free(t);
}

Test(record, ends_with_the_last_whole_event_where_the_disk_is_full, .timeout = 280)
{
    char path[200], line[300];
    struct replay r;
    snprintf(line, sizeof line, "ulimit -f 64; exec %s -X examples/models/roberta-tiny '%s'", gaze_path(), SENTENCE);
    struct terminal *t = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/sh", "-c", line, NULL}});
    cr_assert(wait_prompt(t));
    cast_path(t, path);
    FILE *old = fopen(path, "w");
    fputs("old\n", old);
    fclose(old);
    record(t, "");
    size_t from = t->n_log;
    gaze_line(t, "show * format=csv");
    cr_expect(terminal_wait_log(t, from, "nothing more is recorded"), "told at once");
    cr_expect(terminal_wait_log(t, from, "File too large"));
    from = t->n_log;
    gaze_line(t, "show L2.H1");
    cr_expect(!memmem(t->log + from, t->n_log - from, "nothing more", 12), "told once; the session goes on");
    gaze_line(t, "record off");
    cr_expect(terminal_wait_log(t, from, "recording ends after"));
    cr_assert(replay_read(&r, path));
    char *output = replay_all(&r, 'o');
    cr_expect(strstr(output, "show * format=csv") && strstr(output, "\n0,0,1,The,2,"), "%s", output);
    cr_expect_null(strstr(output, "show L2.H1"));
    free(output);
    replay_free(&r);
    terminal_keys(t, "C-d");
    leave(t, 0);
}

Test(record, says_why_it_does_not, .timeout = 280)
{
    struct terminal *t = prompt(NULL, 24, 80);
    char line[300];
    gaze_line(t, "record off");
    cr_expect(terminal_shows(t, "nothing is being recorded; record FILE.cast begins"));
    gaze_line(t, "record /nowhere/at/all.cast");
    cr_expect(terminal_shows(t, "/nowhere/at/all.cast: cannot write: there is no folder /nowhere/at"));
    gaze_line(t, "record /dev/full");
    cr_expect(terminal_shows(t, "/dev/full: cannot write: No space left on device"));
    record(t, "");
    gaze_line(t, "record other.cast");
    cr_expect(terminal_shows(t, "walk.cast is being recorded; record off ends it"));
    cr_expect(access("other.cast", F_OK) != 0);
    snprintf(line, sizeof line, "recording to %s/walk.cast", t->home);
    gaze_line(t, "!clear");
    gaze_line(t, "record");
    cr_expect(terminal_shows(t, line));
    gaze_line(t, "record off");
    gaze_line(t, "!stty rows 0 cols 0");
    gaze_line(t, "record zero.cast");
    cr_expect(terminal_wait_log(t, 0, "no rows or no columns"));
    cr_expect(access("zero.cast", F_OK) != 0);
    terminal_keys(t, "C-d");
    leave(t, 0);
}

Test(record, stops_and_goes_on_with_the_program, .timeout = 280)
{
    char path[200];
    struct replay r;
    struct terminal *t = prompt(NULL, 24, 80);
    cast_path(t, path);
    record(t, "");
    begin_view(t);
    terminal_keys(t, "C-z");
    cr_expect(terminal_wait_stop(t) && terminal_modes_restored(t));
    while (terminal_pump(t, 0.02) && emulator_alternate(t->screen))
        ;
    cr_expect(!emulator_alternate(t->screen), "what gives the screen back has come before the program stops");
    terminal_signal(t, SIGCONT);
    cr_expect(terminal_wait_row(t, 0, " L2.H1 "));
    terminal_keys(t, "Down");
    cr_assert(sync_frame(t));
    terminal_keys(t, "q");
    cr_assert(wait_prompt(t));
    gaze_line(t, "record off");
    cr_assert(replay_read(&r, path));
    replay_free(&r);
    terminal_keys(t, "C-d");
    leave(t, 0);
}
