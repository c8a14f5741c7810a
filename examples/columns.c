/* Every column of a model on a text, with what each term of the scores gives it: columns MODEL TEXT */
#include <stdio.h>

#include "core/forward.h"
#include "core/measure/column.h"

static bool print_columns(const struct run *run, struct site site, struct err *err)
{
    struct column_map map = {0};
    if (!column_map(run, site, NULL, &map, err))
        return false;
    for (size_t j = 0; j < map.n; j++) {
        const struct column *c = &map.columns[j];
        struct str token = run->tokens->texts[0].tokens[j].string;
        if (!c->is_column)
            continue;
        printf("L%zu.H%zu key %zu %.*s: mass %.3f, %.1f times uniform, %.2f nats", site.layer, site.head, j, (int)token.n,
               token.s, c->mass, c->ratio, c->nats);
        for (size_t t = 0; t < map.n_terms; t++)
            printf("%s %s %.2f", t ? "," : " =", run->model->stacks[STACK_MAIN].terms[t]->name, c->term[t]);
        printf("\n");
    }
    column_map_free(&map);
    return true;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    if (argc != 3)
        return fprintf(stderr, "usage: columns FOLDER TEXT\n"), 2;
    struct model *model = model_load(argv[1], NULL, &err);
    struct encoding encoding;
    struct run *run = NULL;
    if (model && model->tokenizer && tokenizer_encode(model->tokenizer, str_of(argv[2]), NULL, 0, &encoding, &err))
        run = run_one(model, &encoding, NULL, &err); /* takes the encoding */
    bool good = run != NULL;
    for (size_t l = 0; good && l < model->stacks[STACK_MAIN].layers; l++)
        for (size_t h = 0; good && h < stack_heads(&model->stacks[STACK_MAIN]); h++)
            good = print_columns(run, (struct site){STACK_MAIN, 0, l, h}, &err);
    if (!good)
        fprintf(stderr, "%s\n", err.message[0] ? err.message : "the folder holds no tokenizer");
    run_free(run);
    model_free(model);
    return good ? 0 : 1;
}
