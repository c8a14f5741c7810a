/* Which pictures a terminal shows, by its environment and by its answer. */
#include <criterion/criterion.h>
#include <string.h>

#include "repl/terminal/graphics.h"

Test(graphics, the_environment_tells_kitty_iterm2_and_those_that_show_none)
{
    static const struct {
        struct graphics_signs signs;
        const char *renderer; /* NULL: it must be asked */
    } rows[] = {
        {{.term = "xterm-kitty"}, "kitty"},
        {{.term = "xterm-256color", .kitty_window = "1"}, "kitty"},
        {{.term = "xterm-ghostty"}, "kitty"},
        {{.term = "xterm-256color", .konsole = "230400"}, "kitty"},
        {{.term = "xterm-256color", .program = "iTerm.app"}, "iterm2"},
        {{.term = "xterm-256color", .program = "WezTerm"}, "iterm2"},
        {{.term = "xterm-256color"}, NULL},
        {{.term = "foot"}, NULL},
        {{.term = "xterm-kitty", .tmux = "/tmp/tmux-0/default,1,0"}, ""},
        {{.term = "tmux-256color"}, ""},
        {{.term = "screen", .program = "iTerm.app"}, ""},
        {{.term = "dumb"}, ""},
        {{.term = NULL}, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = graphics_by_signs(&rows[i].signs);
        cr_expect(found && rows[i].renderer ? strcmp(found, rows[i].renderer) == 0 : found == rows[i].renderer, "row %zu: %s", i,
                  found ? found : "to be asked");
    }
}

Test(graphics, an_answer_names_sixels_by_attribute_4_alone)
{
    cr_expect(graphics_has_sixels("\033[?62;4c") && graphics_has_sixels("\033[?4c") && graphics_has_sixels("\033[?62;22;4;6c"));
    static const char *const no[] = {"", "\033[?62;22c", "\033[?14;40;24c", "\033[?62;", "4c", "\033[?;4c", "\033[?x4c"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_expect_not(graphics_has_sixels(no[i]), "%zu", i);
}
