/* The full screen, driven by keys in a real pseudo-terminal, at two sizes and in four colour depths. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/screen/gaze.h"
#include "viz/draw/cells.h"

static const struct {
    int rows, cols;
    const char *name;
} sizes[] = {{24, 80, "80x24"}, {60, 200, "200x60"}};
static const char *const tokens[DEBERTA_TOKENS] = {"[CLS]", "The", "cat", "sat", "on", "the", "mat", "because", "it", "was", "tired", ".", "[SEP]"};

/* The value in the status line: the third word group, after "→ key N TOKEN". */
static double shown_value(const struct terminal *t, size_t query, size_t key)
{
    char lead[80];
    int row, col;
    snprintf(lead, sizeof lead, "query %zu %s \xe2\x86\x92 key %zu %s", query, tokens[query], key, tokens[key]);
    if (!terminal_find(t, lead, &row, &col))
        return NAN;
    char *line = emulator_row(t->screen, row);
    double value = strtod(strstr(line, lead) + strlen(lead), NULL);
    free(line);
    return value;
}

/* ---- recorded screens, and in each a fact that the program did not compute ---- */

Test(view, map_at_two_sizes_in_four_depths, .timeout = 280)
{
    int failed = 0;
    for (const struct terminal_kind *kind = terminal_kinds; kind->name; kind++)
        for (size_t s = 0; s < 2; s++) {
            struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", kind, sizes[s].rows, sizes[s].cols, "Query");
            char name[64];
            cr_assert(t, "%s at %s", kind->name, sizes[s].name);
            terminal_keys(t, "Down j Right");
            bool ok = terminal_wait_text(t, "query 2 cat") && sync_frame(t);
            snprintf(name, sizeof name, "map-%s%s", sizes[s].name, kind->depth == DEPTH_MONO ? "-mono" : "");
            ok = display_is(t, name) && ok;
            /* The sentence's third token is "cat": its row, and no other, has the marker. */
            int row, after, marker_row, marker_col;
            ok = find_query_row(t, 2, "cat", &row, &after) && terminal_find(t, "\xe2\x96\xb8", &marker_row, &marker_col) &&
                 row == marker_row && ok;
            if (!ok) {
                fprintf(stderr, "%s at %s\n", kind->name, sizes[s].name);
                terminal_dump(t, "wrong");
                failed++;
            }
            terminal_keys(t, "q");
            leave(t, 0);
        }
    cr_assert_eq(failed, 0);
}

/* Column of value j in the row of labels: the map begins behind the gutter, cells of two columns at 80 × 24. */
static const struct emu_cell *cell_of_value(const struct terminal *t, size_t query, const char *token, size_t key)
{
    int row, after;
    cr_assert(find_query_row(t, query, token, &row, &after));
    return emulator_cell(t->screen, row, after + 1 + 2 * (int)key);
}

static int32_t colour_expected(enum depth depth, double position)
{
    struct ramp ramp;
    struct rgb rgb = table_colour(&palette_viridis, position);
    if (depth == DEPTH_TRUE)
        return EMU_RGB | rgb.r << 16 | rgb.g << 8 | rgb.b;
    palette_ramp(&palette_viridis, depth, &ramp);
    double level = floor(position * (double)ramp.n);
    return ramp.index[(size_t)fmin(level, (double)ramp.n - 1)];
}

static int colour_distance(int32_t a, int32_t b)
{
    int most = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        int d = abs((a >> shift & 255) - (b >> shift & 255));
        most = d > most ? d : most;
    }
    return most;
}

Test(view, shows_the_attention_that_queries_and_keys_give, .timeout = 280)
{
    struct own_map own;
    int failed = 0;
    static const char *const words[ROBERTA_TOKENS] = {"<s>", "The", "cat", "sat", "on", "the", "mat", "because", "it", "was", "tired", ".", "</s>"};
    cr_assert(own_map_make(&own, "L1.H2"));
    for (const struct terminal_kind *kind = terminal_kinds; kind->name; kind++) {
        struct terminal *t = view_start("roberta-tiny", "view L1.H2", kind, 24, 80, "Query");
        cr_assert(t, "%s", kind->name);
        /* the exact value, computed here */
        char exact[64];
        int row, col;
        terminal_keys(t, "j j j l l");
        cr_assert(terminal_wait_text(t, "query 3 sat \xe2\x86\x92 key 2 cat") && sync_frame(t));
        cr_assert(terminal_find(t, "key 2 cat", &row, &col));
        char *line = emulator_row(t->screen, row);
        double value = strtod(strstr(line, "key 2 cat") + strlen("key 2 cat"), NULL);
        free(line);
        snprintf(exact, sizeof exact, "%.9g, expected %.9g", value, own.probs[3 * own.T + 2]);
        cr_expect(fabs(value - own.probs[3 * own.T + 2]) < 1e-5, "%s: %s", kind->name, exact);
        /* the cells' colours, from the palette's table */
        for (size_t i = 0; i < own.T; i++)
            for (size_t j = 0; j < own.T; j++) {
                if (i == 3 && j == 2)
                    continue; /* the crosshair's own cell */
                double position = own.probs[i * own.T + j] / own.largest, levels = 5;
                const struct emu_cell *cell = cell_of_value(t, i, words[i], j);
                bool ok;
                if (kind->depth == DEPTH_MONO) {
                    static const char *const shades[] = {"", "\xe2\x96\x91", "\xe2\x96\x92", "\xe2\x96\x93", "\xe2\x96\x88"};
                    const char *text = strcmp(cell->text, " ") == 0 ? "" : cell->text;
                    ok = strcmp(text, shades[(size_t)fmin(position * levels, 4)]) == 0;
                } else if (kind->depth == DEPTH_TRUE) {
                    ok = (cell->bg & EMU_RGB) && colour_distance(cell->bg, colour_expected(kind->depth, position)) <= 1;
                } else {
                    ok = cell->bg == colour_expected(kind->depth, position);
                }
                if (!ok) {
                    fprintf(stderr, "%s: query %zu key %zu: value %.6f has colour %x '%s'\n", kind->name, i, j,
                            own.probs[i * own.T + j], (unsigned)cell->bg, cell->text);
                    failed++;
                }
            }
        terminal_keys(t, "q");
        leave(t, 0);
    }
    own_map_free(&own);
    cr_assert_eq(failed, 0, "%d cells differ", failed);
}

Test(view, terms_add_up_to_the_score, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1 part=c2p", NULL, 24, 80, "c2p");
    cr_assert(t);
    cr_expect(display_is(t, "c2p-80x24"));
    terminal_keys(t, "Down Down End");
    cr_assert(terminal_wait_text(t, "key 12 [SEP]") && sync_frame(t));
    int row, col;
    double prob, score, c2c, c2p, p2c;
    cr_assert(terminal_find(t, "score ", &row, &col));
    char *line = emulator_row(t->screen, row);
    cr_assert_eq(sscanf(line, " prob %lf score %lf = c2c %lf + c2p %lf + p2c %lf", &prob, &score, &c2c, &c2p, &p2c), 5, "%s", line);
    free(line);
    cr_expect(fabs(score - (c2c + c2p + p2c)) < 2e-4, "%f = %f + %f + %f", score, c2c, c2p, p2c);
    cr_expect(fabs(shown_value(t, 2, 12) - c2p) < 1e-4, "the map shows the part that was asked for");
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view, rows_of_probabilities_sum_to_one, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    double sum = 0;
    cr_assert(t);
    terminal_keys(t, "PgDn Home");
    for (size_t key = 0; key < DEBERTA_TOKENS; key++) {
        char wait[64];
        snprintf(wait, sizeof wait, "key %zu %s", key, tokens[key]);
        cr_assert(terminal_wait_text(t, wait) && sync_frame(t));
        sum += shown_value(t, 7, key);
        terminal_keys(t, "Right");
    }
    cr_expect(fabs(sum - 1) < 1e-5, "thirteen values read off the screen sum to %.9f", sum);
    terminal_keys(t, "q");
    leave(t, 0);
}

/* ---- keys ---- */

Test(view, keys_change_what_is_looked_at, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    static const struct {
        const char *keys, *text;
        int row;
    } steps[] = {
        {"]", " L2.H2 ", 0},       {"[ [", " L2.H0 ", 0},      {"[", " L2.H3 ", 0},          {"}", " L3.H3 ", 0},
        {"{ {", " L1.H3 ", 0},     {"m", " scores ", 0},       {"m", " c2c ", 0},            {"m", " c2p ", 0},
        {"m", " p2c ", 0},         {"m", "softmax of c2c", 0}, {"M M", " c2p ", 0},          {"End", "key 12 [SEP]", -3},
        {"Home", "key 0 [CLS]", -3}, {"PgDn", "query 7 because", -3}, {"PgUp", "query 0 [CLS]", -3}, {"c", "palette PuOr", -1},
        {"s", "scale sqrt", -1},   {"S", "scale linear", -1},  {"t", "query 1 The", -3},     {"t", "query 1 The", -3},
    };
    cr_assert(t);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        terminal_keys(t, steps[i].keys);
        cr_assert(terminal_wait_row(t, steps[i].row, steps[i].text), "%s: %s", steps[i].keys, steps[i].text);
    }
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view, a_key_that_comes_later_is_masked_not_a_number, .timeout = 280)
{
    struct terminal *t = view_start("gpt2-tiny", "view L0.H0", NULL, 30, 110, "Query");
    cr_assert(t);
    terminal_keys(t, "Enter Right Right");
    cr_expect(terminal_wait_text(t, "masked here"));
    terminal_keys(t, "Down Right");
    cr_expect(sync_frame(t) && !terminal_shows(t, "nan"));
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view, finds_tokens, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_send(t, "/at\r");
    cr_expect(terminal_wait_text(t, "key 2 cat"));
    terminal_keys(t, "n");
    cr_expect(terminal_wait_text(t, "key 3 sat"));
    terminal_keys(t, "n");
    cr_expect(terminal_wait_text(t, "key 6 mat"));
    terminal_keys(t, "N");
    cr_expect(terminal_wait_text(t, "key 3 sat"));
    terminal_keys(t, "n n");
    cr_expect(terminal_wait_text(t, "key 2 cat"), "around the end");
    terminal_send(t, "/zebra\r");
    cr_expect(terminal_wait_text(t, "no token holds 'zebra'"));
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view, hides_special_tokens, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "[CLS]");
    cr_assert(t);
    terminal_keys(t, "t");
    cr_expect(terminal_wait_text(t, "special hidden") && sync_frame(t));
    cr_expect(!terminal_shows(t, "0   [CLS]") && !terminal_shows(t, "12   [SEP]"), "neither is a row any more");
    cr_expect(display_is(t, "special-80x24"));
    terminal_keys(t, "t");
    cr_expect(terminal_wait_text(t, "12   [SEP]"));
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view, grid_goes_to_the_head, .timeout = 280)
{
    for (size_t s = 0; s < 2; s++) {
        char name[64];
        struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, sizes[s].rows, sizes[s].cols, "Query");
        cr_assert(t);
        terminal_keys(t, "g Down Right Right");
        cr_expect(terminal_wait_row(t, -2, "L3.H3") && sync_frame(t));
        snprintf(name, sizeof name, "grid-%s", sizes[s].name);
        cr_expect(display_is(t, name));
        for (int head = 0; head < 4; head++) { /* as many as config.json says, and no more */
            char title[16];
            snprintf(title, sizeof title, "H%d", head);
            cr_expect(terminal_shows(t, title));
        }
        char *titles = emulator_row(t->screen, 1);
        cr_expect(!strstr(titles, "H4"), "four heads a layer: '%s'", titles);
        free(titles);
        terminal_keys(t, "Enter");
        cr_expect(terminal_wait_row(t, 0, " L3.H3 "));
        terminal_keys(t, "q");
        leave(t, 0);
    }
}

Test(view, help_comes_from_the_keys, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 60, 200, "Query");
    cr_assert(t);
    terminal_keys(t, "?");
    cr_expect(terminal_wait_text(t, "pin this query") && sync_frame(t));
    cr_expect(display_is(t, "help-200x60"));
    static const char *const said[] = {"[ ]", "{ }", "m M", "c C", "s S", "t ", "+ - 0", "/ n N", "Enter", "g ", "save-display", "Home End", "PgUp PgDn"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        cr_expect(terminal_shows(t, said[i]), "the help names %s", said[i]);
    terminal_keys(t, "q");
    cr_expect(terminal_wait_row(t, 0, " L2.H1 "));
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view, leaves_its_steps_in_the_history, .timeout = 280)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/deberta-v1-tiny", SENTENCE, NULL}, NULL, 24, 80, NULL);
    cr_assert(wait_prompt(t));
    terminal_send(t, "view L2.H1\r");
    cr_assert(terminal_wait_text(t, "Query"));
    terminal_keys(t, "] m m t Enter q");
    cr_assert(wait_prompt(t));
    gaze_line(t, "history");
    static const char *const lines[] = {"show @1 L2.H1", "show @1 L2.H2", "show @1 L2.H2 part=scores", "show @1 L2.H2 part=c2c",
                                        "show @1 L2.H2 part=c2c special=off", "row @1 L2.H2 part=c2c q=1 special=off"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        int row, col;
        bool whole = false;
        if (terminal_find(t, lines[i], &row, &col))
            for (row = 0; row < 24 && !whole; row++) {
                char *line = emulator_row(t->screen, row);
                whole = strcmp(line, lines[i]) == 0;
                free(line);
            }
        cr_expect(whole, "%s", lines[i]);
    }
    terminal_keys(t, "Up Up");
    cr_expect(terminal_wait_text(t, PROMPT "row @1 L2.H2 part=c2c q=1 special=off"), "Up brings them back too");
    terminal_keys(t, "C-c");
    cr_expect(wait_prompt(t));
    terminal_keys(t, "C-d");
    leave(t, 0);
}

Test(view, runs_any_command, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_send(t, ":predict \"The cat sat on the [MASK].\" top=2\r");
    cr_expect(terminal_wait_text(t, "Enter goes back to the view"));
    cr_expect(!emulator_alternate(t->screen), "it prints on the plain screen");
    cr_expect(terminal_shows(t, "prob"));
    terminal_keys(t, "Enter");
    cr_expect(terminal_wait_row(t, 0, " L2.H1 "));
    terminal_send(t, ":L4.H2\r");
    cr_expect(terminal_wait_row(t, 0, " L4.H2 "));
    terminal_send(t, ":go 5 3\r");
    cr_expect(terminal_wait_text(t, "query 5 the \xe2\x86\x92 key 3 sat"));
    terminal_send(t, ":nonsense\r");
    cr_expect(terminal_wait_text(t, "unknown command \"nonsense\""));
    terminal_keys(t, "Enter");
    cr_expect(terminal_wait_row(t, 0, " L4.H2 "));
    terminal_keys(t, "q");
    cr_expect_eq(terminal_wait_exit(t), 1, "a command failed");
    cr_expect(terminal_modes_restored(t));
    terminal_free(t);
}

/* What ablate says of predictions is read first; then its run is looked at. `run` says nothing: its run is there at once. */
Test(view, shows_what_a_change_says_and_then_its_run, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 40, 160, "Query");
    cr_assert(t);
    terminal_send(t, ":ablate L2.H1\r");
    cr_expect(terminal_wait_text(t, "Enter goes back to the view"));
    cr_expect(terminal_shows(t, "loss_change"));
    terminal_keys(t, "Enter");
    cr_expect(terminal_wait_row(t, 0, "deberta-v1-tiny @2"));
    terminal_send(t, ":run \"Another text\"\r");
    cr_expect(terminal_wait_row(t, 0, "deberta-v1-tiny @3"));
    terminal_keys(t, "q");
    cr_expect_eq(terminal_wait_exit(t), 0);
    terminal_free(t);
}

Test(view, turns_to_another_run, .timeout = 280)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/deberta-v1-tiny", SENTENCE, "-c", "load examples/models/roberta-tiny",
                                                     "-c", "run \"Another text\"", "-c", "view @1 L2.H1", NULL}, NULL, 24, 80, NULL);
    cr_assert(terminal_wait_row(t, 0, " L2.H1  probs   deberta-v1-tiny @1"));
    terminal_send(t, ":view @2 L4.H3\r");
    cr_expect(terminal_wait_row(t, 0, " L4.H3  probs   roberta-tiny @2"));
    cr_expect(terminal_wait_text(t, "</s>"));
    terminal_keys(t, "m m");
    cr_expect(terminal_wait_row(t, 0, " L4.H3  probs "), "one term only: probabilities, scores, and round again");
    terminal_send(t, ":view @7\r");
    cr_expect(terminal_wait_row(t, 23, "@7"), "there is no such run");
    terminal_send(t, ":drop @2\r");
    cr_expect(terminal_wait_text(t, "Enter goes back"));
    terminal_keys(t, "Enter");
    cr_expect_eq(terminal_wait_exit(t), 1, "nothing is left to look at");
    cr_expect(strstr(t->log, "@2, the run that was looked at, has been dropped"));
    cr_expect(terminal_modes_restored(t));
    terminal_free(t);
}

Test(view, completes_in_its_command_line, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_send(t, ":show L1.H0 pal\tvir\t");
    cr_expect(terminal_wait_row(t, 23, ":show L1.H0 palette=viridis"));
    terminal_keys(t, "C-u");
    terminal_send(t, "sh\t");
    cr_expect(terminal_wait_row(t, 22, "show"), "several: they are told");
    terminal_keys(t, "Escape");
    cr_expect(terminal_wait_row(t, 23, "move"));
    terminal_keys(t, "q");
    leave(t, 0);
}
