/* Rotary position embedding (Su et al. 2021): pairs of a head's numbers turned by an angle that grows with the position. */
#ifndef GAZE_CORE_OP_ROTARY_H
#define GAZE_CORE_OP_ROTARY_H

#include <stddef.h>
#include <stdint.h>

enum rotary_pairs {
    ROTARY_HALVES,    /* (i, i + r/2): Llama, GPT-NeoX, … */
    ROTARY_NEIGHBOURS /* (2i, 2i+1): GPT-J, RoFormer, … */
};

/* Turn the first 2·half numbers of each head in place: (a, b) → (a·cos − b·sin, b·cos + a·sin). cos, sin [rows,half]; head h
 * of row t is at x[t·row + h·step]. Runs on the pool. */
void op_rotate(float *x, size_t rows, size_t row, size_t heads, size_t step, const float *cos, const float *sin, size_t half,
               enum rotary_pairs pairs);

#endif
