/* The stripes view: a head over the lines of a file, over kept runs, and the keys that change what is seen. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/gaze.h"

#define TEXTS "tests/data/columns/texts.txt"

static int lightness(int32_t colour)
{
    return (colour >> 16 & 255) + (colour >> 8 & 255) + (colour & 255);
}

/* By transformers' maps (tests/core/measure/test_ratio_texts.c) the first key of L5.H0 has four times the uniform share in nearly
 * all of these texts, the second hardly more than one. */
Test(view_stripes, a_column_is_dark_from_top_to_bottom, .timeout = 280)
{
    struct terminal *t =
        view_start("deberta-v3-tiny", "view L5.H0 texts=" TEXTS, &terminal_kinds[3], 24, 80, "22 texts, cut to 23 tokens");
    cr_assert(t);
    cr_expect(terminal_wait_text(t, "no value") && sync_frame(t));
    cr_expect(terminal_shows(t, "from the end") && !terminal_shows(t, "to come"));
    int row, col, dark = 0, lines = 0;
    cr_assert(terminal_find(t, "▀▀▀▀", &row, &col));
    for (; row < 20; row++) {
        const struct emu_cell *first = emulator_cell(t->screen, row, col), *second = emulator_cell(t->screen, row, col + 1);
        if (strcmp(first->text, "▀") != 0)
            continue;
        lines++;
        dark += lightness(first->fg) + 150 < lightness(second->fg);
    }
    cr_expect(lines >= 6 && dark == lines, "%d of %d lines are dark at the first key", dark, lines);
    cr_expect(display_is(t, "stripes-80x24"));
    terminal_keys(t, "q q");
    leave(t, 0);
}

Test(view_stripes, keys_change_head_lanes_and_order_and_x_comes_back, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v3-tiny", "view L5.H0", NULL, 24, 100, "Query");
    cr_assert(t);
    terminal_keys(t, "x");
    cr_expect(terminal_wait_text(t, "1 kept run; :texts FILE"));
    terminal_keys(t, "]");
    cr_expect(terminal_wait_text(t, "     L5.H1"));
    terminal_send(t, ":texts /none\r");
    cr_expect(terminal_wait_text(t, "/none: cannot open") && terminal_shows(t, "1 kept run"));
    terminal_send(t, ":texts " TEXTS "\r");
    cr_expect(terminal_wait_text(t, "22 texts"));
    terminal_keys(t, "a a");
    cr_expect(terminal_wait_text(t, "align=end") && !terminal_shows(t, "from the start"));
    terminal_keys(t, "o");
    cr_expect(terminal_wait_text(t, "sort=length"));
    terminal_keys(t, "x");
    cr_expect(terminal_wait_row(t, 0, " L5.H1 "));
    terminal_keys(t, "q");
    leave(t, 0);
}
