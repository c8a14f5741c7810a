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

#define HAN "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+"
/* Letters of scripts that have capitals. */
#define DEEPSEEK_LETTERS                                                                                                         \
    "A-Za-z\\u00b5\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u01ba\\u01bc-\\u01bf\\u01c4-\\u0293\\u0295-\\u02af\\u0370-"            \
    "\\u0373\\u0376\\u0377\\u037b-\\u037d\\u037f\\u0386\\u0388-\\u038a\\u038c\\u038e-\\u03a1\\u03a3-\\u03f5\\u03f7-"             \
    "\\u0481\\u048a-\\u052f\\u0531-\\u0556\\u10a0-\\u10c5\\u13a0-\\u13f5\\u13f8-\\u13fd\\u1c90-\\u1cba\\u1cbd-\\u1cbf"           \
    "\\u1d00-\\u1d2b\\u1d6b-\\u1d77\\u1d79-\\u1d9a\\u1e00-\\u1f15\\u1f18-\\u1f1d\\u1f20-\\u1f45\\u1f48-\\u1f4d\\u1f50"           \
    "-\\u1f57\\u1f59\\u1f5b\\u1f5d\\u1f5f-\\u1f7d\\u1f80-\\u1fb4\\u1fb6-\\u1fbc\\u1fbe\\u1fc2-\\u1fc4\\u1fc6-\\u1fcc"            \
    "\\u1fd0-\\u1fd3\\u1fd6-\\u1fdb\\u1fe0-\\u1fec\\u1ff2-\\u1ff4\\u1ff6-\\u1ffc\\u2102\\u2107\\u210a-\\u2113\\u2115"            \
    "\\u2119-\\u211d\\u2124\\u2126\\u2128\\u212a-\\u212d\\u212f-\\u2134\\u2139\\u213c-\\u213f\\u2145-\\u2149\\u214e"             \
    "\\u2183\\u2184\\u2c00-\\u2c7b\\u2c7e-\\u2ce4\\u2ceb-\\u2cee\\u2cf2\\u2cf3\\ua640-\\ua66d\\ua680-\\ua69b\\ua722-"            \
    "\\ua76f\\ua771-\\ua787\\ua78b-\\ua78e\\uab70-\\uabbf\\ufb00-\\ufb06\\ufb13-\\ufb17\\uff21-\\uff3a\\uff41-\\uff5a"           \
    "\\ud801\\udc00-\\ud801\\udc4f\\ud801\\udcb0-\\ud801\\udcd3\\ud801\\udcd8-\\ud801\\udcfb\\ud803\\udc80-"                     \
    "\\ud803\\udcb2\\ud803\\udcc0-\\ud803\\udcf2\\ud806\\udca0-\\ud806\\udcdf\\ud83a\\udd00-\\ud83a\\udd43"

static const struct splitting splittings[] = {
    {.names = "gpt-2 phi-2 jina-es jina-de jina-v2-es jina-v2-de mellum exaone4 mpt gigachat a.x-4.0 jais granite-docling",
     .normalizer = "null",
     .pretokenizer = GPT2},
    {.names = "olmo modern-bert trillion", .normalizer = NFC, .pretokenizer = GPT2},
    {.names = "roberta-bpe jina-v1-en jina-v2-code", .normalizer = "null", .pretokenizer = GPT2, .roberta = true},
    {.names = "llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano dbrx smaug-bpe",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT(WORDS("\\\\p{N}{1,3}", "[\\\\r\\\\n]*")) NEXT BYTES),
     .ignore_merges = true,
     .bos = true},
    {.names = "glm4 glm5 chatglm-bpe",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT(WORDS("\\\\p{N}{1,3}", "[\\\\r\\\\n]*")) NEXT BYTES),
     .ignore_merges = true},
    {.names = "qwen2 stablelm2 deepseek-r1-qwen kormo f2llmv2 megrez hunyuan solar-open grok-2",
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
    {.names = "viking",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT(" ?[^(\\\\s|[.,!?…。，、।۔،])]+") NEXT DIGITS NEXT BYTES)},
    {.names = "deepseek-coder",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT("[\\r\\n]") NEXT SPLIT("\\\\s?\\\\p{L}+") NEXT SPLIT("\\\\s?\\\\p{P}+") NEXT SPLIT(HAN)
                                  NEXT DIGITS NEXT BYTES)},
    {.names = "deepseek-llm",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT("[\\r\\n]") NEXT SPLIT("\\\\s?[" DEEPSEEK_LETTERS "]+")
                                  NEXT SPLIT("\\\\s?[!-/:-~\\uff01-\\uff0f\\uff1a-\\uff5e\\u2018-\\u201f\\u3000-\\u3002]+")
                                      NEXT SPLIT("\\\\s+$") NEXT SPLIT(HAN) NEXT SPLIT("\\\\p{N}+") NEXT BYTES)},
    {.names = "deepseek-v3 hunyuan-dense joyai-llm hy_v4",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT("\\\\p{N}{1,3}") NEXT SPLIT("[一-龥぀-ゟ゠-ヿ]+") NEXT SPLIT(
         "[!\\\"#$%&'()*+,\\\\-./"
         ":;<=>?@\\\\[\\\\\\\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\\\p{L}\\\\p{P}\\\\p{S}]?[\\\\p{L}\\\\p{M}]+| "
         "?[\\\\p{P}\\\\p{S}]+[\\r\\n]*|\\\\s*[\\r\\n]+|\\\\s+(?!\\\\S)|\\\\s+") NEXT BYTES)},
    {.names = "qwen35",
     .normalizer = NFC,
     .pretokenizer = SEQUENCE(SPLIT("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?[\\\\p{L}\\\\p{M}]+|\\\\p{N}| "
                                    "?[^\\\\s\\\\p{L}\\\\p{M}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+")
                                  NEXT BYTES)},
    {.names = "bailingmoe bailingmoe2 llada-moe",
     .normalizer = "null",
     .pretokenizer =
         SEQUENCE(SPLIT("'(?i:[sdmt]|ll|ve|re)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?+\\\\p{L}+|\\\\p{N}| "
                        "?[^\\\\s\\\\p{L}\\\\p{N}]++[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]|\\\\s+(?!\\\\S)|\\\\s+") NEXT BYTES)},
    {.names = "seed-coder",
     .normalizer = "null",
     .pretokenizer = SEQUENCE(SPLIT("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1}| "
                                    "?[^\\\\s\\\\p{L}\\\\p{N}\\r\\n]+|\\\\s*[\\r\\n]+|\\\\s+(?!\\\\S)|\\\\s+") NEXT BYTES)},
    {.names = "gpt-4o llama4 kanana2 talkie minimax-m2",
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
