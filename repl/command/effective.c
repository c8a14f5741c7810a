/* effective: the part of a map that the head's output feels, as maps. */
#include "repl/map/effect_maps.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return effect_maps_give(session, call, "effective", result, err);
}

static const struct option options[] = {OPTION_TOKENS, OPTION_AGG, OPTION_PICTURE, OPTION_PAPER, OPTION_STYLE, {0}};
static const struct arg args[] = {ARGS_EFFECT("L2.H1, L3, L0-5.H*")};
extern const struct command command_effective;
const struct command command_effective = {
    .name = "effective",
    .group = "maps",
    .keywords = "effective attention|brunner|identifiability|null space|nullspace|kernel|rank",
    .summary = "the part of a map that the head's output feels",
    .help = "Effective attention (Brunner et al. 2020): with T = (X W_V + b_V) W_O of a head of rank r, only A U_r U_r\u1d40 of its map\n"
            "reaches the head's output, U_r the first r left singular vectors of T: another map may give the same. r is at most the\n"
            "head's width and is said beside the map; with no more tokens than that nothing is lost. Values may be negative, rows do\n"
            "not add up to 1. r counts singular values above max(T, E) times 2^-23 of the largest, as numpy does for 32-bit numbers.\n"
            "part=effective shows it in show, row, export, diff and view.",
    .examples = "effective L2.H1\neffective L2 > effective.png\neffective L2.H1 format=csv",
    .options = options,
    .args = args,
    .writes = true,
    .pixels = true,
    .run = run,
};
