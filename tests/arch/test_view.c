/* The full screen over maps of two stacks and two axes: each cell is named by the tokens of its own map. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/screen/gaze.h"

/* view COMMAND over the run that weft.test has. */
static struct terminal *view(const char *command)
{
    char program[1024];
    const char *build = getenv("GAZE_BUILD");
    snprintf(program, sizeof program, "%s/tests/weft/gaze", build ? build : "build");
    setenv("GAZE", program, 1);
    struct terminal *t = gaze_start(
        (const char *[]){"-X", "tests/arch/model", "-c", "run \"the cat sat on a mat\" decoder=0,22,23", "-c", command, NULL},
        NULL, 24, 80, NULL);
    if (!terminal_wait_text(t, "Query") || !sync_frame(t)) {
        terminal_dump(t, command);
        terminal_free(t);
        return NULL;
    }
    return t;
}

/* Does the screen say this after these keys? */
static bool says(struct terminal *t, const char *keys, const char *text)
{
    terminal_keys(t, keys);
    if (terminal_wait_text(t, text))
        return true;
    terminal_dump(t, keys);
    return false;
}

Test(weft_view, cells_of_cross_attention_have_a_target_and_a_source_token)
{
    struct terminal *t = view("view X0.H1");
    cr_assert(t);
    cr_expect(says(t, "Down Right", "query 1 hills \u2192 key 1 cat"));
    cr_expect(terminal_wait_text(t, "0.0202"), "its value is reference.py's");
    cr_expect(says(t, "Down Right Right", "query 2 near \u2192 key 3 mat"));
    cr_expect(says(t, "Down Right", "query 2 near \u2192 key 3 mat"), "there the map ends");
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(weft_view, cells_of_a_pooled_map_have_fewer_queries_than_keys)
{
    struct terminal *t = view("view L1.H0");
    cr_assert(t);
    cr_expect(says(t, "Down Right Right Right", "query 1 cat \u2192 key 3 sat"));
    cr_expect(terminal_wait_text(t, "0.8963"), "its value is reference.py's");
    cr_expect(says(t, "End", "key 7 </s>"));
    terminal_keys(t, "q");
    leave(t, 0);
}
