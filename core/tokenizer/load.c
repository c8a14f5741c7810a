/* A tokenizer, empty, and filled by the loader that reads the folder. See load.h. */
#include "core/tokenizer/load.h"

#include "core/tokenizer/loader/loader.h"

struct tokenizer *tokenizer_load(const char *folder, struct err *err)
{
    struct tokenizer *tokenizer = mem_new(1, sizeof *tokenizer, "a tokenizer", err);
    if (!tokenizer)
        return NULL;
    tokenizer->arena = arena_new(err);
    for (int i = 0; i < ROLES; i++)
        tokenizer->roles[i] = -1;
    if (!tokenizer->arena)
        goto fail;
    added_init(&tokenizer->added, tokenizer->arena);
    if (!loader_load(tokenizer, folder, err))
        goto fail;
    return tokenizer;
fail:
    tokenizer_free(tokenizer);
    return NULL;
}
