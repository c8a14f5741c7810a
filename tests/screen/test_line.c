/* The prompt in a real pseudo-terminal: editing, completion, history, Ctrl-C, Ctrl-D, signals, pasted lines. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tests/screen/gaze.h"

static struct terminal *t;

static void start_with(const char *const *env)
{
    static char program[512];
    const char *build = getenv("GAZE_BUILD");
    snprintf(program, sizeof program, "%s/gaze", build ? build : "build");
    const char *argv[] = {program, "-X", "examples/models/roberta-tiny", NULL};
    t = terminal_start(&(struct terminal_setup){.argv = argv, .env = env});
    cr_assert(terminal_wait_text(t, "gaze>"));
}

static void start(void)
{
    start_with(NULL);
}

static void stop(void)
{
    terminal_free(t);
}

/* A line is entered and the next prompt is waited for: the words of its output first. */
static void enter(const char *line, const char *answer)
{
    cr_assert(wait_prompt(t));
    terminal_send(t, line);
    terminal_send(t, "\r");
    cr_assert(terminal_wait_text(t, answer), "%s", line);
    cr_assert(wait_prompt(t), "the terminal is readline's again");
}

Test(line, control_d_leaves_with_0, .init = start, .fini = stop)
{
    enter("shwo", "did you mean show?");
    terminal_keys(t, "C-d");
    cr_expect_eq(terminal_wait_exit(t), 0, "what was answered at the prompt does not count");
    cr_expect(terminal_modes_restored(t));
}

Test(line, quit_leaves_with_0, .init = start, .fini = stop)
{
    terminal_send(t, "quit\r");
    cr_expect_eq(terminal_wait_exit(t), 0);
    cr_expect(terminal_modes_restored(t));
}

Test(line, a_failed_command_has_a_caret_under_the_word, .init = start, .fini = stop)
{
    enter("set keep=many", "whole number");
    int row, col, caret_row, caret_col;
    cr_assert(terminal_wait_text(t, "^^^^"));
    cr_assert(terminal_find(t, "  set keep=many", &row, &col));
    cr_assert(terminal_find(t, "^^^^", &caret_row, &caret_col));
    cr_expect_eq(caret_row, row + 1);
    cr_expect_eq(caret_col, col + 2 + 9, "under `many`");
}

Test(line, control_c_clears_the_line_and_never_leaves, .init = start, .fini = stop)
{
    terminal_send(t, "show L0.H0 half");
    cr_assert(terminal_wait_text(t, "half"));
    terminal_keys(t, "C-c");
    cr_assert(terminal_wait_text(t, "^C"));
    enter("set", "keep=8");
    cr_expect_not(terminal_shows(t, "one word too many"), "the cleared line was not run");
    terminal_keys(t, "C-c");
    terminal_keys(t, "C-c");
    enter("set digits=4", "gaze>");
    enter("set", "digits=4");
}

Test(line, control_c_ends_a_command_and_not_the_program, .init = start, .fini = stop)
{
    terminal_send(t, "!sed -u s/o/0/\rmarco\n");
    cr_assert(terminal_wait_text(t, "marc0"), "the command runs, and waits for more");
    terminal_keys(t, "C-c");
    cr_assert(terminal_wait_text(t, "interrupted"));
    enter("set", "keep=8");
}

Test(line, tab_completes_words_of_every_kind, .init = start, .fini = stop)
{
    enter("run \"The cat sat\"", "@1");
    terminal_keys(t, "sh Tab Tab");
    cr_assert(terminal_wait_text(t, "shell  run a command of the system's shell"));
    cr_assert(terminal_wait_text(t, "show   attention maps of heads"));
    terminal_keys(t, "C-u");
    terminal_send(t, "set pal\tvi\t");
    cr_assert(terminal_wait_text(t, "gaze> set palette=vi"));
    terminal_send(t, "r\t");
    cr_assert(terminal_wait_text(t, "gaze> set palette=viridis"));
    terminal_keys(t, "C-u");
    terminal_send(t, "show L5.H\t\t");
    cr_assert(terminal_wait_text(t, "L5.H3"));
    terminal_keys(t, "C-u");
    terminal_send(t, "use rob\t");
    cr_assert(terminal_wait_text(t, "gaze> use roberta-tiny"));
    terminal_keys(t, "C-u");
    terminal_send(t, "source examples/mod\t");
    cr_assert(terminal_wait_text(t, "gaze> source examples/models/"));
}

Test(line, a_prefix_of_a_verb_is_enough_and_history_has_it_in_full, .init = start, .fini = stop)
{
    enter("mod format=csv", "name,use,where");
    terminal_keys(t, "Up");
    cr_assert(terminal_wait_text(t, "gaze> models format=csv"));
    terminal_keys(t, "C-u");
    enter("hist", "models format=csv");
    terminal_keys(t, "C-d");
    cr_assert_eq(terminal_wait_exit(t), 0);
    char path[200];
    snprintf(path, sizeof path, "%s/.local/state/gaze/history", t->home);
    char *text = file_text(path);
    struct stat st;
    if (!text) { /* the harness may set XDG_STATE_HOME */
        snprintf(path, sizeof path, "%s/state/gaze/history", t->home);
        text = file_text(path);
    }
    cr_assert(text, "no history file below %s", t->home);
    cr_expect_str_eq(text, "models format=csv\nhistory\n");
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    free(text);
}

Test(line, pasted_lines_are_run_one_by_one, .init = start, .fini = stop)
{
    terminal_send(t, "\033[200~set keep=3\nset digits=2\033[201~");
    enter("", "gaze>");
    enter("set", "keep=3 format=table palette=(the picture's own) digits=2");
}

Test(line, sigterm_leaves_with_143_and_gives_the_terminal_back, .init = start, .fini = stop)
{
    terminal_send(t, "half a li");
    cr_assert(terminal_wait_text(t, "half a li"));
    terminal_signal(t, SIGTERM);
    cr_expect_eq(terminal_wait_exit(t), 143);
    cr_expect(terminal_modes_restored(t));
}

Test(line, sighup_leaves_with_129, .init = start, .fini = stop)
{
    terminal_signal(t, SIGHUP);
    cr_expect_eq(terminal_wait_exit(t), 129);
    cr_expect(terminal_modes_restored(t));
}

Test(line, a_resized_window_keeps_the_line, .init = start, .fini = stop)
{
    terminal_send(t, "set kee");
    cr_assert(terminal_wait_text(t, "set kee"));
    terminal_resize(t, 30, 40);
    terminal_send(t, "p=7\r");
    enter("set", "keep=7");
}

Test(line, no_color_means_no_escapes_in_messages, .fini = stop)
{
    static const char *const env[] = {"NO_COLOR=1", NULL};
    start_with(env);
    size_t from = t->n_log;
    enter("shwo", "did you mean show?");
    cr_expect_null(strstr(t->log + from, "\033[1;31m"));
}

Test(line, errors_are_red_on_a_colour_terminal, .init = start, .fini = stop)
{
    size_t from = t->n_log;
    enter("shwo", "did you mean show?");
    cr_expect(strstr(t->log + from, "\033[1;31merror:\033[0m"));
}
