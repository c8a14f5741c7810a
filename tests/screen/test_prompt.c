/* The prompt in a real pseudo-terminal: editing, completion, history, Ctrl-C, Ctrl-D, modes, exit codes. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/screen/gaze.h"

#define MODEL "examples/models/roberta-tiny"

static struct terminal *prompt_with(const char *const *arguments)
{
    struct terminal *t = gaze_start(arguments, NULL, 24, 80, NULL);
    if (!wait_prompt(t)) {
        terminal_free(t);
        return NULL;
    }
    return t;
}

static struct terminal *prompt(void)
{
    return prompt_with((const char *[]){"-X", NULL});
}

static bool logged(const struct terminal *t, size_t from, const char *text)
{
    return memmem(t->log + from, t->n_log - from, text, strlen(text)) != NULL;
}

Test(prompt, prints_what_a_command_says, .timeout = 120)
{
    struct terminal *t = prompt();
    cr_assert(t);
    gaze_line(t, "load " MODEL);
    cr_expect(terminal_shows(t, "6 layers of 4 heads"), "what its config.json says");
    gaze_line(t, "tokens \" cat\"");
    char id[32], *vocab = file_text(MODEL "/vocab.json"), *entry = vocab ? strstr(vocab, "cat\":3") : NULL;
    cr_assert(entry);
    snprintf(id, sizeof id, " %ld ", strtol(entry + strlen("cat\":"), NULL, 10));
    cr_expect(terminal_shows(t, id), "its id stands in vocab.json:%s", id);
    free(vocab);
    terminal_free(t);
}

Test(prompt, points_at_the_error, .timeout = 120)
{
    struct terminal *t = prompt();
    int word_row, word_col, caret_row, caret_col;
    cr_assert(t);
    gaze_line(t, "load " MODEL);
    size_t at = gaze_line(t, "show L1.H1 scale=wrong");
    cr_expect(logged(t, at, "error:"));
    cr_assert(terminal_find(t, "  show L1.H1 scale=wrong", &word_row, &word_col) &&
              terminal_find(t, "^^^", &caret_row, &caret_col));
    cr_expect_eq(caret_row, word_row + 1, "the caret stands under the line");
    cr_expect_eq(caret_col, word_col + 2 + (int)strlen("show L1.H1 scale="), "it begins where the wrong word begins");
    at = gaze_line(t, "models where=loaded");
    cr_expect(logged(t, at, "roberta-tiny"), "the session goes on");
    terminal_free(t);
}

Test(prompt, completes_with_tab, .timeout = 120)
{
    struct terminal *t = prompt();
    cr_assert(t);
    gaze_line(t, "load " MODEL);
    terminal_send(t, "unlo\t");
    cr_expect(terminal_wait_text(t, PROMPT "unload"), "a verb");
    terminal_send(t, "rob\t");
    cr_expect(terminal_wait_text(t, PROMPT "unload roberta-tiny"), "a loaded model");
    terminal_keys(t, "C-c");
    cr_expect(wait_prompt(t));
    terminal_send(t, "set palette=vir\t");
    cr_expect(terminal_wait_text(t, PROMPT "set palette=viridis"), "a value");
    terminal_keys(t, "C-c");
    cr_expect(wait_prompt(t));
    terminal_send(t, "load examples/models/deberta-v3\t");
    cr_expect(terminal_wait_text(t, PROMPT "load examples/models/deberta-v3-tiny"), "a file");
    terminal_free(t);
}

Test(prompt, tab_tells_what_candidates_mean, .timeout = 120)
{
    struct terminal *t = prompt();
    cr_assert(t);
    terminal_send(t, "q\t\t");
    cr_expect(terminal_wait_text(t, "qk    one query and key of a head"), "a verb and its summary");
    cr_expect(terminal_wait_text(t, "quit  leave"), "in a column");
    cr_expect(terminal_wait_text(t, PROMPT "q"), "the line stands below");
    terminal_keys(t, "C-c");
    cr_expect(wait_prompt(t));
    terminal_send(t, "plot size=acl\t\t");
    cr_expect(terminal_wait_text(t, "size=acl1  a column of an ACL paper, 7.7 cm"));
    terminal_keys(t, "C-c");
    cr_expect(wait_prompt(t));
    terminal_send(t, "columns all=o\t\t");
    cr_expect(terminal_wait_text(t, "all=off"), "words that say all by themselves");
    terminal_free(t);
}

/* The row of the cursor is this text. */
static bool recalled(struct terminal *t, const void *text)
{
    int row, col;
    emulator_cursor(t->screen, &row, &col);
    char *line = emulator_row(t->screen, row);
    bool same = strcmp(line, text) == 0;
    free(line);
    return same;
}

Test(prompt, recalls_history_and_keeps_it_private, .timeout = 120)
{
    char path[200];
    struct stat status;
    struct terminal *t = prompt();
    cr_assert(t);
    gaze_line(t, "load " MODEL);
    gaze_line(t, "set keep=3");
    terminal_keys(t, "Up");
    cr_expect(terminal_wait_for(t, recalled, PROMPT "set keep=3", "the last line"));
    terminal_keys(t, "C-c");
    cr_expect(wait_prompt(t));
    terminal_keys(t, "Up Up");
    cr_expect(terminal_wait_for(t, recalled, PROMPT "load " MODEL, "the line before it"));
    terminal_keys(t, "C-c");
    snprintf(path, sizeof path, "%s/state/gaze/history", t->home);
    cr_assert_eq(stat(path, &status), 0, "%s", path);
    cr_expect_eq(status.st_mode & 0777, 0600, "mode %o", status.st_mode & 0777);
    char *text = file_text(path);
    cr_expect_str_eq(text, "load " MODEL "\nset keep=3\n");
    free(text);
    terminal_free(t);
}

Test(prompt, ctrl_c_clears_the_line, .timeout = 120)
{
    struct terminal *t = prompt();
    cr_assert(t);
    terminal_send(t, "this is never run");
    cr_expect(terminal_wait_text(t, "this is never run"));
    terminal_keys(t, "C-c");
    cr_expect(wait_prompt(t));
    size_t at = gaze_line(t, "models where=loaded");
    cr_expect(!logged(t, at, "never run"), "nothing of the cleared line is left");
    cr_expect(!logged(t, 0, "unknown command"));
    terminal_keys(t, "C-d");
    cr_expect_eq(terminal_wait_exit(t), 0);
    terminal_free(t);
}

Test(prompt, ctrl_c_ends_a_search_through_the_history, .timeout = 120)
{
    struct terminal *t = prompt();
    cr_assert(t);
    gaze_line(t, "models where=loaded");
    terminal_keys(t, "C-r");
    terminal_send(t, "where");
    cr_expect(terminal_wait_text(t, "(reverse-i-search)`where': models where=loaded"));
    terminal_keys(t, "C-c");
    cr_expect(wait_prompt(t));
    terminal_send(t, "runs");
    cr_expect(terminal_wait_for(t, recalled, PROMPT "runs", "nothing of what was found is left in the line"));
    terminal_free(t);
}

Test(prompt, a_table_that_is_wider_than_the_screen_stands_in_blocks, .timeout = 120)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/deberta-v3-tiny", SENTENCE, NULL}, NULL, 40, 80, NULL);
    int first, second, column, edge, edge_column;
    cr_assert(wait_prompt(t));
    gaze_line(t, "columns L5 all=on top=1");
    cr_assert(terminal_find(t, "site   index  token   mass", &first, &column));
    cr_assert(terminal_find(t, "edge_keys", &edge, &edge_column), "the last column");
    cr_expect(edge > first + 1, "below the first block");
    char *row = emulator_row(t->screen, edge);
    cr_expect_eq(strncmp(row, "site   index  token  ", 21), 0, "what names the row comes again: %s", row);
    free(row);
    for (second = first; second <= edge; second++) {
        row = emulator_row(t->screen, second);
        cr_expect(strlen(row) <= 80 && row[0] != ' ', "no line was broken: %s", row);
        free(row);
    }
    terminal_resize(t, 40, 60);
    size_t at = gaze_line(t, "row L5.H1 q=1 top=1");
    cr_expect(logged(t, at, "value") && !logged(t, at, "bar"), "a bar that has no room is left out");
    terminal_resize(t, 40, 80);
    at = gaze_line(t, "row L5.H1 q=1 top=1");
    cr_expect(logged(t, at, "bar"));
    at = gaze_line(t, "columns L5 all=on top=1 | head -n 20");
    cr_expect(logged(t, at, "mass  ratio") && !logged(t, at, "\r\n\r\n"), "a pipe gets whole lines");
    terminal_free(t);
}

Test(prompt, sentences_are_broken_at_blanks_and_commands_of_the_history_are_not, .timeout = 120)
{
    struct terminal *t = gaze_start((const char *[]){"-X", MODEL, "hey", NULL}, NULL, 40, 60, (const char *const[]){"PAGER=cat", NULL});
    cr_assert(wait_prompt(t));
    size_t at = gaze_line(t, "columns");
    cr_expect(logged(t, at, "c_j = (1/n)·Σ_i A_ij; cover: i != j with A_ij >= 2/n;\r\n  column: ratio"));
    at = gaze_line(t, "help plot");
    cr_expect(logged(t, at, "Axes are named\r\nQuery and Key"), "help is made for the width");
    gaze_line(t, "set keep=3 palette=viridis digits=4 # as long as this line is wide, and more");
    at = gaze_line(t, "history");
    cr_expect(logged(t, at, "set keep=3 palette=viridis digits=4 # as long as this line is wide, and more"));
    terminal_free(t);
}

Test(prompt, a_message_that_is_wider_than_the_screen_is_broken_at_a_blank, .timeout = 120)
{
    struct terminal *t = prompt();
    cr_assert(t);
    gaze_line(t, "load a-model-that-is-nowhere-to-be-found");
    cr_expect(terminal_shows(t, "error: no model \"a-model-that-is-nowhere-to-be-found\": neither here nor in"));
    terminal_free(t);
}

static void write_lines(const char *path, size_t n)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "The %zu cats sat on the %zu mats because they were tired of the long day that was.\n", i, i * 7);
    fclose(file);
}

Test(prompt, ctrl_c_cancels_the_command_and_the_session_lives_on, .timeout = 240)
{
    char line[300], path[200];
    struct terminal *t = prompt();
    cr_assert(t);
    gaze_line(t, "load " MODEL);
    snprintf(path, sizeof path, "%s/lines.txt", t->home);
    write_lines(path, 200000); /* hours of work */
    snprintf(line, sizeof line, "each %s : heads top=1\r", path);
    size_t at = t->n_log;
    terminal_send(t, line);
    cr_assert(terminal_wait_log(t, at, "largest n"), "it has begun");
    at = t->n_log;
    terminal_keys(t, "C-c");
    cr_expect(terminal_wait_log(t, at, "interrupted"));
    cr_expect(wait_prompt(t));
    at = gaze_line(t, "models where=loaded");
    cr_expect(logged(t, at, "roberta-tiny"), "the model is still there");
    at = gaze_line(t, "!echo child $((40 + 2))");
    cr_expect(logged(t, at, "child 42"));
    terminal_keys(t, "C-d");
    cr_expect_eq(terminal_wait_exit(t), 0);
    cr_expect(terminal_modes_restored(t));
    terminal_free(t);
}

Test(prompt, leaves_by_ctrl_d_quit_and_signals, .timeout = 240)
{
    static const struct {
        const char *name, *keys;
        int signal, status;
    } rows[] = {
        {"Ctrl-D", "C-d", 0, 0},
        {"quit", "quit Enter", 0, 0},
        {"SIGTERM", NULL, SIGTERM, 128 + SIGTERM},
        {"SIGHUP", NULL, SIGHUP, 128 + SIGHUP},
        {"SIGQUIT", NULL, SIGQUIT, 128 + SIGQUIT},
        {"the quit key", "C-\\", 0, 128 + SIGQUIT},
        {"SIGXCPU", NULL, SIGXCPU, 128 + SIGXCPU},
        {"SIGUSR1", NULL, SIGUSR1, 128 + SIGUSR1},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct terminal *t = prompt();
        cr_assert(t);
        if (rows[i].keys)
            terminal_keys(t, rows[i].keys);
        else
            terminal_signal(t, rows[i].signal);
        int status = terminal_wait_exit(t);
        bool restored = terminal_modes_restored(t);
        if (status != rows[i].status || !restored) {
            fprintf(stderr, "%s: exit status %d, expected %d; modes %s\n", rows[i].name, status, rows[i].status,
                    restored ? "restored" : "left changed");
            failed++;
        }
        terminal_free(t);
    }
    cr_assert_eq(failed, 0);
}

Test(prompt, exit_status_says_how_it_went, .timeout = 240)
{
    static const struct {
        const char *name, *arguments[8];
        int status;
    } rows[] = {
        {"all went well", {"-X", MODEL, "hello", "-c", "runs", NULL}, 0},
        {"a command failed", {"-X", "-c", "load nowhere-to-be-found", NULL}, 1},
        {"unknown command", {"-X", "-c", "shwo", NULL}, 1},
        {"unknown option of the program", {"--no-such-option", NULL}, 2},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct terminal *t = gaze_start(rows[i].arguments, NULL, 24, 80, NULL);
        int status = terminal_wait_exit(t);
        if (status != rows[i].status || !terminal_modes_restored(t)) {
            fprintf(stderr, "%s: exit status %d, expected %d\n", rows[i].name, status, rows[i].status);
            failed++;
        }
        terminal_free(t);
    }
    cr_assert_eq(failed, 0);
}

Test(prompt, ctrl_c_in_a_script_ends_it_with_130, .timeout = 240)
{
    char each[300], path[200];
    struct terminal *scratch = terminal_start(&(struct terminal_setup){.argv = (const char *[]){"/bin/true", NULL}});
    snprintf(path, sizeof path, "%s/lines.txt", scratch->home);
    write_lines(path, 200000);
    snprintf(each, sizeof each, "each %s : heads top=1", path);
    struct terminal *t =
        gaze_start((const char *[]){"-X", "-c", "load " MODEL, "-c", each, "-c", "!echo never", NULL}, NULL, 24, 80, NULL);
    cr_assert(terminal_wait_log(t, 0, "largest n"));
    terminal_keys(t, "C-c");
    cr_expect_eq(terminal_wait_exit(t), 130);
    cr_expect(!logged(t, 0, "\nnever"), "what follows is not run");
    cr_expect(terminal_modes_restored(t));
    terminal_free(t);
    terminal_free(scratch);
}

/* Where a prompt is there to go back to, Ctrl-C ends the script and not the program. */
Test(prompt, ctrl_c_in_a_script_of_the_prompt_leads_back_to_it, .timeout = 240)
{
    char lines[200], script[200], text[500];
    struct terminal *t = prompt();
    cr_assert(t);
    gaze_line(t, "load " MODEL);
    snprintf(lines, sizeof lines, "%s/lines.txt", t->home);
    write_lines(lines, 200000);
    snprintf(script, sizeof script, "%s/long.gaze", t->home);
    FILE *file = fopen(script, "w");
    cr_assert(file);
    fprintf(file, "each %s : heads top=1\n!echo never\n", lines);
    fclose(file);
    snprintf(text, sizeof text, "source %s\r", script);
    size_t at = t->n_log;
    terminal_send(t, text);
    cr_assert(terminal_wait_log(t, at, "largest n"));
    at = t->n_log;
    terminal_keys(t, "C-c");
    cr_expect(terminal_wait_log(t, at, "interrupted"));
    cr_assert(wait_prompt(t));
    cr_expect(!logged(t, at, "\nnever"), "what follows in the script is not run");
    at = gaze_line(t, "models where=loaded");
    cr_expect(logged(t, at, "roberta-tiny"), "the model is still there");
    terminal_keys(t, "C-d");
    cr_expect_eq(terminal_wait_exit(t), 0);
    terminal_free(t);
}
