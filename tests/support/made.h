/* What gaze makes of a tensor of the golden cases, found by its name in the run's and the model's own lists: kept tensors,
 * maps and terms of every stack, sinks, heads. A family that appears brings its names with it. */
#ifndef GAZE_TESTS_SUPPORT_MADE_H
#define GAZE_TESTS_SUPPORT_MADE_H

#include "core/run.h"

enum made { MADE, NOT_MADE /* a name that no list of this model has */, MADE_WRONG /* err says why */ };

/* The largest difference from `want`, which goes by `name` ("attn.0", "dec_hidden.2", "router.enc.1", "logits"). Whole
 * numbers are equal or infinitely far. Maps may hold the first heads alone. */
enum made compare_made(const struct run *run, const char *name, const struct tensor *want, double *worst_out, struct err *err);
/* Would the model have that tensor if it were complete: is the name one of a stack that it has? Heads' and whole models'
 * tensors (no layer in the name) are not. */
bool made_by_stack(const struct model *model, const char *name);

#endif
