/* One head's attention, a row a query: load_and_map MODEL TEXT LAYER HEAD
 * Anything that `part=` takes may follow: probs (the default), scores, or a sum of terms such as c2c+c2p. */
#include <stdio.h>
#include <stdlib.h>

#include "core/forward.h"

/* A run of one text, or NULL. */
static struct run *run_text(struct model *model, const char *text, struct err *err)
{
    struct encoding encoding;
    if (!tokenizer_encode(model->tokenizer, str_of(text), NULL, 0, &encoding, err))
        return NULL;
    return run_one(model, &encoding, NULL, err); /* takes the encoding */
}

static bool print_map(const struct run *run, struct site site, const char *part_text, struct err *err)
{
    struct part part;
    const struct attention *attention = run_attention(run, site, err);
    struct str none = {0};
    if (!attention || !part_parse(attention->terms, str_of(part_text), none, none, &part, err))
        return false;
    size_t T = attention->Tq;
    float *row = malloc(T * sizeof *row);
    bool good = row != NULL;
    for (size_t i = 0; good && i < T; i++) {
        good = run_map(run, site, part, i, 1, row, err);
        struct str token = run->tokens->texts[0].tokens[i].string;
        printf("%-12.*s", (int)token.n, token.s);
        for (size_t j = 0; good && j < T; j++)
            printf(" %8.5f", (double)row[j]);
        printf("\n");
    }
    free(row);
    return good;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    if (argc < 5)
        return fprintf(stderr, "usage: load_and_map FOLDER TEXT LAYER HEAD [PART]\n"), 2;
    struct model *model = model_load(argv[1], NULL, &err);
    struct run *run = model && model->tokenizer ? run_text(model, argv[2], &err) : NULL;
    struct site site = {STACK_MAIN, 0, strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10)};
    bool good = run && print_map(run, site, argc > 5 ? argv[5] : "probs", &err);
    if (!good)
        fprintf(stderr, "%s\n", err.message);
    run_free(run);
    model_free(model);
    return good ? 0 : 1;
}
