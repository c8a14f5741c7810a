/* norms: how long the vectors are that heads add, as maps. */
#include "repl/map/effect_maps.h"

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct str of = call_str(call, "of");
    const char *part = str_is(of, "layer")       ? "norms_layer"
                       : str_is(of, "residual")  ? "norms_residual"
                       : str_is(of, "layernorm") ? "norms_layernorm"
                                                 : "norms";
    return effect_maps_give(session, call, part, result, err);
}

static const struct option options[] = {
    {"of", VALUE_ENUM, "head|layer|residual|layernorm", "head",
     "one head; all heads of a layer; with the residual; and behind the LayerNorm", 0, 0},
    OPTION_TOKENS,
    OPTION_AGG,
    OPTION_PICTURE,
    OPTION_PAPER,
    OPTION_STYLE,
    {0}};
static const struct arg args[] = {ARGS_EFFECT("L2.H1, L3, L0-5.H*")};
extern const struct command command_norms;
const struct command command_norms = {
    .name = "norms",
    .group = "maps",
    .keywords = "norm|norm-based|kobayashi|value norm|value-weighted|weighted values|vector norms|residual|layernorm|contribution",
    .summary = "how long the vectors are that heads add: maps weighted by values",
    .help =
        "Norm-based analysis (Kobayashi et al. 2020, 2021): a head adds to token i the vectors alpha_ij f(x_j), f(x) = (x W_V +\n"
        "b_V) W_O; the map shows their lengths. A key that many look at and whose value is short adds little: the usual end of a\n"
        "column. of=layer sums over the heads first, one map a layer; of=residual adds x_i where a token looks at itself;\n"
        "of=layernorm sends each of these vectors through the LayerNorm behind (less its mean, divided by the deviation of the\n"
        "whole vector, times the weight), which post-norm layers alone have: before a pre-norm layer's heads the norm is within\n"
        "f. Where a family does not add its heads' projection to the layer's input as it is, residual and layernorm say why not.\n"
        "heads sort=mixing, mixing_residual, mixing_layernorm: the layer's ratio of mixing to keeping. part=norms, norms_layer,\n"
        "norms_residual, norms_layernorm show them in show, row, export, diff and view.",
    .examples = "norms L2.H1\nnorms L2 of=layernorm\nnorms L0-5 of=residual > norms.png\nnorms L2.H1 format=csv > norms.csv",
    .options = options,
    .args = args,
    .writes = true,
    .pixels = true,
    .run = run,
};
