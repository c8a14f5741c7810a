/* Typed access to the fields of a component. See build.h. */
#include "core/tokenizer/build.h"

#include "core/base/text.h"

bool field_wrong(const struct build *build, const char *key, const char *expected, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: %s: \"%s\": expected %s", build->path, build->what, key, expected);
}

static const struct json *present(const struct json *object, const char *key)
{
    const struct json *value = json_get(object, key);
    return json_is_null(value) ? NULL : value;
}

bool field_bool(const struct build *build, const struct json *object, const char *key, bool *out, struct err *err)
{
    const struct json *value = present(object, key);
    if (value && !json_is_bool(value))
        return field_wrong(build, key, "true or false", err);
    *out = json_bool(value, *out);
    return true;
}

bool field_size(const struct build *build, const struct json *object, const char *key, size_t *out, struct err *err)
{
    const struct json *value = present(object, key);
    struct err ignored = {0};
    if (value && !json_size(value, key, out, &ignored))
        return field_wrong(build, key, "a whole number", err);
    return true;
}

bool field_str(const struct build *build, const struct json *object, const char *key, struct str *out, struct err *err)
{
    const struct json *value = present(object, key);
    if (value && !json_is_string(value))
        return field_wrong(build, key, "a string", err);
    return !value || arena_str(build->arena, json_str(value, ""), out, err);
}

bool field_str_needed(const struct build *build, const struct json *object, const char *key, struct str *out, struct err *err)
{
    return (present(object, key) || field_wrong(build, key, "a string, found none", err)) &&
           field_str(build, object, key, out, err);
}

bool field_char_needed(const struct build *build, const struct json *object, const char *key, struct str *out, struct err *err)
{
    return field_str_needed(build, object, key, out, err) &&
           (utf8_count(*out) == 1 || field_wrong(build, key, "a string of one character", err));
}

bool field_id(const struct build *build, const struct json *value, const char *what, int32_t *out, struct err *err)
{
    size_t id;
    struct err ignored = {0};
    if (!json_size(value, what, &id, &ignored))
        return err_set(err, ERR_FORMAT, "%s: %s: %s: expected an id, a whole number", build->path, build->what, what);
    if (id >= TOKEN_ID_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: %s: %s: id %zu is beyond %d", build->path, build->what, what, id, TOKEN_ID_LIMIT - 1);
    *out = (int32_t)id;
    return true;
}

bool field_type(const struct build *build, const struct json *object, const char *family, struct str *out, struct err *err)
{
    const struct json *type = json_get(object, "type");
    if (!json_is_object(object))
        return err_set(err, ERR_FORMAT, "%s: %s: expected an object", build->path, family);
    if (!json_is_string(type))
        return err_set(err, ERR_FORMAT, "%s: %s: expected a string \"type\"", build->path, family);
    if (build->depth > BUILD_DEPTH_MAX)
        return err_set(err, ERR_LIMIT, "%s: %s: more than %d components within one another", build->path, family,
                       BUILD_DEPTH_MAX);
    *out = json_str(type, "");
    return true;
}
