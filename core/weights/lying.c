/* What lies in a folder, by names. See lying.h.
 *
 * The names are those that transformers, diffusers, peft and the converters of other libraries write. */
#include "core/weights/lying.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/weights/shards.h"

enum { FIRST_BYTES = 64, MOST_LISTED = 600 };

/* Formats of the field that are not read, by the end of their names. */
static const struct {
    const char *suffix, *what;
} foreign[] = {
    {".ggml", "GGML"},          {".h5", "Keras HDF5"},    {".keras", "Keras"},
    {".msgpack", "Flax"},       {".onnx", "ONNX"},      {".ot", "rust-bert"},     {".tflite", "TensorFlow Lite"},
    {".pdparams", "Paddle"},    {".params", "MXNet"},   {".mlmodel", "Core ML"},  {".ckpt.index", "TensorFlow checkpoint"},
    {".nemo", "NeMo"},          {".distcp", "PyTorch distributed checkpoint"},    {".bin", NULL},
    {".pt", "PyTorch"},         {".pth", "PyTorch"},    {".ckpt", NULL},
};

/* What trainers and tokenizers leave beside weights under their suffixes. */
static const char *const bystanders[] = {"optimizer", "scheduler", "training_args", "rng_state", "random_states", "scaler",
                                         "trainer_state", "bpe_encoder", "sentencepiece", NULL};

bool lying_is_bystander(struct str name)
{
    for (size_t i = 0; bystanders[i]; i++)
        if (str_starts(name, str_of(bystanders[i])))
            return true;
    return false;
}

/* The first bytes of a file; 0 where there are none to be had. */
static size_t first_bytes(const char *folder, const char *name, unsigned char bytes[FIRST_BYTES])
{
    char *path = path_join(folder, name, NULL);
    FILE *f = path && !file_is_folder(path) ? fopen(path, "rbe") : NULL;
    size_t n = f ? fread(bytes, 1, FIRST_BYTES, f) : 0;
    if (f)
        fclose(f);
    free(path);
    return n;
}

/* Is this STEM + SUFFIX of the format, with `tail` behind it? */
static bool is_usual(const struct weights_format *format, struct str name, const char *tail)
{
    char usual[80];
    if (!format->stem)
        return false;
    snprintf(usual, sizeof usual, "%s%.*s%s", format->stem, (int)strcspn(format->suffixes, "|"), format->suffixes, tail);
    return str_is(name, usual);
}

/* model.safetensors.index.json, model.safetensors.index.fp16.json, … */
static bool classify_index(struct str name, struct lying_file *out)
{
    const char *index = memmem(name.s, name.n, ".index.", 7);
    out->format = index && str_ends(name, STR(".json")) ? weights_format_of((struct str){name.s, (size_t)(index - name.s)}) : NULL;
    if (!out->format)
        return false;
    out->kind = LYING_INDEX;
    out->usual = is_usual(out->format, name, ".index.json");
    return true;
}

/* A file whose suffix is that of a format which is read. */
static bool classify_readable(const char *folder, struct str name, struct lying_file *out)
{
    struct shard_name shard;
    unsigned char bytes[FIRST_BYTES];
    out->format = weights_format_of(name);
    if (!out->format)
        return false;
    out->kind = str_starts(name, STR("adapter_model.")) || str_starts(name, STR("adapter_model-")) ? LYING_ADAPTER
                : shard_name(name, &shard)                                                         ? LYING_SHARD
                                                                                                   : LYING_FILE;
    out->usual = out->kind == LYING_FILE ? is_usual(out->format, name, "")
                                         : out->kind == LYING_SHARD && out->format->stem && str_is(shard.stem, out->format->stem);
    if (out->usual || out->kind == LYING_ADAPTER || str_ends(name, STR(".safetensors")) || !out->format->stem)
        return true;
    size_t n = first_bytes(folder, name.s, bytes); /* ".bin" is the suffix of many a thing */
    return out->format->is(bytes, n);
}

static bool classify(const char *folder, struct str name, struct lying_file *out)
{
    *out = (struct lying_file){.name = name};
    if (lying_is_bystander(name))
        return false;
    if (classify_index(name, out) || classify_readable(folder, name, out))
        return true;
    out->format = NULL;
    out->kind = LYING_FOREIGN;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (str_ends(name, str_of(foreign[i].suffix))) {
            out->what = foreign[i].what;
            return true;
        }
    return false;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct lying_file *)a)->name, ((const struct lying_file *)b)->name);
}

bool lying_look(const char *folder, struct lying *out, struct err *err)
{
    *out = (struct lying){.folder = mem_copy_str(str_of(folder), err)};
    out->arena = out->folder ? arena_new(err) : NULL;
    DIR *dir = out->arena ? opendir(folder) : NULL;
    if (!dir)
        return out->arena ? err_errno(err, folder, "cannot open") : false;
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        struct lying_file file;
        out->config = out->config || strcmp(entry->d_name, "config.json") == 0;
        if (classify(folder, str_of(entry->d_name), &file)) {
            ok = arena_str(out->arena, file.name, &file.name, err) &&
                 mem_grow((void **)&out->files, &out->capacity, out->n + 1, sizeof file, "a list of files", err);
            if (ok)
                out->files[out->n++] = file;
        }
    }
    closedir(dir);
    if (ok && out->n)
        qsort(out->files, out->n, sizeof *out->files, by_name);
    out->chosen = out->n;
    return ok;
}

void lying_free(struct lying *lying)
{
    free(lying->files);
    free(lying->folder);
    arena_free(lying->arena);
    *lying = (struct lying){0};
}

/* ---- choosing ---- */

/* Do both files belong to the same set of shards? */
static bool same_set(struct str a, struct str b)
{
    struct shard_name x, y;
    return shard_name(a, &x) && shard_name(b, &y) && x.parts == y.parts && str_eq(x.stem, y.stem) && str_eq(x.rest, y.rest);
}

/* The first of its set in the list, which is sorted. */
static bool is_first_shard(const struct lying *lying, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (lying->files[j].kind == LYING_SHARD && same_set(lying->files[j].name, lying->files[i].name))
            return false;
    return true;
}

static bool matches(const struct lying *lying, size_t i, const struct weights_format *format, enum lying_kind kind, bool usual)
{
    const struct lying_file *file = &lying->files[i];
    return file->format == format && file->kind == kind && file->usual == usual && (kind != LYING_SHARD || is_first_shard(lying, i));
}

/* How many of the format and kind there are; *first_out: the first. */
static size_t count(const struct lying *lying, const struct weights_format *format, enum lying_kind kind, bool usual,
                    size_t *first_out)
{
    size_t n = 0;
    for (size_t i = lying->n; i-- > 0;)
        if (matches(lying, i, format, kind, usual)) {
            *first_out = i;
            n++;
        }
    return n;
}

void lying_rest(const struct lying *lying, struct buf *out)
{
    size_t begin = out->n;
    bool all = lying->by_other_name || lying->by_path || lying->chosen == lying->n;
    for (size_t i = 0; i < lying->n; i++) {
        const struct lying_file *file = &lying->files[i];
        bool shard = file->kind == LYING_SHARD;
        if (file->chosen || (shard && !is_first_shard(lying, i)))
            continue;
        if (!all && file->kind < LYING_ADAPTER && !file->usual)
            continue;
        if (out->n - begin > MOST_LISTED) {
            buf_puts(out, ", …");
            return;
        }
        buf_printf(out, "%s%.*s%s", out->n > begin ? ", " : "", STR_ARGS(file->name), shard ? " …" : "");
        if (file->kind == LYING_ADAPTER || file->what)
            buf_printf(out, " (%s)", file->kind == LYING_ADAPTER ? "an adapter" : file->what);
    }
}

/* "adapter_model.safetensors is a LORA adapter for bert-base-uncased (adapter_config.json) …" */
static bool refuse_adapter(const struct lying *lying, struct str name, struct err *err)
{
    char *path = path_join(lying->folder, "adapter_config.json", err);
    struct json *config = path && file_exists(path) ? json_load(path, 0, NULL) : NULL;
    struct str type = json_str(json_get(config, "peft_type"), NULL), base = json_str(json_get(config, "base_model_name_or_path"), NULL);
    bool lora = str_is(type, "LORA");
    err_set(err, ERR_UNSUPPORTED, "%s/%.*s: %s %.*s%sadapter%s%.*s%s, not a model: merge it into the base model first", lying->folder,
            STR_ARGS(name), !type.n || (type.s[0] && strchr("AEIO", type.s[0])) ? "an" : "a", lora ? 4 : (int)type.n, lora ? "LoRA" : type.n ? type.s : "", type.n ? " " : "", base.n ? " for " : "",
            STR_ARGS(base), config ? " (adapter_config.json)" : "");
    json_free(config);
    free(path);
    return false;
}

static bool refuse_rest(const struct lying *lying, const char *why, struct err *err)
{
    struct buf readable = {0}, rest = {0};
    weights_files(&readable);
    lying_rest(lying, &rest);
    if (rest.n)
        err_set(err, ERR_UNSUPPORTED, "%s: %s: %s (read are: %s)", lying->folder, why, buf_cstr(&rest), buf_cstr(&readable));
    else
        err_set(err, ERR_NOT_FOUND, "%s: holds no weights (looked for %s)", lying->folder, buf_cstr(&readable));
    buf_free(&readable);
    buf_free(&rest);
    return false;
}

/* The shards without an index must all be there. */
static bool whole_set(const struct lying *lying, size_t first, struct err *err)
{
    struct shard_name shard, other;
    struct buf there = {0};
    size_t n = 0;
    shard_name(lying->files[first].name, &shard);
    for (size_t i = first; i < lying->n; i++)
        if (same_set(lying->files[first].name, lying->files[i].name) && shard_name(lying->files[i].name, &other)) {
            if (there.n < 200)
                buf_printf(&there, "%s%zu", n ? ", " : "", other.part);
            n++;
        }
    bool ok = n == shard.parts || err_set(err, ERR_FORMAT, "%s: of %zu shards %.*s-…%.*s only %s %s there, and no index", lying->folder,
                                          shard.parts, STR_ARGS(shard.stem), STR_ARGS(shard.rest), buf_cstr(&there),
                                          n == 1 ? "is" : "are");
    buf_free(&there);
    return ok;
}

static bool take(struct lying *lying, size_t i, bool usual, struct err *err)
{
    if (lying->files[i].kind == LYING_SHARD && !whole_set(lying, i, err))
        return false;
    lying->chosen = i;
    lying->by_other_name = !usual;
    return true;
}

bool lying_choose(struct lying *lying, struct err *err)
{
    size_t first = 0;
    for (size_t f = 0; weights_formats[f]; f++)
        if (count(lying, weights_formats[f], LYING_FILE, true, &first) ||
            count(lying, weights_formats[f], LYING_INDEX, true, &first))
            return take(lying, first, true, err);
    for (size_t f = 0; weights_formats[f]; f++)
        if (count(lying, weights_formats[f], LYING_SHARD, true, &first))
            return take(lying, first, false, err);
    for (size_t f = 0; weights_formats[f]; f++) {
        if (!lying->config && weights_formats[f]->stem)
            continue; /* without a configuration, only what holds one */
        size_t indices = count(lying, weights_formats[f], LYING_INDEX, false, &first);
        size_t sets = indices ? 0 : count(lying, weights_formats[f], LYING_SHARD, false, &first); /* an index has the shards */
        size_t n = indices + sets + count(lying, weights_formats[f], LYING_FILE, false, &first);
        if (n == 1)
            return take(lying, first, false, err);
        if (n)
            return refuse_rest(lying, "several weights under names of their own, name one by its path", err);
    }
    for (size_t i = 0; i < lying->n; i++)
        if (lying->files[i].kind == LYING_ADAPTER)
            return refuse_adapter(lying, lying->files[i].name, err);
    return refuse_rest(lying, lying->config ? "weights in a format that is not read" : "weights without a config.json", err);
}

bool lying_choose_file(struct lying *lying, struct str name, struct err *err)
{
    for (size_t i = 0; i < lying->n; i++) {
        const struct lying_file *file = &lying->files[i];
        if (!str_eq(file->name, name))
            continue;
        if (file->kind == LYING_ADAPTER)
            return refuse_adapter(lying, name, err);
        if (file->kind == LYING_FOREIGN) {
            struct buf readable = {0};
            weights_files(&readable);
            err_set(err, ERR_UNSUPPORTED, "%s/%.*s: weights in a format that is not read%s%s (read are: %s)", lying->folder,
                    STR_ARGS(name), file->what ? ": " : "", file->what ? file->what : "", buf_cstr(&readable));
            buf_free(&readable);
            return false;
        }
        if (file->kind == LYING_SHARD && !file->format->stem) { /* of splits none is a model alone */
            size_t first = i;
            while (first > 0 && same_set(lying->files[first - 1].name, name))
                first--;
            lying->by_path = true;
            return take(lying, first, false, err);
        }
        lying->chosen = i;
        lying->by_path = true;
        return true;
    }
    return err_set(err, ERR_NOT_FOUND, "%s/%.*s: no file of weights", lying->folder, STR_ARGS(name));
}

/* ---- opening ---- */

static void mark(struct lying *lying, const struct weights *weights)
{
    lying->files[lying->chosen].chosen = true;
    for (size_t i = 0; i < weights->n_files; i++) {
        const char *slash = strrchr(weights->files[i].path, '/');
        struct lying_file key = {.name = str_of(slash ? slash + 1 : weights->files[i].path)};
        struct lying_file *file = bsearch(&key, lying->files, lying->n, sizeof key, by_name);
        if (file)
            file->chosen = true;
    }
}

static struct weights *open_set(const struct lying *lying, struct err *err)
{
    struct str first = lying->files[lying->chosen].name;
    struct weights *weights = NULL;
    size_t n = 0;
    char **paths = mem_new(lying->n, sizeof *paths, "a list of files", err);
    bool ok = paths != NULL;
    for (size_t i = lying->chosen; ok && i < lying->n; i++)
        if (same_set(first, lying->files[i].name))
            ok = (paths[n++] = path_join(lying->folder, lying->files[i].name.s, err)) != NULL;
    if (ok)
        weights = weights_open_files(paths[0], paths, n, NULL, err);
    for (size_t i = 0; i < n; i++)
        free(paths[i]);
    free(paths);
    return weights;
}

/* Does file i belong to what was chosen? */
static bool belongs(const struct lying *lying, size_t i)
{
    const struct lying_file *chosen = &lying->files[lying->chosen], *file = &lying->files[i];
    return i == lying->chosen ||
           (file->kind == LYING_SHARD && file->format == chosen->format &&
            (chosen->kind == LYING_INDEX || (chosen->kind == LYING_SHARD && lying->by_other_name && same_set(chosen->name, file->name))));
}

uintmax_t lying_size(const struct lying *lying)
{
    uintmax_t bytes = 0;
    struct stat status;
    for (size_t i = 0; lying->chosen < lying->n && i < lying->n; i++) {
        char *path = belongs(lying, i) ? path_join(lying->folder, lying->files[i].name.s, NULL) : NULL;
        if (path && stat(path, &status) == 0)
            bytes += (uintmax_t)status.st_size;
        free(path);
    }
    return bytes;
}

struct weights *lying_open(struct lying *lying, struct err *err)
{
    const struct lying_file *file = &lying->files[lying->chosen];
    struct weights *weights = NULL;
    if (file->kind == LYING_SHARD && lying->by_other_name) {
        weights = open_set(lying, err);
    } else {
        char *path = path_join(lying->folder, file->name.s, err);
        char *files[] = {path};
        if (path)
            weights = file->kind == LYING_INDEX ? shards_open(path, err) : weights_open_files(path, files, 1, NULL, err);
        free(path);
    }
    if (weights)
        mark(lying, weights);
    return weights;
}
