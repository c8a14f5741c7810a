/* The family of a checkpoint. See family.h. */
#include "core/family.h"

#include <ctype.h>
#include <string.h>

#include "core/arch/arch.h"
#include "core/unread.h"

/* The pieces of a list that `|` separates, one after the other. */
static bool next_piece(const char **rest, struct str *piece)
{
    if (!*rest || !**rest)
        return false;
    size_t n = strcspn(*rest, "|");
    *piece = (struct str){*rest, n};
    *rest += n + ((*rest)[n] == '|');
    return true;
}

static bool unknown_type(const struct model *model, struct str type, struct err *err)
{
    struct buf known = {0};
    for (size_t i = 0; archs[i]; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", archs[i]->model_types);
    for (size_t i = 0; i < known.n; i++)
        if (known.data[i] == '|')
            known.data[i] = ',';
    if (type.s)
        err_set(err, ERR_UNSUPPORTED, "%s/config.json: model_type \"%.*s\" is not read yet; known are: %s", model->folder,
                STR_ARGS(type), buf_cstr(&known));
    else
        err_set(err, ERR_FORMAT, "%s/config.json: no model_type; known are: %s", model->folder, buf_cstr(&known));
    buf_free(&known);
    return false;
}

/* ---- without model_type ---- */

/* How much of a class's name the type is, letters and digits alone: "deberta-v2" is 9 of DebertaV2ForMaskedLM. 0: it is not. */
static size_t class_is_of(struct str class, struct str type)
{
    static const char *const rests[] = {"For", "Model", "LMHead", "DoubleHeads", "PreTrained", "Encoder"};
    size_t at = 0;
    for (size_t i = 0; i < type.n; i++) {
        if (type.s[i] == '-' || type.s[i] == '_')
            continue;
        if (at == class.n || tolower((unsigned char)class.s[at]) != type.s[i])
            return 0;
        at++;
    }
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++)
        if (str_starts((struct str){class.s + at, class.n - at}, str_of(rests[i])))
            return at;
    return 0;
}

static const struct arch *by_class(struct str class)
{
    const struct arch *best = NULL;
    size_t most = 0;
    if (str_starts(class, STR("TF")))
        class = (struct str){class.s + 2, class.n - 2};
    else if (str_starts(class, STR("Flax")))
        class = (struct str){class.s + 4, class.n - 4};
    for (size_t i = 0; archs[i]; i++) {
        struct str type;
        for (const char *rest = archs[i]->model_types; next_piece(&rest, &type);) {
            size_t n = class_is_of(class, type);
            if (n > most) {
                most = n;
                best = archs[i];
            }
        }
    }
    return best;
}

static bool any_tensor_begins(const struct weights *weights, struct str prefix)
{
    for (size_t i = 0; i < weights->n; i++)
        if (str_starts(weights->tensors[i].name, prefix))
            return true;
    return false;
}

/* The one architecture whose own prefix ("bert.") tensors have; NULL where it is none or several. */
static const struct arch *by_prefix(const struct model *model, struct str *prefix_out)
{
    const struct arch *found = NULL;
    for (size_t i = 0; archs[i]; i++) {
        struct str prefix;
        const char *rest = archs[i]->prefixes;
        if (!next_piece(&rest, &prefix) || !any_tensor_begins(model->weights, prefix))
            continue;
        /* The first prefix is the family's own; "model." and "transformer." say nothing. */
        struct str first = {prefix.s, prefix.n - 1}, type;
        const char *types = archs[i]->model_types;
        bool own = false;
        while (next_piece(&types, &type))
            own = own || str_starts(type, first);
        if (!own)
            continue;
        if (found)
            return NULL;
        found = archs[i];
        *prefix_out = prefix;
    }
    return found;
}

/* The longest model_type that the folder's own name holds. */
static const struct arch *by_folder(const struct model *model, struct str *type_out)
{
    const char *slash = strrchr(model->folder, '/');
    struct str name = str_of(slash ? slash + 1 : model->folder);
    const struct arch *found = NULL;
    *type_out = (struct str){0};
    for (size_t i = 0; archs[i]; i++) {
        struct str type;
        for (const char *rest = archs[i]->model_types; next_piece(&rest, &type);)
            if (type.n > type_out->n && memmem(name.s, name.n, type.s, type.n)) {
                *type_out = type;
                found = archs[i];
            }
    }
    return found;
}

static bool guess(struct model *model, struct err *err)
{
    struct str class = json_str(json_at(json_get(model->config, "architectures"), 0), NULL), by;
    model->arch = class.s ? by_class(class) : NULL;
    if (model->arch)
        return unread_remark(model, err, "config.json has no model_type: taken for %s by its architectures (%.*s)",
                             model->arch->name, STR_ARGS(class));
    if (class.s)
        return err_set(err, ERR_UNSUPPORTED, "%s/config.json: no model_type, and architectures names %.*s, which is not read",
                       model->folder, STR_ARGS(class));
    if ((model->arch = by_prefix(model, &by)))
        return unread_remark(model, err, "config.json has no model_type: taken for %s by the names of the tensors (%.*s)",
                             model->arch->name, STR_ARGS(by));
    if ((model->arch = by_folder(model, &by)))
        return unread_remark(model, err, "config.json has no model_type: taken for %s by the folder's name", model->arch->name);
    return unknown_type(model, (struct str){0}, err);
}

/* A model of texts and images keeps its text model's configuration within its own: that is read, the rest is not run. Those
 * of these whose text without images is seen as its text model alone sees it (PaliGemma, for one, hides nothing of a prompt). */
static bool find_text(struct model *model, struct str outer, struct err *err)
{
    static const char wrappers[] = "gemma3|llava|llava_next|mistral3";
    const struct json *inner = json_get(model->config, "text_config");
    struct str type = json_str(json_get(inner, "model_type"), NULL);
    model->arch = type.s && names_include(wrappers, outer) ? arch_of_type(type) : NULL;
    if (!model->arch)
        return unknown_type(model, outer, err);
    model->config = inner;
    return unread_remark(model, err, "of %.*s the text model alone is read: %.*s", STR_ARGS(outer), STR_ARGS(type));
}

bool family_find(struct model *model, struct err *err)
{
    const struct json *key = json_get(model->config, "model_type");
    struct str type = json_str(key, NULL);
    if (!type.s && (!key || json_is_null(key)))
        return guess(model, err);
    model->arch = arch_of_type(type);
    return model->arch || find_text(model, type, err);
}

/* ---- wrappers ---- */

/* The first parameter that every checkpoint of the family has once. */
static const struct param *anchor(const struct arch *arch)
{
    for (const struct param *param = arch->params; param->name; param++)
        if (param->kind == PARAM_TABLE && !param->optional && !param->when && !param->layered)
            return param;
    return NULL;
}

/* What stands before `tail` in a name; n is SIZE_MAX where the name does not end so. */
static struct str before(struct str name, struct str tail)
{
    if (!str_ends(name, tail) || (name.n > tail.n && name.s[name.n - tail.n - 1] != '.'))
        return (struct str){NULL, SIZE_MAX};
    return (struct str){name.s, name.n - tail.n};
}

/* The prefixes of the family that may stand directly before a parameter's name are no wrapper's. */
static struct str without_own(const struct arch *arch, struct str wrapper)
{
    struct str prefix;
    for (const char *rest = arch->prefixes; next_piece(&rest, &prefix);)
        if (str_ends(wrapper, prefix) && (wrapper.n == prefix.n || wrapper.s[wrapper.n - prefix.n - 1] == '.'))
            return (struct str){wrapper.s, wrapper.n - prefix.n};
    return wrapper;
}

bool family_unwrap(struct model *model, struct err *err)
{
    const struct param *param = anchor(model->arch);
    struct str wrapper = {0}, name;
    size_t found = 0;
    for (const char *rest = param ? param->name : NULL; next_piece(&rest, &name);)
        for (size_t i = 0; i < model->weights->n; i++) {
            struct str outer = before(model->weights->tensors[i].name, name);
            if (outer.n == SIZE_MAX)
                continue;
            outer = without_own(model->arch, outer);
            if (outer.n == 0)
                return true; /* it lies where it is looked for */
            found += !found || !str_eq(outer, wrapper);
            wrapper = outer;
        }
    if (found == 0)
        return true;
    if (found > 1)
        return err_set(err, ERR_UNSUPPORTED, "%s: holds several models, one of them below %.*s", model->weights->path,
                       STR_ARGS(wrapper));
    return unread_remark(model, err, "names of tensors are read without their \"%.*s\"", STR_ARGS(wrapper)) &&
           weights_strip(model->weights, wrapper, err);
}
