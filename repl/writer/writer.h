/* A writer turns the values of a result into the bytes of one format. It knows no command and no model. */
#ifndef GAZE_REPL_WRITER_WRITER_H
#define GAZE_REPL_WRITER_WRITER_H

#include "core/base/file.h"
#include "repl/writer/values.h"
#include "viz/palette/palette.h"
#include "viz/picture.h"
#include "viz/render/renderer.h"

/* Where a writer writes: through sink_write and its kin, at once or when a buffer is full. */
struct sink {
    struct out out;
    bool (*open)(struct sink *sink, struct err *err); /* called at the first byte, then NULL */
    void *context;       /* of open */
    size_t lines;        /* known to come before the first byte, 0: not known */
    size_t columns;      /* a person's line, in terminal columns */
    enum depth depth;    /* colours of pictures in cells */
    bool numbers;        /* values are written into the cells of pictures */
    bool terminal;       /* a person's screen: no control character of a text may reach it */
    struct str *names;   /* of the table's columns */
    size_t n_names;
    void *own;           /* the writer's state, freed by its finish or drop */
};

/* A NULL slot: the format cannot hold that. Reported in one place, by the result. */
struct writer {
    const char *name, *extensions; /* extensions `|`-separated, without the point */
    const char *summary;
    bool one_tensor; /* holds a single tensor */
    bool (*text)(struct sink *sink, struct str text, struct err *err);
    bool (*columns)(struct sink *sink, struct err *err); /* sink->names are set */
    bool (*row)(struct sink *sink, const struct cell_value *cells, size_t n, struct err *err);
    bool (*json)(struct sink *sink, struct str document, struct err *err);
    bool (*picture)(struct sink *sink, const struct picture *picture, struct err *err);
    bool (*tensors)(struct sink *sink, const struct tensor_promise *tensors, size_t n, const struct text_pair *about,
                    size_t n_about, struct err *err);
    bool (*finish)(struct sink *sink, struct err *err); /* the end of the document; NULL: nothing */
    void (*drop)(struct sink *sink);                    /* frees own, also after finish; NULL: nothing */
};
extern const struct writer *const writers[]; /* NULL-ended */
const struct writer *writer_named(struct str name);
const struct writer *writer_of_extension(struct str extension);

NODISCARD bool sink_write(struct sink *sink, const void *bytes, size_t n, struct err *err);
NODISCARD bool sink_put(struct sink *sink, struct str text, struct err *err);
NODISCARD bool sink_puts(struct sink *sink, const char *text, struct err *err);
/* Write a buffer and empty it. */
NODISCARD bool sink_drain(struct sink *sink, struct buf *buf, struct err *err);

/* ---- tensors (slab.c) ---- */

/* Rows of a tensor, numbers in a row, numbers in all, bytes in all. Rank 1 counts rows of one number. */
size_t tensor_promise_rows(const struct tensor_promise *tensor);
size_t tensor_promise_width(const struct tensor_promise *tensor);
NODISCARD bool tensor_promise_bytes(const struct tensor_promise *tensor, size_t *bytes_out, struct err *err);
/* Ask for the rows in order, a bounded number at a time, and hand each slab on. Polls Ctrl-C. */
NODISCARD bool tensor_each_slab(const struct tensor_promise *tensor,
                                bool (*take)(void *context, const void *data, size_t row, size_t rows, struct err *err),
                                void *context, struct err *err);
/* The bytes as they lie in memory (little-endian), in order. */
NODISCARD bool tensor_put_bytes(struct sink *sink, const struct tensor_promise *tensor, struct err *err);
/* The header of a .npy file (format version 1.0), padded to a multiple of 64 bytes. */
void npy_header(const struct tensor_promise *tensor, struct buf *out);
/* ERR_ARG that names the tensors there are, where a format holds only one. */
bool fail_one_tensor(const char *format, const struct tensor_promise *tensors, size_t n, struct err *err);

/* ---- separated values (separated.c) ---- */

NODISCARD bool separated_columns(struct sink *sink, char separator, struct err *err);
NODISCARD bool separated_row(struct sink *sink, char separator, const struct cell_value *cells, size_t n, struct err *err);
NODISCARD bool separated_tensor(struct sink *sink, char separator, const struct tensor_promise *tensor, struct err *err);
/* A cell's value for machines: 9 significant digits, nothing for NaN and CELL_NONE. */
void cell_plain(const struct cell_value *cell, struct buf *out);

#endif
