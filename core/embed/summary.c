/* Figures of a set. The mean cosine of two words tells how much all vectors share a direction (Mu, Viswanath 2018): with s the
 * sum of the n unit vectors it is (‖s‖² − n) / (n (n − 1)). See summary.h. */
#include "core/embed/summary.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/embed/query/sketch.h"

static bool add_units(const struct vectors *v, struct vectors_summary *out, float *unit, double *sum, struct err *err)
{
    double total = 0;
    for (size_t i = 0; i < v->V; i++) {
        double norm = v->sketch->norms[i];
        if (i % 4096 == 0 && cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (isnan(norm) || norm == 0) {
            out->zeros += norm == 0;
            out->strange += isnan(norm) != 0;
            continue;
        }
        if (!out->counted || norm < out->least) {
            out->least = norm;
            out->shortest = i;
        }
        if (!out->counted || norm > out->most) {
            out->most = norm;
            out->longest = i;
        }
        out->counted++;
        total += norm;
        if (sketch_unit(v, i, unit))
            for (size_t d = 0; d < v->E; d++)
                sum[d] += (double)unit[d];
    }
    if (out->counted)
        out->mean = total / (double)out->counted;
    return true;
}

bool vectors_summarise(struct vectors *v, struct vectors_summary *out, struct err *err)
{
    *out = (struct vectors_summary){.least = NAN, .mean = NAN, .most = NAN, .cosine = NAN};
    if (!sketch_prepare(v, err))
        return false;
    float *unit = mem_new(v->E, sizeof *unit, "a vector", err);
    double *sum = mem_new(v->E, sizeof *sum, "a vector", err);
    bool ok = unit && sum && add_units(v, out, unit, sum, err);
    if (ok && out->counted > 1) {
        double n = (double)out->counted, square = 0;
        for (size_t d = 0; d < v->E; d++)
            square += sum[d] * sum[d];
        out->cosine = (square - n) / (n * (n - 1));
    }
    free(unit);
    free(sum);
    return ok;
}
