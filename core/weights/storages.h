/* The storages of a PyTorch file: flat arrays that its tensors are views of. */
#ifndef GAZE_CORE_WEIGHTS_STORAGES_H
#define GAZE_CORE_WEIGHTS_STORAGES_H

#include "core/weights/pickle.h"
#include "core/weights/weights.h"
#include "core/weights/zip.h"

/* Where the bytes of a storage's key are: a member of a zip archive, or a piece of a file of the format before 1.6. */
struct piece {
    struct str key;
    const unsigned char *data;
    size_t bytes;
    size_t numel; /* as the pickle says it, with the size of an element; 0: not known yet */
};

struct storages {
    const char *path;
    const struct zip *zip; /* NULL: pieces */
    struct str root;       /* "archive/data/" */
    struct piece *pieces;  /* sorted by key */
    size_t n, capacity;
};

/* A storage as a tensor refers to it. */
struct storage {
    const struct dtype *dtype; /* NULL: bytes, the tensor says of what */
    const unsigned char *data;
    size_t bytes;
};

/* What a class of storages ("FloatStorage") holds. False: no such class. */
bool storage_class(struct str name, const struct dtype **dtype_out);
/* What a torch.dtype ("float8_e4m3fn") is, or NULL. */
const struct dtype *torch_dtype(struct str name);

/* The storage of a persistent id ('storage', class, key, location, numel[, view]). */
NODISCARD bool storages_find(const struct storages *storages, const struct pickle *pickle, pickle_ref id, struct storage *out,
                             struct err *err);

#endif
