/* How sure a head is, without any special token among the queries: confidence leaves out those at the end as its source does (Voita et
 * al. 2019), but [CLS] and <s> count there. */
#include <math.h>

#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    const struct attention *a = input->attention;
    const struct encoding *queries = &a->queries->texts[a->text];
    size_t counted = 0;
    double sum = 0;
    (void)err;
    for (size_t i = 0; i < a->Tq && i < queries->n; i++) {
        double most = 0;
        if (queries->tokens[i].special_id)
            continue;
        for (size_t j = 0; j < a->Tk; j++)
            most = fmax(most, input->probs[i * a->Tk + j]);
        sum += most;
        counted++;
    }
    *out = counted ? sum / (double)counted : NAN;
    return true;
}

extern const struct measure measure_confidence_rest;
const struct measure measure_confidence_rest = {
    .name = "confidence_rest",
    .label = "confidence, special queries left out",
    .formula = "mean over queries that are no special tokens of max_j A_ij",
    .source = "after Voita et al. 2019, arXiv 1905.09418; without [CLS] it is gaze's own",
    .descending = true,
    .costly = true,
    .needs = MEASURE_DISTRIBUTIONS,
    .value = value,
};
