/* The panes of the full screen that show one map otherwise: a row as bars, and the ways between panes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/gaze.h"

static const int sizes[][2] = {{24, 80}, {40, 120}, {70, 250}};
static const char *const words[ROBERTA_TOKENS] = {"<s>",     "The", "cat", "sat",   "on", "the", "mat",
                                                  "because", "it",  "was", "tired", ".",  "</s>"};

/* ---- the row pane ---- */

/* A line of the list: "NUMBER TOKEN VALUE ███▌". */
struct bar {
    size_t number;
    char token[64];
    double value, cells; /* cells: of the bar, in eighths */
    int row;
};

/* Lines of the list from row 2 on, as many as there are. */
static size_t read_bars(struct terminal *t, struct bar *out, size_t most)
{
    size_t n = 0;
    for (int row = 2; n < most; row++, n++) {
        char *line = emulator_row(t->screen, row), *at = line + strspn(line, " \xe2\x96\xb8\xbc");
        int read = 0;
        out[n] = (struct bar){.row = row};
        bool ok = sscanf(at, "%zu %63s %lf%n", &out[n].number, out[n].token, &out[n].value, &read) == 3;
        for (const char *c = ok ? at + read : ""; *c; c++)
            if (strncmp(c, "\xe2\x96", 2) == 0) { /* █ is 0x88, ▉ … ▏ 0x89 … 0x8f */
                int last = (unsigned char)c[2];
                out[n].cells += last >= 0x88 && last <= 0x8f ? (0x90 - last) / 8.0 : 0;
            }
        free(line);
        if (!ok)
            break;
    }
    return n;
}

Test(view_panes, a_row_has_exact_values_and_bars_of_their_length, .timeout = 280)
{
    struct own_map own;
    cr_assert(own_map_make(&own, "L1.H2"));
    for (size_t s = 0; s < 3; s++)
        for (size_t k = 0; k < 2; k++) {
            const struct terminal_kind *kind = &terminal_kinds[k ? 3 : 0];
            struct terminal *t = view_start("roberta-tiny", "view L1.H2", kind, sizes[s][0], sizes[s][1], "Query");
            struct bar bars[ROBERTA_TOKENS];
            double longest = 0, largest = 0;
            cr_assert(t);
            terminal_keys(t, "j j j r");
            cr_assert(terminal_wait_text(t, "query 3 sat looks at") && sync_frame(t));
            cr_assert_eq(read_bars(t, bars, ROBERTA_TOKENS), ROBERTA_TOKENS);
            for (size_t i = 0; i < own.T; i++) {
                largest = fmax(largest, own.probs[3 * own.T + i]);
                longest = fmax(longest, bars[i].cells);
            }
            for (size_t i = 0; i < own.T; i++) {
                double value = own.probs[3 * own.T + i];
                cr_expect(bars[i].number == i && strcmp(bars[i].token, words[i]) == 0, "%zu %s", bars[i].number, bars[i].token);
                cr_expect(fabs(bars[i].value - value) < 1e-5, "%s: %.9g, not %.9g", words[i], bars[i].value, value);
                cr_expect(fabs(bars[i].cells - value / largest * longest) <= 0.13, "%s: a bar of %g cells, not %g", words[i],
                          bars[i].cells, value / largest * longest);
            }
            cr_expect(longest > sizes[s][1] / 2.0, "the longest takes the room");
            terminal_keys(t, "o");
            cr_assert(terminal_wait_text(t, "largest first") && sync_frame(t));
            cr_assert_eq(read_bars(t, bars, ROBERTA_TOKENS), ROBERTA_TOKENS);
            for (size_t i = 1; i < own.T; i++)
                cr_expect(bars[i].value <= bars[i - 1].value);
            terminal_keys(t, "Home");
            char wanted[100];
            snprintf(wanted, sizeof wanted, "query 3 sat \xe2\x86\x92 key %zu %s", bars[0].number, bars[0].token);
            cr_expect(terminal_wait_row(t, -3, wanted));
            mouse(t, MOUSE_LEFT, bars[4].row, 3);
            snprintf(wanted, sizeof wanted, "key %zu %s", bars[4].number, bars[4].token);
            cr_expect(terminal_wait_row(t, -3, wanted), "a click takes that key");
            terminal_keys(t, "q q");
            leave(t, 0);
        }
    own_map_free(&own);
}

Test(view_panes, a_column_is_the_queries_of_a_key, .timeout = 280)
{
    struct own_map own;
    struct bar bars[ROBERTA_TOKENS];
    cr_assert(own_map_make(&own, "L1.H2"));
    struct terminal *t = view_start("roberta-tiny", "view L1.H2", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_keys(t, "l l r a");
    cr_assert(terminal_wait_text(t, "key 2 cat is seen by") && sync_frame(t));
    cr_assert_eq(read_bars(t, bars, ROBERTA_TOKENS), ROBERTA_TOKENS);
    for (size_t i = 0; i < own.T; i++)
        cr_expect(fabs(bars[i].value - own.probs[i * own.T + 2]) < 1e-5, "%s", words[i]);
    terminal_keys(t, "e");
    cr_expect(terminal_wait_row(t, -1, ":plot @1 L1.H2 k=2 style=text > L1.H2.row.png"));
    terminal_keys(t, "C-c a l Enter l e");
    cr_expect(terminal_wait_row(t, -1, ":plot @1 L1.H2 q=2 style=bars > L1.H2.row.png"));
    terminal_keys(t, "C-c");
    cr_expect(terminal_wait_text(t, "\xe2\x97\x86 1 The beside it"), "the pinned query's values");
    terminal_keys(t, "q q");
    leave(t, 0);
    own_map_free(&own);
}

Test(view_panes, a_masked_key_is_called_so_and_a_signed_bar_stands_left_of_0, .timeout = 280)
{
    struct terminal *t = view_start("gpt2-tiny", "view L0.H0", NULL, 30, 110, "Query");
    int row, col, zero;
    cr_assert(t);
    terminal_keys(t, "j r");
    cr_assert(terminal_wait_text(t, "query 1") && sync_frame(t));
    cr_expect(terminal_shows(t, "  masked"), "the next token is not seen");
    terminal_keys(t, "q q");
    leave(t, 0);
    t = view_start("deberta-v1-tiny", "view L2.H1 part=c2c", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_keys(t, "j j r");
    cr_assert(terminal_wait_text(t, "0 inside") && sync_frame(t));
    bool left = false, right = false;
    for (row = 2, zero = -1; row < 15; row++) {
        char *line = emulator_row(t->screen, row);
        double value = NAN;
        sscanf(line + strspn(line, " \xe2\x96\xb8"), "%*u %*s %lf", &value);
        free(line);
        for (col = 35; col < 80 && strncmp(emulator_cell(t->screen, row, col)->text, "\xe2\x96", 2) != 0; col++)
            ;
        if (value > 0.05) { /* all bars to the right begin where 0 is */
            cr_expect(zero < 0 || zero == col, "row %d begins at %d, not %d", row, col, zero);
            zero = col;
            right = true;
        }
        left |= value < -0.05;
    }
    cr_assert(left && right);
    for (row = 2; row < 15; row++) {
        char *line = emulator_row(t->screen, row);
        double value = NAN;
        sscanf(line + strspn(line, " \xe2\x96\xb8"), "%*u %*s %lf", &value);
        free(line);
        bool before = strncmp(emulator_cell(t->screen, row, zero - 1)->text, "\xe2\x96", 2) == 0;
        cr_expect(fabs(value) < 0.05 || before == (value < 0), "row %d, %g", row, value);
    }
    terminal_keys(t, "q q");
    leave(t, 0);
}

/* ---- the lines pane ---- */

/* Dots of the Braille patterns in a row of the screen. */
static size_t dots_in(const struct terminal *t, int row, int first, int last)
{
    size_t n = 0;
    for (int col = first; col <= last; col++)
        n += strncmp(emulator_cell(t->screen, row, col)->text, "\xe2\xa0", 2) == 0 || strncmp(emulator_cell(t->screen, row, col)->text, "\xe2\xa1", 2) == 0 ||
             strncmp(emulator_cell(t->screen, row, col)->text, "\xe2\xa2", 2) == 0 || strncmp(emulator_cell(t->screen, row, col)->text, "\xe2\xa3", 2) == 0;
    return n;
}

Test(view_panes, lines_go_from_a_query_to_its_strongest_key, .timeout = 280)
{
    struct own_map own;
    cr_assert(own_map_make(&own, "L1.H2"));
    for (size_t s = 0; s < 3; s++)
        for (size_t k = 0; k < 4; k += 3) {
            struct terminal *t = view_start("roberta-tiny", "view L1.H2", &terminal_kinds[k], sizes[s][0], sizes[s][1], "Query");
            size_t best = 0;
            cr_assert(t);
            for (size_t j = 0; j < own.T; j++)
                best = own.probs[8 * own.T + j] > own.probs[8 * own.T + best] ? j : best;
            terminal_send(t, ":go 8 0\r");
            terminal_keys(t, "L a");
            cr_assert(terminal_wait_text(t, "query 8 it  this query alone") && sync_frame(t));
            int row, col, first = 2 + (best < 8 ? (int)best : 8), last = 2 + (best < 8 ? 8 : (int)best);
            for (row = 2; row < 2 + (int)own.T; row++) { /* a line from row 8 to that of its key: no dots but between them */
                double least = 1;
                for (size_t j = 0; j < own.T; j++)
                    if (own.probs[8 * own.T + j] >= 0.1 * own.probs[8 * own.T + best]) {
                        first = 2 + (int)j < first ? 2 + (int)j : first;
                        last = 2 + (int)j > last ? 2 + (int)j : last;
                        least = fmin(least, own.probs[8 * own.T + j]);
                    }
                size_t n = dots_in(t, row, 10, sizes[s][1] - 10);
                cr_expect((n > 0) == (row >= first && row <= last), "row %d has %zu dots; lines are in %d to %d", row, n, first, last);
            }
            cr_assert(terminal_find(t, "\xe2\x96\xb8", &row, &col));
            cr_expect_eq(row, 2 + 8, "the query's own line");
            for (int at = row - 1; at <= row + 1; at++)
                cr_expect_eq(dots_in(t, at, col + 1, col + 1), at == row, "they begin at the query, not in row %d", at);
            terminal_keys(t, "e");
            cr_expect(terminal_wait_row(t, -1, ":plot @1 L1.H2 q=8 style=lines > L1.H2.lines.png"));
            terminal_keys(t, "C-c a o ] e");
            cr_expect(terminal_wait_row(t, -1, ":plot @1 L1.H3 style=lines L1.H2 > L1.H3.lines.png"), "two heads in one drawing");
            terminal_keys(t, "C-c");
            mouse(t, MOUSE_LEFT, 2 + 4, 8);
            cr_expect(terminal_wait_row(t, -3, "query 4 on"), "a click takes that query");
            terminal_keys(t, "m");
            cr_expect(terminal_wait_text(t, "holds values below 0"), "scores are no weights");
            terminal_keys(t, "q q");
            leave(t, 0);
        }
    own_map_free(&own);
}

/* ---- between panes ---- */

Test(view_panes, tab_goes_through_the_panes_and_a_key_leads_to_each, .timeout = 280)
{
    struct terminal *t = view_start("roberta-tiny", "view L1.H2", NULL, 24, 80, "Query");
    static const struct {
        const char *keys, *title;
    } steps[] = {{"Tab", " grid "}, {"Tab", "L1.H2 row "}, {"Tab", "L1.H2 lines "}, {"Tab", "L1.H2 text "}, {"v", " L1.H2  probs"}, {"x", "L1.H2 stripes "},
                 {"r", "L1.H2 row "}, {"g", " grid "}, {"v", "L1.H2 text "}, {"q", " L1.H2  probs"}};
    cr_assert(t);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        terminal_keys(t, steps[i].keys);
        cr_expect(terminal_wait_row(t, 0, steps[i].title), "%zu: %s", i, steps[i].keys);
    }
    terminal_send(t, "\033[Z");
    cr_expect(terminal_wait_row(t, 0, "L1.H2 stripes "), "Shift-Tab: from the map to the last");
    terminal_keys(t, "q q");
    leave(t, 0);
}

Test(view_panes, the_tokens_beside_the_crosshair_are_spelled, .timeout = 280)
{
    for (size_t s = 0; s < 3; s++) {
        struct terminal *t = view_start("roberta-tiny", "view L1.H2", NULL, sizes[s][0], sizes[s][1], "Query");
        cr_assert(t);
        terminal_send(t, ":go 7 2\r");
        cr_expect(terminal_wait_row(t, -4, "the mat [because] it was"));
        cr_expect(terminal_wait_row(t, -4, "<s> The [cat] sat on"));
        cr_expect(s == 0 || terminal_shows(t, "<s> The cat sat on the mat [because] it was tired . </s>"), "all of them where there is room");
        terminal_keys(t, "q");
        leave(t, 0);
    }
}

Test(view_panes, where_the_crosshair_went_is_left_in_history_as_commands, .timeout = 280)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/roberta-tiny", SENTENCE, "-c", "view L1.H2", "-c",
                                                     "history", NULL}, NULL, 40, 100, NULL);
    cr_assert(terminal_wait_text(t, "Query"));
    terminal_keys(t, "j j l r q b");
    cr_assert(terminal_wait_row(t, -1, "heads by"));
    terminal_keys(t, "g q l q");
    cr_expect_eq(terminal_wait_exit(t), 0);
    static const char *const lines[] = {"show @1 L1.H2", "row @1 L1.H2 q=2 k=1", "plot @1 L1.H2 q=2 style=bars",
                                        "grid @1 by=", "grid @1", "row @1 L1.H2 q=2 k=2"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_expect(terminal_shows(t, lines[i]), "%s", lines[i]);
    leave(t, 0);
}
