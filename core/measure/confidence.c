/* How sure a head is (Voita et al. 2019): the mean over queries of the largest weight. Queries of the end-of-text token are left
 * out, as in the source; gaze leaves out every special token at the text's end. */
#include <math.h>

#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    (void)err;
    const struct attention *a = input->attention;
    const struct encoding *queries = &a->queries->texts[a->text];
    size_t n = a->Tq, counted = 0;
    double sum = 0;
    while (n > 1 && queries->tokens[n - 1].special_id)
        n--;
    for (size_t i = 0; i < n; i++) {
        double most = 0;
        for (size_t j = 0; j < a->Tk; j++)
            most = fmax(most, input->probs[i * a->Tk + j]);
        sum += most;
        counted++;
    }
    *out = counted ? sum / (double)counted : NAN;
    return true;
}

extern const struct measure measure_confidence;
const struct measure measure_confidence = {
    .name = "confidence",
    .label = "confidence",
    .formula = "mean over queries of max_j A_ij, special tokens at the end left out",
    .source = "Voita et al. 2019, arXiv 1905.09418",
    .descending = true,
    .costly = true,
    .needs = MEASURE_DISTRIBUTIONS,
    .value = value,
};
