/* Grouped projections. See grouped.h. */
#include "core/arch/grouped.h"

void pass_grouped(struct pass *pass, const struct grouped *grouped, const float *x, const struct activation *activation, float *y)
{
    size_t out = grouped->out / grouped->groups, in = grouped->in / grouped->groups;
    bool stored_in_first = grouped->layout == LAYOUT_IN_OUT;
    for (size_t g = 0; pass_ok(pass) && g < grouped->groups; g++) {
        struct linear linear = {.w = grouped->w, .out = out, .in = in, .layout = grouped->layout};
        linear.bias = grouped->bias ? grouped->bias + g * out : NULL;
        linear.w.rank = 2;
        linear.w.shape[0] = stored_in_first ? in : out;
        linear.w.shape[1] = stored_in_first ? out : in;
        linear.w.bytes = grouped->w.bytes / grouped->groups;
        linear.w.data = (const unsigned char *)grouped->w.data + g * linear.w.bytes;
        pass_linears(pass, &(struct linear_out){&linear, y + g * out, grouped->out, activation}, 1, x + g * in, grouped->in);
    }
}
