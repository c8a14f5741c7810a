/* How many colours the terminal shows. See color.h. One row a name of a terminal: terminfo is often missing for the newer
 * ones, and where it is there it knows nothing of 24-bit colour. */
#include "repl/terminal/color.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *part; /* found anywhere in TERM, or at its start where it begins with ^ */
    enum depth depth;
} terminals[] = {
    {"direct", DEPTH_TRUE},  {"truecolor", DEPTH_TRUE}, {"24bit", DEPTH_TRUE},      {"kitty", DEPTH_TRUE},
    {"ghostty", DEPTH_TRUE}, {"^foot", DEPTH_TRUE},     {"^alacritty", DEPTH_TRUE}, {"^wezterm", DEPTH_TRUE},
    {"^iterm", DEPTH_TRUE},  {"^contour", DEPTH_TRUE},  {"256color", DEPTH_256},    {"88color", DEPTH_16},
    {"16color", DEPTH_16},   {"^linux", DEPTH_8},       {"8color", DEPTH_8},        {"^cygwin", DEPTH_8},
    {"^vt", DEPTH_MONO},     {"mono", DEPTH_MONO},      {"^ansi-m", DEPTH_MONO},
};

enum depth color_of_terminal(const char *term, const char *colorterm)
{
    if (colorterm && (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0))
        return DEPTH_TRUE;
    if (!term || !*term)
        return DEPTH_16;
    for (size_t i = 0; i < sizeof terminals / sizeof *terminals; i++) {
        const char *part = terminals[i].part;
        if (*part == '^' ? strncmp(term, part + 1, strlen(part + 1)) == 0 : strstr(term, part) != NULL)
            return terminals[i].depth;
    }
    return DEPTH_16;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

enum depth color_depth(enum color_mode mode, bool is_terminal)
{
    const char *term = getenv("TERM"), *force = getenv("CLICOLOR_FORCE"), *wish = getenv("CLICOLOR");
    bool dumb = term && strcmp(term, "dumb") == 0;
    bool forced = force && *force && strcmp(force, "0") != 0;
    enum depth depth = color_of_terminal(dumb ? NULL : term, getenv("COLORTERM"));
    if (mode == COLOR_ALWAYS)
        return depth == DEPTH_MONO ? DEPTH_8 : depth;
    if (mode == COLOR_NEVER || is_set("NO_COLOR") || dumb)
        return DEPTH_MONO;
    if (forced)
        return depth == DEPTH_MONO ? DEPTH_8 : depth;
    if ((wish && strcmp(wish, "0") == 0) || !is_terminal)
        return DEPTH_MONO;
    return depth;
}

void color_apply(struct session *session)
{
    session->depth = color_depth(session->color_mode, session->stdout_is_terminal);
    session->stderr_color = color_depth(session->color_mode, session->stderr_is_terminal) != DEPTH_MONO;
}
