/* How much of the scores is column: the share that keys alone explain of what the rows leave. */
#include <math.h>
#include <stdlib.h>

#include "core/measure/anova.h"
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    struct anova anova = {0};
    double *c = mem_new(input->attention->Tk, sizeof *c, "column parts", err);
    if (c && !attention_has_scores(input->attention)) {
        *out = NAN; /* the map was given without them */
        free(c);
        return true;
    }
    bool ok = c && anova_new(input->attention, &anova, err) &&
              anova_columns(&anova, input->run, input->site, (struct part){.kind = PART_SCORES}, c, out, err);
    anova_free(&anova);
    free(c);
    return ok;
}

extern const struct measure measure_share;
const struct measure measure_share = {
    .name = "share",
    .label = "column share of the scores",
    .formula = "n·Σ_j c_j² / Σ_ij (s_ij - μ - r_i)², s_ij = μ + r_i + c_j + e_ij",
    .source = "two-way ANOVA of the scores, gaze's own",
    .descending = true,
    .costly = true,
    .beyond = true,
    .value = value,
};
