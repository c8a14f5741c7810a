/* jansson behind an opaque type. See json.h. A struct json is a json_t.
 *
 * Whole numbers are read as doubles: files of the field hold integers beyond 64 bits
 * ("model_max_length": 1000000000000000019884624838656), which jansson refuses otherwise. */

#include <jansson.h>
#include <math.h>
#include <string.h>

/* jansson spells these as macros; here they are functions of the opaque type. */
#undef json_is_object
#undef json_is_array
#undef json_is_string
#undef json_is_number
#undef json_is_null
#define json_is_true_value(v) (json_typeof(v) == JSON_TRUE)

#include "core/base/json.h"

#include "core/base/source.h"
#include "core/base/utf8.h"

static const json_t *in(const struct json *v)
{
    return (const json_t *)v;
}

static const struct json *out_of(const json_t *v)
{
    return (const struct json *)v;
}

struct json *json_parse(struct str text, const char *name, unsigned flags, struct err *err)
{
    json_error_t error;
    size_t options = JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL | JSON_DECODE_ANY;
    if (flags & JSON_STRICT_KEYS)
        options |= JSON_REJECT_DUPLICATES;
    if (text.n >= 3 && memcmp(text.s, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        text = (struct str){text.s + 3, text.n - 3};
    json_t *root = json_loadb(text.s ? text.s : "", text.n, options, &error);
    if (!root) {
        err_set(err, ERR_FORMAT, "%s: not JSON: line %d, column %d: %s", name, error.line, error.column, error.text);
        return NULL;
    }
    return (struct json *)root;
}

struct json *json_load(const char *path, unsigned flags, struct err *err)
{
    struct source *source = source_open(path, CONTENT_TEXT, "a JSON file", err);
    struct json *root = NULL;
    if (source && source_read(source, SIZE_MAX, 0, err))
        root = json_parse((struct str){(const char *)source->data, source->size}, path, flags, err);
    source_free(source);
    return root;
}

void json_free(struct json *document)
{
    json_decref((json_t *)document);
}

bool json_is_null(const struct json *v)
{
    return v && json_typeof(in(v)) == JSON_NULL;
}

bool json_is_object(const struct json *v)
{
    return v && json_typeof(in(v)) == JSON_OBJECT;
}

bool json_is_array(const struct json *v)
{
    return v && json_typeof(in(v)) == JSON_ARRAY;
}

bool json_is_string(const struct json *v)
{
    return v && json_typeof(in(v)) == JSON_STRING;
}

bool json_is_number(const struct json *v)
{
    return v && (json_typeof(in(v)) == JSON_REAL || json_typeof(in(v)) == JSON_INTEGER);
}

bool json_is_bool(const struct json *v)
{
    return v && (json_typeof(in(v)) == JSON_TRUE || json_typeof(in(v)) == JSON_FALSE);
}

const struct json *json_get(const struct json *object, const char *key)
{
    return json_is_object(object) ? out_of(json_object_get(in(object), key)) : NULL;
}

const struct json *json_get_str(const struct json *object, struct str key)
{
    return json_is_object(object) ? out_of(json_object_getn(in(object), key.s ? key.s : "", key.n)) : NULL;
}

const struct json *json_at(const struct json *array, size_t index)
{
    return json_is_array(array) ? out_of(json_array_get(in(array), index)) : NULL;
}

size_t json_count(const struct json *v)
{
    if (json_is_array(v))
        return json_array_size(in(v));
    return json_is_object(v) ? json_object_size(in(v)) : 0;
}

struct str json_str(const struct json *v, const char *fallback)
{
    if (!json_is_string(v))
        return fallback ? str_of(fallback) : (struct str){0};
    return (struct str){json_string_value(in(v)), json_string_length(in(v))};
}

double json_number(const struct json *v, double fallback)
{
    return json_is_number(v) ? json_number_value(in(v)) : fallback;
}

bool json_bool(const struct json *v, bool fallback)
{
    return json_is_bool(v) ? json_is_true_value(in(v)) : fallback;
}

bool json_size(const struct json *v, const char *what, size_t *out, struct err *err)
{
    if (!v)
        return err_set(err, ERR_FORMAT, "%s is missing", what);
    double number = json_is_number(v) ? json_number_value(in(v)) : -1;
    if (!(number >= 0 && number < 9007199254740992.0) || number != floor(number))
        return err_set(err, ERR_FORMAT, "%s is not a whole number in [0, 2^53)", what);
    *out = (size_t)number;
    return true;
}

bool json_next(const struct json *object, struct json_cursor *cursor, struct str *key, const struct json **value)
{
    if (!json_is_object(object))
        return false;
    json_t *root = (json_t *)object; /* the iterator's signature is not const; nothing is changed */
    cursor->at = cursor->begun ? json_object_iter_next(root, cursor->at) : json_object_iter(root);
    cursor->begun = true;
    if (!cursor->at)
        return false;
    *key = (struct str){json_object_iter_key(cursor->at), json_object_iter_key_len(cursor->at)};
    *value = out_of(json_object_iter_value(cursor->at));
    return true;
}

void json_quote(struct buf *out, struct str s)
{
    buf_char(out, '"');
    for (size_t i = 0; i < s.n;) {
        int32_t cp;
        size_t n = utf8_decode(s.s + i, s.n - i, &cp);
        if (cp < 0)
            buf_puts(out, "\xef\xbf\xbd");
        else if (cp == '"' || cp == '\\')
            buf_printf(out, "\\%c", (char)cp);
        else if (cp == '\n')
            buf_puts(out, "\\n");
        else if (cp == '\t')
            buf_puts(out, "\\t");
        else if (cp_is_unprintable(cp))
            buf_printf(out, "\\u%04x", (unsigned)cp);
        else
            buf_add(out, s.s + i, n);
        i += n;
    }
    buf_char(out, '"');
}

void json_put_number(struct buf *out, double value)
{
    if (isfinite(value))
        buf_printf(out, "%.9g", value);
    else
        buf_puts(out, "null");
}

const char *json_library(void)
{
    return jansson_version_str();
}
