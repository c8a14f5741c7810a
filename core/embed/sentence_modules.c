/* What modules.json of a sentence-transformers folder lists, read. See sentence.h. */
#include "core/embed/sentence_modules.h"

#include <stdlib.h>
#include <string.h>

#include "core/gguf/family.h"

enum { EMBEDDING_MAX = 1 << 20 };

const struct pool_name pool_names[POOLS] = {
    [POOL_CLS] = {"pooling_mode_cls_token", "cls"},
    [POOL_MAX] = {"pooling_mode_max_tokens", "max"},
    [POOL_MEAN] = {"pooling_mode_mean_tokens", "mean"},
    [POOL_MEAN_SQRT] = {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
    [POOL_WEIGHTED] = {"pooling_mode_weightedmean_tokens", "weightedmean"},
    [POOL_LAST] = {"pooling_mode_lasttoken", "lasttoken"},
};

/* FOLDER/NAME as JSON, or NULL where there is none; false where it cannot be read. */
static bool read_json(const char *folder, const char *name, struct json **out, struct err *err)
{
    char *path = path_join(folder, name, err);
    *out = NULL;
    if (path && file_exists(path))
        *out = json_load(path, 0, err);
    bool ok = path && (*out || !file_exists(path));
    free(path);
    return ok;
}

static bool read_pooling(struct sentences *s, const struct json *config, struct err *err)
{
    struct str mode = json_str(json_get(config, "pooling_mode"), "");
    bool any = false, named = mode.n == 0;
    for (int p = 0; p < POOLS; p++) {
        s->pooled[p] =
            mode.n ? str_is(mode, pool_names[p].name)
                   : json_bool(json_get(config, pool_names[p].key), p == POOL_MEAN && !json_get(config, pool_names[p].key));
        any |= s->pooled[p];
        named |= s->pooled[p];
        if (s->pooled[p])
            s->width += s->model->E;
    }
    if (!named)
        return err_set(err, ERR_UNSUPPORTED, "pooling_mode \"%.*s\" is not read", STR_ARGS(mode));
    if (!any)
        return err_set(err, ERR_FORMAT, "no pooling mode is on");
    double width = json_number(json_get(config, "word_embedding_dimension"), (double)s->model->E);
    if (width != (double)s->model->E)
        return err_set(err, ERR_FORMAT, "word_embedding_dimension %.9g, where the encoder's width is %zu", width, s->model->E);
    s->with_prompt = json_bool(json_get(config, "include_prompt"), true);
    return true;
}

/* "torch.nn.modules.activation.Tanh" → tanh. */
static const struct activation *torch_activation(struct str name)
{
    static const char *const names[][2] = {{"Identity", "linear"}, {"Tanh", "tanh"},       {"ReLU", "relu"}, {"GELU", "gelu"},
                                           {"SiLU", "silu"},       {"Sigmoid", "sigmoid"}, {"Mish", "mish"}, {"ReLU6", "relu6"}};
    size_t at = name.n;
    while (at && name.s[at - 1] != '.')
        at--;
    struct str last = {name.s + at, name.n - at};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(last, names[i][0]))
            return activation_named(str_of(names[i][1]));
    return NULL;
}

static const float *floats(struct sentences *s, const struct weights *weights, struct str name, size_t n, struct err *err)
{
    const struct tensor *t = weights_find(weights, name);
    if (!t || t->rank != 1 || t->shape[0] != n || !t->dtype->widen) {
        err_set(err, ERR_FORMAT, "%s: tensor %.*s of %zu numbers is wanted", weights->path, STR_ARGS(name), n);
        return NULL;
    }
    float *out = arena_alloc(s->arena, n + 1, sizeof *out, "a sentence module", err);
    if (out)
        t->dtype->widen(t->data, n, out);
    return out;
}

static bool read_dense(struct sentences *s, struct module *m, const struct json *config, struct err *err)
{
    struct str act = json_str(json_get(config, "activation_function"), "torch.nn.modules.activation.Tanh");
    const char *const names[] = {"module_input_name", "module_output_name"};
    for (size_t i = 0; i < 2; i++)
        if (!str_is(json_str(json_get(config, names[i]), "sentence_embedding"), "sentence_embedding"))
            return err_set(err, ERR_UNSUPPORTED, "%s \"%.*s\" is not read", names[i],
                           STR_ARGS(json_str(json_get(config, names[i]), "")));
    m->activation = torch_activation(act);
    if (!m->activation)
        return err_set(err, ERR_UNSUPPORTED, "activation_function \"%.*s\" is not read", STR_ARGS(act));
    const struct tensor *w = weights_find(m->weights, STR("linear.weight"));
    if (!w || w->rank != 2 || w->shape[1] != s->width || !w->dtype->is_float || !w->shape[0] || w->shape[0] > EMBEDDING_MAX)
        return err_set(err, ERR_FORMAT, "%s: a tensor linear.weight [*,%zu] is wanted", m->weights->path, s->width);
    m->dense = (struct linear){.w = *w, .out = w->shape[0], .in = w->shape[1]};
    s->width = w->shape[0];
    if (json_bool(json_get(config, "bias"), true))
        m->dense.bias = floats(s, m->weights, STR("linear.bias"), m->dense.out, err);
    return m->dense.bias || !json_bool(json_get(config, "bias"), true);
}

/* A module behind the pooling, from its folder. */
static bool read_module(struct sentences *s, struct str type, const char *folder, const struct json *config, struct err *err)
{
    struct module *m = &s->modules[s->n_modules];
    if (str_is(type, "Dropout"))
        return true;
    if (s->n_modules == MODULES)
        return err_set(err, ERR_LIMIT, "more than %d modules behind the pooling", MODULES);
    s->n_modules++;
    if (str_is(type, "Normalize")) {
        m->step = STEP_NORMALIZE;
        return true;
    }
    if (!str_is(type, "Dense") && !str_is(type, "LayerNorm"))
        return err_set(err, ERR_UNSUPPORTED,
                       "the module %.*s is not read (Transformer, Pooling, Dense, LayerNorm, Normalize are)", STR_ARGS(type));
    m->weights = weights_open(folder, err);
    if (!m->weights)
        return false;
    if (str_is(type, "Dense")) {
        m->step = STEP_DENSE;
        return read_dense(s, m, config, err);
    }
    m->step = STEP_NORM;
    m->weight = floats(s, m->weights, STR("norm.weight"), s->width, err);
    m->bias = m->weight ? floats(s, m->weights, STR("norm.bias"), s->width, err) : NULL;
    return m->bias != NULL;
}

/* The last part of "sentence_transformers.models.Pooling". */
static struct str type_of(const struct json *entry)
{
    struct str type = json_str(json_get(entry, "type"), "");
    size_t at = type.n;
    while (at && type.s[at - 1] != '.')
        at--;
    return (struct str){type.s + at, type.n - at};
}

static bool read_entry(struct sentences *s, const struct json *entry, size_t i, const char *folder, struct err *err)
{
    struct str type = type_of(entry), name = json_str(json_get(entry, "path"), "");
    struct json *config = NULL;
    if (i == 0)
        return str_is(type, "Transformer") ||
               err_set(err, ERR_UNSUPPORTED, "the first module is a %.*s, not a Transformer: not read", STR_ARGS(type));
    char *own = mem_copy_str(name, err), *path = own ? path_join(folder, own, err) : NULL;
    bool ok = path && read_json(path, "config.json", &config, err);
    if (ok && i == 1)
        ok = str_is(type, "Pooling")
                 ? read_pooling(s, config, err)
                 : err_set(err, ERR_UNSUPPORTED, "the second module is a %.*s, not a Pooling: not read", STR_ARGS(type));
    else if (ok)
        ok = read_module(s, type, path, config, err);
    if (!ok)
        err_prefix(err, "%s: ", path ? path : folder);
    json_free(config);
    free(own);
    free(path);
    return ok;
}

static bool read_lengths(struct sentences *s, const char *encoder, struct err *err)
{
    struct json *config, *tokenizer = NULL;
    bool ok = read_json(encoder, "sentence_bert_config.json", &config, err) &&
              read_json(encoder, "tokenizer_config.json", &tokenizer, err);
    size_t most = s->model->stacks[STACK_MAIN].max_tokens;
    double length = json_number(json_get(config, "max_seq_length"), 0);
    if (!(length >= 1))
        length = json_number(json_get(tokenizer, "model_max_length"), 0);
    s->length = length >= 1 && length < 1e9 ? (size_t)length : 0;
    if (most && (!s->length || s->length > most))
        s->length = most;
    s->lower = json_bool(json_get(config, "do_lower_case"), false);
    json_free(config);
    json_free(tokenizer);
    return ok;
}

static bool read_about(struct sentences *s, const char *folder, struct err *err)
{
    static const char *const measures[] = {"cosine", "dot", "euclidean", "manhattan"};
    if (!read_json(folder, "config_sentence_transformers.json", &s->about, err))
        return false;
    struct str name = json_str(json_get(s->about, "similarity_fn_name"), "cosine");
    s->measure = NULL;
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        if (str_is(name, measures[i]) || (i == 0 && str_is(name, "cos_sim")))
            s->measure = measures[i];
    return s->measure || err_set(err, ERR_UNSUPPORTED, "%s: similarity_fn_name \"%.*s\" is not read", folder, STR_ARGS(name));
}

static bool read_modules(struct sentences *s, const struct json *modules, const char *folder, struct err *err)
{
    size_t n = json_count(modules);
    if (!json_is_array(modules) || n < 1)
        return err_set(err, ERR_FORMAT, "%s/modules.json: not a list of modules", folder);
    s->told_by = "modules.json";
    for (size_t i = 0; i < n; i++)
        if (!read_entry(s, json_at(modules, i), i, folder, err))
            return false;
    if (n == 1) { /* an encoder alone: sentence-transformers takes the mean */
        s->pooled[POOL_MEAN] = true;
        s->width = s->model->E;
    }
    return read_about(s, folder, err);
}

/* modules.json beside the encoder, or above it where its first module is this encoder's folder. */
static bool find_modules(struct sentences *s, char **folder_out, struct json **out, struct err *err)
{
    char *folder = mem_copy_str(str_of(s->model->folder), err), *above = NULL;
    if (!folder || !read_json(folder, "modules.json", out, err)) {
        free(folder);
        return false;
    }
    if (!*out && (above = path_folder(folder, err))) {
        struct json *modules = NULL;
        const char *own = strrchr(folder, '/');
        if (read_json(above, "modules.json", &modules, err) && own &&
            str_is(json_str(json_get(json_at(modules, 0), "path"), ""), own + 1)) {
            *out = modules;
            free(folder);
            folder = above;
            above = NULL;
        } else {
            json_free(modules);
        }
    }
    free(above);
    *folder_out = folder;
    return true;
}

/* What a GGUF file says of pooling; the mean where nothing does. */
static enum pool pool_of_file(struct sentences *s)
{
    static const enum pool pools[] = {POOL_MEAN, POOL_MEAN, POOL_CLS, POOL_LAST}; /* none, mean, first token, last */
    const struct gguf *gguf = &s->model->checkpoint.gguf;
    double type = gguf->path ? gguf_own_number(gguf, "pooling_type", 0) : 0;
    if (!(type >= 1 && type <= 3))
        return POOL_MEAN;
    s->told_by = "pooling_type of the file";
    return pools[(int)type];
}

bool sentence_modules_read(struct sentences *s, struct err *err)
{
    char *folder = NULL;
    struct json *modules = NULL;
    bool ok = find_modules(s, &folder, &modules, err) && read_lengths(s, s->model->folder, err);
    if (ok && modules)
        ok = read_modules(s, modules, folder, err);
    else if (ok) {
        s->pooled[pool_of_file(s)] = true;
        s->width = s->model->E;
    }
    json_free(modules);
    free(folder);
    return ok;
}
