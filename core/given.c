/* Runs of given tensors. See given.h. */
#include "core/given.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/base/number.h"
#include "core/weights/npz.h"

enum { MOST_LAYERS = 1024, MOST_TOKENS = 1 << 16 };
static const double ROW_TOLERANCE = 1e-3; /* half precision leaves as much */

/* What stands in the place of an architecture. */
static bool refuse(struct model *model, const struct json *config, struct err *err)
{
    (void)config;
    return err_set(err, ERR_ARG, "%s is no model", model->name);
}
static const struct param no_params[] = {{0}};
static const struct output_head *const no_heads[] = {NULL};
static const struct arch arch_given = {.name = "given",
                                       .model_types = "",
                                       .summary = "maps of a file, without weights",
                                       .prefixes = "",
                                       .params = no_params,
                                       .heads = no_heads,
                                       .configure = refuse};

bool run_is_given(const struct run *run)
{
    return run->stand_in != NULL;
}

struct opening {
    const char *path;
    const struct given_options *options;
    struct given_report *report;
    const struct weights *weights;
    unsigned char *used;                     /* [weights->n] */
    const struct tensor *layer[MOST_LAYERS]; /* of attn, NULL: not there */
    const struct tensor *all;                /* or one of all layers */
    size_t layers, T;                        /* the last layer's number + 1 */
    struct run *run;
    struct err *err;
};

/* ---- which tensors ---- */

static size_t number_of(const struct opening *o, const struct tensor *tensor)
{
    return (size_t)(tensor - o->weights->tensors);
}

/* "attn.3" with `stem` "attn." → 3; SIZE_MAX: another name. */
static size_t layer_of(struct str name, const char *stem)
{
    long number;
    size_t n = strlen(stem);
    if (!str_starts(name, str_of(stem)) || !number_whole((struct str){name.s + n, name.n - n}, &number) || number < 0)
        return SIZE_MAX;
    return (size_t)number;
}

static bool by_layer(struct opening *o, const char *stem)
{
    for (size_t i = 0; i < o->weights->n; i++) {
        const struct tensor *tensor = &o->weights->tensors[i];
        size_t l = layer_of(tensor->name, stem);
        if (l == SIZE_MAX || tensor->rank < 2)
            continue;
        if (l >= MOST_LAYERS)
            return err_set(o->err, ERR_LIMIT, "%s: %.*s: at most %d layers are read", o->path, STR_ARGS(tensor->name),
                           MOST_LAYERS);
        o->layer[l] = tensor;
        o->layers = l + 1 > o->layers ? l + 1 : o->layers;
    }
    return true;
}

static bool is_whole_name(struct str name)
{
    return str_is(name, "attn") || str_is(name, "attention") || str_is(name, "attentions");
}

/* One tensor of all layers: by its name, or the only one with so many axes. */
static const struct tensor *find_whole(const struct opening *o)
{
    const struct tensor *only = NULL;
    size_t n = 0;
    for (size_t i = 0; i < o->weights->n; i++) {
        const struct tensor *tensor = &o->weights->tensors[i];
        if (is_whole_name(tensor->name))
            return tensor;
        if (tensor->rank >= 2 && tensor->rank >= (only ? only->rank : 0)) {
            n = only && only->rank == tensor->rank ? n + 1 : 1;
            only = tensor;
        }
    }
    return n == 1 && only->rank > 2 ? only : NULL;
}

/* No maps: what the file holds that is not read is why, perhaps. */
static bool fail_no_maps(const struct opening *o)
{
    const struct stand_in *odd = NULL;
    for (size_t i = 0; !odd && i < o->weights->n_stand_ins; i++)
        odd = str_is(o->weights->stand_ins[i].name, "tokens") ? NULL : &o->weights->stand_ins[i];
    struct buf why = {0};
    if (odd)
        buf_printf(&why, "; %.*s is %.*s, which is not read", STR_ARGS(odd->name), STR_ARGS(odd->what));
    err_set(o->err, ERR_NOT_FOUND,
            "%s: no maps: neither attn.0, attn.1 … [heads, tokens, tokens] nor one tensor attn [layers, heads, tokens, tokens]%s",
            o->path, buf_cstr(&why));
    buf_free(&why);
    return false;
}

static bool find_maps(struct opening *o)
{
    static const char *const stems[] = {"attn.", "attention.", "attentions.", "attn_", "attention_", "attentions_", "arr_"};
    for (size_t i = 0; i < sizeof stems / sizeof *stems && !o->layers; i++)
        if (!by_layer(o, stems[i]))
            return false;
    /* np.savez(file, maps): one array, of one layer or of all */
    if (o->layers == 1 && o->layer[0]->rank == 4 && o->layer[0]->shape[0] > 1 && str_is(o->layer[0]->name, "arr_0")) {
        o->all = o->layer[0];
        o->layer[0] = NULL;
    }
    if (!o->layers)
        o->all = find_whole(o);
    if (o->all) {
        o->layers = o->all->rank == 4 ? o->all->shape[0] : 1;
        if (o->layers > MOST_LAYERS)
            return err_set(o->err, ERR_LIMIT, "%s: %.*s: at most %d layers are read", o->path, STR_ARGS(o->all->name),
                           MOST_LAYERS);
    }
    return o->layers || fail_no_maps(o);
}

/* Heads of a tensor that holds one layer's maps; 0 with an error where it is none. */
static size_t heads_of(struct opening *o, const struct tensor *tensor, bool whole)
{
    char found[96];
    int rank = tensor->rank, first = rank - 2;
    size_t T = rank >= 2 ? tensor->shape[first] : 0, H = rank >= 3 ? tensor->shape[first - 1] : 1;
    bool batch = rank == 4 && !whole && tensor->shape[0] != 1;
    if (rank < 2 || T != tensor->shape[first + 1] || !T || !H || batch || !tensor->dtype->is_float) {
        err_set(o->err, ERR_FORMAT, "%s: %.*s is %s; expected %s of floats%s", o->path, STR_ARGS(tensor->name),
                tensor_describe(tensor, found), whole ? "[layers, heads, tokens, tokens]" : "[heads, tokens, tokens]",
                batch ? ": a batch of one text" : "");
        return 0;
    }
    if (o->T && T != o->T) {
        err_set(o->err, ERR_FORMAT, "%s: %.*s is %s, the other layers have %zu tokens", o->path, STR_ARGS(tensor->name),
                tensor_describe(tensor, found), o->T);
        return 0;
    }
    if (T > MOST_TOKENS) {
        err_set(o->err, ERR_LIMIT, "%s: %.*s: at most %d tokens are read", o->path, STR_ARGS(tensor->name), MOST_TOKENS);
        return 0;
    }
    o->T = T;
    return H;
}

static bool is_map(const struct opening *o, const struct tensor *tensor, size_t H)
{
    int r = tensor->rank;
    return tensor->dtype->is_float && (r == 3 || (r == 4 && tensor->shape[0] == 1)) && tensor->shape[r - 1] == o->T &&
           tensor->shape[r - 2] == o->T && tensor->shape[r - 3] == H;
}

static const struct tensor *find_layer(const struct opening *o, struct str stem, size_t layer)
{
    struct buf name = {0};
    buf_str(&name, stem);
    buf_printf(&name, ".%zu", layer);
    const struct tensor *found = weights_find(o->weights, buf_view(&name));
    buf_free(&name);
    return found;
}

/* ---- the stand-in ---- */

static bool make_model(struct opening *o)
{
    struct model *model = mem_new(1, sizeof *model, "a model", o->err);
    const char *slash = strrchr(o->path, '/');
    struct stack *stack;
    o->run->stand_in = model;
    o->run->model = model;
    if (!model || !(model->arena = arena_new(o->err)) ||
        !(model->name = mem_copy_str(str_of(slash ? slash + 1 : o->path), o->err)))
        return false;
    model->arch = &arch_given;
    stack = &model->stacks[STACK_MAIN];
    stack->layers = o->layers;
    stack->shape = arena_zalloc(model->arena, o->layers, sizeof *stack->shape, "the layers", o->err);
    return stack->shape != NULL;
}

/* Names of the terms: those of which every layer has a map, "scores" and what a run exports besides apart. */
static bool find_terms(struct opening *o)
{
    static const char *const others[] = {"attn", "scores", "q", "k", "v", "z", "hidden", "heads", "logits"};
    struct model *model = o->run->stand_in;
    struct stack *stack = &model->stacks[STACK_MAIN];
    struct term *terms = arena_zalloc(model->arena, MAX_TERMS, sizeof *terms, "terms", o->err);
    const struct term **list = arena_zalloc(model->arena, MAX_TERMS + 1, sizeof *list, "terms", o->err);
    size_t n = 0, first = 0;
    if (!terms || !list)
        return false;
    stack->terms = list;
    while (!o->all && !o->layer[first])
        first++;
    for (size_t i = 0; !o->all && i < o->weights->n && n < MAX_TERMS; i++) {
        const struct tensor *tensor = &o->weights->tensors[i];
        struct str stem = tensor->name, copy;
        char tail[32];
        snprintf(tail, sizeof tail, ".%zu", first);
        if (o->used[i] || !str_ends(stem, str_of(tail)))
            continue;
        stem.n -= strlen(tail);
        bool term = stem.n > 0;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            term = term && !str_is(stem, others[k]);
        for (size_t l = 0; term && l < o->layers; l++) {
            const struct tensor *at = o->layer[l] ? find_layer(o, stem, l) : NULL;
            term = !o->layer[l] || (at && is_map(o, at, stack->shape[l].H));
        }
        if (!term)
            continue;
        if (!arena_str(model->arena, stem, &copy, o->err))
            return false;
        terms[n] = (struct term){.name = copy.s, .summary = "a term of the file"};
        list[n] = &terms[n];
        n++;
    }
    o->report->terms = n;
    return true;
}

/* ---- numbers ---- */

static float *widen(struct opening *o, const struct tensor *tensor)
{
    size_t n = tensor_numel(tensor);
    float *out = arena_alloc(o->run->arena, n, sizeof *out, "the maps", o->err);
    if (out)
        tensor->dtype->widen(tensor->data, n, out);
    o->used[number_of(o, tensor)] = 1;
    return out;
}

/* Probabilities of layer l, [H,T,T], from its tensor or its part of the one of all. */
static const float *probs_of(struct opening *o, size_t l, size_t H, float **whole)
{
    if (!o->all)
        return widen(o, o->layer[l]);
    if (!*whole)
        *whole = widen(o, o->all);
    return *whole ? *whole + l * H * o->T * o->T : NULL;
}

/* Rows of one head: sums, negative and strange numbers, and what stands above the diagonal. */
static void look(struct opening *o, const float *map, bool *above)
{
    struct given_report *r = o->report;
    for (size_t i = 0; i < o->T; i++) {
        const float *row = map + i * o->T;
        double sum = 0;
        for (size_t j = 0; j < o->T; j++) {
            sum += (double)row[j];
            r->negative += row[j] < 0;
            r->not_finite += !isfinite(row[j]);
            if (j > i && row[j] != 0) {
                *above = true;
                r->hidden++;
            }
        }
        r->rows++;
        if (!isfinite(sum) || fabs(sum - 1) <= ROW_TOLERANCE)
            continue;
        r->off++;
        if (r->off == 1 || fabs(sum - 1) > fabs(r->worst - 1))
            r->worst = sum;
    }
}

static bool add_layer(struct opening *o, size_t l, float **whole, bool *above)
{
    struct run *run = o->run;
    struct stack *stack = &run->stand_in->stacks[STACK_MAIN];
    struct given_maps *given = arena_zalloc(run->arena, 1, sizeof *given, "the maps", o->err);
    size_t H = stack->shape[l].H;
    const struct tensor *scores = o->all ? NULL : find_layer(o, STR("scores"), l);
    if (!given || !(given->probs = probs_of(o, l, H, whole)))
        return false;
    if (scores && is_map(o, scores, H) && !(given->scores = widen(o, scores)))
        return false;
    for (size_t t = 0; stack->terms[t]; t++)
        if (!(given->terms[t] = widen(o, find_layer(o, str_of(stack->terms[t]->name), l))))
            return false;
    for (size_t h = 0; h < H; h++) {
        if (cancel_requested())
            return err_set(o->err, ERR_CANCELLED, "%s: interrupted", o->path);
        look(o, given->probs + h * o->T * o->T, above);
    }
    o->report->scores |= given->scores != NULL;
    run->attentions[run->n_attentions++] = (struct attention){.stack = stack,
                                                              .layer = l,
                                                              .queries = run->tokens,
                                                              .keys = run->tokens,
                                                              .Tq = o->T,
                                                              .Tk = o->T,
                                                              .H = H,
                                                              .Hkv = H,
                                                              .D = 1,
                                                              .scale = 1,
                                                              .terms = stack->terms,
                                                              .given = given};
    return true;
}

static bool set_mask(struct opening *o, bool above)
{
    struct run *run = o->run;
    enum given_mask rule = o->options->mask;
    o->report->causal = rule == GIVEN_CAUSAL || (rule == GIVEN_AUTO && !above && o->T > 1);
    if (!o->report->causal)
        return true;
    uint32_t *lo = arena_zalloc(run->arena, o->T, sizeof *lo, "the mask", o->err);
    uint32_t *hi = arena_alloc(run->arena, o->T, sizeof *hi, "the mask", o->err);
    if (!lo || !hi)
        return false;
    for (size_t i = 0; i < o->T; i++)
        hi[i] = (uint32_t)i + 1;
    for (size_t i = 0; i < run->n_attentions; i++)
        run->attentions[i].mask = (struct mask){.lo = lo, .hi = hi};
    return true;
}

/* ---- tokens ---- */

/* A special token, as its brackets tell. */
static bool looks_special(struct str s)
{
    return s.n > 2 && ((s.s[0] == '[' && s.s[s.n - 1] == ']') || (s.s[0] == '<' && s.s[s.n - 1] == '>'));
}

static const struct tensor *find_ids(const struct opening *o)
{
    static const char *const names[] = {"input_ids", "ids"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct tensor *t = weights_find(o->weights, str_of(names[i]));
        if (t && !t->dtype->is_float && t->dtype->bytes > 1 && tensor_numel(t) == o->T)
            return t;
    }
    return NULL;
}

static int32_t id_of(const struct tensor *ids, size_t i)
{
    if (ids->dtype == &DTYPE_I64) {
        int64_t id;
        memcpy(&id, (const char *)ids->data + i * sizeof id, sizeof id);
        return id < INT32_MIN || id > INT32_MAX ? -1 : (int32_t)id;
    }
    float id;
    ids->dtype->widen((const char *)ids->data + i * ids->dtype->bytes, 1, &id);
    return id < 0 || id > 0x1p30f ? -1 : (int32_t)id;
}

bool given_metadata(const struct weights *weights, const char *key, struct buf *out)
{
    struct err none = {0};
    size_t at;
    if (weights->format == &weights_npz)
        return false;
    struct json *header = safetensors_header(&weights->files[0], &at, &none);
    struct str value = json_str(json_get(json_get(header, "__metadata__"), key), NULL);
    buf_str(out, value);
    json_free(header);
    return value.s != NULL;
}

/* The file's own list of names: a document to free, or NULL. */
static struct json *file_tokens(const struct opening *o)
{
    const struct stand_in *text = weights_find_stand_in(o->weights, STR("tokens"));
    struct buf list = {0};
    struct err none = {0};
    if (text)
        buf_str(&list, text->what);
    else
        given_metadata(o->weights, "tokens", &list);
    struct json *json = list.n && list.data[0] == '[' ? json_parse(buf_view(&list), "tokens", 0, &none) : NULL;
    buf_free(&list);
    return json;
}

static bool wrong_count(const struct opening *o, size_t n, const char *where)
{
    return err_set(o->err, ERR_FORMAT, "%s: maps of %zu tokens, %zu names %s", o->path, o->T, n, where);
}

/* Name i: of the call, of the file, of the id, or its index. */
static bool name_token(const struct opening *o, const struct json *list, const struct tensor *ids, size_t i, struct encoding *out)
{
    struct token *token = &out->tokens[i];
    struct buf name = {0};
    token->id = ids ? id_of(ids, i) : (int32_t)i;
    token->word = -1;
    if (o->options->tokens)
        buf_str(&name, o->options->tokens[i]);
    else if (list)
        buf_str(&name, json_str(json_at(list, i), ""));
    else if (ids)
        buf_printf(&name, "#%d", token->id);
    else
        buf_printf(&name, "%zu", i);
    token->special_id = looks_special(buf_view(&name));
    bool ok = buf_ok(&name, o->err) && arena_str(out->arena, buf_view(&name), &token->string, o->err);
    buf_free(&name);
    return ok;
}

static bool make_tokens(struct opening *o)
{
    struct encoding encoding = {0};
    const struct tensor *ids = find_ids(o);
    struct json *list = o->options->tokens ? NULL : file_tokens(o);
    bool listed = json_is_array(list), ok = true;
    if (o->options->tokens && o->options->n_tokens != o->T)
        ok = wrong_count(o, o->options->n_tokens, "in tokens=");
    else if (listed && json_count(list) != o->T)
        ok = wrong_count(o, json_count(list), "in its list of tokens (tokens=FILE names others)");
    if (ids)
        o->used[number_of(o, ids)] = 1;
    ok = ok && encoding_new(&encoding, o->T, o->err);
    for (size_t i = 0; ok && i < o->T; i++)
        ok = name_token(o, listed ? list : NULL, ids, i, &encoding);
    o->report->tokens_from = o->options->tokens ? "tokens=" : listed ? "the file" : ids ? "input_ids" : "their indices";
    json_free(list);
    if (!ok) {
        encoding_free(&encoding);
        return false;
    }
    o->run->tokens = tokens_new("source", &encoding, 1, o->err);
    if (o->run->tokens)
        o->run->axes[o->run->n_axes++] = o->run->tokens;
    return o->run->tokens != NULL;
}

/* ---- the whole ---- */

static bool read_shapes(struct opening *o)
{
    struct stack *stack = &o->run->stand_in->stacks[STACK_MAIN];
    for (size_t l = 0; l < o->layers; l++) {
        const struct tensor *tensor = o->all ? o->all : o->layer[l];
        size_t H = tensor ? heads_of(o, tensor, o->all != NULL) : 0;
        if (tensor && !H)
            return false;
        stack->shape[l] = (struct layer_shape){H, H, 1};
        o->report->layers += tensor != NULL;
        o->report->H = H > o->report->H ? H : o->report->H;
        if (tensor)
            o->used[number_of(o, tensor)] = 1;
    }
    o->report->T = o->T;
    return true;
}

static void list_unread(const struct opening *o)
{
    struct buf *out = &o->report->unread;
    size_t more = 0;
    for (size_t i = 0; i < o->weights->n; i++)
        if (!o->used[i] && out->n < 200)
            buf_printf(out, "%s%.*s", out->n ? ", " : "", STR_ARGS(o->weights->tensors[i].name));
        else
            more += !o->used[i];
    for (size_t i = 0; i < o->weights->n_stand_ins; i++) {
        const struct stand_in *at = &o->weights->stand_ins[i];
        if (!str_is(at->name, "tokens") && out->n < 200)
            buf_printf(out, "%s%.*s", out->n ? ", " : "", STR_ARGS(at->name));
    }
    if (more)
        buf_printf(out, " and %zu more", more);
}

static bool fill(struct opening *o)
{
    float *whole = NULL;
    bool above = false;
    if (!find_maps(o) || !make_model(o) || !read_shapes(o) || !make_tokens(o) || !find_terms(o))
        return false;
    o->run->attentions = mem_new(o->layers, sizeof *o->run->attentions, "a run", o->err);
    for (size_t l = 0; o->run->attentions && l < o->layers; l++)
        if ((o->all || o->layer[l]) && !add_layer(o, l, &whole, &above))
            return false;
    if (!o->run->attentions || !set_mask(o, above))
        return false;
    o->run->attentions_capacity = o->layers;
    atomic_store(&o->run->done, o->run->n_attentions);
    list_unread(o);
    return true;
}

struct weights *given_weights(const char *path, struct err *err)
{
    struct str name = str_of(path);
    if (!file_exists(path) || file_is_folder(path)) {
        err_set(err, ERR_NOT_FOUND, "%s: no such file", path);
        return NULL;
    }
    if (str_ends(name, STR(".npz")) || str_ends(name, STR(".npy")))
        return weights_open_as(path, &weights_npz, err);
    if (str_ends(name, STR(".safetensors")))
        return weights_open(path, err);
    err_set(err, ERR_UNSUPPORTED, "%s: tensors are read from .safetensors, .npz and .npy", path);
    return NULL;
}

struct run *given_open(const char *path, const struct given_options *options, struct given_report *report, struct err *err)
{
    struct err ignored;
    struct weights *weights = given_weights(path, err ? err : &ignored);
    struct opening *o = weights ? mem_new(1, sizeof *o, "a run", err) : NULL;
    bool ok = false;
    *report = (struct given_report){0};
    if (o) {
        *o =
            (struct opening){.path = path, .options = options, .report = report, .weights = weights, .err = err ? err : &ignored};
        o->run = mem_new(1, sizeof *o->run, "a run", err);
        o->used = mem_new(weights->n, 1, "a list of tensors", err);
        if (o->run && o->used && (o->run->arena = arena_new(err)))
            ok = fill(o);
    }
    struct run *run = o ? o->run : NULL;
    if (!ok) {
        run_free(run);
        run = NULL;
        buf_free(&report->unread);
    }
    if (o)
        free(o->used);
    free(o);
    weights_close(weights);
    return run;
}
