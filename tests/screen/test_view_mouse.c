/* The full screen by mouse, in SGR reports, and its way through runs and through heads drawn large. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/gaze.h"

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {40, 120}, {70, 250}};
static const char *const words[ROBERTA_TOKENS] = {"<s>",     "The", "cat", "sat",   "on", "the", "mat",
                                                  "because", "it",  "was", "tired", ".",  "</s>"};

/* ---- the map ---- */

/* Where key `key` stands: the ruler begins with the numbers 0 and 1, or 0 and 5, each over the middle of its cell. */
static bool find_key_column(const struct terminal *t, int key, int *col_out)
{
    for (int row = 0; row < emulator_rows(t->screen); row++) {
        char *line = emulator_row(t->screen, row), *end, *second;
        long first = strtol(line, &end, 10), next = strtol(end, &second, 10);
        bool ruler = end != line && second != end && first == 0 && (next == 1 || next == 5) &&
                     strspn(line, " 0") == (size_t)(second - line) - 1;
        int at = (int)(end - line) - 1, width = ruler ? ((int)(second - line) - 1 - at) / (int)next : 0;
        free(line);
        *col_out = at + key * width;
        if (ruler)
            return true;
    }
    return false;
}

Test(view_mouse, a_click_moves_the_crosshair_at_three_sizes, .timeout = 280)
{
    for (size_t s = 0; s < 3; s++) {
        struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, sizes[s].rows, sizes[s].cols, "Query");
        int row, after, col;
        cr_assert(t);
        cr_assert(emulator_mouse(t->screen));
        cr_assert(find_query_row(t, 8, "it", &row, &after) && find_key_column(t, 9, &col));
        mouse(t, MOUSE_LEFT, row, col);
        cr_expect(terminal_wait_row(t, -3, "query 8 it \xe2\x86\x92 key 9 was"), "%d x %d", sizes[s].rows, sizes[s].cols);
        mouse(t, MOUSE_LEFT, 0, 0); /* the title is no cell */
        cr_expect(sync_frame(t) && terminal_shows(t, "query 8 it \xe2\x86\x92 key 9 was"));
        terminal_keys(t, "q");
        leave(t, 0);
    }
}

struct wanted_value {
    const struct own_map *own;
    size_t query, key;
};

static bool value_is_there(struct terminal *t, const void *context)
{
    const struct wanted_value *w = context;
    char lead[80];
    int row, col;
    snprintf(lead, sizeof lead, "query %zu %s \xe2\x86\x92 key %zu %s", w->query, words[w->query], w->key, words[w->key]);
    if (!terminal_find(t, lead, &row, &col))
        return false;
    char *line = emulator_row(t->screen, row);
    double value = strtod(strstr(line, lead) + strlen(lead), NULL);
    free(line);
    return fabs(value - w->own->probs[w->query * w->own->T + w->key]) < 1e-5;
}

/* The crosshair comes to (query, key), with its exact value in the status line. */
static bool shows_value(struct terminal *t, const struct own_map *own, size_t query, size_t key)
{
    const struct wanted_value wanted = {own, query, key};
    return terminal_wait_for(t, value_is_there, &wanted, "a value at the crosshair");
}

Test(view_mouse, the_crosshair_follows_the_mouse_and_goes_back_where_it_leaves, .timeout = 280)
{
    struct own_map own;
    cr_assert(own_map_make(&own, "L1.H2"));
    for (size_t s = 0; s < 3; s++) {
        struct terminal *t = view_start("roberta-tiny", "view L1.H2", NULL, sizes[s].rows, sizes[s].cols, "Query");
        int row, other, after, col, side_row, side_col;
        cr_assert(t);
        terminal_keys(t, "j l");
        cr_assert(find_query_row(t, 8, "it", &row, &after) && find_key_column(t, 3, &col));
        mouse(t, MOUSE_MOVE, row, col);
        cr_expect(shows_value(t, &own, 8, 3), "%d x %d", sizes[s].rows, sizes[s].cols);
        cr_assert(find_query_row(t, 6, "mat", &other, &after));
        mouse(t, MOUSE_MOVE, other, col);
        cr_expect(shows_value(t, &own, 6, 3));
        mouse(t, MOUSE_MOVE, 0, col);
        cr_expect(shows_value(t, &own, 1, 1), "it left the map");
        mouse(t, MOUSE_MOVE, row, col);
        cr_expect(terminal_wait_row(t, -3, "query 8 it"));
        cr_assert(terminal_find(t, "layers \xc3\x97 heads", &side_row, &side_col));
        mouse(t, MOUSE_MOVE, side_row + 2 + 4, side_col + 4 + 2 * 3);
        cr_expect(terminal_wait_row(t, -1, "L4.H3   strongest column"), "the mini-map tells a head's value");
        cr_expect(shows_value(t, &own, 1, 1));
        mouse(t, MOUSE_MOVE, row, col);
        terminal_keys(t, "l");
        mouse(t, MOUSE_MOVE, 0, 0);
        cr_expect(shows_value(t, &own, 8, 4), "a key keeps it");
        mouse(t, MOUSE_MOVE, row, col);
        mouse(t, MOUSE_LEFT, row, col);
        mouse(t, MOUSE_MOVE, 0, 0);
        cr_expect(shows_value(t, &own, 8, 3), "a click keeps it");
        mouse(t, MOUSE_MOVE, other, col);
        mouse(t, MOUSE_WHEEL_DOWN, other, col);
        cr_expect(terminal_wait_row(t, 0, "L1.H3"));
        mouse(t, MOUSE_MOVE, 0, 0);
        cr_expect(terminal_wait_row(t, -3, "query 8 it \xe2\x86\x92 key 3 sat"), "over another head too");
        terminal_keys(t, "q");
        leave(t, 0);
    }
    own_map_free(&own);
}

Test(view_mouse, a_drag_zooms_into_a_range_and_u_goes_back, .timeout = 280)
{
    struct own_map own;
    cr_assert(own_map_make(&own, "L1.H2"));
    for (size_t s = 0; s < 3; s++) {
        struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/roberta-tiny", SENTENCE, "-c", "view L1.H2", "-c",
                                                         "history", NULL}, NULL, sizes[s].rows, sizes[s].cols, NULL);
        int row, end, after, col, end_col;
        cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
        cr_assert(find_query_row(t, 3, words[3], &row, &after) && find_query_row(t, 6, words[6], &end, &after));
        cr_assert(find_key_column(t, 2, &col) && find_key_column(t, 8, &end_col));
        mouse_press(t, MOUSE_LEFT, end, end_col); /* from its end to its beginning */
        mouse(t, MOUSE_DRAG, end - 1, end_col);
        mouse(t, MOUSE_DRAG, row, col);
        cr_expect(terminal_wait_row(t, -1, "queries 3-6, keys 2-8"));
        mouse_release(t, MOUSE_LEFT, row, col);
        cr_expect(terminal_wait_row(t, -1, "queries 3-6, keys 2-8; u shows") && sync_frame(t));
        cr_expect(shows_value(t, &own, 3, 2), "the crosshair is where the button was let go");
        for (size_t i = 0; i < own.T; i++)
            cr_expect_eq(find_query_row(t, i, words[i], &row, &after), i >= 3 && i <= 6, "query %zu", i);
        terminal_keys(t, "e");
        cr_expect(terminal_wait_row(t, -1, ":plot @1 L1.H2 q=3-6 k=2-8 > L1.H2.png"));
        terminal_keys(t, "C-c l l l u");
        cr_expect(shows_value(t, &own, 3, 5) && sync_frame(t), "it stays on its tokens");
        cr_expect(find_query_row(t, 12, words[12], &row, &after));
        terminal_keys(t, "u");
        cr_expect(terminal_wait_row(t, -1, "this is all"));
        cr_assert(find_query_row(t, 4, words[4], &row, &after));
        mouse_press(t, MOUSE_LEFT, row, col);
        mouse(t, MOUSE_DRAG, row + 1, col);
        mouse_release(t, MOUSE_LEFT, row + 1, col);
        cr_expect(sync_frame(t) && find_query_row(t, 12, words[12], &row, &after), "a step is a click that shook");
        terminal_keys(t, "q");
        cr_expect_eq(terminal_wait_exit(t), 0);
        cr_expect(terminal_shows(t, "show @1 L1.H2 q=3-6 k=2-8"), "history holds it");
        leave(t, 0);
    }
    own_map_free(&own);
}

Test(view_mouse, z_chooses_a_range_by_keys, .timeout = 280)
{
    struct terminal *t = view_start("roberta-tiny", "view L1.H2", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_keys(t, "j l z");
    cr_expect(terminal_wait_row(t, -1, "a range begins here"));
    terminal_keys(t, "j j l z");
    cr_expect(terminal_wait_row(t, -1, "queries 1-3, keys 1-2"));
    terminal_keys(t, "z k z e");
    cr_expect(terminal_wait_row(t, -1, ":plot @1 L1.H2 q=2-3 k=2 > L1.H2.png"), "a range of a range");
    terminal_keys(t, "C-c u e");
    cr_expect(terminal_wait_row(t, -1, ":plot @1 L1.H2 q=1-3 k=1-2 > L1.H2.png"));
    terminal_keys(t, "C-c u t z Escape j z j z e");
    cr_expect(terminal_wait_row(t, -1, "special=off > L1.H2.png"));
    terminal_keys(t, "C-c u e");
    cr_expect(terminal_wait_row(t, -1, ":plot @1 L1.H2 special=off > L1.H2.png"));
    terminal_keys(t, "C-c q");
    leave(t, 0);
}

Test(view_mouse, another_button_pulls_a_map_that_is_larger_than_its_place, .timeout = 280)
{
    struct terminal *t = view_start("roberta-tiny", "view L1.H2", NULL, 24, 80, "Query");
    int row, after;
    cr_assert(t);
    mouse_press(t, MOUSE_PULL - MOUSE_DRAG, 12, 20);
    mouse(t, MOUSE_PULL, 10, 20);
    cr_expect(terminal_wait_row(t, -1, "the whole map is seen"));
    terminal_keys(t, "+ + +");
    cr_assert(terminal_wait_row(t, -1, "huge cells") && sync_frame(t));
    cr_assert(find_query_row(t, 0, words[0], &row, &after) && !find_query_row(t, 9, words[9], &row, &after));
    mouse_press(t, MOUSE_PULL - MOUSE_DRAG, 15, 20);
    for (int at = 14; at >= 0; at--)
        mouse(t, MOUSE_PULL, at, 20);
    mouse_release(t, MOUSE_PULL - MOUSE_DRAG, 0, 20);
    cr_expect(sync_frame(t) && find_query_row(t, 5, words[5], &row, &after) && !find_query_row(t, 0, words[0], &row, &after));
    cr_expect(terminal_shows(t, "query 5 the"), "the crosshair stays inside");
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view_mouse, the_wheel_goes_through_heads_and_layers, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    int row, col;
    cr_assert(t);
    mouse(t, MOUSE_WHEEL_DOWN, 12, 12);
    cr_expect(terminal_wait_row(t, 0, "L2.H2"));
    mouse(t, MOUSE_WHEEL_UP, 12, 12);
    cr_expect(terminal_wait_row(t, 0, "L2.H1"));
    mouse(t, MOUSE_WHEEL_DOWN | MOUSE_SHIFT, 12, 12);
    cr_expect(terminal_wait_row(t, 0, "L3.H1"));
    mouse(t, MOUSE_WHEEL_UP | MOUSE_CTRL, 12, 12);
    cr_expect(terminal_wait_row(t, 0, "L2.H1"));
    cr_assert(terminal_find(t, "layers \xc3\x97 heads", &row, &col));
    mouse(t, MOUSE_WHEEL_DOWN, row + 3, col + 4);
    cr_expect(terminal_wait_row(t, 0, "L3.H1"), "over the mini-map: layers");
    terminal_keys(t, "?");
    cr_expect(terminal_wait_text(t, "one head's map"));
    mouse(t, MOUSE_WHEEL_DOWN, 10, 10);
    cr_expect(terminal_wait_gone(t, "one head's map"), "the help scrolls");
    terminal_keys(t, "q q");
    leave(t, 0);
}

Test(view_mouse, a_click_on_the_mini_map_goes_to_that_head, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    int row, col;
    cr_assert(t);
    cr_assert(terminal_find(t, "layers \xc3\x97 heads", &row, &col));
    mouse(t, MOUSE_LEFT, row + 2 + 4, col + 4 + 2 * 3);
    cr_expect(terminal_wait_row(t, 0, "L4.H3"));
    mouse(t, MOUSE_LEFT, row + 2 + 4, col + 4 + 2 * 4); /* there is no head 4 */
    cr_expect(sync_frame(t) && terminal_wait_row(t, 0, "L4.H3"));
    terminal_keys(t, ": mou");
    mouse(t, MOUSE_WHEEL_DOWN, 12, 12);
    terminal_keys(t, "se");
    cr_expect(terminal_wait_row(t, -1, ":mouse"), "a line that is being typed stays");
    terminal_keys(t, "C-c q");
    leave(t, 0);
}

Test(view_mouse, half_a_report_is_no_key, .timeout = 280)
{
    static const char *const reports[] = {"\033[<0;5M",     "\033[<x",      "\033[<0;0;0M",   "\033[<999999999999999999;3;3M",
                                          "\033[<0;3;3;3M", "\033[<2;5;5M", "\033[<128;5;5M", NULL};
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    for (size_t i = 0; reports[i]; i++) {
        terminal_send(t, reports[i]);
        cr_expect(sync_frame(t) && terminal_shows(t, "query 0 [CLS] \xe2\x86\x92 key 0 [CLS]"), "report %zu", i);
    }
    terminal_keys(t, "q");
    leave(t, 0);
}

/* ---- the grid ---- */

/* The row of the label "L3" and the column of "H2" of the small maps. */
static bool find_tile(const struct terminal *t, int layer, int head, int *row_out, int *col_out)
{
    char name[16];
    int other;
    snprintf(name, sizeof name, "H%d", head);
    if (!terminal_find(t, name, &other, col_out))
        return false;
    snprintf(name, sizeof name, "L%d ", layer);
    for (int row = 2; row < emulator_rows(t->screen); row++) {
        char *line = emulator_row(t->screen, row);
        bool here = strncmp(line, name, strlen(name)) == 0;
        free(line);
        *row_out = row;
        if (here)
            return true;
    }
    return false;
}

Test(view_mouse, a_click_in_the_grid_chooses_a_head_and_a_second_goes_there, .timeout = 280)
{
    for (size_t s = 0; s < 3; s++) {
        struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, sizes[s].rows, sizes[s].cols, "Query");
        int row, col;
        cr_assert(t);
        terminal_keys(t, "g");
        cr_assert(terminal_wait_row(t, 0, "grid") && sync_frame(t));
        cr_assert(find_tile(t, 4, 2, &row, &col));
        mouse(t, MOUSE_LEFT, row, col + 1);
        cr_expect(terminal_wait_row(t, -2, "L4.H2"));
        cr_expect(terminal_wait_row(t, 1, "L4.H2"), "it is drawn large at %d x %d", sizes[s].rows, sizes[s].cols);
        mouse(t, MOUSE_WHEEL_DOWN, row, col + 1);
        cr_expect(terminal_wait_row(t, 1, "L4.H3"));
        mouse(t, MOUSE_WHEEL_UP | MOUSE_SHIFT, row, col + 1);
        cr_expect(terminal_wait_row(t, 1, "L3.H3"));
        mouse(t, MOUSE_LEFT, row, col + 1);
        cr_expect(terminal_wait_row(t, 1, "L4.H2"));
        mouse(t, MOUSE_LEFT, row, col + 1);
        cr_expect(terminal_wait_row(t, 0, " L4.H2"), "the map of that head");
        terminal_keys(t, "q");
        leave(t, 0);
    }
}

Test(view_mouse, the_grid_draws_the_chosen_head_large_with_its_values, .timeout = 280)
{
    struct own_map own;
    struct terminal *t = view_start("roberta-tiny", "view L1.H2", NULL, 60, 200, "Query");
    int failed = 0;
    cr_assert(t && own_map_make(&own, "L1.H2"));
    terminal_keys(t, "g");
    cr_assert(terminal_wait_row(t, 1, "L1.H2") && sync_frame(t));
    for (size_t i = 0; i < own.T; i++) {
        char wanted[400];
        size_t n = (size_t)snprintf(wanted, sizeof wanted, "%s", words[i]);
        for (size_t j = 0; j < own.T; j++) { /* as the cells write it: two decimals, no 0 before the point */
            char number[16];
            snprintf(number, sizeof number, "%.2f", own.probs[i * own.T + j]);
            n += (size_t)snprintf(wanted + n, sizeof wanted - n, " %.3s", number[0] == '0' ? number + 1 : number);
        }
        bool found = false;
        for (int r = 2; r < 57 && !found; r++) {
            char *line = emulator_row(t->screen, r), *at = strstr(line, words[i]), packed[400];
            size_t m = 0;
            for (; at && *at; at++) /* single blanks */
                if (*at != ' ' || (m && packed[m - 1] != ' '))
                    packed[m++] = *at;
            packed[m] = 0;
            found = strcmp(packed, wanted) == 0;
            free(line);
        }
        failed += !found;
        if (!found)
            fprintf(stderr, "no row '%s'\n", wanted);
    }
    cr_expect_eq(failed, 0);
    own_map_free(&own);
    terminal_keys(t, "q q");
    leave(t, 0);
}

/* ---- runs ---- */

Test(view_mouse, keys_go_through_the_runs_and_a_new_run_is_shown, .timeout = 280)
{
    struct terminal *t =
        gaze_start((const char *[]){"-X", "examples/models/deberta-v1-tiny", SENTENCE, "-c", "run \"A second text\"", "-c",
                                    "load roberta-tiny", "-c", "run \"hey what's up\"", "-c", "view @1 L2.H1 part=c2p", NULL},
                   NULL, 24, 80, NULL);
    cr_assert(terminal_wait_row(t, 0, "deberta-v1-tiny @1"));
    terminal_keys(t, "j l )");
    cr_expect(terminal_wait_row(t, 0, "A second text") && sync_frame(t));
    cr_expect(terminal_shows(t, "L2.H1  c2p"), "the same head and part");
    cr_expect(terminal_shows(t, "query 1 A \xe2\x86\x92 key 1 A"), "the crosshair stays");
    terminal_keys(t, ")");
    cr_expect(terminal_wait_row(t, 0, "roberta-tiny @3"));
    cr_expect(terminal_wait_row(t, -1, "without part=c2p"), "another model has no such part: said");
    terminal_keys(t, ")");
    cr_expect(terminal_wait_row(t, 0, "deberta-v1-tiny @1"), "around the end");
    terminal_keys(t, "(");
    cr_expect(terminal_wait_row(t, 0, "roberta-tiny @3"));
    terminal_send(t, ":run \"a new text\"\r");
    cr_expect(terminal_wait_row(t, 0, "a new text"), "the new run, without a key");
    cr_expect(terminal_wait_row(t, -1, "@4: run 4 of 4"));
    terminal_keys(t, "g");
    cr_expect(terminal_wait_row(t, 0, "grid"));
    terminal_keys(t, "(");
    cr_expect(terminal_wait_row(t, 0, "roberta-tiny @3") && terminal_wait_row(t, 0, "grid"), "the grid stays open");
    terminal_send(t, ":frobnicate\r");
    cr_expect(terminal_wait_text(t, "Enter goes back"), "a failed line is read");
    terminal_keys(t, "Enter");
    cr_expect(terminal_wait_row(t, 0, "roberta-tiny @3"));
    terminal_keys(t, "q q");
    leave(t, 1); /* of the failed line */
}

/* ---- numbers that are not finite ---- */

Test(view_mouse, says_that_a_run_is_not_finite, .timeout = 280)
{
    struct terminal *t = gaze_start(
        (const char *[]){"-X", "tests/data/nan-bert", "the cat sat on the mat", "-c", "view L1.H0", NULL}, NULL, 24, 80, NULL);
    cr_assert(terminal_wait_row(t, 0, "not finite (NaN) from layer L1 on") && sync_frame(t));
    cr_expect(terminal_shows(t, "64 of 64 cells not finite"));
    cr_expect(terminal_wait_row(t, -5, "not a number"), "the legend");
    cr_expect(terminal_wait_row(t, -3, "key 0 [CLS]   not a number"), "the value");
    cr_expect(terminal_shows(t, "L1.H0  not finite"), "the head's measure");
    terminal_keys(t, "{");
    cr_assert(terminal_wait_row(t, 0, "L0.H0") && sync_frame(t));
    cr_expect(!terminal_shows(t, "cells not finite"), "the first layer is sound");
    terminal_keys(t, "q");
    leave(t, 0);
}
