/* A reader of Python's pickles that executes nothing.
 *
 * A pickle is a program for a stack machine. Its objects become plain values here; whatever would call a function or make an
 * object of a class is kept as what was to be called with what, inert. Protocols 0 to 5. */
#ifndef GAZE_CORE_WEIGHTS_PICKLE_H
#define GAZE_CORE_WEIGHTS_PICKLE_H

#include "core/base/mem.h"

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_FLOAT,
    PICKLE_TEXT,       /* text or bytes */
    PICKLE_TUPLE,
    PICKLE_LIST,       /* lists and sets */
    PICKLE_DICT,
    PICKLE_GLOBAL,     /* module.name */
    PICKLE_CALL,       /* a callable with its arguments, and what was put into the result */
    PICKLE_PERSISTENT, /* an id of something kept outside the pickle */
    PICKLE_OTHER       /* a number of more than 64 bits, a buffer, a registered extension */
};

typedef uint32_t pickle_ref; /* of a value; 0 is None */

struct pickle_value {
    uint8_t kind;
    uint32_t n; /* items of a tuple or list, pairs of a dict, bytes of a text */
    union {
        int64_t integer; /* and BOOL */
        double number;
        const char *text;     /* borrowed from the pickle's bytes */
        pickle_ref few[4];    /* a tuple of at most 4 */
        pickle_ref *items;    /* a longer tuple, a list; key, value, key, value … of a dict */
        struct {
            pickle_ref module, name;
        } global;
        struct {
            pickle_ref callable, arguments, state, dict; /* state: of BUILD; dict: what was set in it by key; 0: nothing */
        } call;
        pickle_ref id; /* of PERSISTENT */
    } as;
};

struct pickle;
/* `path` stands in messages; borrowed, as are the bytes that are read. */
NODISCARD struct pickle *pickle_new(const char *path, struct err *err);
void pickle_free(struct pickle *pickle);
/* Read one pickle from the front of `data`; its bytes in *used_out. More may follow; values stay. Memory is bounded by a
 * multiple of the bytes read, whatever they claim. */
NODISCARD bool pickle_read(struct pickle *pickle, const unsigned char *data, size_t size, pickle_ref *root_out, size_t *used_out,
                           struct err *err);

const struct pickle_value *pickle_get(const struct pickle *pickle, pickle_ref ref);
size_t pickle_count(const struct pickle *pickle); /* values so far */
/* The text of a value; s NULL where it is none. */
struct str pickle_text(const struct pickle *pickle, pickle_ref ref);
/* Item i of a tuple or list, or 0. */
pickle_ref pickle_item(const struct pickle *pickle, pickle_ref ref, size_t i);
/* Is this the global of that name? */
bool pickle_is_global(const struct pickle *pickle, pickle_ref ref, const char *module, const char *name);
/* The dict that a value is, or what was set by key in an object; 0 where it is neither. */
pickle_ref pickle_dict(const struct pickle *pickle, pickle_ref ref);
/* The value of a text key in a dict, or 0. */
pickle_ref pickle_lookup(const struct pickle *pickle, pickle_ref dict, const char *key);

#endif
