/* The kinds of option values: what each looks like and what text fits it. One row a kind; the grammar asks before any
 * command runs, so that a command reads numbers and names that are known to be good. */
#include "repl/grammar/value.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/measure/measure.h"
#include "repl/grammar/command.h"
#include "repl/grammar/suggest.h"
#include "repl/writer/writer.h"
#include "viz/palette/palette.h"
#include "viz/render/renderer.h"
#include "viz/scale.h"

struct value_rule {
    const char *shape;                                                            /* for help */
    bool (*check)(const struct option *option, struct str text, struct err *err); /* NULL: anything but nothing */
};

static bool wanted(const struct option *option, struct str text, const char *what, struct err *err)
{
    return err_set(err, ERR_ARG, "%s= wants %s, found \"%.*s\"", option->name, what, STR_ARGS(text));
}

static bool check_int(const struct option *option, struct str text, struct err *err)
{
    long value;
    if (!number_whole(text, &value))
        return wanted(option, text, "a whole number", err);
    bool bounded = option->lo < option->hi;
    double lo = bounded ? option->lo : -(double)NUMBER_MOST, hi = bounded ? option->hi : (double)NUMBER_MOST;
    if (labs(value) == NUMBER_MOST || (double)value < lo || (double)value > hi)
        return err_set(err, ERR_ARG, "%s= wants a whole number from %.0f to %.0f, found %.*s", option->name, lo, hi, STR_ARGS(text));
    return true;
}

static bool check_float(const struct option *option, struct str text, struct err *err)
{
    double value;
    if (!number_real(text, &value))
        return wanted(option, text, "a number", err);
    if (option->lo < option->hi && (value < option->lo || value > option->hi))
        return err_set(err, ERR_ARG, "%s= wants a number from %g to %g, found %g", option->name, option->lo, option->hi, value);
    return true;
}

/* One of `|`-separated words; else an error that lists them. */
static bool check_among(const struct option *option, const char *values, struct str text, struct err *err)
{
    struct buf list = {0};
    for (const char *at = values; *at;) {
        size_t n = strcspn(at, "|");
        if (n == text.n && memcmp(at, text.s, n) == 0) {
            buf_free(&list);
            return true;
        }
        if (list.n)
            buf_puts(&list, at[n] ? ", " : " or ");
        buf_add(&list, at, n);
        at += n + (at[n] == '|');
    }
    wanted(option, text, buf_cstr(&list), err);
    buf_free(&list);
    struct suggestion near;
    suggest_begin(&near, text);
    suggest_offer_all(&near, values);
    return suggest_add(&near, "", "", err);
}

static bool check_enum(const struct option *option, struct str text, struct err *err)
{
    return check_among(option, option->values, text, err);
}

static bool check_flag(const struct option *option, struct str text, struct err *err)
{
    return check_among(option, "on|off", text, err);
}

static bool check_palette(const struct option *option, struct str text, struct err *err)
{
    if (palette_find(text))
        return true;
    struct buf names = {0};
    for (size_t i = 0; palettes[i]; i++)
        buf_printf(&names, "%s%s", i ? "|" : "", palettes[i]->name);
    check_among(option, buf_cstr(&names), text, err);
    buf_free(&names);
    return false;
}

static bool check_measure(const struct option *option, struct str text, struct err *err)
{
    if (measure_named(text))
        return true;
    struct buf names = {0};
    for (size_t i = 0; measures[i]; i++)
        buf_printf(&names, "%s%s", i ? "|" : "", measures[i]->name);
    check_among(option, buf_cstr(&names), text, err);
    buf_free(&names);
    return false;
}

static bool check_measures(const struct option *option, struct str text, struct err *err)
{
    for (size_t begin = 0; begin <= text.n;) {
        size_t end = begin;
        while (end < text.n && text.s[end] != ',')
            end++;
        if (!check_measure(option, (struct str){text.s + begin, end - begin}, err))
            return false;
        begin = end + 1;
    }
    return true;
}

static bool check_scale(const struct option *option, struct str text, struct err *err)
{
    struct scale scale = {0};
    return scale_parse(text, &scale, NULL) || wanted(option, text, "linear, sqrt, log:FLOOR or symlog", err);
}

static bool check_ids(const struct option *option, struct str text, struct err *err)
{
    bool digit = false;
    if (option->values && str_is(text, option->values))
        return true;
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] >= '0' && text.s[i] <= '9')
            digit = true;
        else if (text.s[i] == ',' && digit)
            digit = false;
        else
            return wanted(option, text, "whole numbers with commas (1,7,2)", err);
    }
    return digit || wanted(option, text, "whole numbers with commas (1,7,2)", err);
}

static bool check_format(const struct option *option, struct str text, struct err *err)
{
    if (writer_named(text) || renderer_find(text))
        return true;
    struct buf names = {0};
    for (size_t i = 0; writers[i]; i++)
        buf_printf(&names, "%s%s", i ? "|" : "", writers[i]->name);
    for (size_t i = 0; renderers[i]; i++)
        buf_printf(&names, "|%s", renderers[i]->name);
    check_among(option, buf_cstr(&names), text, err);
    buf_free(&names);
    return false;
}

static bool check_size(const struct option *option, struct str text, struct err *err)
{
    struct render_options options;
    (void)option;
    return render_size(text, &options, err);
}

static const struct value_rule rules[] = {
    [VALUE_WORD] = {"WORD", NULL},
    [VALUE_INT] = {"N", check_int},
    [VALUE_FLOAT] = {"X", check_float},
    [VALUE_ENUM] = {NULL, check_enum},
    [VALUE_FLAG] = {"on|off", check_flag},
    [VALUE_FILE] = {"FILE", NULL},
    [VALUE_TEXT] = {"TEXT", NULL},
    [VALUE_TOKENS] = {"TOKENS", NULL},
    [VALUE_TERMS] = {"SUM", NULL},
    [VALUE_PART] = {"probs|scores|SUM", NULL},
    [VALUE_MEASURE] = {"MEASURE", check_measure},
    [VALUE_MEASURES] = {"MEASURE,…", check_measures},
    [VALUE_PALETTE] = {"PALETTE", check_palette},
    [VALUE_SCALE] = {"linear|sqrt|log:FLOOR|symlog", check_scale},
    [VALUE_IDS] = {"ID,ID,…", check_ids},
    [VALUE_MODEL] = {"MODEL", NULL},
    [VALUE_RUN] = {"@RUN", NULL},
    [VALUE_FORMAT] = {"table|json|csv|…", check_format},
    [VALUE_SIZE] = {"acl1|85mm|…", check_size},
    [VALUE_VECTORS] = {"bin|txt|…", NULL},
};

const char *option_shape(const struct option *option)
{
    return option->kind == VALUE_ENUM ? option->values : rules[option->kind].shape;
}

bool option_check(const struct option *option, struct str text, struct err *err)
{
    if (!text.n && option->kind != VALUE_TEXT)
        return err_set(err, ERR_ARG, "%s= has no value: %s=%s", option->name, option->name, option_shape(option));
    return !rules[option->kind].check || rules[option->kind].check(option, text, err);
}
