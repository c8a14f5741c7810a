/* A file of word vectors, of any format; one that loads answers. */
#include <string.h>

#include "core/embed/load.h"
#include "core/embed/query/query.h"
#include "core/embed/summary.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct hit hits[3];
    size_t unknown, n;
    fuzz_companion("tests/data/good/vectors/gensim.npy.vocab");
    struct vectors_options options = {.words = scratch_path("gensim.npy.vocab")};
    char words[500];
    options.words = strcpy(words, options.words);
    struct vectors *vectors = vectors_load(fuzz_file("set.vectors", data, size), &options, &err);
    fuzz_check(vectors, &err, vectors || !strstr(err.message, "gensim.npy.vocab") ? "set.vectors" : "gensim.npy.vocab");
    if (vectors) {
        struct query_term term = {.word = vectors->words[vectors->V / 2]};
        struct arena *arena = arena_new(&err);
        bool good = query_resolve(vectors, &term, 1, true, arena, &unknown, &err) &&
                    query_best(vectors, query_methods[1], &term, 1, true, 3, hits, &n, &err);
        fuzz_check(good, &err, NULL);
        struct vectors_summary summary;
        fuzz_check(vectors_summarise(vectors, &summary, &err), &err, NULL);
        arena_free(arena);
    }
    vectors_free(vectors);
    return 0;
}
