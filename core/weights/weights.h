/* Weights as they lie on disk: named tensors that borrow from read-only maps. */
#ifndef GAZE_CORE_WEIGHTS_WEIGHTS_H
#define GAZE_CORE_WEIGHTS_WEIGHTS_H

#include "core/base/mem.h"
#include "core/weights/dtype.h"

enum { TENSOR_RANK = 4 };

/* Row-major, little-endian, perhaps unaligned: read through dtype->widen or unaligned loads. */
struct tensor {
    struct str name;
    const struct dtype *dtype; /* NULL: there is no tensor */
    int rank;
    size_t shape[TENSOR_RANK], bytes;
    const void *data; /* borrowed from the weights' map */
    const char *file; /* the file it lies in; borrowed */
};

struct weights {
    struct tensor *tensors; /* sorted by name */
    size_t n, capacity;
    const struct weights_format *format;
    void *own; /* the format's maps */
    struct arena *arena;
    size_t bytes; /* of all tensors */
};

/* One row a format: weights/NAME.c ends in one of these. */
struct weights_format {
    const char *name, *summary;
    const char *files;  /* names it goes by in a folder, `|`-separated, looked for in this order; first hit wins */
    const char *suffix; /* of a file given by path */
    bool (*open)(const char *path, struct weights *out, struct err *err);
    void (*close)(struct weights *weights); /* frees own */
};
extern const struct weights_format *const weights_formats[]; /* NULL-ended */

/* Open the weights of a folder, or a file. ERR_NOT_FOUND where the folder holds none; ERR_UNSUPPORTED, naming
 * what is there and what would be read, where it holds only formats not read yet. */
NODISCARD struct weights *weights_open(const char *path, struct err *err);
void weights_close(struct weights *weights);

/* The tensor of that name, or NULL. */
const struct tensor *weights_find(const struct weights *weights, struct str name);

/* The file names that a folder is searched for, with commas: for messages. */
void weights_files(struct buf *out);

/* For the formats: append a tensor after checking shape × dtype against `bytes`; copies the name. */
NODISCARD bool weights_add(struct weights *weights, struct tensor tensor, struct err *err);

/* Elements, or 0 for a tensor with an empty side. Shapes were checked when it was added. */
size_t tensor_numel(const struct tensor *tensor);
/* "[30522,768] F16" for messages. */
const char *tensor_describe(const struct tensor *tensor, char out[96]);
/* Row r of a matrix [rows, width] as float. */
void tensor_row(const struct tensor *tensor, size_t row, float *out);

#endif
