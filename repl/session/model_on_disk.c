/* A glance at a model's folder. See model_on_disk.h. */
#include "repl/session/model_on_disk.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/json.h"
#include "core/weights/lying.h"

/* What a folder's entries are: bytes of all files, and whether any is a part of a download or a link to what is not there. */
struct glance {
    size_t bytes;
    bool part, broken;
};

static void look_into(const char *folder, struct glance *glance)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct stat st;
        char *path =
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ? NULL : path_join(folder, entry->d_name, NULL);
        if (path && stat(path, &st) != 0)
            glance->broken = true;
        else if (path && S_ISREG(st.st_mode))
            glance->bytes += (size_t)st.st_size;
        glance->part = glance->part || (path && str_ends(str_of(entry->d_name), STR(".incomplete")));
        free(path);
    }
    if (dir)
        closedir(dir);
}

/* Are the shards there that an index names? */
static bool has_shards(const char *folder, struct str index)
{
    struct buf path = {0};
    buf_printf(&path, "%s/", folder);
    buf_str(&path, index);
    struct json *document = json_load(buf_cstr(&path), 0, NULL);
    struct json_cursor cursor = {0};
    struct str tensor, last = {0};
    const struct json *value;
    bool all = json_count(json_get(document, "weight_map")) > 0;
    while (all && json_next(json_get(document, "weight_map"), &cursor, &tensor, &value)) {
        struct str name = json_str(value, "");
        if (str_eq(name, last))
            continue;
        last = name;
        path.n = 0;
        buf_printf(&path, "%s/", folder);
        buf_str(&path, name);
        all = buf_ok(&path, NULL) && file_exists(buf_cstr(&path));
    }
    json_free(document);
    buf_free(&path);
    return all;
}

/* What its weights are, by their names. */
static const char *state_of(const char *folder)
{
    struct lying lying;
    struct err err = {0};
    const char *state = "incomplete";
    if (lying_look(folder, &lying, &err)) {
        if (!lying_choose(&lying, &err))
            state = err.code == ERR_NOT_FOUND ? "no weights" : err.code == ERR_UNSUPPORTED ? "not read" : "incomplete";
        else if (lying.files[lying.chosen].kind != LYING_INDEX || has_shards(folder, lying.files[lying.chosen].name))
            state = "whole";
    }
    lying_free(&lying);
    return state;
}

static char *type_of(const char *folder)
{
    char *path = path_join(folder, "config.json", NULL);
    struct json *config = path && file_exists(path) ? json_load(path, 0, NULL) : NULL;
    struct str type = json_str(json_get(config, "model_type"), "");
    char *copy = type.n ? mem_copy_str(type, NULL) : NULL;
    json_free(config);
    free(path);
    return copy;
}

void model_on_disk_look(const struct found_model *found, struct model_on_disk *out)
{
    struct glance files = {0}, blobs = {0};
    *out = (struct model_on_disk){.state = "incomplete"};
    if (found->folder) {
        look_into(found->folder, &files);
        out->type = type_of(found->folder);
        out->state = files.broken ? "incomplete" : state_of(found->folder);
    }
    char *folder = found->repository ? path_join(found->repository, "blobs", NULL) : NULL;
    if (folder)
        look_into(folder, &blobs);
    free(folder);
    if (blobs.part && strcmp(out->state, "whole") != 0)
        out->state = "incomplete";
    out->bytes = found->repository ? blobs.bytes : files.bytes;
}

void model_on_disk_free(struct model_on_disk *model)
{
    free(model->type);
    *model = (struct model_on_disk){0};
}
