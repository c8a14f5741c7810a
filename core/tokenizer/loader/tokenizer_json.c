/* tokenizer.json: everything in one file. */
#include "core/tokenizer/loader/loader.h"

#include <stdlib.h>

#include "core/base/file.h"

static bool load(struct tokenizer *tokenizer, const struct folder *folder, struct err *err)
{
    struct overrides over = folder_overrides(folder);
    char *path = path_join(folder->path, "tokenizer.json", err);
    struct json *document = path ? json_load(path, 0, err) : NULL;
    bool ok = document && tokenizer_assemble(tokenizer, path, document, &over, err) && folder_add_tokens(folder, tokenizer, err);
    json_free(document);
    free(path);
    return ok;
}

static const char *const files[] = {"tokenizer.json", NULL};
const struct loader loader_tokenizer_json = {
    .name = "tokenizer.json",
    .summary = "the tokenizers library's own format",
    .files = files,
    .load = load,
};
