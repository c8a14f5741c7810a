/* Parts of projections. See linear.h. */
#include "core/product/linear.h"

struct linear linear_rows(const struct linear *linear, size_t first, size_t n)
{
    struct linear part = *linear;
    size_t row = linear->out ? linear->w.bytes / linear->out : 0; /* bytes */
    if (linear->w.order)
        part.w.order = linear->w.order + first;
    else
        part.w.data = (const unsigned char *)linear->w.data + first * row;
    part.w.bytes = n * row;
    part.w.shape[0] = part.out = n;
    part.bias = linear->bias ? linear->bias + first : NULL;
    return part;
}
