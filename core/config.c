/* Values of config.json for configure(): sizes, kinds, activations, refusals by name. See config.h. */
#include "core/config.h"

#include <stdio.h>
#include <string.h>

#include "core/model.h"

bool config_dim(struct model *model, const char *key, char letter, long fallback, struct err *err)
{
    const struct json *value = json_get(model->config, key);
    size_t size = (size_t)fallback;
    if (!value && fallback < 0)
        return err_set(err, ERR_FORMAT, "%s/config.json: %s is missing", model->folder, key);
    char what[600];
    snprintf(what, sizeof what, "%s/config.json: %s", model->folder, key);
    if (value && !json_size(value, what, &size, err))
        return false;
    /* Everything is a size of some array; the tensors' shapes are checked against it later. */
    if (size > ((size_t)1 << 31))
        return err_set(err, ERR_LIMIT, "%s: %zu is too large", what, size);
    model->dim[(unsigned char)letter & 127] = size;
    return true;
}

bool config_is(struct model *model, const char *key, enum config_kind kind, struct err *err)
{
    static const char *const names[] = {[CONFIG_BOOL] = "true or false",
                                        [CONFIG_NUMBER] = "a number",
                                        [CONFIG_POSITIVE] = "a number of at least 0",
                                        [CONFIG_TEXT] = "a text"};
    const struct json *value = json_get(model->config, key);
    double number = json_number(value, 0);
    bool ok = !value || json_is_null(value) || (kind == CONFIG_BOOL && json_is_bool(value)) ||
              (kind == CONFIG_TEXT && json_is_string(value)) || (kind == CONFIG_NUMBER && json_is_number(value)) ||
              (kind == CONFIG_POSITIVE && json_is_number(value) && number >= 0);
    return ok || err_set(err, ERR_FORMAT, "%s/config.json: %s is not %s", model->folder, key, names[kind]);
}

/* Err with ERR_UNSUPPORTED "KEY = VALUE is not read" where the key is there and its value is not `only` (JSON text). */
static bool check_only(struct model *model, const char *key, const char *only, struct err *err)
{
    const struct json *value = json_get(model->config, key);
    if (!value || json_is_null(value))
        return true;
    struct buf text = {0};
    if (json_is_bool(value))
        buf_puts(&text, json_bool(value, false) ? "true" : "false");
    else if (json_is_number(value))
        buf_printf(&text, "%.17g", json_number(value, 0));
    else if (json_is_string(value))
        json_quote(&text, json_str(value, ""));
    else if (json_count(value) == 0)
        buf_puts(&text, json_is_array(value) ? "[]" : "{}");
    else
        buf_puts(&text, json_is_array(value) ? "[…]" : "{…}");
    bool ok = strcmp(buf_cstr(&text), only) == 0;
    if (!ok)
        err_set(err, ERR_UNSUPPORTED, "%s/config.json: %s = %s is not read for %s (only %s)", model->folder, key, buf_cstr(&text),
                model->arch->name, only);
    buf_free(&text);
    return ok;
}

static bool read_activation(struct model *model, const char *key, const char *fallback, struct err *err)
{
    if (!config_is(model, key, CONFIG_TEXT, err))
        return false;
    struct str name = json_str(json_get(model->config, key), fallback);
    model->activation = activation_named(name);
    if (!model->activation)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: %s = \"%.*s\" is no activation that is known", model->folder, key,
                       STR_ARGS(name));
    return true;
}

static bool read_key(struct model *model, const struct config_key *key, struct err *err)
{
    const struct json *value = json_get(model->config, key->key);
    void *to = key->field ? (char *)model->own + key->field : NULL;
    switch (key->kind) { /* closed: the ways a value enters a model */
    case CONFIG_SIZE:
    case CONFIG_SIZE_NULL:
        if (key->kind == CONFIG_SIZE_NULL && json_is_null(value))
            model->dim[(unsigned char)key->letter & 127] = 0;
        else if (!config_dim(model, key->key, key->letter, key->fallback == CONFIG_REQUIRED ? -1 : (long)key->fallback, err))
            return false;
        if (to)
            *(size_t *)to = model->dim[(unsigned char)key->letter & 127];
        return true;
    case CONFIG_BOOL:
        if (!config_is(model, key->key, CONFIG_BOOL, err))
            return false;
        if (to)
            *(bool *)to = json_bool(value, key->fallback != 0);
        return true;
    case CONFIG_NUMBER:
    case CONFIG_POSITIVE:
    case CONFIG_POSITIVE_NULL:
        if (!config_is(model, key->key, key->kind == CONFIG_NUMBER ? CONFIG_NUMBER : CONFIG_POSITIVE, err))
            return false;
        if (to)
            *(float *)to =
                json_is_null(value) && key->kind == CONFIG_POSITIVE_NULL ? 0 : (float)json_number(value, key->fallback);
        return true;
    case CONFIG_EPS:
        if (!config_is(model, key->key, CONFIG_POSITIVE, err))
            return false;
        model->norm_eps = (float)json_number(value, key->fallback);
        return true;
    case CONFIG_TEXT:
        if (!config_is(model, key->key, CONFIG_TEXT, err))
            return false;
        if (to)
            *(struct str *)to = json_str(value, key->text);
        return true;
    case CONFIG_ACTIVATION: {
        const struct activation *before = model->activation;
        if (!read_activation(model, key->key, key->text, err))
            return false;
        if (to) {
            *(const struct activation **)to = model->activation;
            model->activation = before;
        }
        return true;
    }
    case CONFIG_ONLY: return check_only(model, key->key, key->text, err);
    }
    return true;
}

/* The first of the names that the configuration has, else the last of them: in `name`. */
static const char *name_there(const struct json *config, const char *names, char name[64])
{
    for (;; names++) {
        int n = (int)strcspn(names, "|");
        snprintf(name, 64, "%.*s", n, names);
        names += n;
        if (!*names || json_get(config, name))
            return name;
    }
}

bool config_read(struct model *model, const struct config_key *keys, struct err *err)
{
    for (; keys && keys->key; keys++) {
        char name[64];
        struct config_key key = *keys;
        key.key = name_there(model->config, keys->key, name);
        if (!read_key(model, &key, err))
            return false;
    }
    return true;
}

bool config_heads(const struct model *model, const char *key, size_t H, struct layer_shape *out, struct err *err)
{
    if (H == 0 || model->E % H)
        return err_set(err, ERR_FORMAT, "%s/config.json: %s %zu does not divide into %zu heads", model->folder, key, model->E, H);
    *out = (struct layer_shape){.H = H, .Hkv = H, .D = model->E / H};
    return true;
}
