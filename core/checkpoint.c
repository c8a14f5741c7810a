/* Opening checkpoints. See checkpoint.h. */
#include "core/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/gguf/gguf.h"

/* ---- a folder, or a file in it ---- */

/* The files that tokenizers are read from, and those beside them. */
static bool is_tokenizer_file(struct str name)
{
    static const char *const names[] = {
        "tokenizer.json",          "vocab.txt",   "vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json",
        "special_tokens_map.json", "tekken.json", NULL};
    for (size_t i = 0; names[i]; i++)
        if (str_is(name, names[i]))
            return true;
    return str_ends(name, STR(".model")) || str_ends(name, STR(".vocab"));
}

/* The path as that of a folder: without slashes at its end. */
static char *folder_name(const char *path, struct err *err)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    return mem_copy_str((struct str){path, n}, err);
}

static bool load_config(struct checkpoint *checkpoint, struct err *err)
{
    char *path = path_join(checkpoint->folder, "config.json", err);
    checkpoint->config = path ? json_load(path, 0, err) : NULL;
    free(path);
    return checkpoint->config != NULL;
}

/* The configuration: the file's own where it is GGUF (of splits the first has it), else the folder's. */
static bool configure(struct checkpoint *checkpoint, struct err *err)
{
    if (!checkpoint->weights || !checkpoint->weights->format || checkpoint->weights->format->stem)
        return checkpoint->weights && load_config(checkpoint, err);
    if (!gguf_read(&checkpoint->weights->files[0], &checkpoint->gguf, err))
        return false;
    checkpoint->config = gguf_adapt(&checkpoint->gguf, checkpoint->weights, err);
    return checkpoint->config != NULL;
}

static bool open_weights(struct checkpoint *checkpoint, struct err *err)
{
    checkpoint->weights = lying_open(&checkpoint->lying, err);
    return configure(checkpoint, err);
}

static bool open_whole(struct checkpoint *checkpoint, struct err *err)
{
    if (lying_choose(&checkpoint->lying, &checkpoint->no_weights))
        return open_weights(checkpoint, err);
    if (checkpoint->no_weights.code == ERR_NOT_FOUND)
        return true;
    if (err)
        *err = checkpoint->no_weights;
    return false;
}

/* A file without a name that says anything: are its first bytes those of weights? */
static bool begins_as_weights(const char *path)
{
    unsigned char bytes[64];
    FILE *f = file_is_plain(path) ? fopen(path, "rbe") : NULL; /* to open a FIFO would wait for its writer */
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    bool is = false;
    for (size_t i = 0; weights_formats[i]; i++)
        is = is || weights_formats[i]->is(bytes, n);
    if (f)
        fclose(f);
    return is;
}

static bool fail_unnamed(const char *path, struct err *err)
{
    if (!file_is_plain(path))
        return err_set(err, ERR_IO, "%s: not a regular file", path);
    return err_set(err, ERR_UNSUPPORTED,
                   "%s: neither weights nor a config.json nor a tokenizer's file (word vectors: vectors load; saved maps: open)", path);
}

static bool open_named(const char *path, struct checkpoint *checkpoint, struct err *err)
{
    const char *slash = strrchr(path, '/');
    struct str name = str_of(slash ? slash + 1 : path);
    if (str_is(name, "config.json"))
        return open_whole(checkpoint, err);
    for (size_t i = 0; i < checkpoint->lying.n; i++)
        if (str_eq(checkpoint->lying.files[i].name, name))
            return lying_choose_file(&checkpoint->lying, name, err) && open_weights(checkpoint, err);
    if (is_tokenizer_file(name)) {
        err_set(&checkpoint->no_weights, ERR_NOT_FOUND, "%s names the tokenizer alone", path);
        checkpoint->tokenizer_file = mem_copy_str(str_of(path), err);
        return checkpoint->tokenizer_file != NULL;
    }
    if (begins_as_weights(path)) {
        checkpoint->weights = weights_open(path, err);
        return configure(checkpoint, err);
    }
    return fail_unnamed(path, err);
}

static bool folder_is(const char *path)
{
    (void)path;
    return true;
}

static bool folder_open(const char *path, struct checkpoint *checkpoint, struct err *err)
{
    bool folder = file_is_folder(path);
    checkpoint->folder = folder ? folder_name(path, err) : path_folder(path, err);
    if (!checkpoint->folder || !lying_look(checkpoint->folder, &checkpoint->lying, err))
        return false;
    return folder ? open_whole(checkpoint, err) : open_named(path, checkpoint, err);
}

static const struct checkpoint_kind folder_kind = {
    .name = "folder",
    .summary = "a folder with config.json, weights and a tokenizer, or a file in it",
    .is = folder_is,
    .open = folder_open,
};

/* ---- the kinds ---- */

const struct checkpoint_kind *const checkpoint_kinds[] = {&folder_kind, NULL};

bool checkpoint_open(const char *path, struct checkpoint *out, struct err *err)
{
    *out = (struct checkpoint){0};
    if (!file_exists(path))
        return err_set(err, ERR_NOT_FOUND, "%s: no such file or folder", path);
    for (size_t i = 0; checkpoint_kinds[i]; i++)
        if (checkpoint_kinds[i]->is(path))
            return checkpoint_kinds[i]->open(path, out, err);
    return err_set(err, ERR_UNSUPPORTED, "%s: no checkpoint", path);
}

bool checkpoint_fits(const char *path, uintmax_t memory, struct err *err)
{
    bool folder = file_is_folder(path);
    const char *slash = strrchr(path, '/');
    struct str name = str_of(slash ? slash + 1 : path);
    struct lying lying = {0};
    char *where = folder ? folder_name(path, NULL) : path_folder(path, NULL);
    bool chosen = where && lying_look(where, &lying, NULL) &&
                  (folder || str_is(name, "config.json") ? lying_choose(&lying, NULL) : lying_choose_file(&lying, name, NULL));
    uintmax_t bytes = chosen ? lying_size(&lying) : 0;
    lying_free(&lying);
    free(where);
    if (!memory)
        memory = (uintmax_t)sysconf(_SC_PHYS_PAGES) * (uintmax_t)sysconf(_SC_PAGESIZE);
    return bytes <= memory || err_set(err, ERR_LIMIT, "%s: %.1f GB of weights, this machine has %.1f GB of memory", path,
                                      (double)bytes / 1e9, (double)memory / 1e9);
}

static struct str last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return str_of(slash ? slash + 1 : path);
}

bool checkpoint_is_tokenizer(const struct checkpoint *checkpoint, const char *read, struct err *err)
{
    if (!checkpoint->tokenizer_file)
        return true;
    struct str asked = last_part(checkpoint->tokenizer_file), name = last_part(read);
    bool alone = str_is(asked, "tokenizer.json") || str_is(asked, "vocab.txt") || str_ends(asked, STR(".model"));
    bool two = str_is(asked, "vocab.json") || str_is(asked, "merges.txt");
    if (str_eq(asked, name) || (!alone && !two) || (two && (str_is(name, "vocab.json") || str_is(name, "merges.txt"))))
        return true;
    return err_set(err, ERR_UNSUPPORTED, "%s: not this file but %.*s beside it is what the tokenizer is read from",
                   checkpoint->tokenizer_file, STR_ARGS(name));
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    weights_close(checkpoint->weights);
    json_free(checkpoint->config);
    gguf_free(&checkpoint->gguf);
    lying_free(&checkpoint->lying);
    free(checkpoint->folder);
    free(checkpoint->tokenizer_file);
    *checkpoint = (struct checkpoint){0};
}
