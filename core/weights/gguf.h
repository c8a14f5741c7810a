/* GGUF: weights, configuration and tokenizer in one file, as llama.cpp and its kin publish models (ggml, docs/gguf.md). */
#ifndef GAZE_CORE_WEIGHTS_GGUF_H
#define GAZE_CORE_WEIGHTS_GGUF_H

#include "core/weights/weights.h"

/* Types of values, as the file numbers them. */
enum gguf_type {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_STRING,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_TYPES
};

/* A value of the metadata. Its bytes were checked when the file was read. */
struct gguf_value {
    enum gguf_type type; /* of an array: that of its items */
    bool array;
    size_t n;                /* items; 1 where it is no array */
    const unsigned char *at; /* borrowed from the file */
};

struct gguf_pair {
    struct str key; /* borrowed from the file */
    struct gguf_value value;
};

/* A tensor's entry. */
struct gguf_tensor {
    struct str name; /* borrowed from the file */
    const struct dtype *dtype;
    int rank;
    size_t shape[TENSOR_RANK]; /* rows first, the file has them the other way round */
    size_t begin, bytes;       /* from the data's start */
};

struct gguf {
    const char *path; /* borrowed */
    unsigned version;
    struct gguf_pair *pairs; /* sorted by key */
    size_t n_pairs, pair_capacity;
    struct gguf_tensor *tensors;
    size_t n_tensors, tensor_capacity;
    size_t data_at; /* from the file's start */
};

/* Read a file's metadata and list of tensors. Every length, count, type and offset is checked against the file's size before
 * anything is done with it. ERR_FORMAT names what is wrong and where; ERR_UNSUPPORTED a version, byte order or type of numbers
 * that is not read. The caller calls gguf_free, after a failure too. */
NODISCARD bool gguf_read(const struct file *file, struct gguf *out, struct err *err);
void gguf_free(struct gguf *gguf); /* a zeroed struct is fine */

/* ---- the metadata ---- */

const struct gguf_value *gguf_find(const struct gguf *gguf, const char *key); /* NULL where it is absent */
/* A string, n 0 with s NULL where the key is absent or holds something else. */
struct str gguf_text(const struct gguf *gguf, const char *key);
/* A number (a whole one or not, a bool counts as 0 or 1), `fallback` where the key is absent or holds something else. */
double gguf_number(const struct gguf *gguf, const char *key, double fallback);
bool gguf_bool(const struct gguf *gguf, const char *key, bool fallback);
/* An array of strings: the items one after another; start with *at = value->at. */
struct str gguf_next_text(const unsigned char **at);
/* Item i of an array of numbers, or the number itself. */
double gguf_item(const struct gguf_value *value, size_t i);

/* The name of a type of tensor by the file's number, as llama.cpp spells it; NULL where none has it. *dtype_out NULL: not read.
 */
const char *gguf_type_named(uint32_t number, const struct dtype **dtype_out);
/* Append the names of all types that are read, with commas. */
void gguf_types(struct buf *out);

#endif
