/* Does the terminal show pixels, and how: kitty's protocol, iTerm2's, sixels. */
#ifndef GAZE_REPL_TERMINAL_GRAPHICS_H
#define GAZE_REPL_TERMINAL_GRAPHICS_H

#include <stdbool.h>

/* What the environment says of it; NULL or "" where a variable is not set. */
struct graphics_signs {
    const char *term, *program /* TERM_PROGRAM */, *kitty_window, *tmux, *wezterm_pane, *konsole;
};
/* The renderer by name: "kitty", "iterm2"; "" where the terminal shows none, whatever it answers (inside tmux and screen, which
 * do not pass them on); NULL where it must be asked. */
const char *graphics_by_signs(const struct graphics_signs *signs);
/* Of this process's terminal: "kitty", "iterm2", "sixel" or NULL. Asks /dev/tty for its attributes (DA1) where the environment
 * says nothing, and waits 250 ms at most. */
const char *graphics_renderer(void);
/* Does an answer to DA1, "ESC [ ? 62 ; 4 c", name sixels (4)? */
bool graphics_has_sixels(const char *answer);

#endif
