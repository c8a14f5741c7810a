/* A tokenizer, empty, and filled by the loader that reads the folder. See load.h. */
#include "core/tokenizer/load.h"

#include "core/tokenizer/loader/loader.h"

/* Without any component. */
static struct tokenizer *tokenizer_new(struct err *err)
{
    struct tokenizer *tokenizer = mem_new(1, sizeof *tokenizer, "a tokenizer", err);
    if (!tokenizer)
        return NULL;
    tokenizer->arena = arena_new(err);
    for (int i = 0; i < ROLES; i++)
        tokenizer->roles[i] = -1;
    if (tokenizer->arena) {
        added_init(&tokenizer->added, tokenizer->arena);
        return tokenizer;
    }
    tokenizer_free(tokenizer);
    return NULL;
}

struct tokenizer *tokenizer_load(const char *folder, struct err *err)
{
    struct tokenizer *tokenizer = tokenizer_new(err);
    if (tokenizer && loader_load(tokenizer, folder, err))
        return tokenizer;
    tokenizer_free(tokenizer);
    return NULL;
}

struct tokenizer *tokenizer_of_text(const char *path, struct str text, struct lexicon *lexicon, struct json *config,
                                    struct err *err)
{
    struct tokenizer *tokenizer = tokenizer_new(err);
    if (tokenizer && loader_of_text(tokenizer, path, text, lexicon, config, err))
        return tokenizer;
    tokenizer_free(tokenizer);
    return NULL;
}
