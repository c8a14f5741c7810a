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
    static const char *const names[] = {"true or false", "a number", "a number of at least 0", "a text"};
    const struct json *value = json_get(model->config, key);
    double number = json_number(value, 0);
    bool ok = !value || json_is_null(value) || (kind == CONFIG_BOOL && json_is_bool(value)) ||
              (kind == CONFIG_TEXT && json_is_string(value)) || (kind == CONFIG_NUMBER && json_is_number(value)) ||
              (kind == CONFIG_POSITIVE && json_is_number(value) && number >= 0);
    return ok || err_set(err, ERR_FORMAT, "%s/config.json: %s is not %s", model->folder, key, names[kind]);
}

bool config_only(struct model *model, const char *key, const char *only, struct err *err)
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

bool config_activation(struct model *model, const char *key, const char *fallback, struct err *err)
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
