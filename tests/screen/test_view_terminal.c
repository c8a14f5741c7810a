/* The full screen on terminals of all kinds: sizes, descriptions, scripts; and the terminal given back whatever happens. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/screen/gaze.h"

static bool plain_screen(struct terminal *t, const void *context)
{
    (void)context;
    return !emulator_alternate(t->screen) && !emulator_bidi_explicit(t->screen) && emulator_cursor_visible(t->screen);
}

Test(view, stops_and_goes_on, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_keys(t, "C-z");
    cr_expect(terminal_wait_for(t, plain_screen, NULL, "the shell's screen"));
    cr_expect(terminal_wait_stop(t) && terminal_modes_restored(t));
    terminal_resize(t, 30, 100);
    terminal_signal(t, SIGCONT);
    cr_expect(terminal_wait_row(t, 0, " L2.H1 "));
    cr_expect(terminal_wait_row(t, 28, "prob "), "in the window's new size");
    cr_expect(emulator_alternate(t->screen));
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view, follows_the_window, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_resize(t, 60, 200);
    terminal_keys(t, "Home"); /* takes the message away */
    cr_expect(terminal_wait_row(t, 59, "move"), "the last row is the last row of the new size");
    cr_expect(display_is(t, "resized-200x60"));
    terminal_resize(t, 10, 30);
    cr_expect(terminal_wait_text(t, "30 x 10"), "too small, and it says so");
    terminal_resize(t, 1, 5);
    terminal_resize(t, 3, 20);
    cr_expect(terminal_wait_text(t, "view needs 44 x 1"));
    terminal_resize(t, 24, 80);
    cr_expect(terminal_wait_row(t, 0, " L2.H1 "));
    terminal_keys(t, "Home");
    cr_expect(terminal_wait_row(t, 23, "move"));
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view, needs_no_description_of_the_terminal, .timeout = 280)
{
    static const struct {
        const char *term;
        bool direct;
    } rows[] = {{"xterm-kitty", true}, {"foot", true}, {"alacritty", true}, {"unheard-of-256color", false}};
    char dir[64], dirs[80];
    strcpy(dir, "TERMINFO=/tmp/gaze-terminfo-XXXXXX");
    cr_assert(mkdtemp(dir + strlen("TERMINFO=")));
    snprintf(dirs, sizeof dirs, "TERMINFO_DIRS=%s", dir + strlen("TERMINFO="));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct terminal_kind kind = {rows[i].term, rows[i].term, NULL, DEPTH_TRUE};
        struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/deberta-v1-tiny", SENTENCE, "-c", "view L2.H1", NULL},
                                        &kind, 24, 80, (const char *[]){dir, dirs, NULL});
        cr_assert(terminal_wait_text(t, "Query"), "%s", rows[i].term);
        cr_assert(sync_frame(t));
        bool direct = false;
        for (int row = 0; row < 24; row++)
            for (int col = 0; col < 80; col++) {
                const struct emu_cell *cell = emulator_cell(t->screen, row, col);
                direct = direct || (cell->bg != EMU_DEFAULT && (cell->bg & EMU_RGB));
            }
        cr_expect_eq(direct, rows[i].direct, "%s: 24-bit colours", rows[i].term);
        terminal_send(t, ":!echo [$TERMINFO]\r");
        cr_expect(terminal_wait_text(t, dir + strlen("TERMINFO=")), "a child finds TERMINFO as it was");
        cr_expect(!terminal_shows(t, "b64:") && terminal_wait_text(t, "Enter goes back"));
        terminal_keys(t, "Enter");
        cr_expect(terminal_wait_row(t, 0, " L2.H1 "));
        terminal_keys(t, "Right End Down");
        cr_expect(terminal_wait_text(t, "query 1 The \xe2\x86\x92 key 12 [SEP]"));
        terminal_keys(t, "q");
        leave(t, 0);
    }
    rmdir(dir + strlen("TERMINFO="));
}

Test(view, refuses_where_there_is_no_screen, .timeout = 280)
{
    static const struct {
        const char *term, *says;
    } rows[] = {{"dumb", "TERM is dumb"}, {"", "TERM is not"}};
    for (size_t i = 0; i < 2; i++) {
        struct terminal_kind kind = {"none", rows[i].term, NULL, DEPTH_MONO};
        struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/deberta-v1-tiny", SENTENCE, "-c", "view", NULL}, &kind, 24, 80, NULL);
        cr_expect_eq(terminal_wait_exit(t), 1);
        cr_expect(strstr(t->log, rows[i].says), "%s", t->log);
        cr_expect(terminal_modes_restored(t));
        terminal_free(t);
    }
}

/* ---- text of all scripts ---- */

/* A copy of the small BERT whose vocabulary has other words in place of some: tokens of one word each. */
static void make_model(const char *folder)
{
    enum { WORDS = 5 };
    static const char *const words[][2] = {{"\"to\":", "\"\u0633\u0644\u0627\u0645\":"}, /* Arabic */
                                           {"\"the\":", "\"\xe8\xb2\x93\":"},               /* a Chinese letter, two columns */
                                           {"\"and\":", "\"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\":"}, /* Hebrew */
                                           {"\"was\":", "\"\xf0\x9f\x90\xb1\":"},            /* a cat */
                                           {"\"with\":", "\"\xf0\x9f\x87\xab\xf0\x9f\x87\xb7\":"}}; /* a flag: two code points, one cluster */
    static const char *const files[] = {"config.json", "model.safetensors", "tokenizer_config.json"};
    char from[400], to[400], cwd[300];
    cr_assert(getcwd(cwd, sizeof cwd));
    for (size_t i = 0; i < 3; i++) {
        snprintf(from, sizeof from, "%s/tests/data/golden/bert/%s", cwd, files[i]);
        snprintf(to, sizeof to, "%s/%s", folder, files[i]);
        cr_assert_eq(symlink(from, to), 0);
    }
    char *text = file_text("tests/data/golden/bert/tokenizer.json");
    snprintf(to, sizeof to, "%s/tokenizer.json", folder);
    FILE *out = fopen(to, "w");
    cr_assert(text && out);
    for (const char *at = text; *at;) {
        size_t w = 0;
        while (w < WORDS && strncmp(at, words[w][0], strlen(words[w][0])) != 0)
            w++;
        if (w < WORDS) {
            fputs(words[w][1], out);
            at += strlen(words[w][0]);
        } else {
            fputc(*at++, out);
        }
    }
    fclose(out);
    free(text);
}

/* From token to token, each in the row of the marker, which comes down in one column however wide they are. */
static void walk_down(struct terminal *t, const char *const *shown, size_t n)
{
    int edge = -1;
    for (size_t i = 0; i < n; i++) {
        int marker_row, marker_col;
        terminal_keys(t, "Down");
        cr_assert(sync_frame(t));
        cr_assert(terminal_find(t, "\xe2\x96\xb8", &marker_row, &marker_col), "row %zu", i + 1);
        char *line = emulator_row(t->screen, marker_row);
        cr_expect(strstr(line, shown[i]), "'%s' stands in its row: '%s'", shown[i], line);
        free(line);
        edge = edge < 0 ? marker_col : edge;
        cr_expect_eq(marker_col, edge, "token %zu: the row is not shifted", i + 1);
    }
}

/* Hebrew and Arabic as they are seen: from right to left, the Arabic in its joined forms. */
Test(view, places_hebrew_and_arabic_on_terminals_of_all_kinds, .timeout = 280)
{
    static const struct terminal_kind kinds[] = {
        {"no colours", "vt100", NULL, DEPTH_MONO}, {"8 colours of a console", "linux", NULL, DEPTH_8}, {"8 colours", "ansi", NULL, DEPTH_8},
        {"screen", "screen", NULL, DEPTH_8},       {"tmux", "tmux-256color", NULL, DEPTH_256},         {"kitty", "xterm-kitty", NULL, DEPTH_TRUE},
    };
    static const char *const shown[] = {"\u05dd\u05d5\u05dc\u05e9", "\ufee1\ufefc\ufeb3", "\xf0\x9f\x90\xb1"};
    struct terminal *scratch = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/true", NULL}});
    char load[200], none[200];
    make_model(scratch->home);
    snprintf(load, sizeof load, "load %s as=words", scratch->home);
    snprintf(none, sizeof none, "TERMINFO=%s", scratch->home); /* no description there; others are found where the system has them */
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct terminal *t = gaze_start((const char *[]){"-X", "-c", load, "-c", "run \"\u05e9\u05dc\u05d5\u05dd \u0633\u0644\u0627\u0645 \xf0\x9f\x90\xb1 of\"", "-c",
                                                         "view L0.H0", NULL}, &kinds[i], 24, 80, (const char *[]){none, NULL});
        cr_assert(terminal_wait_text(t, "Query") && sync_frame(t), "%s", kinds[i].name);
        cr_expect(emulator_bidi_explicit(t->screen), "%s", kinds[i].name);
        walk_down(t, shown, 3);
        terminal_keys(t, "v");
        cr_expect(terminal_wait_text(t, "text") && sync_frame(t));
        cr_expect(terminal_shows(t, shown[0]) && terminal_shows(t, shown[1]), "%s: in the text", kinds[i].name);
        terminal_keys(t, "q");
        terminal_signal(t, i % 2 ? SIGTERM : SIGHUP);
        leave(t, 128 + (i % 2 ? SIGTERM : SIGHUP));
    }
    terminal_free(scratch);
}

Test(view, places_text_of_all_scripts, .timeout = 280)
{
    struct terminal *scratch = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/true", NULL}});
    char load[200];
    make_model(scratch->home);
    snprintf(load, sizeof load, "load %s as=words", scratch->home);
    struct terminal *t = gaze_start((const char *[]){"-X", "-c", load, "-c", "run \"\xe8\xb2\x93 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xf0\x9f\x90\xb1 \xf0\x9f\x87\xab\xf0\x9f\x87\xb7 of\"",
                                                     "-c", "view L0.H0", NULL}, NULL, 24, 80, NULL);
    cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
    static const char *const shown[] = {"\xe8\xb2\x93", "\xd7\x9d\xd7\x95\xd7\x9c\xd7\xa9", "\xf0\x9f\x90\xb1", "\\u{1F1EB}\\u{1F1F7}"};
    cr_expect(emulator_bidi_explicit(t->screen));
    walk_down(t, shown, 4);
    int row, col;
    cr_assert(terminal_find(t, "\xe8\xb2\x93", &row, &col));
    cr_expect_eq(emulator_cell(t->screen, row, col)->width, 2);
    cr_expect(display_is(t, "scripts-80x24"));
    terminal_keys(t, "q");
    leave(t, 0);
    terminal_free(scratch);
}

/* ---- the terminal is never left broken ---- */

Test(view, gives_the_terminal_back_on_signals, .timeout = 280)
{
    for (int signal = SIGHUP; signal <= SIGTERM; signal += SIGTERM - SIGHUP) {
        struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
        cr_assert(t);
        cr_expect(emulator_bidi_explicit(t->screen), "the program orders right-to-left text itself");
        terminal_signal(t, signal);
        leave(t, 128 + signal);
    }
}

Test(view, gives_the_terminal_back_on_a_crash, .timeout = 280)
{
    static const int crashes[] = {SIGSEGV, SIGABRT, SIGFPE, SIGQUIT, SIGUSR1, SIGALRM, SIGXCPU};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/deberta-v1-tiny", SENTENCE, "-c", "view L2.H1", NULL},
                                        NULL, 24, 80, (const char *[]){without_asan_handler(), NULL});
        cr_assert(terminal_wait_text(t, "Query"));
        terminal_signal(t, crashes[i]);
        leave(t, 128 + crashes[i]);
    }
}

Test(view, gives_the_terminal_back_on_the_quit_key, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_send(t, "\034");
    leave(t, 128 + SIGQUIT);
}

Test(view, ctrl_c_does_not_leave, .timeout = 280)
{
    struct terminal *t = view_start("deberta-v1-tiny", "view L2.H1", NULL, 24, 80, "Query");
    cr_assert(t);
    terminal_keys(t, "C-c");
    cr_expect(terminal_wait_row(t, 23, "q leaves"));
    terminal_send(t, ":half a line");
    cr_expect(terminal_wait_row(t, 23, ":half a line"));
    terminal_keys(t, "C-c");
    cr_expect(terminal_wait_gone(t, ":half a line"));
    terminal_keys(t, "q");
    leave(t, 0);
}
