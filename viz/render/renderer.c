/* The table of renderers and the sizes of figures. See renderer.h. */
#include "viz/render/renderer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/number.h"

#define RENDERER_ROW(name) &renderer_##name,
const struct renderer *const renderers[] = {RENDERERS(RENDERER_ROW) NULL};
#undef RENDERER_ROW

/* Whether a blank-separated list holds the word, upper and lower case alike. */
static bool has_word(const char *list, struct str word)
{
    while (word.n && *list) {
        size_t n = strcspn(list, " ");
        if (n == word.n && strncasecmp(list, word.s, n) == 0)
            return true;
        list += n + (list[n] == ' ');
    }
    return false;
}

const struct renderer *renderer_find(struct str name)
{
    for (const struct renderer *const *r = renderers; *r; r++)
        if (has_word((*r)->name, name) || has_word((*r)->suffixes, name))
            return *r;
    return NULL;
}

const struct size_preset size_presets[] = {
    {"acl1", "a column of an ACL paper, 7.7 cm", 77},
    {"acl2", "both columns of an ACL paper, 16 cm", 160},
    {"neurips", "the text of a NeurIPS paper, 5.5 in", 139.7},
    {"icml1", "a column of an ICML paper, 3.25 in", 82.55},
    {"icml2", "both columns of an ICML paper, 6.75 in", 171.45},
    {"nature1", "a column of Nature, 89 mm", 89},
    {"nature2", "both columns of Nature, 183 mm", 183},
    {NULL, NULL, 0},
};

static const struct {
    const char *name;
    double points;
} units[] = {{"mm", 72 / 25.4}, {"cm", 720 / 25.4}, {"in", 72}, {"pt", 1}};

bool render_size(struct str text, struct render_options *options, struct err *err)
{
    double points = NAN;
    for (size_t i = 0; size_presets[i].name; i++)
        if (str_is(text, size_presets[i].name))
            points = size_presets[i].mm * 72 / 25.4;
    struct str unit;
    double number;
    if (isnan(points) && number_unit(text, &number, &unit))
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            if (str_is(unit, units[i].name))
                points = number * units[i].points;
    if (!(points >= 28 && points <= 5670))
        return err_set(err, ERR_ARG, "size '%.*s': expected acl1, acl2, neurips, icml1, icml2, nature1, nature2 or a width as 85mm, 8.5cm, "
                       "3.25in, 240pt, from 1 cm to 2 m", STR_ARGS(text));
    options->width = points;
    return true;
}
