/* Random numbers: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
 * Its state is a counter, so that a stream can start anywhere and one number does not wait for the other. */
#ifndef GAZE_CORE_BASE_RANDOM_H
#define GAZE_CORE_BASE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* A stream of its own for each seed and number. */
static inline uint64_t random_stream(uint64_t seed, uint64_t number)
{
    uint64_t state = seed;
    state = random_next(&state) ^ number;
    return random_next(&state);
}

/* A whole number in [0,n) from 32 random bits. */
static inline uint32_t random_below(uint32_t bits, uint32_t n)
{
    return (uint32_t)(((uint64_t)bits * n) >> 32);
}

/* In [0,1). */
static inline float random_unit(uint64_t bits)
{
    return (float)(bits >> 40) * 0x1p-24f;
}

#endif
