/* What the rest of the program asks of a tokenizer: roles, strings, what a person reads, bare ids, older files. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/tokenizer/load.h"
#include "tests/support/scratch.h"

static struct tokenizer *load(const char *folder)
{
    struct err err = {0};
    struct tokenizer *tokenizer = tokenizer_load(folder, &err);
    cr_assert(tokenizer, "%s", err.message);
    return tokenizer;
}

static void expect_display(const struct tokenizer *tokenizer, const char *string, const char *shown)
{
    struct buf out = {0};
    int32_t id = tokenizer_id(tokenizer, str_of(string));
    cr_assert(id >= 0, "\"%s\" is not in the vocabulary", string);
    tokenizer_display(tokenizer, id, &out);
    cr_expect_str_eq(buf_cstr(&out), shown, "\"%s\" is shown as \"%s\", expected \"%s\"", string, buf_cstr(&out), shown);
    buf_free(&out);
}

static void write_document(const char *document)
{
    scratch_write("tokenizer.json", document, strlen(document));
}

Test(tokenizer, what_a_person_reads_has_no_marks_of_the_vocabulary)
{
    struct tokenizer *tokenizer = load("tests/data/golden/roberta");
    expect_display(tokenizer, "Ġthe", "the");
    expect_display(tokenizer, "ĠĠ", " ");
    expect_display(tokenizer, "Ċ", "\n");
    expect_display(tokenizer, "Ã©", "é");
    expect_display(tokenizer, "<mask>", "<mask>");
    tokenizer_free(tokenizer);
    tokenizer = load("tests/data/golden/bert");
    expect_display(tokenizer, "##s", "s");
    expect_display(tokenizer, "[CLS]", "[CLS]");
    tokenizer_free(tokenizer);
    write_document(
        "{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"▁\"},\"model\":{\"type\":\"Unigram\",\"unk_id\":0,"
        "\"byte_fallback\":true,\"vocab\":[[\"<unk>\",0],[\"▁a▁b\",0],[\"▁\",0],[\"<0x41>\",0]]}}");
    tokenizer = load(scratch_folder());
    expect_display(tokenizer, "▁a▁b", "a b");
    expect_display(tokenizer, "▁", "");
    expect_display(tokenizer, "<0x41>", "A");
    tokenizer_free(tokenizer);
    write_document(
        "{\"model\":{\"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\",\"vocab\":{\"ab</w>\":0,\"</w>\":1},\"merges\":[]}}");
    tokenizer = load(scratch_folder());
    expect_display(tokenizer, "ab</w>", "ab");
    expect_display(tokenizer, "</w>", "</w>");
    tokenizer_free(tokenizer);
}

Test(tokenizer, roles_are_those_that_the_files_name)
{
    struct tokenizer *tokenizer = load("tests/data/golden/bert");
    cr_expect_eq(tokenizer_role(tokenizer, "mask"), tokenizer_id(tokenizer, STR("[MASK]")));
    cr_expect_eq(tokenizer_role(tokenizer, "cls"), tokenizer_id(tokenizer, STR("[CLS]")));
    cr_expect_eq(tokenizer_role(tokenizer, "bos"), -1);
    cr_expect_eq(tokenizer_role(tokenizer, "nothing"), -1);
    tokenizer_free(tokenizer);
    tokenizer = load("tests/data/golden/roberta");
    cr_expect_eq(tokenizer_role(tokenizer, "mask"), tokenizer_id(tokenizer, STR("<mask>")));
    cr_expect_eq(tokenizer_role(tokenizer, "bos"), tokenizer_role(tokenizer, "cls"));
    tokenizer_free(tokenizer);
    tokenizer = load("tests/data/golden/tokenizers/wordpiece-uncased"); /* no file says anything */
    cr_expect_eq(tokenizer_role(tokenizer, "mask"), tokenizer_id(tokenizer, STR("[MASK]")));
    cr_expect_eq(tokenizer_role(tokenizer, "unk"), tokenizer_id(tokenizer, STR("[UNK]")));
    tokenizer_free(tokenizer);
}

Test(tokenizer, a_special_token_is_special_by_id_and_put_in_only_by_the_post_processor)
{
    struct tokenizer *tokenizer = load("tests/data/golden/bert");
    struct encoding encoding = {0};
    cr_assert(tokenizer_encode(tokenizer, STR("a [MASK]"), NULL, 0, &encoding, NULL));
    cr_assert_eq(encoding.n, 4);
    cr_expect(encoding.tokens[0].special && encoding.tokens[0].special_id && encoding.tokens[0].text == -1);
    cr_expect(!encoding.tokens[1].special && !encoding.tokens[1].special_id && encoding.tokens[1].text == 0);
    cr_expect(!encoding.tokens[2].special && encoding.tokens[2].special_id);
    cr_expect(encoding.tokens[2].begin == 2 && encoding.tokens[2].end == 8);
    cr_expect(str_is(encoding.texts[0], "a [MASK]") && !encoding.texts[1].s);
    encoding_free(&encoding);
    cr_assert(tokenizer_encode(tokenizer, STR("a [MASK]"), NULL, TOKENIZE_NO_SPECIAL, &encoding, NULL));
    cr_expect_eq(encoding.n, 2);
    encoding_free(&encoding);
    tokenizer_free(tokenizer);
}

Test(tokenizer, bare_ids_have_strings_with_a_tokenizer_and_numbers_without)
{
    static const int32_t ids[] = {2, 99999, 3}, types[] = {0, 1, 1};
    struct tokenizer *tokenizer = load("tests/data/golden/bert");
    struct encoding encoding = {0};
    cr_assert(encoding_of_ids(tokenizer, ids, types, 3, &encoding, NULL));
    cr_expect(str_is(encoding.tokens[0].string, "[CLS]") && encoding.tokens[0].special_id);
    cr_expect(str_is(encoding.tokens[1].string, "#99999") && encoding.tokens[1].type == 1 && !encoding.tokens[1].special_id);
    encoding_free(&encoding);
    cr_assert(encoding_of_ids(NULL, ids, NULL, 3, &encoding, NULL));
    cr_expect(str_is(encoding.tokens[0].string, "#2") && encoding.tokens[2].type == 0 && encoding.tokens[0].text == -1);
    encoding_free(&encoding);
    tokenizer_free(tokenizer);
}

Test(tokenizer, its_description_names_every_component)
{
    struct buf out = {0};
    struct tokenizer *tokenizer = load("tests/data/golden/tokenizers/bytelevel-llama3");
    tokenizer_describe(tokenizer, &out);
    cr_expect_str_eq(buf_cstr(&out), "- / Split+ByteLevel / BPE / ByteLevel+TemplateProcessing, 463 ids");
    cr_expect(strstr(tokenizer_path(tokenizer), "bytelevel-llama3/tokenizer.json"));
    buf_free(&out);
    tokenizer_free(tokenizer);
}

/* The ids of a text, as "1 2 3". */
static void expect_ids(const char *name, const char *text, const char *expected)
{
    struct tokenizer *tokenizer = load(scratch_folder());
    struct encoding encoding = {0};
    struct buf got = {0};
    struct err err = {0};
    cr_assert(tokenizer_encode(tokenizer, str_of(text), NULL, 0, &encoding, &err), "%s: %s", name, err.message);
    for (size_t i = 0; i < encoding.n; i++)
        buf_printf(&got, "%s%d", i ? " " : "", encoding.tokens[i].id);
    cr_expect_str_eq(buf_cstr(&got), expected, "%s: %s, expected %s", name, buf_cstr(&got), expected);
    buf_free(&got);
    encoding_free(&encoding);
    tokenizer_free(tokenizer);
    scratch_remove();
}

static void write_string(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

/* Expected ids as transformers 4.57.6 gives them for the same files. */
Test(tokenizer, older_files_and_their_companions_are_read_as_the_reference_does)
{
    const char *words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\nA\né\ne\n";
    write_string("vocab.txt", words);
    expect_ids("vocab.txt alone is BERT's, lower case", "A ab é [MASK]", "2 5 5 7 10 4 3");
    write_string("vocab.txt", words);
    write_string("tokenizer_config.json", "{\"tokenizer_class\":\"BertTokenizer\",\"do_lower_case\":false}");
    expect_ids("cased", "A ab é", "2 8 5 7 9 3");
    write_string("vocab.txt", words);
    write_string("tokenizer_config.json", "{\"tokenizer_class\":\"DistilBertTokenizer\",\"strip_accents\":false}");
    expect_ids("lower case, accents kept", "A É", "2 5 9 3");
    write_string("vocab.txt", words);
    write_string("tokenizer_config.json", "{\"tokenizer_class\":\"BertTokenizer\"}");
    write_string("added_tokens.json", "{\"<new>\":11}");
    expect_ids("added_tokens.json", "a<new>b", "2 5 11 6 3");
    write_string("vocab.txt", words);
    write_string("tokenizer_config.json", "{\"tokenizer_class\":\"BertTokenizer\",\"additional_special_tokens\":[\"<NEW>\"]}");
    write_string("added_tokens.json", "{\"<NEW>\":11}");
    expect_ids("a special token is looked for in the text as it is", "a<NEW>b a<new>b", "2 5 11 6 5 1 1 1 6 3");
    write_string("vocab.txt", "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\na\r\n");
    write_string("config.json", "{\"model_type\":\"bert\"}");
    expect_ids("a mask that the vocabulary lacks comes behind it", "a [MASK]", "2 4 5 3");
    const char *bytes = "{\"<s>\":0,\"<pad>\":1,\"</s>\":2,\"<unk>\":3,\"<mask>\":4,\"a\":5,\"b\":6,\"Ġ\":7,\"ab\":8,\"Ġab\":9}";
    const char *merges = "#version: 0.2\na b\nĠ ab\n";
    write_string("vocab.json", bytes);
    write_string("merges.txt", merges);
    write_string("tokenizer_config.json", "{\"tokenizer_class\":\"RobertaTokenizer\"}");
    expect_ids("RoBERTa: the mask takes the space before it", "ab ab <mask>", "0 8 9 4 2");
    write_string("vocab.json", bytes);
    write_string("merges.txt", merges);
    write_string("tokenizer_config.json", "{\"tokenizer_class\":\"RobertaTokenizerFast\",\"add_prefix_space\":true}");
    expect_ids("RoBERTa with a space in front", "ab", "0 9 2");
    write_string("vocab.json", bytes);
    write_string("merges.txt", merges);
    write_string("config.json", "{\"model_type\":\"gpt2\"}");
    expect_ids("GPT-2 by config.json", "ab ab", "8 9");
}

static void expect_refused(const char *name, const char *says)
{
    struct err err = {0};
    struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
    cr_expect(!tokenizer && err.code == ERR_UNSUPPORTED && strstr(err.message, says), "%s: %s", name, err.message);
    tokenizer_free(tokenizer);
    scratch_remove();
}

/* Ids of "I'M" as transformers 4.57.6 gives them for such files. */
Test(tokenizer, older_files_of_a_class_that_reads_them_otherwise_are_refused_by_name)
{
    const char *bytes = "{\"I\":0,\"'\":1,\"M\":2,\"'M\":3}", *merges = "#version: 0.2\n' M\n";
    write_string("vocab.json", bytes);
    write_string("merges.txt", merges);
    write_string("config.json", "{\"model_type\":\"ctrl\"}");
    expect_refused("an unknown model_type", "model_type \"ctrl\"");
    write_string("vocab.json", bytes);
    write_string("merges.txt", merges);
    write_string("tokenizer_config.json", "{\"tokenizer_class\":\"CTRLTokenizer\"}");
    expect_refused("an unknown class", "\"CTRLTokenizer\"");
    write_string("vocab.json", bytes);
    write_string("merges.txt", merges);
    write_string("config.json", "{\"model_type\":\"bert\"}");
    expect_refused("a class that has other files", "model_type \"bert\"");
    write_string("vocab.json", bytes);
    write_string("merges.txt", merges);
    write_string("config.json", "{\"model_type\":\"qwen2\"}");
    expect_ids("a class by its model_type: Qwen2 keeps 'M together", "I'M", "0 3");
    write_string("vocab.json", bytes);
    write_string("merges.txt", merges);
    write_string("config.json", "{\"model_type\":\"gpt2\"}");
    expect_ids("GPT-2 knows 'm alone", "I'M", "0 1 2");
    write_string("vocab.txt", "a\nb\n");
    write_string("config.json", "{\"model_type\":\"prophetnet\"}");
    expect_refused("vocab.txt of an unknown model_type", "model_type \"prophetnet\"");
}

/* Ids as transformers 4.57.6 gives them. */
Test(tokenizer, a_class_puts_its_own_tokens_around_the_texts_of_a_tokenizer_json)
{
    const char *document = "{\"added_tokens\":[{\"id\":1,\"content\":\"<s>\",\"special\":true,\"normalized\":false},"
                           "{\"id\":2,\"content\":\"</s>\",\"special\":true,\"normalized\":false}],"
                           "\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\","
                           "\"vocab\":{\"<unk>\":0,\"<s>\":1,\"</s>\":2,\"a\":3},\"merges\":[]}}";
    static const struct {
        const char *config, *ids;
    } rows[] = {
        {"{\"tokenizer_class\":\"LlamaTokenizer\"}", "1 3"},
        {"{\"tokenizer_class\":\"LlamaTokenizerFast\",\"add_bos_token\":false}", "3"},
        {"{\"tokenizer_class\":\"LlamaTokenizer\",\"add_eos_token\":true}", "1 3 2"},
        {"{\"tokenizer_class\":\"PreTrainedTokenizerFast\"}", "3"},
        {"{\"tokenizer_class\":\"GPTNeoXTokenizer\",\"bos_token\":\"<s>\",\"add_bos_token\":true}", "1 3"},
        {"{\"tokenizer_class\":\"CohereTokenizer\",\"bos_token\":\"<s>\"}", "1 3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_document(document);
        write_string("tokenizer_config.json", rows[i].config);
        expect_ids(rows[i].config, "a", rows[i].ids);
    }
}

/* Ids as tokenizers 0.22.2 gives them; with the nearest doubles of these scores "xxxxx" would be x xx xx. */
Test(tokenizer, equal_sums_of_scores_break_as_in_the_reference)
{
    static const struct {
        const char *text, *ids;
    } rows[] = {{"xxx", "1 2"}, {"xxxxx", "2 2 1"}, {"xxxxxxxxx", "2 2 1 2 2"}, {"xxxxxxxxxxxxx", "2 2 1 2 2 2 2"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_document("{\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0.0],"
                       "[\"x\",-8.068077087402344],[\"xx\",-9.683005332946777]]}}");
        expect_ids(rows[i].text, rows[i].text, rows[i].ids);
    }
}

/* Ctrl-C before the first step: a text is cut nowhere, whatever the tokenizer, and nothing is left to free. */
Test(tokenizer, an_interrupt_ends_it)
{
    static const char *const folders[] = {"roberta", "bert", "deberta-v1", "deberta-v3"};
    char text[40000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 5 == 4 ? ' ' : 'a';
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[100];
        struct err err = {0};
        struct encoding encoding;
        snprintf(path, sizeof path, "tests/data/golden/%s", folders[i]);
        struct tokenizer *tokenizer = load(path);
        cancel_request();
        bool ok = tokenizer_encode(tokenizer, (struct str){text, sizeof text}, NULL, 0, &encoding, &err);
        cancel_clear();
        cr_expect(!ok && err.code == ERR_CANCELLED && !encoding.n && !encoding.arena, "%s: %s", folders[i], err.message);
        cr_assert(tokenizer_encode(tokenizer, (struct str){text, sizeof text}, NULL, 0, &encoding, &err), "%s", err.message);
        encoding_free(&encoding);
        tokenizer_free(tokenizer);
    }
}
