/* The tokens of a text. See encoding.h. */
#include "core/tokenizer/encoding.h"

bool encoding_new(struct encoding *encoding, size_t n, struct err *err)
{
    *encoding = (struct encoding){.n = n};
    encoding->arena = arena_new(err);
    encoding->tokens = encoding->arena ? arena_zalloc(encoding->arena, n + 1, sizeof *encoding->tokens, "tokens", err) : NULL;
    if (encoding->tokens)
        return true;
    encoding_free(encoding);
    return false;
}

void encoding_free(struct encoding *encoding)
{
    arena_free(encoding->arena);
    *encoding = (struct encoding){0};
}
