/* view: one head's map in the full screen, with a crosshair and the way to all other heads. */
#include <stdlib.h>

#include "repl/map/map_picture.h"
#include "repl/view/view.h"
#include "viz/chart/display.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct kept_run **runs = NULL;
    struct sites sites = {0};
    size_t n;
    if (!select_runs(session, call, &runs, &n, err))
        return false;
    bool ok =
        select_sites(session, call, runs[0], SELECT_LAST, &sites, err) && viewer_run(session, call, runs[0], sites.site[0], result, err);
    sites_free(&sites);
    free(runs);
    return ok;
}

static const struct option options[] = {
    OPTION_PART,
    OPTION_TOKENS,
    OPTION_SCALE,
    {"palette", VALUE_PALETTE, NULL, NULL, "colour map", 0, 0},
    {"mark", VALUE_ENUM, "columns|none", "columns", "mark keys that draw attention from all queries", 0, 0},
    {"texts", VALUE_FILE, NULL, NULL, "begin with the head's stripes over the lines of this file", 0, 0},
    {"keys", VALUE_TEXT, NULL, NULL, "keys that are pressed first: \"Down*3 Right g Enter\"", 0, 0},
    {"screen", VALUE_WORD, NULL, "100x30", "of a picture in a file: columns and rows", 0, 0},
    {"colors", VALUE_ENUM, "24bit|256|16|8|none", "24bit", "of a picture in a file: as a terminal with so many shows it", 0, 0},
    {"size", VALUE_SIZE, NULL, NULL, "of a picture in a file: a paper's width, acl2 or 16cm", 0, 0},
    {"dpi", VALUE_FLOAT, NULL, NULL, "of a picture in a file: pixels an inch, 144 unless size= is given", 30, 2400},
    {"font", VALUE_TEXT, NULL, DISPLAY_FONT, "of a picture in a file: a family whose letters are equally wide", 0, 0},
    {0}};
static const struct arg args[] = {
    {.name = "RUN", .kind = ARG_RUN, .optional = true, .summary = "which run: @, @3, @fox"},
    {.name = "SELECTOR", .kind = ARG_SELECTOR, .optional = true, .summary = "the head to begin with; the last one shown"},
    {0}};

extern const struct command command_view;
const struct command command_view = {
    .name = "view",
    .group = "maps",
    .keywords = "full screen|fullscreen|interactive|browse|explore|tui|ncurses|bertviz|gui|keys|mouse",
    .summary = "look at maps in the full screen",
    .help =
        "One head's map with its tokens, a crosshair, the exact value under it and the terms it is the sum of; arrows or hjkl "
        "move, "
        "[ ] change the head, { } the layer, ( ) the run, m the part, d shows the difference from another run or from the head that D "
        "holds. Tab goes through the panes: g all heads at once with the chosen one large, r a row as bars with exact values, L lines "
        "from queries to keys (o lays several heads over one another), v the text shaded, x the head over many texts. The crosshair "
        "follows the mouse; a drag, or z twice, zooms into a range of queries and keys, u goes back; e is the plot line of what is "
        "seen; ? lists all keys, q comes back. What is done "
        "there is left in the history as the commands that show the same, so that a walk through the heads becomes a script. It "
        "needs a terminal on standard input and output.\n\n"
        "> FILE.svg, .png or .pdf makes a picture of the full screen, and needs none: the keys of keys= are pressed, and what is "
        "seen then is written, its cells with their characters and colours. :save-display FILE in the full screen writes the same, "
        "and leaves that command in the history. Names of keys are Up Down Left Right Home End PgUp PgDn Enter Tab BackTab Escape "
        "Backspace Delete Space C-a … C-z, Press:ROW,COL, Drag:, Release:, Move: and others of the mouse; *3 behind one presses it three times; any other "
        "word is typed as it stands.",
    .examples = "view\n"
                "view L2.H1\n"
                "view @1 L3 part=c2p special=off\n"
                "view L5.H0 texts=corpus.txt\n"
                "view L2.H1 keys=\"Down*4 Right*3 Enter\" > screen.svg\n"
                "view L2.H1 keys=g screen=120x40 colors=256 > grid.png",
    .options = options,
    .args = args,
    .writes = true,
    .output = "svg|png|pdf|txt|ansi",
    .unrecorded = true,
    .run = run,
};
