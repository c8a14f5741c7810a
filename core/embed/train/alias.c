/* Tables for the alias method. See alias.h. */
#include "core/embed/train/alias.h"

#include <stdlib.h>

/* Every number owns 1/n of the line; what it has too little of is lent by one that has too much. */
struct alias *alias_new(const double *weights, size_t n, struct err *err)
{
    struct alias *table = mem_new(n, sizeof *table, "the table of negative samples", err);
    double *share = mem_new(n, sizeof *share, "the table of negative samples", err);
    uint32_t *poor = mem_new(n, sizeof *poor, "the table of negative samples", err); /* from the front; the rich from the back */
    size_t n_poor = 0, rich = n;
    double total = 0;
    if (!table || !share || !poor)
        goto fail;
    for (size_t i = 0; i < n; i++)
        total += weights[i];
    for (size_t i = 0; i < n; i++) {
        share[i] = weights[i] / total * (double)n;
        table[i] = (struct alias){UINT32_MAX, (uint32_t)i};
        if (share[i] < 1)
            poor[n_poor++] = (uint32_t)i;
        else
            poor[--rich] = (uint32_t)i;
    }
    while (n_poor && rich < n) {
        uint32_t small = poor[--n_poor], large = poor[rich];
        table[small] = (struct alias){(uint32_t)(share[small] * 0x1p32 < 0x1p32 ? share[small] * 0x1p32 : 0xffffffffp0), large};
        share[large] -= 1 - share[small];
        if (share[large] < 1) {
            rich++;
            poor[n_poor++] = large;
        }
    }
    free(share);
    free(poor);
    return table;
fail:
    free(table);
    free(share);
    free(poor);
    return NULL;
}
