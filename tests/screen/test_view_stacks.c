/* The full screen on a model of two stacks and cross-attention: heads of the stack that is seen, and the way to the others. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/screen/gaze.h"

static struct terminal *start(const char *view)
{
    struct terminal *t = gaze_start((const char *[]){"-X", "examples/models/switch-tiny", "-c",
                                                     "run \"The king <extra_id_0> here.\" target=\"<extra_id_0> was\"", "-c", view, NULL},
                                    NULL, 40, 120, NULL);
    cr_assert(terminal_wait_text(t, "Query") && sync_frame(t));
    return t;
}

/* What stands behind a text on the screen, to the end of its line. */
static char *behind(struct terminal *t, const char *text)
{
    int row, col;
    cr_assert(terminal_find(t, text, &row, &col), "%s", text);
    char *line = emulator_row(t->screen, row), *found = strdup(strstr(line, text) + strlen(text));
    free(line);
    return found;
}

Test(view_stacks, the_grid_and_the_small_map_hold_the_heads_of_the_stack_that_is_seen, .timeout = 280)
{
    struct terminal *t = start("view X3.H0");
    cr_assert(terminal_wait_text(t, "X0") && sync_frame(t));
    cr_expect(terminal_shows(t, "X3") && !terminal_shows(t, "L0") && !terminal_shows(t, "D0"), "the small map");
    terminal_keys(t, "g");
    cr_assert(terminal_wait_row(t, 0, "grid") && sync_frame(t));
    cr_expect(terminal_shows(t, " X3.H0") && !terminal_shows(t, "L3.H0"), "the large one");
    char *said = behind(t, "X3.H0   strongest column (\u00d7 uniform) ");
    cr_expect_null(strstr(said, "strongest"), "one value, not one a stack: %s", said);
    free(said);
    terminal_keys(t, "}"); /* behind the last stack the first */
    cr_expect(terminal_wait_text(t, " L0.H0") && sync_frame(t));
    cr_expect(terminal_shows(t, "L3") && !terminal_shows(t, "X3"));
    terminal_keys(t, "{ { Enter");
    cr_expect(terminal_wait_row(t, 0, "X2.H0"));
    terminal_keys(t, "q");
    leave(t, 0);
}

Test(view_stacks, layers_go_on_in_the_next_stack_and_back, .timeout = 280)
{
    struct terminal *t = start("view L3.H2");
    static const struct {
        const char *key, *head;
    } steps[] = {{"}", "D0.H2"}, {"{", "L3.H2"}, {"}", "D0.H2"}, {"}", "D1.H2"}, {"}", "D2.H2"}, {"}", "D3.H2"}, {"}", "X0.H2"},
                 {"{", "D3.H2"}, {"}", "X0.H2"}, {"}", "X1.H2"}, {"}", "X2.H2"}, {"}", "X3.H2"}, {"}", "L0.H2"}, {"{", "X3.H2"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        terminal_keys(t, steps[i].key);
        cr_assert(terminal_wait_row(t, 0, steps[i].head), "step %zu", i);
    }
    terminal_keys(t, "q");
    leave(t, 0);
}
