/* The weights of a folder as model2vec writes it: embeddings with their weights and map of clusters; one that loads answers. */
#include <string.h>

#include "core/embed/load.h"
#include "core/embed/query/query.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct hit hits[3];
    size_t unknown, n;
    struct vectors_options options = {0};
    fuzz_companion("tests/data/good/vectors/model2vec-clusters/config.json");
    fuzz_companion("tests/data/good/vectors/model2vec-clusters/tokenizer.json");
    fuzz_file("model.safetensors", data, size);
    struct vectors *vectors = vectors_load(scratch_folder(), &options, &err);
    fuzz_check(vectors, &err, "gaze-test");
    if (vectors) {
        struct query_term term = {.word = vectors->words[vectors->V / 2]};
        struct arena *arena = arena_new(&err);
        bool good = query_resolve(vectors, &term, 1, true, arena, &unknown, &err) &&
                    query_best(vectors, query_methods[1], &term, 1, true, 3, hits, &n, &err);
        fuzz_check(good, &err, NULL);
        arena_free(arena);
    }
    vectors_free(vectors);
    return 0;
}
