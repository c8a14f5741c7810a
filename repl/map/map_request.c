/* What is wanted of maps. See map_request.h. */
#include "repl/map/map_request.h"

#include <string.h>

const char *const special_names[] = {"on", "off", "renorm", NULL};
const char *const fold_names[] = {"none", "mean", "max", "min", "std", NULL};

/* The place of a text among names; 0 where it is none of them. */
static int place_of(struct str text, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (str_is(text, names[i]))
            return i;
    return 0;
}

static bool read_part(const struct call *call, struct part_request *out, struct err *err)
{
    static const char *const options[] = {"part", "softmax", "without"};
    *out = (struct part_request){.option = "part"};
    const char *before = NULL;
    for (size_t i = 0; i < 3; i++) {
        if (!call_has(call, options[i]) || !call_given(call, options[i]))
            continue;
        if (before) {
            err_set(err, ERR_ARG, "%s= and %s= both choose the part of the map: give one", before, options[i]);
            return call_blame_option(call, options[i], err);
        }
        before = options[i];
        *out = (struct part_request){options[i], call_str(call, options[i])};
    }
    if (str_is(out->names, "probs") && strcmp(out->option, "part") == 0)
        out->names = (struct str){0};
    return true;
}

static struct axis_request read_axis(const struct call *call, const char *tokens, const char *segment)
{
    struct str side = call_option(call, segment);
    return (struct axis_request){call_option(call, tokens), side.n ? side.s[0] : 0};
}

bool map_request_read(const struct call *call, struct map_request *out, struct err *err)
{
    *out = (struct map_request){
        .special = (enum special)place_of(call_option(call, "special"), special_names),
        .fold = (enum fold)place_of(call_option(call, "agg"), fold_names),
        .words = str_is(call_option(call, "words"), "on"),
        .marks = str_is(call_option(call, "mark"), "columns"),
        .rows = read_axis(call, "q", "from"),
        .cols = read_axis(call, "k", "to"),
        .call = call,
    };
    return read_part(call, &out->part, err);
}

bool map_request_blame(const struct map_request *request, const char *option, struct err *err)
{
    return request->call ? call_blame_option(request->call, option, err) : false;
}

bool part_is_probability(struct part part)
{
    return part.kind == PART_PROBS || part.kind == PART_SOFTMAX || (part_effect(part) && part_effect(part)->distribution);
}

void part_request_put(struct part_request part, struct buf *out)
{
    if (part.names.n)
        buf_printf(out, " %s=%.*s", part.option, STR_ARGS(part.names));
}

const struct effect *part_request_effect(struct part_request part)
{
    return strcmp(part.option, "part") == 0 ? effect_named(part.names) : NULL;
}

bool part_request_is_signed(struct part_request part)
{
    const struct effect *effect = part_request_effect(part);
    if (effect)
        return effect->is_signed;
    return part.names.n && strcmp(part.option, "part") == 0 && !str_is(part.names, "probs");
}

bool map_request_part(const struct map_request *request, const struct attention *a, struct part *out, struct err *err)
{
    struct str none = {0}, names = request->part.names;
    bool softmax = strcmp(request->part.option, "softmax") == 0, without = strcmp(request->part.option, "without") == 0;
    if (!part_parse(a->terms, softmax || without ? none : names, softmax ? names : none, without ? names : none, out, err))
        return map_request_blame(request, request->part.option, err);
    if (part_effect(*out) && part_effect(*out)->of_layer && request->fold != FOLD_NONE) {
        err_set(err, ERR_ARG, "%s is one map a layer: there are no heads to fold, leave agg= out", part_effect(*out)->name);
        return map_request_blame(request, "agg", err);
    }
    if (part_is_probability(*out))
        return true;
    if (request->words) {
        err_set(err, ERR_ARG, "words=on joins probabilities (summed over the key's pieces, averaged over the query's); "
                              "scores and terms have no such sum: leave it out, or take softmax=");
        return map_request_blame(request, "words", err);
    }
    if (request->special == SPECIAL_RENORM) {
        err_set(err, ERR_ARG, "special=renorm divides probabilities by what stays visible; for scores and terms take special=off");
        return map_request_blame(request, "special", err);
    }
    return true;
}

size_t part_request_split(struct part_request list, struct part_request *out, size_t most, struct err *err)
{
    struct str rest = list.names;
    size_t n = 0;
    if (strcmp(list.option, "part") != 0 || !rest.n || !memchr(rest.s, ',', rest.n))
        return 0;
    for (const char *comma = rest.s; comma; rest.s = comma + 1) {
        comma = memchr(rest.s, ',', rest.n);
        size_t length = comma ? (size_t)(comma - rest.s) : rest.n;
        if (n == most) {
            err_set(err, ERR_LIMIT, "part= takes at most %zu parts", most);
            return SIZE_MAX;
        }
        out[n++] = (struct part_request){list.option, {rest.s, length}};
        rest.n -= comma ? length + 1 : length;
    }
    return n;
}
