/* flow: the largest flow of attention down through the layers to each token, as maps. */
#include "repl/map/effect_maps.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return effect_maps_give(session, call, "flow", result, err);
}

static const struct option options[] = {OPTION_TOKENS, OPTION_PICTURE, OPTION_PAPER, OPTION_STYLE, {0}};
static const struct arg args[] = {ARGS_EFFECT("layers: L5, L0-5, D3")};
extern const struct command command_flow;
const struct command command_flow = {
    .name = "flow",
    .group = "maps",
    .keywords = "attention flow|max flow|maximum flow|abnar|zuidema|propagate|trace",
    .summary = "the largest flow of attention down through the layers to each token",
    .help = "Attention flow (Abnar and Zuidema 2020): the layers as a net of pipes. A place after a layer is joined to each place before\n"
            "it by a pipe as wide as rollout's Ã = rownorm(mean_h A + I), and a value is the most that could flow from the row's place\n"
            "down to the column's token. Rollout multiplies along paths and adds them up; flow asks what the narrowest pipes let\n"
            "through, so that its values are larger and do not add up to 1 (the authors' code divides each row by its sum, their paper\n"
            "does not, and is followed). Deep layers tell little: where the row's own pipes are wide enough, a value is what can enter\n"
            "the column's token at all, and the rows are alike. Every pair of tokens is a search of its own: at most 256 tokens.\n"
            "Layers, stacks and part=flow are as with rollout.",
    .examples = "flow L5\nflow L5 q=fox format=csv\nflow L0-5 > flow.png\nshow L5.H0 part=flow > flow.csv",
    .options = options,
    .args = args,
    .writes = true,
    .pixels = true,
    .run = run,
};
