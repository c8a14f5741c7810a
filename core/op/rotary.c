/* Turning heads by their positions. See rotary.h. */
#include "core/op/rotary.h"

#include <stdbool.h>

#include "core/base/pool.h"

struct job {
    float *x;
    const float *cos, *sin;
    size_t row, heads, step, half;
    enum rotary_pairs pairs;
};

/* The two numbers of pair i lie `apart` floats apart, pairs `next` floats. */
static void turn(float *x, const float *cos, const float *sin, size_t half, size_t next, size_t apart)
{
    for (size_t i = 0; i < half; i++) {
        float a = x[i * next], b = x[i * next + apart];
        x[i * next] = a * cos[i] - b * sin[i];
        x[i * next + apart] = b * cos[i] + a * sin[i];
    }
}

static void turn_row(void *context, size_t task, size_t thread)
{
    const struct job *j = context;
    bool halves = j->pairs == ROTARY_HALVES;
    (void)thread;
    for (size_t h = 0; h < j->heads; h++)
        turn(j->x + task * j->row + h * j->step, j->cos + task * j->half, j->sin + task * j->half, j->half, halves ? 1 : 2,
             halves ? j->half : 1);
}

void op_rotate(float *x, size_t rows, size_t row, size_t heads, size_t step, const float *cos, const float *sin, size_t half,
               enum rotary_pairs pairs)
{
    struct job job = {x, cos, sin, row, heads, step, half, pairs};
    if (heads && half)
        pool_run(rows, turn_row, &job);
}
