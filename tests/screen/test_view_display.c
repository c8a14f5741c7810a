/* :save-display FILE.svg and view > FILE: the figure holds what the terminal shows, and its command makes it again. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "tests/screen/gaze.h"

enum { CELL = 6 /* points of a cell's width, and of the margin */ };

/* ---- an SVG read back as a screen ---- */

struct read_back {
    int rows, cols;
    char (*text)[32]; /* [rows,cols] */
    int32_t *fill;    /* [rows,cols] of the letter's colour */
    size_t texts;
};

static void put_letters(struct read_back *r, int row, double x, const char *from, const char *to, int32_t fill)
{
    char plain[2000];
    size_t n = 0;
    static const char *const entities[][2] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}};
    while (from < to && n < sizeof plain - 1) {
        size_t e = 0;
        while (e < 4 && strncmp(from, entities[e][0], strlen(entities[e][0])) != 0)
            e++;
        plain[n++] = e < 4 ? *entities[e][1] : *from;
        from += e < 4 ? strlen(entities[e][0]) : 1;
    }
    int col = (int)floor((x - CELL) / CELL + 0.05);
    for (size_t at = 0, k; at < n; at += k) {
        k = text_grapheme((struct str){plain + at, n - at});
        if (row >= 0 && row < r->rows && col >= 0 && col < r->cols && k < 32) {
            memcpy(r->text[row * r->cols + col], plain + at, k);
            r->fill[row * r->cols + col] = fill;
        }
        col += (int)text_width((struct str){plain + at, k});
    }
    r->texts++;
}

static bool read_back(struct read_back *r, const char *path, int rows, int cols)
{
    char *svg = file_text(path);
    *r = (struct read_back){rows, cols, calloc((size_t)(rows * cols), sizeof *r->text), calloc((size_t)(rows * cols), sizeof *r->fill), 0};
    if (!svg)
        return false;
    for (const char *at = strstr(svg, "<text"); at; at = strstr(at + 1, "<text")) {
        const char *fill = strstr(at, "fill=\"#"), *place = strstr(at, "translate("), *begin = strchr(at, '>'), *end = strstr(at, "</text>");
        double x, y;
        if (!fill || !place || !end || sscanf(place, "translate(%lf %lf)", &x, &y) != 2)
            return false;
        put_letters(r, (int)lround((y - CELL) / (2 * CELL)), x, begin + 1, end, (int32_t)strtol(fill + 7, NULL, 16));
    }
    free(svg);
    return true;
}

static void read_back_free(struct read_back *r)
{
    free(r->text);
    free(r->fill);
}

/* Blocks and lines are no letters. */
static bool is_letter(const struct emu_cell *cell)
{
    int32_t cp;
    size_t n = strlen(cell->text);
    if (!cell->width || !n || strcmp(cell->text, " ") == 0)
        return false;
    utf8_decode(cell->text, n, &cp);
    return cp < 0x2500 || cp > 0x259f;
}

/* Every letter of the terminal's screen but the last row's is there, and no other. */
static size_t differences(const struct read_back *r, const struct terminal *t, bool colours)
{
    size_t n = 0;
    for (int row = 0; row < r->rows - 1; row++)
        for (int col = 0; col < r->cols; col++) {
            const struct emu_cell *cell = emulator_cell(t->screen, row, col);
            const char *found = r->text[row * r->cols + col], *wanted = is_letter(cell) ? cell->text : "";
            bool same = strcmp(strcmp(found, " ") == 0 ? "" : found, wanted) == 0;
            bool plain = !(cell->attributes & (EMU_DIM | EMU_REVERSE)) && cell->fg >= EMU_RGB;
            if (same && colours && *wanted && plain)
                same = cell->fg == (EMU_RGB | (r->fill[row * r->cols + col] < 8 ? 8 : r->fill[row * r->cols + col])); /* as the screen has black */
            if (!same && n++ < 5)
                fprintf(stderr, "row %d, column %d: '%s' in the figure, '%s' on the screen\n", row, col, found, wanted);
        }
    return n;
}

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {40, 120}, {70, 250}};
static const size_t kinds[] = {0, 1, 3}; /* of terminal_kinds: no colours, 8, 24 bits */

/* Save through the prompt of the full screen, and wait. */
static bool save(struct terminal *t, const char *path)
{
    char line[300], told[300];
    snprintf(line, sizeof line, ":save-display %s\r", path);
    snprintf(told, sizeof told, "%s written", strrchr(path, '/') + 1);
    terminal_send(t, line);
    return terminal_wait_row(t, -1, told);
}

Test(view_display, holds_every_letter_of_the_screen, .timeout = 280)
{
    for (size_t s = 0; s < 3; s++)
        for (size_t k = 0; k < 3; k++) {
            const struct terminal_kind *kind = &terminal_kinds[kinds[k]];
            struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", kind, sizes[s].rows, sizes[s].cols, "Query");
            char path[200];
            struct read_back r;
            cr_assert(t);
            terminal_keys(t, "Down Down Right ]");
            cr_assert(sync_frame(t));
            snprintf(path, sizeof path, "%s/screen.svg", t->home);
            cr_assert(save(t, path));
            cr_assert(read_back(&r, path, sizes[s].rows, sizes[s].cols));
            cr_expect(r.texts > 40);
            cr_expect_eq(differences(&r, t, kind->depth == DEPTH_TRUE), 0, "%s at %d × %d", kind->name, sizes[s].cols, sizes[s].rows);
            read_back_free(&r);
            terminal_keys(t, "q");
            leave(t, 0);
        }
}

/* ---- the command in the history ---- */

static char *all_of(const char *path, size_t *n_out)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 22);
    *n_out = file ? fread(bytes, 1, 1 << 22, file) : 0;
    if (file)
        fclose(file);
    return bytes;
}

static bool same_bytes(const char *a, const char *b)
{
    size_t n, m;
    char *x = all_of(a, &n), *y = all_of(b, &m);
    bool same = n > 100 && n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}

/* What was done there, as keys; then the history as a script in a new process, and the file from that. */
static void check_replay(const struct terminal_kind *kind, int rows, int cols, void (*explore)(struct terminal *t), const char *extension)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "deberta-v1-tiny", SENTENCE, NULL}, kind, rows, cols, NULL);
    char line[300], path[250], copy[250], script[250];
    cr_assert(wait_prompt(t));
    snprintf(path, sizeof path, "%s/screen.%s", t->home, extension);
    snprintf(copy, sizeof copy, "%s/copy.%s", t->home, extension);
    snprintf(script, sizeof script, "%s/steps.gaze", t->home);
    terminal_send(t, "view L2.H1\r");
    cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
    explore(t);
    cr_assert(sync_frame(t));
    cr_assert(save(t, path));
    terminal_keys(t, "q");
    if (!terminal_wait_log(t, 0, "\033[?1049l"))
        cr_assert(false);
    cr_assert(wait_prompt(t));
    snprintf(line, sizeof line, "history > %s", script);
    gaze_line(t, line);
    cr_assert_eq(rename(path, copy), 0);
    char *steps = file_text(script);
    cr_assert(steps && strstr(steps, "view @") && strstr(steps, "screen="), "%s", steps);
    struct terminal *again = gaze_start((const char *[]){"-X", "-f", script, NULL}, NULL, 24, 80, NULL);
    cr_expect_eq(terminal_wait_exit(again), 0, "%s", steps);
    cr_expect(same_bytes(path, copy), "the script makes other bytes:\n%s", steps);
    free(steps);
    terminal_free(again);
    terminal_keys(t, "C-d");
    leave(t, 0);
}

static void walk(struct terminal *t)
{
    terminal_keys(t, "Down Down Down Right ] } m s + Enter Up");
    terminal_send(t, "/sat\r");
    mouse(t, MOUSE_WHEEL_DOWN, 10, 20);
    terminal_keys(t, "b");
}

static void walk_to_another_run(struct terminal *t)
{
    terminal_keys(t, "Right Right");
    terminal_send(t, ":run \"She gave \\\"it\\\" to him.\"\r");
    cr_assert(terminal_wait_row(t, 0, "@2"));
    cr_assert(sync_frame(t));
    terminal_keys(t, "Down ( d");
}

/* The `:run …` is a step of the history, not keys of the saved command, which would run it again. */
Test(view_display, does_not_keep_the_keys_of_a_command_that_stands_in_the_history, .timeout = 280)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "deberta-v1-tiny", SENTENCE, NULL}, &terminal_kinds[3], 30, 100, NULL);
    char path[250], line[300];
    cr_assert(wait_prompt(t));
    snprintf(path, sizeof path, "%s/screen.svg", t->home);
    terminal_send(t, "view L2.H1\r");
    cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
    terminal_keys(t, "Right");
    terminal_send(t, ":run \"She left him.\"\r");
    cr_assert(terminal_wait_row(t, 0, "@2") && sync_frame(t));
    terminal_keys(t, "Down");
    cr_assert(sync_frame(t) && save(t, path));
    terminal_keys(t, "q");
    cr_assert(terminal_wait_log(t, 0, "\033[?1049l") && wait_prompt(t));
    char *svg = file_text(path);
    cr_assert(svg && strstr(svg, "She left him."));
    const char *command = strstr(svg, "view @1 L2.H1 keys="), *end = command ? strstr(command, "\",\"Model") : NULL;
    cr_assert(command, "the command is in the figure");
    snprintf(line, sizeof line, "%.*s", (int)(end ? end - command : 280), command);
    cr_expect(strstr(line, "Right :view") && strstr(line, "@2"), "%s", line);
    cr_expect_null(strstr(line, ":run"), "%s", line);
    cr_expect_null(strstr(line, "left"), "%s", line);
    free(svg);
    snprintf(line, sizeof line, "!%s --provenance %s", gaze_path(), path);
    gaze_line(t, line);
    cr_expect(terminal_shows(t, "run \"She left him.\""), "its script has both runs");
    terminal_keys(t, "C-d");
    leave(t, 0);
}

static void walk_and_resize(struct terminal *t)
{
    terminal_keys(t, "Down End C-c");
    cr_assert(sync_frame(t));
    terminal_resize(t, 32, 100);
    cr_assert(terminal_wait_text(t, "prob "));
    cr_assert(sync_frame(t));
    mouse(t, MOUSE_LEFT, 14, 30);
}

Test(view_display, is_made_again_by_its_command_after_keys_and_mouse, .timeout = 280)
{
    check_replay(&terminal_kinds[3], 40, 120, walk, "svg");
}

Test(view_display, is_made_again_by_its_command_in_eight_colours, .timeout = 280)
{
    check_replay(&terminal_kinds[1], 24, 80, walk, "png");
}

Test(view_display, is_made_again_by_its_command_after_another_run, .timeout = 280)
{
    check_replay(&terminal_kinds[3], 40, 120, walk_to_another_run, "svg");
}

Test(view_display, is_made_again_by_its_command_after_a_new_size, .timeout = 280)
{
    check_replay(&terminal_kinds[2], 24, 80, walk_and_resize, "svg");
}

Test(view_display, presses_the_keys_of_the_command_first, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1 keys=\"Down*4 Right*3\"", NULL, 24, 80, "query 4 on \xe2\x86\x92 key 3 sat");
    cr_assert(t);
    terminal_keys(t, "Right");
    cr_expect(terminal_wait_text(t, "query 4 on \xe2\x86\x92 key 4 on"), "then those of the terminal");
    terminal_keys(t, "q");
    leave(t, 0);
}

/* ---- what goes wrong ---- */

Test(view_display, leaves_the_old_file_where_it_cannot_be_written, .timeout = 280)
{
    char line[300], path[200];
    snprintf(line, sizeof line, "ulimit -f 8; exec %s -X deberta-v1-tiny '%s' -c 'view L2.H1'", gaze_path(), SENTENCE);
    struct terminal *t = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/sh", "-c", line, NULL}, .cols = 200, .rows = 60});
    static const char *const extensions[] = {"svg", "png"};
    cr_assert(terminal_wait_text(t, "Query"));
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/old.%s", t->home, extensions[i]);
        FILE *old = fopen(path, "w");
        fputs("old", old);
        fclose(old);
        snprintf(line, sizeof line, ":save-display %s\r", path);
        terminal_send(t, line);
        cr_expect(terminal_wait_row(t, -1, "File too large"));
        char *text = file_text(path);
        cr_expect_str_eq(text, "old");
        free(text);
    }
    terminal_send(t, ":save-display /nowhere/screen.svg\r");
    cr_expect(terminal_wait_row(t, -1, "/nowhere/screen.svg: cannot write: there is no folder /nowhere"));
    terminal_keys(t, "Down");
    cr_expect(terminal_wait_text(t, "query 1 The"), "the screen goes on");
    terminal_keys(t, "q");
    leave(t, 0);
}
