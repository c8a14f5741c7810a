/* pull at a terminal: a bar while it works, Ctrl-C, and what goes on from there; without a terminal no bar. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/gaze.h"
#include "tests/support/hub_server.h"
#include "tests/support/scratch.h"

static struct hub_served files[] = {
    {.name = "config.json"}, {.name = "model.safetensors", .large = true}, {.name = "tokenizer.json"}};
static struct hub_server *server;
static char home[300];

static void set_up(void)
{
    for (size_t i = 0; i < 3; i++) {
        char path[200];
        snprintf(path, sizeof path, "tests/data/golden/bert/%s", files[i].name);
        files[i].bytes = read_file(path, &files[i].n);
    }
    server = hub_server_start(files, 3);
    snprintf(home, sizeof home, "HF_HOME=%s", scratch_folder());
}

static void tear_down(void)
{
    for (size_t i = 0; i < 3; i++)
        free((void *)files[i].bytes);
}

static struct terminal *start(void)
{
    struct terminal *t = gaze_start((const char *[]){"-X", NULL}, NULL, 24, 80,
                                    (const char *[]){home, "HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", NULL});
    cr_assert(wait_prompt(t));
    return t;
}

Test(pull_terminal, a_bar_shows_rate_and_time_left_and_control_c_keeps_what_came, .init = set_up, .fini = tear_down,
     .timeout = 120)
{
    struct terminal *t = start();
    hub_server_fault(server, HUB_TRICKLE, "model.safetensors", -1);
    size_t at = t->n_log;
    terminal_send(t, "pull org/name\r");
    cr_expect(terminal_wait_text(t, " kB of 205 kB, "), "config.json, weights and tokenizer: 552 + 191640 + 12866 bytes");
    cr_expect(terminal_wait_text(t, "/s, ") && terminal_wait_text(t, " s left"));
    terminal_keys(t, "C-c");
    cr_expect(terminal_wait_log(t, at, "what came is kept, and the next pull goes on from there"));
    cr_expect(terminal_wait_log(t, at, "interrupted"));
    cr_assert(wait_prompt(t));
    cr_expect_not(terminal_shows(t, " s left"), "the bar is gone");
    hub_server_fault(server, HUB_WELL, "", 0);
    hub_server_forget_log();
    gaze_line(t, "pull org/name");
    cr_expect(terminal_shows(t, "org/name: 3 files, 205 kB ("), "and how much of it was there");
    cr_expect(strstr(hub_server_log(), "other GET /store/model.safetensors?signature=of-the-store token=none range=") &&
                  !strstr(hub_server_log(), "of-the-store token=none range=0\n"),
              "%s", hub_server_log());
    gaze_line(t, "load org/name");
    cr_expect(terminal_shows(t, "name: bert, "));
    terminal_keys(t, "C-d");
    cr_expect_eq(terminal_wait_exit(t), 0);
    terminal_free(t);
}

/* What a command of the shell prints, both streams. */
static char *printed(const char *arguments)
{
    char command[1000];
    static char text[4096];
    snprintf(command, sizeof command, "env %s XDG_CONFIG_HOME=/nowhere %s -X %s", home, gaze_path(), arguments);
    FILE *from = popen(command, "r");
    cr_assert(from != NULL);
    text[fread(text, 1, sizeof text - 1, from)] = 0;
    pclose(from);
    return text;
}

Test(pull_terminal, without_a_terminal_there_is_no_bar_and_nothing_on_standard_output, .init = set_up, .fini = tear_down)
{
    hub_server_fault(server, HUB_CUT, "model.safetensors", 1); /* then a wait of a second: a bar would have been shown */
    char *said = printed("-c 'pull org/name' 2>&1 >/dev/null");
    cr_expect(strstr(said, "; again in 1 s\norg/name: 3 files, 205 kB, in "), "%s", said);
    cr_expect_not(strstr(said, " s left"), "%s", said);
    cr_expect_str_eq(printed("-c 'pull org/name' 2>/dev/null"), "");
}
