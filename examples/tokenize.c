/* Tokens of a text with their ids and places: tokenize MODEL TEXT
 * Build: cc -I. examples/tokenize.c build/libgaze.a $(pkg-config --libs jansson libutf8proc libpcre2-8 pangocairo zlib) -lm -ldl
 */
#include <stdio.h>

#include "core/tokenizer/load.h"

int main(int argc, char **argv)
{
    struct err err = {0};
    struct encoding encoding = {0};
    if (argc != 3)
        return fprintf(stderr, "usage: tokenize FOLDER TEXT\n"), 2;
    struct tokenizer *tokenizer = tokenizer_load(argv[1], &err);
    if (!tokenizer || !tokenizer_encode(tokenizer, str_of(argv[2]), NULL, 0, &encoding, &err)) {
        fprintf(stderr, "%s\n", err.message);
        tokenizer_free(tokenizer);
        return 1;
    }
    for (size_t i = 0; i < encoding.n; i++) {
        const struct token *t = &encoding.tokens[i];
        printf("%zu\t%d\t%.*s\tbytes %zu-%zu%s\n", i, (int)t->id, (int)t->string.n, t->string.s, t->begin, t->end,
               t->special ? "\tspecial" : "");
    }
    encoding_free(&encoding);
    tokenizer_free(tokenizer);
    return 0;
}
