/* SentencePiece models: as the reference's classes read them, and damaged in every place. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/tokenizer/load.h"
#include "tests/core/tokenizer/reference_sentencepiece.h"
#include "tests/support/peak.h"
#include "tests/support/scratch.h"

#define MODELS "tests/data/good/sentencepiece/"

static struct tokenizer *load_model(const void *bytes, size_t n, const char *config, struct err *err)
{
    scratch_write("spiece.model", bytes, n);
    scratch_write("tokenizer_config.json", config, strlen(config));
    return tokenizer_load(scratch_folder(), err);
}

static struct tokenizer *load_file(const char *name, const char *config, struct err *err)
{
    struct buf path = {0};
    size_t n;
    buf_printf(&path, MODELS "%s.model", name);
    unsigned char *bytes = read_file(buf_cstr(&path), &n);
    struct tokenizer *tokenizer = load_model(bytes, n, config, err);
    free(bytes);
    buf_free(&path);
    return tokenizer;
}

static void tokens_of(const struct tokenizer *tokenizer, const char *text, struct buf *out)
{
    struct encoding encoding = {0};
    struct err err = {0};
    if (!tokenizer_encode(tokenizer, str_of(text), NULL, 0, &encoding, &err))
        buf_puts(out, err.message);
    for (size_t i = 0; i < encoding.n; i++)
        buf_printf(out, "%s%d:%zu-%zu", i ? " " : "", encoding.tokens[i].id, encoding.tokens[i].cbegin, encoding.tokens[i].cend);
    encoding_free(&encoding);
}

Test(sentencepiece, every_class_reads_a_model_as_the_reference_does)
{
    struct buf failures = {0};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct err err = {0};
        struct tokenizer *tokenizer = load_file(models[i].model, models[i].config, &err);
        for (size_t k = 0; tokenizer && k < TEXTS; k++) {
            struct buf got = {0};
            tokens_of(tokenizer, model_texts[k], &got);
            if (strcmp(buf_cstr(&got), models[i].tokens[k]) != 0)
                buf_printf(&failures, "  %s, text %zu: %s, expected %s\n", models[i].config, k, buf_cstr(&got),
                           models[i].tokens[k]);
            buf_free(&got);
        }
        if (!tokenizer)
            buf_printf(&failures, "  %s: %s\n", models[i].config, err.message);
        tokenizer_free(tokenizer);
    }
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    buf_free(&failures);
}

#define PIECE(letter) "\x0a\x03\x0a\x01" letter
#define UNKNOWN                                                                                                                  \
    "\x0a\x05\x0a\x01"                                                                                                           \
    "u\x18\x02"
/* normalizer_spec {precompiled_charsmap}: the size of the trie, its units, replacements. */
#define CHARSMAP(n, bytes) "\x1a" n "\x12" bytes

static const struct {
    const char *name;
    struct str bytes;
    const char *says;
} damaged[] = {
    {"no bytes", STR(""), "0 pieces"},
    {"no unknown piece", STR(PIECE("a")), "0 of them for what is unknown"},
    {"two unknown pieces", STR(UNKNOWN UNKNOWN), "2 of them"},
    {"unk_id beyond the pieces", STR(UNKNOWN "\x12\x03\xc0\x02\x07"), "unk_id is 7"},
    {"a piece longer than the file", STR("\x0a\x7f\x0a"), "longer than its message at byte 2"},
    {"a piece of four thousand millions", STR("\x0a\xff\xff\xff\xff\x0f"), "longer than its message"},
    {"a number without an end", STR("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "more than"},
    {"a number cut off", STR("\x0a\xff"), "ends within a number"},
    {"field 0", STR("\x02\x00"), "impossible number"},
    {"a group", STR("\x0b\x0c"), "an unknown kind"},
    {"a score cut off", STR("\x0a\x02\x15\x00"), "ends within a value"},
    {"a score that is no number",
     STR("\x0a\x08\x0a\x01"
         "a\x15\x00\x00\xc0\x7f"),
     "not finite"},
    {"a piece without letters", STR("\x0a\x00" UNKNOWN), "without letters"},
    {"a piece that is not UTF-8", STR(PIECE("\xff") UNKNOWN), "not UTF-8"},
    {"type word", STR(UNKNOWN "\x12\x02\x18\x03"), "type \"word\""},
    {"type char", STR(UNKNOWN "\x12\x02\x18\x04"), "type \"char\""},
    {"a trie larger than the charsmap", STR(UNKNOWN CHARSMAP("\x07", "\x05\xff\xff\xff\xff\x00")), "charsmap of 5 bytes"},
    {"a root that leads out", STR(UNKNOWN CHARSMAP("\x0b", "\x09\x04\x00\x00\x00\x00\xfc\xff\x7f\x00")), "charsmap is damaged"},
    /* Unit 0 has its children at 0 ^ byte; unit 1 is the child along 1, whose children begin at 0 again. */
    {"a circle", STR(UNKNOWN CHARSMAP("\x0f", "\x0d\x08\x00\x00\x00\x00\x00\x00\x00\x01\x04\x00\x00\x00")),
     "charsmap is damaged"},
    /* Unit 1 has a leaf, whose unit says offset 2^31 - 1. */
    {"a leaf that leads out",
     STR(UNKNOWN CHARSMAP("\x13", "\x11\x0c\x00\x00\x00\x00\x00\x00\x00\x01\x0d\x00\x00\xff\xff\xff\xff\x00")),
     "charsmap is damaged"},
};

Test(sentencepiece, each_fault_of_a_model_is_one_error_that_names_file_and_place)
{
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        struct err err = {0};
        struct tokenizer *tokenizer =
            load_model(damaged[i].bytes.s, damaged[i].bytes.n, "{\"tokenizer_class\":\"T5Tokenizer\",\"extra_ids\":0}", &err);
        cr_expect(!tokenizer, "%s: loaded", damaged[i].name);
        cr_expect(strstr(err.message, damaged[i].says) && strstr(err.message, "spiece.model"), "%s: %s", damaged[i].name,
                  err.message);
        tokenizer_free(tokenizer);
    }
}

Test(sentencepiece, a_model_of_an_unknown_class_is_refused_with_the_known_ones)
{
    static const char *const configs[][2] = {{"{}", "neither tokenizer_config.json nor config.json"},
                                             {"{\"tokenizer_class\":\"CpmTokenizer\"}", "\"CpmTokenizer\""},
                                             {"{\"tokenizer_class\":\"BertTokenizer\"}", "\"BertTokenizer\""}};
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        struct err err = {0};
        struct tokenizer *tokenizer = load_file("t5", configs[i][0], &err);
        cr_expect(!tokenizer && err.code == ERR_UNSUPPORTED, "%s", configs[i][0]);
        cr_expect(strstr(err.message, configs[i][1]) && strstr(err.message, "XLMRobertaTokenizer"), "%s", err.message);
        tokenizer_free(tokenizer);
    }
}

/* Load and tokenise: nothing, or one error that names the file. */
static bool is_clear(const unsigned char *bytes, size_t n, const char *config)
{
    struct err err = {0};
    struct buf out = {0};
    struct tokenizer *tokenizer = load_model(bytes, n, config, &err);
    bool clear = tokenizer || (err.code != ERR_NONE && strstr(err.message, "spiece.model"));
    for (size_t k = 0; tokenizer && k < TEXTS; k++)
        tokens_of(tokenizer, model_texts[k], &out);
    buf_free(&out);
    tokenizer_free(tokenizer);
    return clear;
}

Test(sentencepiece, truncated_and_changed_models_load_or_are_one_error, .timeout = 120)
{
    static const char *const rows[][2] = {{MODELS "albert.model", "{\"tokenizer_class\":\"AlbertTokenizer\"}"},
                                          {MODELS "bpe.model", "{\"tokenizer_class\":\"LlamaTokenizer\"}"}};
    unsigned long long state = 20261126;
    for (size_t r = 0; r < 2; r++) {
        size_t n;
        unsigned char *bytes = read_file(rows[r][0], &n), *copy = malloc(n);
        for (size_t cut = 0; cut < n; cut += 7)
            cr_expect(is_clear(bytes, cut, rows[r][1]), "%s, cut at byte %zu", rows[r][0], cut);
        for (int round = 0; round < 300; round++) {
            memcpy(copy, bytes, n);
            for (size_t flips = 1 + draw(&state, 4); flips; flips--)
                copy[draw(&state, n)] ^= (unsigned char)(1u << draw(&state, 8));
            cr_expect(is_clear(copy, n, rows[r][1]), "%s, round %d", rows[r][0], round);
        }
        free(copy);
        free(bytes);
    }
}

#ifndef __SANITIZE_ADDRESS__ /* its own bookkeeping is larger */
static void load_and_free(const void *folder)
{
    struct err err = {0};
    tokenizer_free(tokenizer_load(folder, &err));
}

/* A piece of so many letters and of a type. */
static void put_piece(struct buf *out, const char *letters, size_t n, char type)
{
    size_t message = n + (n < 128 ? 2 : 3) + 2, lengths[] = {message, n};
    for (int i = 0; i < 2; i++) {
        buf_char(out, '\x0a');
        if (lengths[i] >= 128)
            buf_char(out, (char)(lengths[i] | 128));
        buf_char(out, (char)(lengths[i] >= 128 ? lengths[i] >> 7 : lengths[i]));
    }
    buf_add(out, letters, n);
    buf_char(out, '\x18');
    buf_char(out, type);
}

/* Pieces of four letters, all different. */
static void put_words(struct buf *out, size_t n, char type)
{
    for (size_t i = 0; i < n; i++) {
        char word[4] = {(char)(33 + i % 90), (char)(33 + i / 90 % 90), (char)(33 + i / 8100 % 90), (char)(33 + i / 729000)};
        put_piece(out, word, 4, type);
    }
}

/* Pieces of one letter, two, three, …: each splits in every place. */
static void put_lengths(struct buf *out, size_t n)
{
    char *letters = malloc(n);
    cr_assert(letters);
    memset(letters, 'a', n);
    for (size_t i = 1; i <= n; i++)
        put_piece(out, letters, i, 1);
    free(letters);
}

static void stays_small(const char *what, struct buf *model, const char *config)
{
    scratch_write("spiece.model", model->data, model->n);
    scratch_write("tokenizer_config.json", config, strlen(config));
    cr_expect(peak_within((64u << 20) + 40 * model->n, load_and_free, scratch_folder()),
              "%s: a model of %zu bytes takes too much memory, or ends the program", what, model->n);
    model->n = 0;
}

Test(sentencepiece, memory_stays_within_64_mb_and_40_times_the_model, .timeout = 120)
{
    static const char t5[] = "{\"tokenizer_class\":\"T5Tokenizer\"}", llama[] = "{\"tokenizer_class\":\"LlamaTokenizer\"}";
    struct buf model = {0};
    buf_str(&model, STR(UNKNOWN));
    put_words(&model, 300000, 1);
    stays_small("many pieces", &model, t5);
    buf_str(&model, STR(UNKNOWN));
    put_words(&model, 300000, 3);
    stays_small("control pieces", &model, t5);
    buf_str(&model, STR(UNKNOWN));
    put_words(&model, 300000, 4);
    stays_small("user-defined pieces", &model, t5);
    buf_str(&model, STR(UNKNOWN "\x12\x02\x18\x02"));
    put_lengths(&model, 1800);
    stays_small("merges of every place", &model, llama);
    buf_free(&model);
    scratch_remove();
}
#endif
