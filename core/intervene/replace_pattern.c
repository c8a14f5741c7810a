/* Another attention pattern of a head, for all queries or for one; the values stay this text's own. */
#include "core/intervene/intervene.h"

#include <string.h>

static void replace(const struct intervention *i, const struct attention *a, size_t head, size_t row, size_t rows, float *probs)
{
    for (size_t r = 0; a->text == 0 && intervention_meant_head(i, a, head) && r < rows; r++)
        if (i->token == SIZE_MAX || i->token == row + r)
            memcpy(probs + r * a->Tk, i->values + (row + r) * a->Tk, a->Tk * sizeof *probs);
}

const struct intervention_kind intervention_kind_replace_pattern = {
    .name = "replace_pattern", .summary = "put another attention pattern of a head in (of a run of one text)", .probs = replace};
