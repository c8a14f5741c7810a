/* valuezero: what each token's value is worth to the others, layer by layer, as maps. */
#include "repl/map/effect_maps.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return effect_maps_give(session, call, "valuezero", result, err);
}

static const struct option options[] = {OPTION_TOKENS, OPTION_PICTURE, OPTION_PAPER, OPTION_STYLE, {0}};
static const struct arg args[] = {ARGS_EFFECT("layers: L5, L0-5, D3, X1")};
extern const struct command command_valuezero;
const struct command command_valuezero = {
    .name = "valuezero",
    .group = "maps",
    .keywords = "value zeroing|value-zeroing|context mixing|mohebbi|zero",
    .summary = "what each token's value is worth to the others, layer by layer",
    .help = "Value zeroing (Mohebbi et al. 2023): C_ij = 1 - cos(y_i, y_i without j), where y is the layer's output behind its\n"
            "feed-forward and norm, and without j means that the value of token j is zero in all heads of that layer, the pattern and\n"
            "the layer's input as they were; rows are divided by their sum. One map a layer. It costs one pass over as many copies\n"
            "of the text as it has tokens, for all layers of the stack together; the run keeps it, so that the next layer is there.\n"
            "Cross-attention (X2) zeroes a source token in the decoder's layer. part=valuezero shows it in show, row, diff\n"
            "and view.",
    .examples = "valuezero L2\nvaluezero L0-5 > values.png\nvaluezero L2 q=fox format=json\nvaluezero X1",
    .options = options,
    .args = args,
    .writes = true,
    .pixels = true,
    .run = run,
};
