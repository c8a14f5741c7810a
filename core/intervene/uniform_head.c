/* A head that attends to every key it sees alike. */
#include "core/intervene/intervene.h"

static void uniform(const struct intervention *i, const struct attention *a, size_t head, size_t row, size_t rows, float *probs)
{
    if (!intervention_meant_head(i, a, head))
        return;
    for (size_t r = 0; r < rows; r++) {
        size_t visible = 0;
        for (size_t j = 0; j < a->Tk; j++)
            visible += !attention_masked(a, row + r, j);
        for (size_t j = 0; j < a->Tk; j++)
            probs[r * a->Tk + j] = attention_masked(a, row + r, j) ? 0 : 1 / (float)visible;
    }
}

const struct intervention_kind intervention_kind_uniform_head = {
    .name = "uniform_head", .summary = "attend to every visible key alike", .probs = uniform};
