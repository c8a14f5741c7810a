/* plot: a figure in a file. The same maps as show, with a size and a title. */
#include "repl/map/give_maps.h"
#include "repl/map/map_picture.h"
#include "repl/map/style.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct map_list list;
    if (!map_list_make(session, call, &list, err))
        return false;
    bool ok = maps_give(session, call, &list, result, err);
    map_list_free(&list);
    return ok;
}

static const struct option options[] = {
    OPTION_PART,
    OPTION_TOKENS,
    OPTION_AGG,
    OPTION_PICTURE,
    OPTION_PAPER,
    OPTION_STYLE,
    {0},
};
static const struct arg args[] = {
    {"@RUN", ARG_RUN, true, true, "runs, side by side on one scale; the last where none is named"},
    {"SELECTOR", ARG_SELECTOR, true, true, "L2.H1, L3, L0-5.H*, *; the last one shown where none is named"},
    {0},
};
const struct command command_plot = {
    .name = "plot",
    .group = "maps",
    .keywords = "figure|figures|save|picture|image|png|pdf|svg|latex|tex|paper|publication|heatmap|draw|graph|chart|matplotlib|seaborn|acl",
    .summary = "a figure of attention maps in a file",
    .help = "The extension after > chooses the format. Axes are named Query and Key, the colour bar is in data units, and the\n"
            "file holds where it comes from: the command, the model with a fingerprint of its weights, the text, the heads,\n"
            "the measure and the version. Without > the figure stands in\n"
            "the terminal: the real picture where it has kitty's or iTerm2's graphics or sixels, else as show draws it\n"
            "(format=table asks for that).",
    .examples = "plot L2.H1 > head.png\nplot L2.H1 part=c2p size=acl1 > c2p.png\nplot @1 @2 L0.H2 title=\"With and without a space\" > pair.png",
    .options = options,
    .args = args,
    .writes = true,
    .pixels = true,
    .run = run,
};
