/* Damaged and hostile tokenizer files: a valid load or one error that names the file; no crash, no hang, no leak. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/tokenizer/load.h"
#include "tests/support/scratch.h"

#define WORDLEVEL             "{\"type\":\"WordLevel\",\"vocab\":{\"[UNK]\":0},\"unk_token\":\"[UNK]\"}"
#define BPE_OF(vocab, merges) "{\"model\":{\"type\":\"BPE\",\"vocab\":" vocab ",\"merges\":" merges "}}"
#define NORMALIZER(json)      "{\"normalizer\":" json ",\"model\":" WORDLEVEL "}"
#define PRETOKENIZER(json)    "{\"pre_tokenizer\":" json ",\"model\":" WORDLEVEL "}"
#define POSTPROCESSOR(json)   "{\"post_processor\":" json ",\"model\":" WORDLEVEL "}"
#define ADDED(json)           "{\"added_tokens\":" json ",\"model\":" WORDLEVEL "}"

static const struct bad {
    const char *name, *document;
    enum err_code code;
    const char *says; /* part of the message */
} bads[] = {
    {"empty file", "", ERR_FORMAT, "not JSON"},
    {"no object", "[]", ERR_FORMAT, "expected an object"},
    {"no model", "{}", ERR_FORMAT, "\"model\""},
    {"other version", "{\"version\":\"2.0\",\"model\":" WORDLEVEL "}", ERR_UNSUPPORTED, "version \"2.0\""},
    {"unknown model", "{\"model\":{\"type\":\"Morse\"}}", ERR_UNSUPPORTED, "\"Morse\""},
    {"model that cannot be told", "{\"model\":{}}", ERR_UNSUPPORTED, "without \"type\""},
    {"unknown normalizer", NORMALIZER("{\"type\":\"Upper\"}"), ERR_UNSUPPORTED, "normalizer of unknown type \"Upper\""},
    {"unknown pre-tokenizer", PRETOKENIZER("{\"type\":\"Delimiter\"}"), ERR_UNSUPPORTED,
     "pre-tokenizer of unknown type \"Delimiter\""},
    {"unknown post-processor", POSTPROCESSOR("{\"type\":\"X\"}"), ERR_UNSUPPORTED, "post-processor of unknown type \"X\""},
    {"unknown within a Sequence", NORMALIZER("{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Upper\"}]}"),
     ERR_UNSUPPORTED, "\"Upper\""},
    {"component without type", NORMALIZER("{\"lowercase\":true}"), ERR_FORMAT, "\"type\""},
    {"component that is a string", NORMALIZER("\"NFC\""), ERR_FORMAT, "expected an object"},
    {"flag that is a string", NORMALIZER("{\"type\":\"BertNormalizer\",\"lowercase\":\"yes\"}"), ERR_FORMAT, "\"lowercase\""},
    {"pattern missing", NORMALIZER("{\"type\":\"Replace\",\"content\":\"\"}"), ERR_FORMAT, "pattern"},
    {"pattern broken",
     PRETOKENIZER("{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Removed\",\"invert\":false}"), ERR_FORMAT,
     "pattern \"(\""},
    {"pattern that cannot be translated",
     PRETOKENIZER("{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?~a)\"},\"behavior\":\"Removed\",\"invert\":false}"),
     ERR_UNSUPPORTED, "absence"},
    {"behaviour unknown", PRETOKENIZER("{\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},\"behavior\":\"Doubled\"}"),
     ERR_FORMAT, "\"behavior\""},
    {"scheme unknown", PRETOKENIZER("{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"last\"}"), ERR_FORMAT,
     "\"prepend_scheme\""},
    {"replacement of two characters", PRETOKENIZER("{\"type\":\"Metaspace\",\"replacement\":\"__\"}"), ERR_FORMAT,
     "one character"},
    {"length zero", PRETOKENIZER("{\"type\":\"FixedLength\",\"length\":0}"), ERR_FORMAT, "at least 1"},
    {"charsmap not base64", NORMALIZER("{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"*\"}"), ERR_FORMAT, "base64"},
    {"charsmap too short", NORMALIZER("{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}"), ERR_FORMAT, "charsmap"},
    {"charsmap with a trie beyond its end", NORMALIZER("{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////wAA\"}"),
     ERR_FORMAT, "charsmap"},
    {"charsmap whose root leads out of it", NORMALIZER("{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"BAAAAAD8/38=\"}"),
     ERR_FORMAT, "the charsmap is damaged"},
    {"template names a token that is not there",
     POSTPROCESSOR("{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"Q\",\"type_id\":0}}],\"pair\":[],"
                   "\"special_tokens\":{}}"),
     ERR_FORMAT, "\"Q\""},
    {"template with a third text",
     POSTPROCESSOR("{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"C\",\"type_id\":0}}],\"pair\":[],"
                   "\"special_tokens\":{}}"),
     ERR_FORMAT, "\"A\" or \"B\""},
    {"sep without id", POSTPROCESSOR("{\"type\":\"BertProcessing\",\"sep\":[\"s\"],\"cls\":[\"c\",1]}"), ERR_FORMAT, "\"sep\""},
    {"id negative", "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":-1},\"unk_token\":\"a\"}}", ERR_FORMAT, "an id"},
    {"id of four thousand millions", "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":4000000000},\"unk_token\":\"a\"}}",
     ERR_LIMIT, "4000000000"},
    {"id with a fraction", "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":1.5},\"unk_token\":\"a\"}}", ERR_FORMAT, "an id"},
    {"id that is a string", "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":\"1\"},\"unk_token\":\"a\"}}", ERR_FORMAT,
     "an id"},
    {"vocabulary that is a list", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":[]}}", ERR_FORMAT, "\"vocab\""},
    {"merge of an unknown token", BPE_OF("{\"a\":0}", "[\"a b\"]"), ERR_FORMAT, "\"b\" is not in the vocabulary"},
    {"merge into an unknown token", BPE_OF("{\"a\":0,\"b\":1}", "[[\"a\",\"b\"]]"), ERR_FORMAT,
     "\"ab\" is not in the vocabulary"},
    {"merge of three", BPE_OF("{\"a\":0}", "[\"a a a\"]"), ERR_FORMAT, "\"merges\""},
    {"merge that is a number", BPE_OF("{\"a\":0}", "[1]"), ERR_FORMAT, "\"merges\""},
    {"merges missing", "{\"model\":{\"type\":\"BPE\",\"vocab\":{}}}", ERR_FORMAT, "\"merges\""},
    {"dropout beyond 1", "{\"model\":{\"type\":\"BPE\",\"dropout\":2,\"vocab\":{},\"merges\":[]}}", ERR_FORMAT, "\"dropout\""},
    {"unk_id beyond the pieces", "{\"model\":{\"type\":\"Unigram\",\"unk_id\":3,\"vocab\":[[\"a\",0]]}}", ERR_FORMAT,
     "\"unk_id\""},
    {"piece without score", "{\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"a\"]]}}", ERR_FORMAT, "[piece, score]"},
    {"added tokens that are an object", ADDED("{}"), ERR_FORMAT, "\"added_tokens\""},
    {"added token without content", ADDED("[{\"id\":1}]"), ERR_FORMAT, "\"content\""},
    {"added token of a huge id", ADDED("[{\"id\":1e15,\"content\":\"a\"}]"), ERR_LIMIT, "id"},
};

/* One failing row as text, or nothing. */
static void check_bad(const struct bad *bad, struct buf *failures)
{
    struct err err = {0};
    scratch_write("tokenizer.json", bad->document, strlen(bad->document));
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
    if (tokenizer)
        buf_printf(failures, "  %s: loaded\n", bad->name);
    else if (err.code != bad->code || !strstr(err.message, bad->says) || !strstr(err.message, "tokenizer.json"))
        buf_printf(failures, "  %s: code %d, %s\n", bad->name, err.code, err.message);
    tokenizer_free(tokenizer);
}

Test(tokenizer_bad, every_fault_is_one_error_that_names_file_and_thing)
{
    struct buf failures = {0};
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++)
        check_bad(&bads[i], &failures);
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    buf_free(&failures);
}

/* Load what is in the scratch folder and tokenise a text; an error must have a message that names the folder. */
static bool survives(const char *text, struct err *err)
{
    struct encoding encoding = {0};
    *err = (struct err){0};
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), err);
    bool ok = tokenizer && tokenizer_encode(tokenizer, str_of(text), NULL, 0, &encoding, err);
    encoding_free(&encoding);
    tokenizer_free(tokenizer);
    return ok;
}

static bool is_clear(const struct err *err)
{
    return err->code != ERR_NONE && err->code != ERR_MEMORY && strstr(err->message, scratch_folder());
}

static const char *const samples[] = {
    "tests/data/golden/tokenizers/wordpiece-added/tokenizer.json",
    "tests/data/golden/tokenizers/bytelevel-llama3/tokenizer.json",
    "tests/data/golden/tokenizers/unigram-bytefallback/tokenizer.json",
    "tests/data/golden/tokenizers/bpe-clip/tokenizer.json",
    "tests/data/golden/tokenizers/wordlevel-digits-punct/tokenizer.json",
};
static const char text_of_samples[] = "Hello, wörld!  [MASK] <mask> 2024 don't 日本語 \xf0\x9f\x98\x80 e\xcc\x81 naïve end";

Test(tokenizer_bad, truncated_files_are_one_error, .timeout = 120)
{
    struct err err;
    struct buf failures = {0};
    for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
        size_t n;
        unsigned char *bytes = read_file(samples[s], &n);
        while (n && bytes[n - 1] <= ' ')
            n--;
        for (size_t cut = 0; cut < n; cut += cut < 64 || cut + 64 > n ? 1 : n / 100) {
            scratch_write("tokenizer.json", bytes, cut);
            if (survives(text_of_samples, &err) || !is_clear(&err))
                buf_printf(&failures, "  %s at byte %zu: %s\n", samples[s], cut, err.message);
        }
        free(bytes);
    }
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    buf_free(&failures);
}

Test(tokenizer_bad, changed_bytes_give_a_valid_load_or_one_error, .timeout = 120)
{
    static const char marks[] = "0123456789\"[]{},:eE-.";
    unsigned long long state = 20240501;
    struct err err;
    struct buf failures = {0};
    size_t loaded = 0, refused = 0;
    for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
        size_t n;
        unsigned char *bytes = read_file(samples[s], &n), *copy = malloc(n);
        for (int round = 0; round < 120; round++) {
            memcpy(copy, bytes, n);
            for (size_t flips = 1 + draw(&state, 3); flips > 0; flips--)
                copy[draw(&state, n)] =
                    (unsigned char)(round % 2 ? draw(&state, 256) : (size_t)marks[draw(&state, sizeof marks)]);
            scratch_write("tokenizer.json", copy, n);
            if (survives(text_of_samples, &err))
                loaded++;
            else if (is_clear(&err))
                refused++;
            else
                buf_printf(&failures, "  %s, round %d: code %d, \"%s\"\n", samples[s], round, err.code, err.message);
        }
        free(copy);
        free(bytes);
    }
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    cr_expect(loaded > 50 && refused > 50, "%zu loaded, %zu were refused: the changes are too weak or too strong", loaded,
              refused);
    buf_free(&failures);
}

/* A Sequence of a Sequence of …, `depth` of them. */
static void write_nested(const char *open, const char *key, const char *close, size_t depth)
{
    struct buf out = {0};
    buf_printf(&out, "{\"model\":" WORDLEVEL ",\"%s\":", key);
    for (size_t i = 0; i < depth; i++)
        buf_puts(&out, open);
    for (size_t i = 0; i < depth; i++)
        buf_puts(&out, close);
    buf_puts(&out, "}");
    scratch_write("tokenizer.json", out.data, out.n);
    buf_free(&out);
}

Test(tokenizer_bad, nesting_has_a_limit)
{
    static const struct {
        const char *open, *key;
    } rows[] = {{"{\"type\":\"Sequence\",\"normalizers\":[", "normalizer"},
                {"{\"type\":\"Sequence\",\"pretokenizers\":[", "pre_tokenizer"},
                {"{\"type\":\"Sequence\",\"processors\":[", "post_processor"}};
    struct err err;
    for (size_t i = 0; i < 3; i++) {
        write_nested(rows[i].open, rows[i].key, "]}", 50);
        cr_expect(survives("a", &err), "50 %s: %s", rows[i].key, err.message);
        write_nested(rows[i].open, rows[i].key, "]}", 500);
        cr_expect(!survives("a", &err) && err.code == ERR_LIMIT && is_clear(&err), "500 %s: %s", rows[i].key, err.message);
        write_nested(rows[i].open, rows[i].key, "]}", 10000);
        cr_expect(!survives("a", &err) && is_clear(&err), "10000 %s: %s", rows[i].key, err.message);
    }
}

/* A file that loads, and fails only with a text. */
static void check_encode(const char *name, const char *document, const char *text, enum err_code code, const char *says)
{
    struct err err;
    scratch_write("tokenizer.json", document, strlen(document));
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
    cr_assert(tokenizer, "%s: %s", name, err.message);
    tokenizer_free(tokenizer);
    cr_expect(!survives(text, &err), "%s: no error", name);
    cr_expect(err.code == code && strstr(err.message, says) && strstr(err.message, "tokenizer.json"), "%s: code %d, %s", name,
              err.code, err.message);
}

Test(tokenizer_bad, faults_that_only_a_text_shows_are_one_error, .timeout = 60)
{
    check_encode("unknown word, no unknown token", "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"a\":0},\"unk_token\":\"u\"}}",
                 "b", ERR_FORMAT, "\"u\" is not in the vocabulary");
    check_encode(
        "unknown piece, no unknown token",
        "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0},\"unk_token\":\"u\",\"continuing_subword_prefix\":\"##\"}}", "b",
        ERR_FORMAT, "\"u\" is not in the vocabulary");
    check_encode("unknown character, no unknown piece",
                 "{\"model\":{\"type\":\"Unigram\",\"unk_id\":null,\"vocab\":[[\"a\",0]]}}", "b", ERR_FORMAT, "no unknown token");
    check_encode("unknown token of BPE missing",
                 "{\"model\":{\"type\":\"BPE\",\"unk_token\":\"u\",\"vocab\":{\"a\":0},\"merges\":[]}}", "b", ERR_FORMAT,
                 "\"u\" is not in the vocabulary");
    check_encode(
        "template that asks for a second text",
        POSTPROCESSOR("{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"pair\":[],"
                      "\"special_tokens\":{}}"),
        "b", ERR_FORMAT, "second");
}

Test(tokenizer_bad, a_pattern_that_backtracks_forever_is_given_up, .timeout = 60)
{
    char text[4001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    check_encode(
        "(a*)*b",
        PRETOKENIZER(
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?:a|a|aa)*(?:a|aa)*c|(a+)+\\\\1d\"},\"behavior\":\"Removed\"}"),
        text, ERR_LIMIT, "gave up");
}

Test(tokenizer_bad, text_that_is_not_utf8_is_refused_with_its_byte)
{
    static const char *const texts[] = {"ab\xff", "ab\xc3", "ab\xed\xa0\x80", "ab\xc0\x80", "ab\xf4\x90\x80\x80"};
    struct err err;
    scratch_write("tokenizer.json", "{\"model\":" WORDLEVEL "}", strlen("{\"model\":" WORDLEVEL "}"));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect(!survives(texts[i], &err) && err.code == ERR_FORMAT && strstr(err.message, "byte 2"), "%s", err.message);
}

/* Seconds that a text of `n` letters takes. */
static double seconds_of(const char *document, const char *unit, size_t n)
{
    struct err err;
    struct buf text = {0};
    while (text.n < n)
        buf_puts(&text, unit);
    scratch_write("tokenizer.json", document, strlen(document));
    clock_t begin = clock();
    cr_expect(survives(buf_cstr(&text), &err), "%s", err.message);
    buf_free(&text);
    return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

Test(tokenizer_bad, one_word_of_a_megabyte_takes_seconds_at_most, .timeout = 120)
{
    static const char *const documents[] = {
        BPE_OF("{\"a\":0,\"aa\":1,\"aaaa\":2,\"b\":3,\"ab\":4}", "[\"a a\",\"aa aa\",\"a b\"]"),
        "{\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"u\",0],[\"a\",-1],[\"aa\",-1.5],[\"aaaaaaaaaaaaaaaa\",-9]]}"
        "}",
        "{\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"a\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_"
        "word\":99999999,"
        "\"vocab\":{\"a\":0,\"##a\":1,\"##aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":2}}}",
        NORMALIZER("{\"type\":\"NFC\"}"),
    };
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        double seconds = seconds_of(documents[i], i == 3 ? "\xcc\x81\xcc\xa3" : "a", 1000000);
        cr_expect(seconds < 20, "row %zu: %.1f s", i, seconds);
    }
}

static void check_folder(const char *name, enum err_code code, const char *says)
{
    struct err err = {0};
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
    cr_expect(!tokenizer && err.code == code && strstr(err.message, says), "%s: code %d, %s", name, err.code, err.message);
    tokenizer_free(tokenizer);
    scratch_remove();
}

Test(tokenizer_bad, older_files_have_one_error_each)
{
    scratch_write("notes.txt", "a", 1);
    check_folder("no tokenizer", ERR_NOT_FOUND, "no tokenizer here");
    scratch_write("spm.model", "\n", 1);
    check_folder("SentencePiece alone", ERR_UNSUPPORTED, "spm.model");
    scratch_write("vocab.json", "{}", 2);
    check_folder("vocab.json without merges.txt", ERR_UNSUPPORTED, "vocab.json with merges.txt");
    scratch_write("vocab.txt", "", 0);
    check_folder("empty vocab.txt", ERR_FORMAT, "vocab.txt: the vocabulary is empty");
    scratch_write("vocab.txt", "a\n\xff\n", 4);
    check_folder("vocab.txt that is not UTF-8", ERR_FORMAT, "vocab.txt: not UTF-8 at byte 2");
    scratch_write("vocab.txt", "a\n", 2);
    scratch_write("tokenizer_config.json", "{\"tokenizer_class\":\"JumanTokenizer\"}", 36);
    check_folder("unknown class", ERR_UNSUPPORTED, "\"JumanTokenizer\"");
    scratch_write("vocab.txt", "a\n", 2);
    scratch_write("tokenizer_config.json", "[]", 2);
    check_folder("odd tokenizer_config.json", ERR_FORMAT, "tokenizer_config.json: expected an object");
    scratch_write("vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}", 20);
    scratch_write("merges.txt", "#version\na b c\n", 15);
    check_folder("merge of three", ERR_FORMAT, "merges.txt: line 2");
    scratch_write("vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}", 20);
    scratch_write("merges.txt", "#version\na x\n", 13);
    check_folder("merge of an unknown token", ERR_FORMAT, "\"x\" is not in the vocabulary");
    scratch_write("vocab.json", "{\"a\":-3}", 8);
    scratch_write("merges.txt", "#version\n", 9);
    check_folder("negative id", ERR_FORMAT, "vocab.json");
}
