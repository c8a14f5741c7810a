/* The pattern of a head, one of the five that Kovaleva et al. 2019 name. They trained a network on maps that people had labelled
 * and give no thresholds; those here are gaze's own, as are the numbers they hold: v the mass in columns, d the mass at |i-j| ≤ 1
 * outside of columns less what the uniform map has there, b attention within segments.
 *
 *   v + d ≥ 1/2, both ≥ 1/5   vertical+diagonal
 *   v + d ≥ 1/2               vertical or diagonal, whichever is more
 *   b ≥ 1/2                   block
 *   else                      heterogeneous */
#include <math.h>
#include <stdlib.h>

#include "core/measure/column.h"
#include "core/measure/pattern.h"

enum { HETEROGENEOUS, VERTICAL, DIAGONAL, BOTH, BLOCK };
static const char *const names[] = {"heterogeneous", "vertical", "diagonal", "vertical+diagonal", "block", NULL};

static double class_of(double v, double d, double b)
{
    if (v + d >= 0.5)
        return v >= 0.2 && d >= 0.2 ? BOTH : v > d ? VERTICAL : DIAGONAL;
    return b >= 0.5 ? BLOCK : HETEROGENEOUS;
}

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    const struct attention *a = input->attention;
    double v = 0, d = 0, uniform = 0, n = (double)a->Tq, b;
    unsigned char *marks = mem_new(a->Tk, 1, "marks of columns", err);
    if (!marks || !pattern_block(input, &b, err)) {
        free(marks);
        return false;
    }
    column_marks(input->probs, a->Tq, a->Tk, a, NULL, marks);
    for (size_t i = 0; i < a->Tq; i++) {
        double seen = (double)keys_seen(a, i);
        for (size_t j = 0; j < a->Tk; j++) {
            bool near = i - j + 1 <= 2; /* |i-j| ≤ 1 */
            if (attention_masked(a, i, j))
                continue;
            v += marks[j] ? (double)input->probs[i * a->Tk + j] / n : 0;
            d += near && !marks[j] ? (double)input->probs[i * a->Tk + j] / n : 0;
            uniform += near && !marks[j] ? 1 / seen / n : 0;
        }
    }
    free(marks);
    d = uniform < 1 ? (d - uniform) / (1 - uniform) : 0;
    *out = class_of(v, fmax(d, 0), isnan(b) ? 0 : b);
    return true;
}

extern const struct measure measure_pattern;
const struct measure measure_pattern = {
    .name = "pattern",
    .label = "pattern",
    .formula = "0 heterogeneous, 1 vertical, 2 diagonal, 3 both: v + d ≥ 1/2 (both ≥ 1/5), v mass in columns, d excess at |i-j| ≤ 1 outside them; "
               "4 block ≥ 1/2",
    .source = "classes: Kovaleva et al. 2019, arXiv 1908.08593, without their trained classifier; thresholds are gaze's own",
    .descending = true,
    .costly = true,
    .needs = MEASURE_TOKENS | MEASURE_DISTRIBUTIONS,
    .words = names,
    .value = value,
};
