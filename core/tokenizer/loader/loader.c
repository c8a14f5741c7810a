/* The family of loaders: which one reads a folder, and the small files beside. See loader.h. */
#include "core/tokenizer/loader/loader.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/tokenizer/loader/list.h"

#define EXTERN(name) extern const struct loader loader_##name;
LOADERS(EXTERN)
#define ROW(name) &loader_##name,
const struct loader *const loaders[] = {LOADERS(ROW) NULL};

bool folder_has(const struct folder *folder, const char *file)
{
    char *path = path_join(folder->path, file, NULL);
    bool has = path && file_exists(path) && !file_is_folder(path);
    free(path);
    return has;
}

static bool load_companion(const struct folder *folder, const char *file, struct json **out, struct err *err)
{
    if (!folder_has(folder, file))
        return true;
    char *path = path_join(folder->path, file, err);
    *out = path ? json_load(path, 0, err) : NULL;
    bool ok = *out && (json_is_object(*out) || err_set(err, ERR_FORMAT, "%s: expected an object", path));
    free(path);
    return ok;
}

static struct str without_fast(struct str name)
{
    return str_ends(name, STR("Fast")) ? (struct str){name.s, name.n - 4} : name;
}

static bool folder_open(struct folder *folder, const char *path, struct err *err)
{
    *folder = (struct folder){.path = path};
    if (!load_companion(folder, "tokenizer_config.json", &folder->config, err) ||
        !load_companion(folder, "special_tokens_map.json", &folder->special_map, err) ||
        !load_companion(folder, "added_tokens.json", &folder->added_tokens, err) ||
        !load_companion(folder, "config.json", &folder->model_config, err))
        return false;
    const struct json *name = json_get(folder->config, "tokenizer_class");
    if (!json_is_string(name))
        name = json_get(folder->model_config, "tokenizer_class");
    folder->class_name = without_fast(json_str(name, ""));
    folder->model_type = json_str(json_get(folder->model_config, "model_type"), "");
    folder->class = class_of(folder->class_name, folder->model_type);
    return true;
}

static void folder_close(struct folder *folder)
{
    json_free(folder->config);
    json_free(folder->special_map);
    json_free(folder->added_tokens);
    json_free(folder->model_config);
}

/* The first file of the folder that is a tokenizer which no loader reads. */
static bool find_unread(const char *path, char *name, size_t size)
{
    DIR *folder = opendir(path);
    bool found = false;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct str file = str_of(entry->d_name);
        bool is = str_ends(file, STR(".model")) || str_is(file, "tekken.json") || str_is(file, "vocab.json") ||
                  str_is(file, "merges.txt") || str_is(file, "bpe_encoder.bin") || str_is(file, "vocab.bpe");
        if (is && file.n < size && (!found || strcmp(entry->d_name, name) < 0)) {
            memcpy(name, file.s, file.n + 1);
            found = true;
        }
    }
    if (folder)
        closedir(folder);
    return found;
}

static void put_files(const struct loader *loader, struct buf *out)
{
    if (loader->any_file)
        buf_printf(out, "a %s (%s and the like)", loader->name, loader->files[0]);
    for (size_t i = 0; !loader->any_file && loader->files[i]; i++)
        buf_printf(out, "%s%s", i ? " with " : "", loader->files[i]);
}

/* A folder that has the name of a file that a loader reads: unpacked or mounted by mistake, and not to be passed over. */
static bool folders_in_place(const char *path, struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && loaders[i]; i++)
        for (size_t k = 0; ok && loaders[i]->files[k]; k++) {
            char *file = path_join(path, loaders[i]->files[k], err);
            ok = file && (!file_is_folder(file) || err_set(err, ERR_FORMAT, "%s: is a folder, not a file", file));
            free(file);
        }
    return ok;
}

static bool nothing_to_read(const char *path, struct err *err)
{
    char name[256];
    struct buf known = {0};
    for (size_t i = 0; loaders[i]; i++) {
        buf_puts(&known, i ? ", " : "");
        put_files(loaders[i], &known);
    }
    if (find_unread(path, name, sizeof name))
        err_set(err, ERR_UNSUPPORTED, "%s/%s: this tokenizer file is not read; read are %s", path, name, buf_cstr(&known));
    else
        err_set(err, ERR_NOT_FOUND, "%s: no tokenizer here; read are %s", path, buf_cstr(&known));
    buf_free(&known);
    return false;
}

static bool has_files(const struct loader *loader, const struct folder *folder)
{
    size_t n = 0, there = 0;
    for (; loader->files[n]; n++)
        there += folder_has(folder, loader->files[n]);
    return loader->any_file ? there > 0 : there == n;
}

/* A tokenizer.json whose class goes back to the model file instead. */
static bool reloads(const struct folder *folder)
{
    const struct json *prefix = json_get(folder->config, "add_prefix_space");
    return folder->class && folder->class->prefix_reloads && json_is_bool(prefix);
}

static const struct loader *choose(const struct folder *folder)
{
    const struct loader *own = folder->class ? folder->class->reads : NULL;
    if (own && has_files(own, folder) && (!has_files(&loader_tokenizer_json, folder) || reloads(folder)))
        return own;
    for (size_t i = 0; loaders[i]; i++)
        if (has_files(loaders[i], folder))
            return loaders[i];
    return NULL;
}

bool loader_load(struct tokenizer *tokenizer, const char *path, struct err *err)
{
    struct folder folder = {0};
    bool ok = folders_in_place(path, err) && folder_open(&folder, path, err);
    const struct loader *chosen = ok ? choose(&folder) : NULL;
    if (ok)
        ok = chosen ? chosen->load(tokenizer, &folder, err) : nothing_to_read(path, err);
    folder_close(&folder);
    return ok;
}
