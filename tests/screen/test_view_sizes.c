/* The full screen at three sizes and in three colour depths, driven by keys and by the mouse: whatever way leads to a state, the
 * screen is the same, cell for cell. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/gaze.h"

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {40, 120}, {70, 250}};
static const size_t kinds[] = {0, 1, 3}; /* of terminal_kinds: no colours, 8, 24 bits */
enum { SIZES = 3, KINDS = 3 };

static struct terminal *start(size_t kind, size_t size, const char *command)
{
    struct terminal *t = view_start("deberta-v1-tiny", command, &terminal_kinds[kinds[kind]], sizes[size].rows, sizes[size].cols, "Query");
    cr_assert(t, "%s at %d × %d", terminal_kinds[kinds[kind]].name, sizes[size].cols, sizes[size].rows);
    return t;
}

/* All keys have had their effect, all rows but perhaps the last are there. */
static void whole(struct terminal *t)
{
    cr_assert(sync_frame(t));
}

/* Keys, the wheel, and a click on the token of query 8. */
static void walk(struct terminal *t)
{
    int row, after;
    terminal_keys(t, "Down Down Right Right Right ] ]");
    cr_assert(terminal_wait_row(t, 0, "L2.H3"));
    mouse(t, MOUSE_WHEEL_UP, 12, 30);
    cr_assert(terminal_wait_row(t, 0, "L2.H2"));
    cr_assert(sync_frame(t) && find_query_row(t, 8, "it", &row, &after));
    mouse(t, MOUSE_LEFT, row, after + 2);
    cr_assert(terminal_wait_row(t, -3, "query 8 it"));
}

/* The same place, by the command line of the full screen. */
static void stand(struct terminal *t, const char *place)
{
    char line[100];
    snprintf(line, sizeof line, ":go %s\r", place);
    terminal_send(t, line);
    cr_assert(sync_frame(t));
}

static void check_same(struct terminal *a, struct terminal *b, const char *what, size_t kind, size_t size)
{
    bool same = screens_same(a->screen, b->screen, sizes[size].rows - 1); /* the last row says what synchronises them */
    cr_expect(same, "%s: %s at %d × %d", what, terminal_kinds[kinds[kind]].name, sizes[size].cols, sizes[size].rows);
    if (!same) {
        terminal_dump(a, "one");
        terminal_dump(b, "other");
    }
}

Test(view_sizes, keys_and_mouse_lead_where_a_command_leads, .timeout = 280)
{
    for (size_t k = 0; k < KINDS; k++)
        for (size_t s = 0; s < SIZES; s++) {
            struct terminal *walked = start(k, s, "view L2.H1"), *direct = start(k, s, "view L2.H2");
            walk(walked);
            stand(walked, "8 3");
            stand(direct, "8 3");
            cr_expect(terminal_wait_row(walked, -3, "query 8 it \xe2\x86\x92 key 3 sat"));
            whole(walked);
            whole(direct);
            check_same(walked, direct, "walked there", k, s);
            if (k == 0 && s == 1) /* the one of these screens that is recorded */
                cr_expect(display_is(walked, "walk-120x40-mono"));
            for (size_t i = 0; i < 2; i++) {
                terminal_keys(i ? direct : walked, "q");
                leave(i ? direct : walked, 0);
            }
        }
}

Test(view_sizes, a_new_size_is_as_if_it_had_always_been_so, .timeout = 280)
{
    for (size_t k = 0; k < KINDS; k++)
        for (size_t s = 0; s < SIZES; s++) {
            size_t before = (s + 1) % SIZES;
            struct terminal *resized = start(k, before, "view L2.H1"), *fresh = start(k, s, "view L2.H1");
            terminal_keys(resized, "Down Down Right g"); /* the pane of all heads, too */
            terminal_keys(fresh, "Down Down Right g");
            cr_assert(sync_frame(resized));
            terminal_resize(resized, sizes[s].rows, sizes[s].cols);
            cr_assert(terminal_wait_row(resized, 0, "q back") && sync_frame(resized) && sync_frame(fresh));
            check_same(resized, fresh, "all heads in a new size", k, s);
            terminal_keys(resized, "g");
            terminal_keys(fresh, "g");
            cr_expect(terminal_wait_row(resized, -3, "query 2 cat") && terminal_wait_row(fresh, -3, "query 2 cat"));
            whole(resized);
            whole(fresh);
            check_same(resized, fresh, "the map in a new size", k, s);
            for (size_t i = 0; i < 2; i++) {
                terminal_keys(i ? fresh : resized, "q");
                leave(i ? fresh : resized, 0);
            }
        }
}

Test(view_sizes, ctrl_c_changes_nothing, .timeout = 280)
{
    for (size_t k = 0; k < KINDS; k++)
        for (size_t s = 0; s < SIZES; s++) {
            struct terminal *t = start(k, s, "view L2.H1"), *other = start(k, s, "view L2.H1");
            terminal_keys(t, "Down Right");
            cr_expect(terminal_wait_row(t, -3, "query 1 The \xe2\x86\x92 key 1 The"));
            terminal_keys(t, "C-c");
            cr_expect(terminal_wait_row(t, -1, "q leaves"));
            terminal_send(t, "/sa");
            cr_expect(terminal_wait_row(t, -1, "/sa"));
            terminal_keys(t, "C-c");
            cr_expect(terminal_wait_gone(t, "/sa"));
            terminal_keys(other, "Down Right");
            whole(t);
            whole(other);
            check_same(t, other, "after Ctrl-C", k, s);
            terminal_keys(t, "q");
            leave(t, 0);
            terminal_signal(other, SIGTERM);
            leave(other, 128 + SIGTERM);
        }
}

Test(view_sizes, depths_differ_in_colours_alone, .timeout = 280)
{
    for (size_t s = 0; s < SIZES; s++) {
        struct terminal *eight = start(1, s, "view L2.H1"), *direct = start(2, s, "view L2.H1");
        bool index = false, rgb = false;
        whole(eight);
        whole(direct);
        for (int row = 0; row < sizes[s].rows - 1; row++) {
            char *a = emulator_row(eight->screen, row), *b = emulator_row(direct->screen, row);
            cr_expect_str_eq(a, b, "row %d at %d × %d", row, sizes[s].cols, sizes[s].rows);
            free(a);
            free(b);
            for (int col = 0; col < sizes[s].cols; col++) {
                const struct emu_cell *x = emulator_cell(eight->screen, row, col), *y = emulator_cell(direct->screen, row, col);
                cr_expect(x->bg < 8 && x->fg < 8, "eight colours are eight");
                index = index || x->bg > 0;
                rgb = rgb || (y->bg >= EMU_RGB);
            }
        }
        cr_expect(index && rgb);
        for (size_t i = 0; i < 2; i++) {
            terminal_keys(i ? eight : direct, "q");
            leave(i ? eight : direct, 0);
        }
    }
}

Test(view_sizes, a_terminal_without_a_size_is_refused, .timeout = 280)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "deberta-v1-tiny", SENTENCE, "-c", "!stty rows 0 cols 0", "-c", "view", NULL}, NULL, 24, 80, NULL);
    cr_expect_eq(terminal_wait_exit(t), 1);
    cr_expect(strstr(t->log, "the terminal says that it has no rows or no columns: stty rows 24"), "%s", t->log);
    cr_expect_null(strstr(t->log, "\033[?1049h"), "nothing was drawn");
    cr_expect(terminal_modes_restored(t));
    terminal_free(t);
}

Test(view_sizes, numbers_of_more_than_three_digits_stand_whole_beside_the_large_map_of_the_grid, .timeout = 280)
{
    static char text[4 * 1100 + 1];
    for (size_t i = 0; i < 1100; i++)
        memcpy(text + 4 * i, " cat", 5);
    struct terminal *t = gaze_start((const char *[]){"-X", "deberta-v3-tiny", text, "-c", "view L0.H0 keys=g", NULL}, NULL, 40, 120, NULL);
    cr_assert(terminal_wait_row(t, 0, "grid"));
    cr_expect(terminal_wait_text(t, "1088   cat"), "that of the last line");
    cr_expect(!terminal_shows(t, "10…"));
    terminal_keys(t, "q q");
    leave(t, 0);
}
