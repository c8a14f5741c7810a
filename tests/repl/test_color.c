/* Colour: which variable decides, and what terminals show. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "repl/terminal/color.h"

Test(color, the_first_that_is_set_decides)
{
    static const struct {
        const char *no_color, *force, *clicolor, *term;
        enum color_mode mode;
        bool terminal;
        enum depth expected;
    } rows[] = {
        {NULL, NULL, NULL, "xterm-256color", COLOR_AUTO, true, DEPTH_256},
        {NULL, NULL, NULL, "xterm-256color", COLOR_AUTO, false, DEPTH_MONO},
        {"1", NULL, NULL, "xterm-256color", COLOR_AUTO, true, DEPTH_MONO},
        {"", NULL, NULL, "xterm-256color", COLOR_AUTO, true, DEPTH_256}, /* NO_COLOR counts where it is not empty */
        {"1", "1", NULL, "xterm-256color", COLOR_AUTO, true, DEPTH_MONO},
        {NULL, "1", "0", "xterm-256color", COLOR_AUTO, false, DEPTH_256},
        {NULL, "0", NULL, "xterm-256color", COLOR_AUTO, false, DEPTH_MONO},
        {NULL, NULL, "0", "xterm-256color", COLOR_AUTO, true, DEPTH_MONO},
        {NULL, NULL, "1", "xterm-256color", COLOR_AUTO, false, DEPTH_MONO},
        {NULL, NULL, NULL, "dumb", COLOR_AUTO, true, DEPTH_MONO},
        {"1", NULL, NULL, "xterm-256color", COLOR_ALWAYS, false, DEPTH_256}, /* --color above all */
        {NULL, "1", NULL, "xterm-256color", COLOR_NEVER, true, DEPTH_MONO},
        {NULL, NULL, NULL, "vt100", COLOR_ALWAYS, true, DEPTH_8},
    };
    unsetenv("COLORTERM");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const values[] = {rows[i].no_color, rows[i].force, rows[i].clicolor, rows[i].term};
        static const char *const names[] = {"NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM"};
        for (size_t k = 0; k < 4; k++)
            if (values[k])
                setenv(names[k], values[k], 1);
            else
                unsetenv(names[k]);
        cr_expect_eq(color_depth(rows[i].mode, rows[i].terminal), rows[i].expected, "row %zu", i);
    }
}

Test(color, terminals)
{
    static const struct {
        const char *term, *colorterm;
        enum depth expected;
    } rows[] = {
        {"xterm", NULL, DEPTH_16},
        {"xterm", "truecolor", DEPTH_TRUE},
        {"xterm", "24bit", DEPTH_TRUE},
        {"xterm", "yes", DEPTH_16},
        {"xterm-kitty", NULL, DEPTH_TRUE},
        {"xterm-direct", NULL, DEPTH_TRUE},
        {"screen-256color", NULL, DEPTH_256},
        {"tmux-256color", NULL, DEPTH_256},
        {"linux", NULL, DEPTH_8},
        {"vt220", NULL, DEPTH_MONO},
        {"foot", NULL, DEPTH_TRUE},
        {NULL, NULL, DEPTH_16},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(color_of_terminal(rows[i].term, rows[i].colorterm), rows[i].expected, "%s %s", rows[i].term,
                     rows[i].colorterm);
}
