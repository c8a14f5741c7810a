/* A SentencePiece model, as the class that the first byte chooses reads it; one that loads must encode. */
#include "tests/fuzz/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const classes[] = {"AlbertTokenizer", "DebertaV2Tokenizer", "T5Tokenizer",    "XLMRobertaTokenizer",
                                          "LlamaTokenizer",  "PegasusTokenizer",   "GemmaTokenizer", "XLNetTokenizer"};
    struct err err = {0};
    char config[128];
    if (!size)
        return 0;
    /* A model begins with the key of its first piece: a seed is read as the first class. */
    snprintf(config, sizeof config, "{\"tokenizer_class\":\"%s\"}",
             classes[(data[0] >> 4) % (sizeof classes / sizeof classes[0])]);
    fuzz_file("tokenizer_config.json", (const uint8_t *)config, strlen(config));
    uint8_t *model = malloc(size);
    if (!model)
        return 0;
    memcpy(model, data, size);
    model[0] &= 0x0f;
    fuzz_file("spiece.model", model, size);
    free(model);
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
    fuzz_check(tokenizer, &err, "spiece.model");
    fuzz_encode(tokenizer);
    tokenizer_free(tokenizer);
    return 0;
}
