/* How positional a head is (Voita et al. 2019): the share of queries whose largest weight lies at one fixed offset. The source
 * calls a head positional from 0.9 on. */
#include <stdlib.h>

#include "core/measure/measure.h"

static size_t largest(const float *row, size_t n)
{
    size_t best = 0;
    for (size_t j = 1; j < n; j++)
        best = row[j] > row[best] ? j : best;
    return best;
}

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    const struct attention *a = input->attention;
    size_t n = a->Tq, most = 0;
    size_t *count = mem_new(2 * n, sizeof *count, "offsets", err); /* of offset −(n−1) … n−1 */
    if (!count)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t at = n - 1 + largest(input->probs + i * a->Tk, a->Tk) - i;
        count[at]++;
        most = count[at] > most ? count[at] : most;
    }
    *out = (double)most / (double)n;
    free(count);
    return true;
}

extern const struct measure measure_positional;
const struct measure measure_positional = {
    .name = "positional",
    .label = "share at one offset",
    .formula = "largest share of queries whose argmax_j A_ij lies at one offset j - i",
    .source = "Voita et al. 2019, arXiv 1905.09418",
    .descending = true,
    .costly = true,
    .needs = MEASURE_TOKENS,
    .value = value,
};
