/* Pieces with scores, read from the text of a tokenizer.json. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "core/tokenizer/lexicon.h"
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
