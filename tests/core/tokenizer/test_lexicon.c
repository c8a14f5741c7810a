/* Pieces with scores, read from the text of a tokenizer.json. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/tokenizer/lexicon.h"
#include "core/tokenizer/load.h"
#include "tests/support/scratch.h"
#include "tests/core/tokenizer/reference_numbers.h"

Test(lexicon, a_number_is_the_double_that_the_reference_computes_with)
{
    struct buf failures = {0};
    size_t neighbours = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct str text = {numbers[i].text, strlen(numbers[i].text)};
        double value = 0;
        bool refused = lexicon_number(text, &value) != text.n;
        if (refused != numbers[i].refused)
            buf_printf(&failures, "  %s: %s\n", text.s, refused ? "refused" : "read");
        else if (!refused && (value != numbers[i].value || signbit(value) != signbit(numbers[i].value)))
            buf_printf(&failures, "  %s: %a, expected %a\n", text.s, value, numbers[i].value);
        neighbours += !refused && numbers[i].value != strtod(text.s, NULL);
    }
    cr_expect(failures.n == 0, "\n%s", buf_cstr(&failures));
    cr_expect(neighbours > 10, "only %zu of the numbers are not the nearest double", neighbours);
    buf_free(&failures);
}

/* What is read of a text, as "piece=score …". */
static void expect_pieces(const char *text, const char *expected)
{
    struct arena *arena = arena_new(NULL);
    struct lexicon lexicon;
    struct str list;
    struct buf got = {0};
    lexicon_init(&lexicon, arena);
    cr_assert(lexicon_read_json(&lexicon, str_of(text), &list, NULL));
    for (size_t i = 0; i < lexicon.n; i++) {
        buf_puts(&got, i ? " " : "");
        buf_str(&got, lexicon.strings[i]);
        buf_printf(&got, "=%g", lexicon.scores[i]);
    }
    cr_expect_str_eq(buf_cstr(&got), expected, "%s: \"%s\", expected \"%s\"", text, buf_cstr(&got), expected);
    buf_free(&got);
    lexicon_free(&lexicon);
    arena_free(arena);
}

Test(lexicon, the_list_is_found_wherever_it_stands_and_however_it_is_spelled)
{
    expect_pieces("{\"model\":{\"vocab\":[[\"a\",1],[\"b\",-2.5]]}}", "a=1 b=-2.5");
    expect_pieces(
        "\xef\xbb\xbf { \"x\" : [{\"model\":1}, \"]\"], \"model\"\n:\t{\"unk_id\":0, \"vocab\" : [ [ \"a\" , 1e1 ] ] } }",
        "a=10");
    expect_pieces("{\"model\":{\"vocab\":[[\"\\u00e9\\ud83d\\ude00\\n\\\"\\/\",0]]}}", "é😀\n\"/=0");
    expect_pieces("{\"model\":{\"vocab\":[]}}", "");
}

Test(lexicon, a_list_that_is_spelled_otherwise_is_left_to_the_document)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{",
        "{\"model\"",
        "{\"model\":{\"vocab\":{\"a\":1}}}",
        "{\"model\":{\"vocab\":[[\"a\"]]}}",
        "{\"model\":{\"vocab\":[[\"a\",1,2]]}}",
        "{\"model\":{\"vocab\":[[\"a\",\"1\"]]}}",
        "{\"model\":{\"vocab\":[[\"a\",1],]}}",
        "{\"model\":{\"vocab\":[[\"a\",1]",
        "{\"model\":{\"vocab\":[[\"\\ud83d\",1]]}}",
        "{\"model\":{\"vocab\":[[\"\\x\",1]]}}",
        "{\"model\":{\"vocab\":[[\"a\n\",1]]}}",
        "{\"model\":{\"vocab\":[[\"\xff\",1]]}}",
        "{\"model\":{\"vocab\":[[\"a\",01]]}}",
        "{\"model\":{\"vocab\":[[\"a\",1e999]]}}",
        "{\"model\":{\"vocab\":[[1,\"a\"]]}}",
        "{\"other\":{\"vocab\":[[\"a\",1]]}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_pieces(texts[i], "");
}

/* Words and merges of a text: "word=id … | left+right …". */
static void expect_lists(const char *text, const char *expected)
{
    struct arena *arena = arena_new(NULL);
    struct lists lists = {0};
    struct buf got = {0};
    cr_assert(lists_read_json(&lists, str_of(text), arena, NULL));
    for (size_t i = 0; i < lists.n_words; i++)
        buf_printf(&got, "%.*s=%d ", STR_ARGS(lists.words[i].string), lists.words[i].id);
    buf_puts(&got, "|");
    for (size_t i = 0; i < lists.n_merges; i++)
        buf_printf(&got, " %.*s+%.*s", STR_ARGS(lists.merges[i].left), STR_ARGS(lists.merges[i].right));
    cr_expect_str_eq(buf_cstr(&got), expected, "%s: \"%s\", expected \"%s\"", text, buf_cstr(&got), expected);
    cr_expect((lists.n_words == 0 || lists.words_text.n) && (lists.n_merges == 0 || lists.merges_text.n), "%s", text);
    buf_free(&got);
    lists_free(&lists);
    arena_free(arena);
}

Test(lexicon, words_and_merges_are_found_in_either_order_and_either_spelling)
{
    expect_lists("{\"model\":{\"vocab\":{\"a\":0,\"b\":16777215},\"merges\":[\"a b\",[\"a\",\"b c\"]]}}",
                 "a=0 b=16777215 | a+b a+b c");
    expect_lists("{\"x\":{\"merges\":[]},\"model\":{\"merges\" : [ [ \"\\u00e9\" , \"\\\"\" ] ] , \"vocab\" : { \"\" : 7 } } }",
                 "=7 | é+\"");
    expect_lists("{\"model\":{\"vocab\":{\"a\":1,\"a\":2}}}", "a=1 a=2 |");
    expect_lists("{\"model\":{\"vocab\":{},\"merges\":[]}}", "|");
}

Test(lexicon, words_and_merges_that_are_spelled_otherwise_are_left_to_the_document)
{
    static const char *const words[] = {"",
                                        "{",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\":-1}",
                                        "{\"a\":1.0}",
                                        "[]",
                                        "{\"a\":1e1}",
                                        "{\"a\":01}",
                                        "{\"a\":1,}",
                                        "{\"a\":\"1\"}",
                                        "{\"a\":16777216}",
                                        "{\"\xff\":1}",

                                        "{\"\\ud83d\":1}",
                                        "{\"a\":99999999999999999999}"};
    static const char *const merges[] = {
        "",           "[",        "{}",          "[\"a\"]", "[\"a b c\"]", "[[\"a\"]]", "[[\"a\",\"b\",\"c\"]]", "[[\"a\",1]]",
        "[\"a b\",]", "[\"a b\"", "[\"\xff b\"]"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct buf text = {0};
        buf_printf(&text, "{\"model\":{\"merges\":[\"a b\"],\"vocab\":%s}}", words[i]);
        expect_lists(buf_cstr(&text), "| a+b");
        buf_free(&text);
    }
    for (size_t i = 0; i < sizeof merges / sizeof merges[0]; i++) {
        struct buf text = {0};
        buf_printf(&text, "{\"model\":{\"vocab\":{\"a\":1},\"merges\":%s}}", merges[i]);
        expect_lists(buf_cstr(&text), "a=1 |");
        buf_free(&text);
    }
}

/* As the reference's JSON reader has it: the later id counts, and a string of an id is the last that has it. */
Test(lexicon, a_word_that_comes_twice_has_its_later_id_alone)
{
    static const char *const vocabs[] = {"{\"a\":1,\"b\":1,\"a\":2}", "{\"b\":1,\"a\":1,\"a\":2}", "{\"b\":1.0,\"a\":1,\"a\":2}"};
    for (size_t i = 0; i < sizeof vocabs / sizeof vocabs[0]; i++) {
        struct buf text = {0};
        struct err err = {0};
        buf_printf(&text, "{\"version\":\"1.0\",\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"b\",\"vocab\":%s}}", vocabs[i]);
        scratch_write("tokenizer.json", text.data, text.n);
        struct tokenizer *tokenizer = tokenizer_load(scratch_folder(), &err);
        cr_assert(tokenizer, "%s", err.message);
        cr_expect(tokenizer_id(tokenizer, STR("a")) == 2 && tokenizer_id(tokenizer, STR("b")) == 1, "%s", vocabs[i]);
        cr_expect(str_is(tokenizer_string(tokenizer, 1), "b") && str_is(tokenizer_string(tokenizer, 2), "a"), "%s", vocabs[i]);
        tokenizer_free(tokenizer);
        buf_free(&text);
    }
    scratch_remove();
}
