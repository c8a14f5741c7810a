/* What a result hands to its writer besides text and pictures: cells of tables, promises of tensors. */
#ifndef GAZE_REPL_WRITER_VALUES_H
#define GAZE_REPL_WRITER_VALUES_H

#include <math.h>

#include "core/base/mem.h"

/* One cell of a table. */
enum cell_kind { CELL_TEXT, CELL_INT, CELL_NUMBER, CELL_NONE };
struct cell_value {
    enum cell_kind kind;
    struct str text; /* of CELL_NONE: what the table for a person shows instead, or nothing */
    long long integer;
    double number;
    int digits;   /* decimals in the table for a person, 0: %.9g everywhere */
};

static inline struct cell_value text_cell(struct str text)
{
    return (struct cell_value){.kind = CELL_TEXT, .text = text};
}

static inline struct cell_value int_cell(long long integer)
{
    return (struct cell_value){.kind = CELL_INT, .integer = integer};
}

static inline struct cell_value number_cell(double number, int digits)
{
    return (struct cell_value){.kind = CELL_NUMBER, .number = number, .digits = digits};
}

/* Where NaN stands for what is not there: CELL_NONE, for a person `instead`. */
static inline struct cell_value number_cell_or(double number, int digits, struct str instead)
{
    return isnan(number) ? (struct cell_value){.kind = CELL_NONE, .text = instead} : number_cell(number, digits);
}

/* A tensor is a promise: the writer puts the header, then asks slab by slab, so that memory stays bounded. It is seen as
 * rows: all axes but the last flattened, each row shape[rank-1] numbers (rank 1: rows of one number). */
struct tensor_promise {
    char name[64];
    bool is_i64;           /* int64_t, else float */
    int rank;              /* 1 to 4 */
    size_t shape[4];
    const char *axes[4];   /* what each axis counts: "head", "query", "key" */
    size_t slab;           /* rows that are best asked for together, 0: the writer chooses */
    bool (*fill)(const void *context, size_t row, size_t rows, void *out, struct err *err);
    const void *context;
};

#endif
