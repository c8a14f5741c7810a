/* Which files of a repository are fetched. See choose.h. */
#include "repl/fetch/choose.h"

#include <stdlib.h>
#include <string.h>

#include "core/tokenizer/loader/loader.h"
#include "core/weights/lying.h"
#include "core/weights/shards.h"

/* Beside what the loaders of tokenizers read (core/tokenizer/loader). */
static const char *const small_files[] = {
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "modules.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
};

static struct str last_part(struct str name)
{
    for (size_t i = name.n; i-- > 0;)
        if (name.s[i] == '/')
            return (struct str){name.s + i + 1, name.n - i - 1};
    return name;
}

/* "1_Pooling/" of "1_Pooling/config.json"; n 0 at the top. */
static struct str folder_part(struct str name)
{
    return (struct str){name.s, name.n - last_part(name).n};
}

static bool is_small_file(struct str name)
{
    for (size_t i = 0; i < sizeof small_files / sizeof *small_files; i++)
        if (str_is(name, small_files[i]))
            return true;
    for (size_t i = 0; loaders[i]; i++)
        for (size_t f = 0; loaders[i]->files[f]; f++)
            if (str_is(name, loaders[i]->files[f]))
                return true;
    return false;
}

static size_t find(const struct choice *choice, struct str name)
{
    size_t i = 0;
    while (i < choice->n && !str_eq(choice->names[i], name))
        i++;
    return i;
}

/* Take FOLDER + NAME where it is there. */
static bool take(struct choice *choice, struct str folder, struct str name, bool index)
{
    struct buf path = {0};
    buf_str(&path, folder);
    buf_str(&path, name);
    size_t i = find(choice, buf_view(&path));
    buf_free(&path);
    if (i == choice->n)
        return false;
    choice->take[i] = true;
    choice->index[i] = index;
    return true;
}

/* Take a set of shards without an index: all of the same stem, count and rest as `like`. */
static void take_set(struct choice *choice, struct str folder, const struct shard_name *like)
{
    struct shard_name shard;
    for (size_t i = 0; i < choice->n; i++)
        if (str_eq(folder_part(choice->names[i]), folder) && shard_name(last_part(choice->names[i]), &shard) &&
            shard.parts == like->parts && str_eq(shard.stem, like->stem) && str_eq(shard.rest, like->rest))
            choice->take[i] = true;
}

static bool take_usual(struct choice *choice, struct str folder)
{
    struct shard_name shard;
    for (size_t f = 0; weights_formats[f]; f++) {
        const struct weights_format *format = weights_formats[f];
        struct buf usual = {0}, index = {0};
        buf_printf(&usual, "%s%.*s", format->stem, (int)strcspn(format->suffixes, "|"), format->suffixes);
        buf_printf(&index, "%s.index.json", buf_cstr(&usual));
        bool taken = take(choice, folder, buf_view(&usual), false) || take(choice, folder, buf_view(&index), true);
        buf_free(&usual);
        buf_free(&index);
        if (taken)
            return true;
    }
    for (size_t f = 0; weights_formats[f]; f++)
        for (size_t i = 0; i < choice->n; i++)
            if (str_eq(folder_part(choice->names[i]), folder) && shard_name(last_part(choice->names[i]), &shard) &&
                str_is(shard.stem, weights_formats[f]->stem) && weights_format_of(choice->names[i]) == weights_formats[f]) {
                take_set(choice, folder, &shard);
                return true;
            }
    return false;
}

/* ---- weights under other names ---- */

static bool is_adapter(struct str name)
{
    return str_starts(name, STR("adapter_model"));
}

/* Weights by the end of their name, at the top: the first of a set of shards stands for all. */
static bool is_other(struct str name, const char *suffix)
{
    struct shard_name shard;
    return !folder_part(name).n && str_ends(name, str_of(suffix)) && !is_adapter(name) && !lying_is_bystander(name) &&
           !(shard_name(name, &shard) && shard.part != 1);
}

/* Take a file, an index or a set of shards by the name of one of them. */
static bool take_named(struct choice *choice, struct str name, struct err *err)
{
    struct shard_name shard;
    bool index = str_ends(name, STR(".index.json"));
    if (!take(choice, (struct str){0}, name, index))
        return err_set(err, ERR_NOT_FOUND, "there is no file %.*s", STR_ARGS(name));
    if (!index && shard_name(last_part(name), &shard))
        take_set(choice, folder_part(name), &shard);
    return true;
}

/* The only file of its kind. */
static bool take_other(struct choice *choice, struct err *err)
{
    static const char *const suffixes[] = {".safetensors", ".gguf", ".bin", ".pt", ".pth"};
    bool adapter = false, tokenizer = false;
    for (size_t s = 0; s < sizeof suffixes / sizeof *suffixes; s++) {
        struct buf several = {0};
        size_t n = 0, only = 0;
        for (size_t i = 0; i < choice->n; i++)
            if (is_other(choice->names[i], suffixes[s])) {
                buf_printf(&several, "%s%.*s", n ? ", " : "", STR_ARGS(choice->names[i]));
                only = i;
                n++;
            }
        if (n > 1)
            err_set(err, ERR_ARG, "there are several weights, choose one with file=: %s", buf_cstr(&several));
        buf_free(&several);
        if (n)
            return n == 1 && take_named(choice, choice->names[only], err);
    }
    for (size_t i = 0; i < choice->n; i++) {
        adapter = adapter || is_adapter(choice->names[i]);
        tokenizer = tokenizer || (choice->take[i] && strncmp(choice->names[i].s, "config", 6) != 0);
    }
    if (adapter)
        return err_set(err, ERR_UNSUPPORTED, "an adapter, not a model: merge it into the base model first");
    struct buf readable = {0};
    weights_files(&readable);
    if (!tokenizer)
        err_set(err, ERR_UNSUPPORTED, "no weights that gaze reads are there (%s), nor a tokenizer", buf_cstr(&readable));
    buf_free(&readable);
    return tokenizer; /* a tokenizer alone is a model for `tokens` */
}

/* ---- the choice ---- */

/* "1_Pooling/", of a folder at the top. */
static bool is_module(struct str folder)
{
    size_t digits = 0;
    while (digits < folder.n && folder.s[digits] >= '0' && folder.s[digits] <= '9')
        digits++;
    return digits && digits + 2 < folder.n && folder.s[digits] == '_' &&
           memchr(folder.s, '/', folder.n) == folder.s + folder.n - 1;
}

bool choose_files(struct choice *choice, struct str file, struct err *err)
{
    bool modules = find(choice, STR("modules.json")) < choice->n, weights = false;
    for (size_t i = 0; i < choice->n; i++) {
        struct str folder = folder_part(choice->names[i]);
        choice->take[i] = is_small_file(last_part(choice->names[i])) && (!folder.n || (modules && is_module(folder)));
        choice->index[i] = false;
    }
    for (size_t i = 0; modules && i < choice->n; i++)
        if (is_module(folder_part(choice->names[i])) && str_is(last_part(choice->names[i]), "config.json"))
            weights = take_usual(choice, folder_part(choice->names[i])) || weights;
    if (file.n)
        return take_named(choice, file, err);
    if (take_usual(choice, (struct str){0}))
        return true;
    struct err why = {0};
    if (take_other(choice, &why))
        return true;
    if (weights && why.code == ERR_UNSUPPORTED) /* the encoder lies in a folder of its own */
        return true;
    if (err)
        *err = why;
    return false;
}

bool choose_shards(struct choice *choice, size_t i, const struct json *index, struct err *err)
{
    const struct json *map = json_get(index, "weight_map"), *value;
    struct json_cursor cursor = {0};
    struct str tensor;
    if (!json_is_object(map) || !json_count(map))
        return err_set(err, ERR_FORMAT, "%.*s: no \"weight_map\": not an index of shards", STR_ARGS(choice->names[i]));
    while (json_next(map, &cursor, &tensor, &value)) {
        struct str name = json_str(value, "");
        if (!name.n || memchr(name.s, '/', name.n) || !take(choice, folder_part(choice->names[i]), name, false))
            return err_set(err, ERR_FORMAT, "%.*s: names \"%.*s\", which is not there", STR_ARGS(choice->names[i]),
                           STR_ARGS(name));
    }
    return true;
}

/* Is it the first of those left out under this top folder? */
static bool is_first_of_folder(const struct choice *choice, size_t i, size_t *count_out)
{
    const char *slash = memchr(choice->names[i].s, '/', choice->names[i].n);
    struct str top = {choice->names[i].s, slash ? (size_t)(slash - choice->names[i].s) + 1 : 0};
    *count_out = 0;
    for (size_t j = 0; top.n && j < choice->n; j++)
        if (!choice->take[j] && str_starts(choice->names[j], top)) {
            if (j < i)
                return false;
            ++*count_out;
        }
    return true;
}

bool choose_rest(const struct choice *choice, struct buf *out)
{
    enum { MOST_NAMED = 10 };
    size_t named = 0, more = 0, files;
    for (size_t i = 0; i < choice->n; i++) {
        if (choice->take[i])
            continue;
        if (named >= MOST_NAMED) {
            more++;
        } else if (is_first_of_folder(choice, i, &files)) {
            const char *slash = files ? memchr(choice->names[i].s, '/', choice->names[i].n) : NULL;
            size_t n = slash ? (size_t)(slash - choice->names[i].s) + 1 : choice->names[i].n;
            buf_printf(out, "%s%.*s", named++ ? ", " : "", STR_ARGS(((struct str){choice->names[i].s, n})));
            if (files)
                buf_printf(out, " (%zu file%s)", files, files == 1 ? "" : "s");
        }
    }
    if (more)
        buf_printf(out, " and %zu more", more);
    return named > 0;
}
