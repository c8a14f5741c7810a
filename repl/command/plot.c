/* plot: a figure in a file. The same maps as show, with a size and a title. */
#include "repl/map/give_maps.h"

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
    {"title", VALUE_TEXT, NULL, NULL, "a title above the figure; none by default", 0, 0},
    {"size", VALUE_WORD, NULL, NULL, "acl1, acl2, nature1, nature2, or a width: 85mm, 8.5cm, 3.25in, 240pt", 0, 0},
    {"dpi", VALUE_FLOAT, NULL, NULL, "pixels an inch: 300, or 600 where size= is given", 30, 2400},
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
    .summary = "a figure of attention maps in a file",
    .help = "The extension after > chooses the format. Axes are named Query and Key, the colour bar is in data units, and the\n"
            "file holds where it comes from: the command, the model with a fingerprint of its weights, the text, the heads,\n"
            "the measure and the version. Without > the figure is drawn in the terminal, as show does.",
    .examples = "plot L2.H1 > head.png\nplot L2.H1 part=c2p size=acl1 > c2p.png\nplot @1 @2 L0.H2 title=\"With and without a space\" > pair.png",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
