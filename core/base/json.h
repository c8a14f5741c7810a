/* JSON values, read-only and opaque (jansson stands behind this file alone).
 *
 * Every accessor takes NULL and answers as for a missing key, so that paths can be chained. */
#ifndef GAZE_CORE_BASE_JSON_H
#define GAZE_CORE_BASE_JSON_H

#include "core/base/mem.h"

struct json; /* a value; borrowed from its document */

enum json_flags { JSON_STRICT_KEYS = 1 /* duplicate keys are an error */ };

/* Parse a whole text; `name` stands in messages with line and column. Free with json_free. */
NODISCARD struct json *json_parse(struct str text, const char *name, unsigned flags, struct err *err);
NODISCARD struct json *json_load(const char *path, unsigned flags, struct err *err);
void json_free(struct json *document);

bool json_is_null(const struct json *v);   /* JSON null; false for a missing value */
bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_string(const struct json *v);
bool json_is_number(const struct json *v);
bool json_is_bool(const struct json *v);

const struct json *json_get(const struct json *object, const char *key); /* NULL if absent or no object */
const struct json *json_get_str(const struct json *object, struct str key);
const struct json *json_at(const struct json *array, size_t index);
size_t json_count(const struct json *v); /* items of an array or object, else 0 */

struct str json_str(const struct json *v, const char *fallback); /* fallback if v is no string */
double json_number(const struct json *v, double fallback);
bool json_bool(const struct json *v, bool fallback);

/* A whole number in [0, 2^53): false with ERR_FORMAT naming `what` for anything else. */
NODISCARD bool json_size(const struct json *v, const char *what, size_t *out, struct err *err);

/* The members of an object in the file's order: key and value until false. Start with cursor 0-filled. */
struct json_cursor {
    void *at;
    bool begun;
};
bool json_next(const struct json *object, struct json_cursor *cursor, struct str *key, const struct json **value);

/* Append `s` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_quote(struct buf *out, struct str s);
/* Append a number with 9 significant digits; NaN and infinities as null. */
void json_put_number(struct buf *out, double value);

const char *json_library(void); /* the version of jansson */

#endif
