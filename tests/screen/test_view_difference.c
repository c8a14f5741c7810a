/* The full screen's difference: of a run from the one before it, of a head from one that is held. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/gaze.h"

#define FIRST  "The cat sat on the mat."
#define SECOND "The dog sat on the mat."
#define LONGER "The big dog sat on the mat."

static struct terminal *start(const char *second, const char *command, int rows, int cols)
{
    char run[100];
    snprintf(run, sizeof run, "run \"%s\"", second);
    struct terminal *t = gaze_start(
        (const char *[]){"-X", "examples/models/deberta-v1-tiny", FIRST, "-c", run, "-c", command, "-c", "history", NULL}, NULL,
        rows, cols, NULL);
    cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
    return t;
}

/* The exact value in the status line. */
static double value(struct terminal *t)
{
    cr_assert(sync_frame(t));
    int row, col;
    cr_assert(terminal_find(t, "\xe2\x86\x92 key ", &row, &col));
    char *line = emulator_row(t->screen, row), *at = strstr(line, "key ");
    double found = NAN;
    if (at && (at = strstr(at, "   ")))
        found = strtod(at, NULL);
    free(line);
    return found;
}

Test(view_difference, of_two_runs_is_the_second_less_the_first_at_three_sizes, .timeout = 280)
{
    static const int sizes[][2] = {{24, 80}, {40, 120}, {60, 200}};
    for (size_t s = 0; s < 3; s++) {
        struct terminal *t = start(SECOND, "view @2 L2.H1", sizes[s][0], sizes[s][1]);
        terminal_keys(t, "j l l");
        double second = value(t);
        terminal_keys(t, "(");
        cr_assert(terminal_wait_row(t, 0, "@1"));
        double first = value(t);
        terminal_keys(t, ") d");
        cr_assert(terminal_wait_row(t, 0, "less @1"));
        double shown = value(t);
        cr_expect(fabs(first - second) > 1e-4 && fabs(shown - (second - first)) < 1e-7, "%.9g - %.9g is not %.9g", second, first,
                  shown);
        char both[80];
        snprintf(both, sizeof both, " = %.4g \u2212 %.4g", second, first);
        cr_expect(terminal_shows(t, both), "%s", both);
        cr_expect(terminal_shows(t, "attention probability, difference"));
        cr_expect(terminal_shows(t, "\xe2\x89\xa0"
                                    "dog"),
                  "the changed token is marked");
        terminal_keys(t, "d");
        cr_expect(terminal_wait_gone(t, "less @1") && fabs(value(t) - second) < 1e-9);
        terminal_keys(t, "q");
        leave(t, 0);
    }
}

Test(view_difference, of_two_heads_is_that_from_the_held_one, .timeout = 280)
{
    struct terminal *t = start(SECOND, "view @2 L2.H1", 24, 80);
    terminal_keys(t, "j l");
    double held = value(t);
    terminal_keys(t, "D");
    cr_expect(terminal_wait_row(t, -1, "@2 L2.H1 is what d compares with"));
    terminal_keys(t, "]");
    cr_assert(terminal_wait_row(t, 0, "L2.H2"));
    double other = value(t);
    terminal_keys(t, "d");
    cr_assert(terminal_wait_row(t, 0, "less @2 L2.H1"));
    cr_expect(fabs(value(t) - (other - held)) < 1e-7);
    terminal_keys(t, "e");
    cr_expect(terminal_wait_row(t, -1, ":diff @2 L2.H2 against=L2.H1 > L2.H2.png"));
    terminal_keys(t, "C-c (");
    cr_assert(terminal_wait_row(t, 0, "@1") && sync_frame(t));
    terminal_keys(t, "d e");
    cr_expect(terminal_wait_row(t, -1, ":diff @2 @1 L2.H2 against=L2.H1 > L2.H2.png"), "the head is held over runs");
    terminal_keys(t, "C-c g");
    cr_expect(terminal_wait_row(t, 0, "grid"));
    terminal_keys(t, "q q");
    leave(t, 0);
}

Test(view_difference, is_written_as_diff_and_left_in_history, .timeout = 280)
{
    struct terminal *t = start(LONGER, "view @2 L2.H1", 24, 80);
    terminal_keys(t, "d");
    cr_assert(terminal_wait_row(t, 0, "less @1") && sync_frame(t));
    cr_expect(terminal_shows(t, "\xe2\x96\xb8"), "texts of unlike lengths are compared by token");
    terminal_keys(t, "e");
    cr_expect(terminal_wait_row(t, -1, ":diff @1 @2 L2.H1 align=token > L2.H1.png"));
    terminal_keys(t, "C-c");
    cr_expect(terminal_wait_gone(t, ":diff"));
    terminal_keys(t, "q");
    cr_expect_eq(terminal_wait_exit(t), 0);
    cr_expect(terminal_shows(t, "diff @1 @2 L2.H1 align=token"), "history holds it");
    leave(t, 0);
}

Test(view_difference, of_one_run_says_what_to_do, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_keys(t, "d");
    cr_expect(terminal_wait_row(t, -1, "there is one run: D holds this head"));
    terminal_keys(t, "q");
    leave(t, 0);
}
