/* The pre-tokenizers that tokenizer.ggml.pre names. See splitting.h.
 *
 * The patterns are those of the tokenizer.json files for which llama.cpp has the names (src/llama-vocab.cpp), as far as the
 * families that are read here use them. */
#include "core/gguf/splitting.h"

#include <string.h>

#define NFC            "{\"type\":\"NFC\"}"
#define BYTES          "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":false,\"use_regex\":false}"
#define GPT2           "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":false}"
#define DIGITS         "{\"type\":\"Digits\",\"individual_digits\":true}"
#define NEXT           ","
#define SEQUENCE(list) "{\"type\":\"Sequence\",\"pretokenizers\":[" list "]}"
#define SPLIT(pattern) "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" pattern "\"},\"behavior\":\"Isolated\",\"invert\":false}"

/* Contractions, words with what stands before them, numbers of so many digits, other signs, ends of lines, blanks. */
#define WORDS(numbers, signs_end)                                                                                                \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|" numbers "| ?[^\\\\s\\\\p{L}\\\\p{N}]+" signs_end     \
    "|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"
#define CASED(end)                                                                                                               \
    "[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+" end    \
    "|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{Lu}\\\\p{Lt}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]*" end
#define REST "| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n/]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"

static const struct splitting splittings[] = {
    {.names = "gpt-2 phi-2 jina-es jina-de jina-v2-es jina-v2-de mellum exaone4 mpt", .normalizer = "null", .pretokenizer = GPT2},
    {.names = "olmo modern-bert trillion", .normalizer = NFC, .pretokenizer = GPT2},
    {.names = "roberta-bpe jina-v1-en jina-v2-code", .normalizer = "null", .pretokenizer = GPT2, .roberta = true},
    {.names = "llama-bpe llama3 llama-v3 falcon3 pixtral lfm2 dbrx smaug-bpe",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT(WORDS("\\\\p{N}{1,3}", "[\\\\r\\\\n]*")) NEXT BYTES),
     .ignore_merges = true,
     .bos = true},
    {.names = "glm4 chatglm-bpe",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT(WORDS("\\\\p{N}{1,3}", "[\\\\r\\\\n]*")) NEXT BYTES),
     .ignore_merges = true},
    {.names = "qwen2 stablelm2 deepseek-r1-qwen megrez hunyuan solar-open grok-2",
     .normalizer = NFC,
     .pretokenizer = SEQUENCE(SPLIT(WORDS("\\\\p{N}", "[\\\\r\\\\n]*")) NEXT BYTES)},
    {.names = "starcoder refact smollm codeshell exaone minerva-7b mellum2",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(DIGITS NEXT GPT2)},
    {.names = "command-r", .normalizer = NFC, .pretokenizer = SEQUENCE(DIGITS NEXT GPT2)},
    {.names = "falcon",
     .normalizer = "null",
     .pretokenizer = SEQUENCE("{\"type\":\"Punctuation\",\"behavior\":\"Contiguous\"}" NEXT GPT2 NEXT
                              "{\"type\":\"Digits\",\"individual_digits\":false}" NEXT SPLIT("[0-9][0-9][0-9]"))},
    {.names = "bloom poro-chat gpt3-finnish",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT(" ?[^(\\\\s|[.,!?…。，、।۔،])]+") NEXT BYTES)},
    {.names = "gpt-4o llama4 kanana2",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT(CASED("(?i:'s|'t|'re|'ve|'m|'ll|'d)?") "|\\\\p{N}{1,3}" REST) NEXT BYTES)},
    {.names = "tekken",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT(CASED("") "|\\\\p{N}" REST) NEXT BYTES),
     .ignore_merges = true,
     .bos = true},
};

const struct splitting *splitting_named(struct str name)
{
    for (size_t i = 0; i < sizeof splittings / sizeof *splittings; i++)
        for (const char *at = splittings[i].names; *at;) {
            size_t n = strcspn(at, " ");
            if (str_eq(name, (struct str){at, n}))
                return &splittings[i];
            at += n + (at[n] == ' ');
        }
    return NULL;
}

void splitting_names(struct buf *out)
{
    for (size_t i = 0; i < sizeof splittings / sizeof *splittings; i++) {
        buf_puts(out, i ? ", " : "");
        for (const char *at = splittings[i].names; *at; at++)
            buf_puts(out, *at == ' ' ? ", " : (char[]){*at, 0});
    }
}
