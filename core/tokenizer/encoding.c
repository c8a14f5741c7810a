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

bool encoding_copy(const struct encoding *from, struct encoding *out, struct err *err)
{
    bool ok = encoding_new(out, from->n, err);
    for (size_t t = 0; ok && t < from->n; t++) {
        out->tokens[t] = from->tokens[t];
        ok = arena_str(out->arena, from->tokens[t].string, &out->tokens[t].string, err);
    }
    for (size_t i = 0; ok && i < 2; i++)
        ok = !from->texts[i].s || arena_str(out->arena, from->texts[i], &out->texts[i], err);
    if (!ok)
        encoding_free(out);
    return ok;
}

void encoding_free(struct encoding *encoding)
{
    arena_free(encoding->arena);
    *encoding = (struct encoding){0};
}
