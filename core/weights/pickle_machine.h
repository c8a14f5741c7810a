/* The stack machine's state, for pickle.c, pickle_stack.c and pickle_opcodes.c alone. */
#ifndef GAZE_CORE_WEIGHTS_PICKLE_MACHINE_H
#define GAZE_CORE_WEIGHTS_PICKLE_MACHINE_H

#include "core/weights/pickle.h"

enum {
    CHUNK = 4096, /* values allocated at once */
    STACK_LIMIT = 1 << 20,
    TRUE_REF = 1,
    FALSE_REF = 2,
    EMPTY_REF = 3 /* the tuple () */
};

struct refs {
    pickle_ref *items;
    size_t n, capacity;
};

struct pickle {
    const char *path;
    struct arena *tuples; /* items of long tuples */
    pickle_ref *tuple_at;
    size_t tuple_left;
    struct pickle_value **chunks;
    size_t n, n_chunks, chunk_capacity;
    struct refs stack, marks, memo; /* a mark is the height of the stack */
    size_t at, size;                /* bytes read of the pickle, and all of it */
};

static inline struct pickle_value *pickle_value_at(struct pickle *pickle, pickle_ref ref)
{
    return &pickle->chunks[ref / CHUNK][ref % CHUNK];
}

/* "PATH: not a pickle that can be read: WHAT at byte N of it". Returns false. */
bool pickle_bad(const struct pickle *pickle, const char *what, struct err *err);
NODISCARD bool pickle_new_value(struct pickle *pickle, enum pickle_kind kind, pickle_ref *out, struct err *err);
NODISCARD bool refs_push(struct refs *refs, pickle_ref ref, struct err *err);

NODISCARD bool pickle_push(struct pickle *pickle, pickle_ref ref, struct err *err);
size_t pickle_floor(const struct pickle *pickle); /* no value may be taken from below the last mark */
NODISCARD bool pickle_pop(struct pickle *pickle, pickle_ref *out, struct err *err);
NODISCARD bool pickle_top(struct pickle *pickle, pickle_ref *out, struct err *err);
/* The values above the last mark leave the stack; they stay readable until the next push. */
NODISCARD bool pickle_pop_mark(struct pickle *pickle, const pickle_ref **items, size_t *n, struct err *err);
NODISCARD bool pickle_push_tuple(struct pickle *pickle, const pickle_ref *items, size_t n, struct err *err);

/* Append to a list or set; of another object: inert. */
NODISCARD bool pickle_append(struct pickle *pickle, pickle_ref list, const pickle_ref *items, size_t n, struct err *err);
/* Set key, value, key, value … in a dict, or in an object that is one. */
NODISCARD bool pickle_set(struct pickle *pickle, pickle_ref dict, const pickle_ref *items, size_t n, struct err *err);

/* What an opcode carries behind it, and what it does. */
struct argument {
    uint64_t number;
    struct str text, second;
};
enum argument_kind {
    BARE,   /* nothing */
    BYTES1, /* an unsigned number of so many bytes */
    BYTES2,
    BYTES4,
    SIGNED4,
    BYTES8,
    COUNT1, /* so many bytes follow, their number in 1, 4 or 8 */
    COUNT4,
    COUNT8,
    LINE,   /* up to a newline */
    LINES,  /* two of these */
    DECIMAL /* a number in a line */
};
struct opcode {
    bool (*run)(struct pickle *pickle, const struct argument *a, struct err *err); /* NULL: no opcode */
    enum argument_kind argument;
};
extern const struct opcode pickle_opcodes[256];

#endif
