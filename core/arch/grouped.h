/* Projections in groups: each group of outputs reads its own slice of the inputs (1×1 and n-gram convolutions with groups). */
#ifndef GAZE_CORE_ARCH_GROUPED_H
#define GAZE_CORE_ARCH_GROUPED_H

#include "core/pass.h"

struct grouped {
    struct tensor w; /* OUT_IN: [out, in/groups, …], what follows being inputs too; IN_OUT: [groups, in/groups, out/groups] */
    const float *bias; /* [out] or NULL */
    size_t groups, out, in;
    enum layout layout;
};

/* f(x·Wᵀ + b) for all rows of the pass, into y [rows,out]; x [rows,in], a group's inputs side by side. */
void pass_grouped(struct pass *pass, const struct grouped *grouped, const float *x, const struct activation *activation, float *y);

#endif
