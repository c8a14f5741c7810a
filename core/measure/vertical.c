/* Mass in columns: how much of a map is vertical stripes (a pattern that Kovaleva et al. 2019 name; the number is gaze's own). */
#include <stdlib.h>

#include "core/measure/column.h"
#include "core/measure/measure.h"

static bool value(const struct measure_input *input, double *out, struct err *err)
{
    const struct attention *a = input->attention;
    double sum = 0;
    unsigned char *marks = mem_new(a->Tk, 1, "marks of columns", err);
    if (!marks)
        return false;
    column_marks(input->probs, a->Tq, a->Tk, a, NULL, marks);
    for (size_t i = 0; i < a->Tq; i++)
        for (size_t j = 0; j < a->Tk; j++)
            sum += marks[j] ? (double)input->probs[i * a->Tk + j] : 0;
    *out = sum / (double)a->Tq;
    free(marks);
    return true;
}

extern const struct measure measure_vertical;
const struct measure measure_vertical = {
    .name = "vertical",
    .label = "mass in columns",
    .formula = "(1/n)·Σ_i Σ_{j a column} A_ij, a column: n·c_j ≥ 3 and cover ≥ 2/3",
    .source = "pattern: Kovaleva et al. 2019, arXiv 1908.08593; the number is gaze's own",
    .descending = true,
    .costly = true,
    .value = value,
};
