/* show: attention maps as pictures in character cells, or as JSON, CSV, tensors. */
#include "repl/map/give_maps.h"
#include "repl/map/map_picture.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct map_list list;
    if (!map_list_make(session, call, &list, err))
        return false;
    bool ok = maps_give(session, call, &list, result, err);
    map_list_free(&list);
    return ok;
}

static const struct option options[] = {OPTION_PART, OPTION_TOKENS, OPTION_AGG, OPTION_PICTURE, OPTION_PAPER, {0}};
static const struct arg args[] = {
    {"@RUN", ARG_RUN, true, true, "runs, side by side on one scale; the last where none is named"},
    {"SELECTOR", ARG_SELECTOR, true, true, "L2.H1, L3, L0-5.H*, L1,3.H0,2-4, L-1, *; the last one shown where none is named"},
    {0},
};
const struct command command_show = {
    .name = "show",
    .aliases = "s",
    .group = "maps",
    .keywords = "attention|map|maps|heatmap|heat map|matrix|display|print|view a head|head view|bertviz|picture|look|visualize|visualise|weights",
    .summary = "attention maps of heads, in the terminal",
    .help = "Rows are queries, columns keys. Several heads are small maps on one scale. part=scores and sums of terms\n"
            "(part=c2p) are signed: a diverging scale about 0. In the first layer of models that add absolute\n"
            "positions part=w2w, w2p, p2w, p2p and wprest split the content by words and positions (tables less their means; gaze's\n"
            "own), in every layer part=qbias is what the query's bias makes of it: none is summed into the scores again, and sums of\n"
            "them are parts too (part=w2p+p2p, softmax=w2w, without=p2p). softmax=c2c+c2p is the softmax of a sum of terms, without=\n"
            "that of the others; later layers are not run again. agg= folds the selected heads. special=off hides special\n"
            "tokens and says what mass they hold. Keys marked are columns: n times their mass is 3 or more, and two thirds\n"
            "of the queries give them twice the uniform share.",
    .examples = "show L2.H1\nshow L0-2.H* scale=log:1e-3\nshow L2.H1 part=c2p q=4-9 k=cat\nshow @1 @2 L0.H2\n"
                "show L3 agg=mean special=renorm words=on",
    .options = options,
    .args = args,
    .bare_selector = true,
    .writes = true,
    .run = run,
};
