/* Weights as they lie on disk: named tensors that borrow from read-only maps. */
#ifndef GAZE_CORE_WEIGHTS_WEIGHTS_H
#define GAZE_CORE_WEIGHTS_WEIGHTS_H

#include "core/base/file.h"
#include "core/base/json.h"
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
    const uint32_t *order; /* [shape[0]] row r lies at order[r]; NULL: rows lie as they come */
    bool turned;           /* lies [out,in] where its family's files have [in,out] */
};

/* Something of a file that has a tensor's name and no numbers that are read: a sparse or quantised tensor, an unknown object. */
struct stand_in {
    struct str name, what;
};

struct weights {
    struct tensor *tensors; /* sorted by name */
    size_t n, capacity;
    struct stand_in *stand_ins;
    size_t n_stand_ins, stand_in_capacity;
    struct file *files; /* mapped; each borrowed by its tensors */
    size_t n_files, file_capacity;
    const struct weights_format *format;
    char *path; /* the file, or the index of several */
    struct arena *arena;
    size_t bytes; /* of all tensors, aliases not counted */
    char *names;  /* room for names, packed */
    size_t names_left, users;
};

/* One row a format: weights/NAME.c ends in one of these. An index or a name makes shards of any of them (shards.h). */
struct weights_format {
    const char *name, *summary;
    const char *stem;     /* of the usual names: STEM.SUFFIX, STEM-00001-of-00003.SUFFIX, STEM.SUFFIX.index.json; NULL: no name is
                             usual, and a file is a whole model that needs no config.json */
    void (*numbers)(struct buf *out); /* append the types of numbers it holds, with commas; NULL: those of dtypes */
    const char *suffixes; /* of files given by path, `|`-separated; the first is that of the usual name */
    /* Do these bytes begin such a file beyond doubt? */
    bool (*is)(const unsigned char *data, size_t size);
    /* Add the tensors of one file. */
    bool (*read)(struct weights *weights, const struct file *file, struct err *err);
};
extern const struct weights_format *const weights_formats[]; /* NULL-ended; the order in which they are preferred */

/* Open a file, an index of shards, or what a folder holds (lying.h chooses). ERR_NOT_FOUND where the folder holds none;
 * ERR_UNSUPPORTED, naming what is there and what would be read, where it holds only what is not read. */
NODISCARD struct weights *weights_open(const char *path, struct err *err);
/* The same from the files that make up one set of shards, under the name `path`. `map` says which file counts where two hold
 * a tensor of one name: {name: file}, or NULL. */
NODISCARD struct weights *weights_open_files(const char *path, char *const *files, size_t n, const struct json *map,
                                             struct err *err);
/* One file in a format that is known, whatever its bytes or name say. */
NODISCARD struct weights *weights_open_as(const char *path, const struct weights_format *format, struct err *err);
void weights_close(struct weights *weights);
/* One more user: each closes once. */
struct weights *weights_share(struct weights *weights);

/* The header of a safetensors file, whose "__metadata__" holds texts by name: json_free it. */
NODISCARD struct json *safetensors_header(const struct file *file, size_t *data_at_out, struct err *err);

/* The path of a file of theirs that was written to since it was mapped (file_rewritten), or NULL: then the numbers are no
 * longer those that were loaded. */
const char *weights_rewritten(const struct weights *weights);

/* The tensor of that name, or NULL. */
const struct tensor *weights_find(const struct weights *weights, struct str name);

/* What stands in place of a tensor of that name, or NULL. */
const struct stand_in *weights_find_stand_in(const struct weights *weights, struct str name);

/* Take `prefix` off the names that begin with it. False where two tensors then have one name. */
NODISCARD bool weights_strip(struct weights *weights, struct str prefix, struct err *err);

/* Sort the tensors again, whose names changed. False where two have one name. */
NODISCARD bool weights_sort(struct weights *weights, struct err *err);

/* The usual names of weights, with commas: for messages. */
void weights_files(struct buf *out);
/* The format that reads files of that name, or NULL. */
const struct weights_format *weights_format_of(struct str name);

/* For the formats: append a tensor after checking shape × dtype against `bytes`; copies the name. */
NODISCARD bool weights_add(struct weights *weights, struct tensor tensor, struct err *err);
/* One more name of a tensor; its bytes are counted once. */
NODISCARD bool weights_add_alias(struct weights *weights, struct tensor tensor, struct err *err);
NODISCARD bool weights_add_stand_in(struct weights *weights, struct str name, struct str what, struct err *err);

/* Elements, or 0 for a tensor with an empty side. Shapes were checked when it was added. */
size_t tensor_numel(const struct tensor *tensor);
/* "[30522,768] F16" for messages. */
const char *tensor_describe(const struct tensor *tensor, char out[96]);
/* Row r of a matrix [rows, width] as float. */
void tensor_row(const struct tensor *tensor, size_t row, float *out);

#endif
