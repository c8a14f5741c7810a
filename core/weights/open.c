/* Opening weights by a path: a file, an index, or what a folder holds. See weights.h. */
#include "core/weights/lying.h"
#include "core/weights/shards.h"

struct weights *weights_open(const char *path, struct err *err)
{
    if (!file_exists(path)) {
        err_set(err, ERR_NOT_FOUND, "%s: no such file or folder", path);
        return NULL;
    }
    if (file_is_folder(path)) {
        struct lying lying = {0};
        struct weights *weights = NULL;
        if (lying_look(path, &lying, err) && lying_choose(&lying, err))
            weights = lying_open(&lying, err);
        lying_free(&lying);
        return weights;
    }
    if (str_ends(str_of(path), STR(".json")))
        return shards_open(path, err);
    char *files[] = {(char *)(uintptr_t)path};
    return weights_open_files(path, files, 1, NULL, err);
}
