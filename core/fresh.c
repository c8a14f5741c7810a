/* Fresh weights. See fresh.h. Normal numbers: Box and Muller 1958. */
#include "core/fresh.h"

#include <math.h>
#include <string.h>

#include "core/base/random.h"

/* FNV-1a (Fowler, Noll, Vo): a tensor bound under two names of one file is one tensor, and keeps one set of numbers. */
static uint64_t hash_of(struct str name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.s[i]) * 0x100000001b3u;
    return hash;
}

static void normals(float *out, size_t n, float deviation, uint64_t state)
{
    for (size_t i = 0; i < n; i += 2) {
        double radius = sqrt(-2 * log(((double)(random_next(&state) >> 11) + 1) * 0x1p-53));
        double angle = 2 * M_PI * (double)(random_next(&state) >> 11) * 0x1p-53;
        out[i] = (float)(radius * cos(angle)) * deviation;
        if (i + 1 < n)
            out[i + 1] = (float)(radius * sin(angle)) * deviation;
    }
}

bool fresh_tensor(struct tensor *tensor, enum init init, float deviation, uint64_t seed, struct arena *arena, struct err *err)
{
    size_t n = tensor_numel(tensor);
    float *numbers = arena_alloc(arena, n, sizeof *numbers, "fresh weights", err);
    if (!numbers)
        return false;
    if (init == INIT_NORMAL)
        normals(numbers, n, deviation, random_stream(seed, hash_of(tensor->name)));
    else
        for (size_t i = 0; i < n; i++)
            numbers[i] = init == INIT_ONES ? 1 : 0;
    tensor->data = numbers;
    tensor->dtype = &DTYPE_F32;
    tensor->bytes = n * sizeof *numbers;
    return true;
}

/* Swap elements of so many bytes until every order is as likely. */
static void shuffle(unsigned char *data, size_t n, size_t bytes, uint64_t state)
{
    unsigned char held[sizeof(double)];
    for (; n > 1; n--) {
        unsigned char *last = data + (n - 1) * bytes, *other = data + (size_t)(random_next(&state) % n) * bytes;
        memcpy(held, last, bytes);
        memcpy(last, other, bytes);
        memcpy(other, held, bytes);
    }
}

bool shuffled_tensor(struct tensor *tensor, uint64_t seed, struct arena *arena, struct err *err)
{
    size_t n = tensor_numel(tensor);
    bool plain = tensor->dtype->block == 1 && tensor->dtype->bytes <= sizeof(double);
    const struct dtype *dtype = plain ? tensor->dtype : &DTYPE_F32;
    unsigned char *numbers = arena_alloc(arena, n, dtype->bytes, "shuffled weights", err);
    if (!numbers)
        return false;
    if (plain)
        memcpy(numbers, tensor->data, n * dtype->bytes);
    else
        tensor->dtype->widen(tensor->data, n, (float *)(void *)numbers);
    shuffle(numbers, n, dtype->bytes, random_stream(seed, hash_of(tensor->name)));
    tensor->data = numbers;
    tensor->dtype = dtype;
    tensor->bytes = n * dtype->bytes;
    return true;
}
