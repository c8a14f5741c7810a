/* How much a head's map changes from text to text (Vig and Belinkov 2019): 0 where it is the same whatever the text says.
 *
 *   V = Σ_x Σ_ij |A_ij(x) - Ā_ij| / (2·Σ_x Σ_ij A_ij),  Ā the mean over the texts x
 *
 * A causal map is taken over its first 10 positions, as in the source; they see the same keys however long a text is. Where queries
 * see keys behind them the whole map of texts of one length is taken (gaze's own): a longer text would be another question. Two walks:
 * the mean first, then what departs from it.
 *
 *   kept: texts, Σ departures, Σ mass, Σ A [N,N] */
#include <math.h>

#include "core/measure/measure.h"

enum { FIRST = 10, TEXTS = 0, AWAY, MASS, MEAN };

static size_t positions(const struct attention *a)
{
    return map_is_causal(a) && a->Tq > FIRST ? FIRST : a->Tq;
}

static size_t room(const struct attention *a)
{
    return MEAN + positions(a) * positions(a);
}

static void see(const struct measure_input *input, size_t walk, double *kept)
{
    size_t N = positions(input->attention), Tk = input->attention->Tk;
    double *mean = kept + MEAN;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double p = (double)input->probs[i * Tk + j];
            if (walk == 0) {
                mean[i * N + j] += p;
                kept[MASS] += p;
            } else {
                kept[AWAY] += fabs(p - mean[i * N + j] / kept[TEXTS]);
            }
        }
    kept[TEXTS] += walk == 0;
}

static double told(const double *kept)
{
    return kept[TEXTS] > 1 && kept[MASS] > 0 ? kept[AWAY] / (2 * kept[MASS]) : NAN;
}

static const struct measure_walks walks = {.n = 2, .room = room, .see = see, .value = told};

extern const struct measure measure_variability;
const struct measure measure_variability = {
    .name = "variability",
    .label = "variability",
    .formula = "Σ_x Σ_ij |A_ij(x) - Ā_ij| / (2·Σ_x Σ_ij A_ij) over texts x: the first 10 positions of causal maps, whole maps of one length else",
    .source = "Vig & Belinkov 2019, arXiv 1906.04284; of maps that see both sides gaze's own",
    .descending = true,
    .costly = true,
    .needs = MEASURE_TOKENS,
    .walks = &walks,
};
