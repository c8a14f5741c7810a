/* Keys as words: what is written down is what is typed again. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/base/text.h"
#include "repl/view/keys.h"

static bool same(struct typed a, struct typed b)
{
    return a.key == b.key && (a.key != KEY_POINTER || (a.pointer.kind == b.pointer.kind && a.pointer.row == b.pointer.row &&
                                                       a.pointer.col == b.pointer.col && a.pointer.modified == b.pointer.modified)) &&
           (a.key != KEY_RESIZED || (a.columns == b.columns && a.rows == b.rows));
}

Test(keys, are_read_as_they_were_written)
{
    static const struct typed keys[] = {
        {.key = KEY_ARROW_DOWN}, {.key = KEY_ARROW_DOWN}, {.key = KEY_ARROW_DOWN}, {.key = 'g'}, {.key = 'g'}, {.key = ']'},
        {.key = ':'}, {.key = 'U'}, {.key = 'p'}, {.key = ' '}, {.key = 'C'}, {.key = '-'}, {.key = 'a'}, {.key = '*'}, {.key = '3'}, {.key = KEY_RETURN},
        {.key = 1}, {.key = 1}, {.key = KEY_INTERRUPT}, {.key = 0x8c93}, {.key = ' '}, {.key = ' '}, {.key = '"'}, {.key = '\\'},
        {.key = KEY_POINTER, .pointer = {POINTER_PRESS, 3, 40, false}}, {.key = KEY_POINTER, .pointer = {POINTER_WHEEL_DOWN, 0, 0, true}},
        {.key = KEY_RESIZED, .columns = 250, .rows = 70}, {.key = 'S'}, {.key = 'i'}, {.key = 'z'}, {.key = 'e'}, {.key = ':'}, {.key = '1'}, {.key = 'x'}, {.key = '1'},
        {.key = KEY_BACKTAB}, {.key = 'D'}, {.key = 'o'}, {.key = 'w'}, {.key = 'n'}, {.key = KEY_ARROW_DOWN},
    };
    enum { N = sizeof keys / sizeof *keys };
    struct buf words = {0};
    for (size_t i = 0; i < N; i++)
        keys_put(&words, keys[i]);
    struct keys script = {.words = buf_view(&words)};
    for (size_t i = 0; i < N; i++) {
        struct typed typed = keys_take(&script);
        cr_expect(same(typed, keys[i]), "key %zu is %x, not %x, in %s", i, (unsigned)typed.key, (unsigned)keys[i].key, buf_cstr(&words));
    }
    cr_expect_eq(keys_take(&script).key, KEY_NOTHING);
    cr_expect_eq(keys_take(&script).key, KEY_NOTHING, "and so it stays");
    buf_free(&words);
}

Test(keys, are_words_that_a_person_reads)
{
    struct buf words = {0};
    for (size_t i = 0; i < 3; i++)
        keys_put(&words, (struct typed){.key = KEY_ARROW_DOWN});
    keys_put_text(&words, STR(":go 4 3"));
    keys_put(&words, (struct typed){.key = KEY_RETURN});
    keys_put(&words, (struct typed){.key = KEY_POINTER, .pointer = {POINTER_WHEEL_UP, 10, 20, true}});
    keys_put(&words, (struct typed){.key = 'q'});
    cr_expect_str_eq(buf_cstr(&words), "Down*3 :go Space 4 Space 3 Enter M-WheelUp:10,20 q");
    buf_free(&words);
}

Test(keys, of_no_known_name_are_typed_as_they_stand)
{
    static const struct {
        const char *words, *typed;
    } rows[] = {{"down", "down"},          {"  gg  ]", "gg]"},          {"Down*0", "Down*0"},     {"Down*", "Down*"}, {"x*3", "x*3"},
                {"Press:1", "Press:1"},    {"Press:1,2,3", "Press:1,2,3"}, {"Size:80", "Size:80"}, {"C-A", "C-A"},     {"xUp", "xUp"},
                {"\xe7\x8c\xab", "\xe7\x8c\xab"}, {"Press:-1,2", "Press:-1,2"}, {"Down*99999999999", "Down*99999999999"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keys script = {.words = str_of(rows[i].words)};
        struct buf typed = {0};
        for (struct typed t; (t = keys_take(&script)).key != KEY_NOTHING;) {
            char utf8[4];
            cr_assert(t.key < SCREEN_KEYS, "%s", rows[i].words);
            buf_add(&typed, utf8, utf8_encode(t.key, utf8));
        }
        cr_expect_str_eq(buf_cstr(&typed), rows[i].typed);
        buf_free(&typed);
    }
}
