/* rollout: attention followed down through the layers to the tokens, as maps. */
#include "repl/map/effect_maps.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return effect_maps_give(session, call, "rollout", result, err);
}

static const struct option options[] = {OPTION_TOKENS, OPTION_PICTURE, OPTION_PAPER, OPTION_STYLE, {0}};
static const struct arg args[] = {ARGS_EFFECT("layers: L5, L0-5, D3")};
extern const struct command command_rollout;
const struct command command_rollout = {
    .name = "rollout",
    .group = "maps",
    .keywords = "rollout|attention rollout|abnar|zuidema|propagate|trace",
    .summary = "attention followed down through the layers to the tokens",
    .help = "Attention rollout (Abnar and Zuidema 2020): the maps of a layer averaged over heads, half of each row left where it is, and\n"
            "multiplied down to the first layer: R_l = A_l R_(l-1), A_l = rownorm(mean_h A + I). A row tells how much of each token\n"
            "of the input is in that place after layer l, by the maps alone: values, feed-forward and norms have no part in it. One\n"
            "map a layer; L5.H1 and L5 are the same. The encoder's layers and the decoder's own are followed each among themselves;\n"
            "cross-attention goes from one to the other and has none. part=rollout shows it in show, row, diff and view.",
    .examples = "rollout L5\nrollout L0-5 > rollout.png\nrollout L5 q=fox format=csv\nshow L5.H0 part=rollout > rollout.csv",
    .options = options,
    .args = args,
    .writes = true,
    .pixels = true,
    .run = run,
};
