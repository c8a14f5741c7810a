/* A result is a sink: a command hands values to it as they come; repl/result.c alone prints, redirects and converts.
 *
 * The extension after > (or format=) chooses: table, json, csv, tsv; png … for pictures; npy, npz, safetensors for
 * tensors. A command never prints to stdout itself. */
#ifndef GAZE_REPL_RESULT_H
#define GAZE_REPL_RESULT_H

#include "core/base/mem.h"
#include "repl/command.h"
#include "viz/picture.h"

struct result;

/* Begin a command's result: where it goes (standard output, > FILE, | COMMAND) and in which format. End it: finishes the
 * document, commits the file or waits for the pipe; with ok false the file stays as it was. Frees the result. A result to
 * which nothing was given prints nothing. ERR_PIPE: the reader has gone. */
NODISCARD bool result_begin(struct session *session, const struct call *call, struct result **out, struct err *err);
NODISCARD bool result_end(struct result *result, bool ok, struct err *err);

/* Plain text for a person (help, info), a line or many; in JSON a string. */
NODISCARD bool result_text(struct result *result, struct str text, struct err *err);
/* A line on standard error: what load, use, run, set report; progress. Never part of the document. */
void result_note(struct result *result, const char *format, ...) PRINTF_LIKE(2, 3);

/* A table: columns once, then rows, streamed. `header` is the CSV header ("layer,head,index,…"). */
enum cell_kind { CELL_TEXT, CELL_INT, CELL_NUMBER, CELL_NONE };
struct cell_value {
    enum cell_kind kind;
    struct str text;
    long long integer;
    double number;
    int digits;   /* decimals in the table for a person, 0: %.9g everywhere */
};
NODISCARD bool result_columns(struct result *result, const char *header, struct err *err);
NODISCARD bool result_row(struct result *result, const struct cell_value *cells, size_t n, struct err *err);

/* One JSON document that the command makes itself (maps, tokens); `plain` is what a person sees, in a table. */
bool result_wants_json(const struct result *result);
NODISCARD bool result_json(struct result *result, struct str document, struct err *err); /* one line, no newline */

/* A picture: cells on the terminal and in pipes, a file by its extension. */
NODISCARD bool result_picture(struct result *result, const struct picture *picture, struct err *err);

/* A tensor is a promise: the writer puts the header, then asks slab by slab (first axis), so memory stays bounded. */
struct tensor_promise {
    char name[48];
    bool is_i64;
    int rank;
    size_t shape[4];
    size_t slab;  /* leading index steps one call of fill gives: elements per slab = numel / shape[0] · slab … */
    /* Fill elements [begin,end) of the flattened leading axis 0 … into out (float or int64_t). */
    bool (*fill)(const void *context, size_t begin, size_t end, void *out, struct err *err);
    const void *context;
};
NODISCARD bool result_tensors(struct result *result, const struct tensor_promise *tensors, size_t n, struct err *err);

/* The writer's format: "table", "json", "csv", "tsv", "png", "npy", "npz", "safetensors", … */
const char *result_format(const struct result *result);

#endif
