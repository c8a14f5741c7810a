/* See detector.h. */
#include "core/measure/detector.h"

#include <math.h>
#include <stdlib.h>

bool detector_value(const struct measure_input *input, detector_pattern *pattern, double *out, struct err *err)
{
    const struct attention *a = input->attention;
    int32_t *ids = mem_new(a->Tk, sizeof *ids, "token ids", err);
    double on = 0, all = 0;
    if (!ids)
        return false;
    for (size_t j = 0; j < a->Tk; j++)
        ids[j] = a->keys->texts[a->text].tokens[j].id;
    for (size_t i = 0; i < a->Tq; i++)
        for (size_t j = 0; j < a->Tk; j++) {
            double p = input->probs[i * a->Tk + j];
            all += p;
            if (pattern(ids, i, j))
                on += p;
        }
    free(ids);
    *out = all > 0 ? on / all : NAN;
    return true;
}
