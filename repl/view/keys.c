/* Keys as words. See keys.h. */
#include "repl/view/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/base/text.h"

static const struct {
    const char *name;
    int key;
} names[] = {{"Up", KEY_ARROW_UP},      {"Down", KEY_ARROW_DOWN},   {"Left", KEY_ARROW_LEFT},  {"Right", KEY_ARROW_RIGHT},
             {"Home", KEY_FIRST},       {"End", KEY_LAST},          {"PgUp", KEY_PAGE_UP},     {"PgDn", KEY_PAGE_DOWN},
             {"Enter", KEY_RETURN},     {"Tab", KEY_TABULATOR},     {"BackTab", KEY_BACKTAB},  {"Escape", KEY_ESCAPE},
             {"Backspace", KEY_BACK},   {"Delete", KEY_REMOVE},     {"Space", ' '},            {"C-c", KEY_INTERRUPT}};
enum { NAMES = sizeof names / sizeof *names, MOST = 100000 /* of a key in a row, rows, columns */ };

static const char *const pointers[] = {[POINTER_MOVE] = "Move",           [POINTER_PRESS] = "Press",
                                       [POINTER_DRAG] = "Drag",           [POINTER_RELEASE] = "Release",
                                       [POINTER_GRAB] = "Grab",           [POINTER_PULL] = "Pull",
                                       [POINTER_WHEEL_UP] = "WheelUp",     [POINTER_WHEEL_DOWN] = "WheelDown",
                                       [POINTER_WHEEL_LEFT] = "WheelLeft", [POINTER_WHEEL_RIGHT] = "WheelRight"};
enum { POINTERS = sizeof pointers / sizeof *pointers };

/* ---- one word ---- */

/* "NAME:A,B" or "NAME:AxB". */
static bool two_numbers(struct str word, const char *name, char between, size_t *a, size_t *b)
{
    size_t at = strlen(name) + 1;
    long first, second;
    if (!str_starts(word, str_of(name)) || word.n <= at || word.s[at - 1] != ':' || !number_take(word, &at, &first) || at >= word.n ||
        word.s[at++] != between || !number_take(word, &at, &second) || at != word.n || first < 0 || second < 0 || first > MOST || second > MOST)
        return false;
    *a = (size_t)first;
    *b = (size_t)second;
    return true;
}

static bool read_pointer(struct str word, struct typed *out)
{
    out->pointer.modified = str_starts(word, STR("M-"));
    if (out->pointer.modified)
        word.s += 2, word.n -= 2;
    for (size_t i = 0; i < POINTERS; i++)
        if (two_numbers(word, pointers[i], ',', &out->pointer.row, &out->pointer.col)) {
            out->pointer.kind = (enum pointer_kind)i;
            out->key = KEY_POINTER;
            return true;
        }
    return false;
}

/* A name, perhaps with *N behind it; false where the word is typed as it stands. */
static bool read_name(struct str word, struct typed *out, size_t *times_out)
{
    const char *star = word.n ? memchr(word.s, '*', word.n) : NULL;
    struct str name = {word.s, star ? (size_t)(star - word.s) : word.n};
    size_t at = name.n + 1;
    long times = 1;
    *out = (struct typed){.key = KEY_NOTHING};
    *times_out = 1;
    if (star && (!number_take(word, &at, &times) || at != word.n || times < 1 || times > MOST))
        return false;
    *times_out = (size_t)times;
    for (size_t i = 0; i < NAMES; i++)
        if (str_is(name, names[i].name)) {
            out->key = names[i].key;
            return true;
        }
    if (name.n == 3 && str_starts(name, STR("C-")) && name.s[2] >= 'a' && name.s[2] <= 'z') {
        out->key = name.s[2] & 31;
        return true;
    }
    if (!star && two_numbers(word, "Size", 'x', &out->columns, &out->rows)) {
        out->key = KEY_RESIZED;
        return true;
    }
    return !star && read_pointer(word, out);
}

/* ---- taking ---- */

static struct str first_word(struct str words)
{
    const char *blank = words.n ? memchr(words.s, ' ', words.n) : NULL;
    return (struct str){words.s, blank ? (size_t)(blank - words.s) : words.n};
}

struct typed keys_take(struct keys *keys)
{
    struct typed typed = {.key = KEY_NOTHING};
    while (!keys->times && keys->words.n && keys->words.s[0] == ' ') {
        keys->words.s++, keys->words.n--;
        keys->in_word = false;
    }
    struct str word = first_word(keys->words);
    if (keys->times) {
        keys->times--;
        return keys->again;
    }
    if (!word.n)
        return typed;
    size_t used = word.n, times;
    if (!keys->in_word && read_name(word, &typed, &times)) {
        keys->again = typed;
        keys->times = times - 1;
    } else {
        int32_t cp;
        used = utf8_decode(word.s, word.n, &cp);
        typed.key = cp < 0 ? 0xfffd : cp;
        keys->in_word = true;
    }
    keys->words.s += used;
    keys->words.n -= used;
    return typed;
}

/* ---- putting ---- */

static void word_of(const struct typed *typed, struct buf *out)
{
    char utf8[4];
    for (size_t i = 0; i < NAMES; i++)
        if (names[i].key == typed->key) {
            buf_puts(out, names[i].name);
            return;
        }
    if (typed->key == KEY_RESIZED)
        buf_printf(out, "Size:%zux%zu", typed->columns, typed->rows);
    else if (typed->key == KEY_POINTER && (size_t)typed->pointer.kind < POINTERS)
        buf_printf(out, "%s%s:%zu,%zu", typed->pointer.modified ? "M-" : "", pointers[typed->pointer.kind], typed->pointer.row,
                   typed->pointer.col);
    else if (typed->key > 0 && typed->key < ' ')
        buf_printf(out, "C-%c", typed->key | 0x60);
    else if (typed->key < SCREEN_KEYS)
        buf_add(out, utf8, utf8_encode(typed->key, utf8));
}

/* The last word of those that are there. */
static struct str last_word(const struct buf *words)
{
    size_t begin = words->n;
    while (begin && words->data[begin - 1] != ' ')
        begin--;
    return (struct str){words->data + begin, words->n - begin};
}

/* May the character be joined to the word before it, without making a name of it? */
static bool joins(struct str last, struct str character)
{
    struct buf both = {0};
    struct typed typed;
    size_t times;
    buf_str(&both, last);
    buf_str(&both, character);
    bool ok = last.n && !read_name(last, &typed, &times) && !read_name(buf_view(&both), &typed, &times);
    buf_free(&both);
    return ok;
}

/* Is the last word this one, how many times? */
static size_t counted(struct str last, struct str word)
{
    struct typed typed;
    size_t times;
    bool same = str_starts(last, word) && (last.n == word.n || last.s[word.n] == '*');
    return same && read_name(last, &typed, &times) ? times : 0;
}

void keys_put(struct buf *words, struct typed typed)
{
    struct buf word = {0};
    struct str last = last_word(words);
    struct typed as;
    size_t times;
    word_of(&typed, &word);
    bool name = read_name(buf_view(&word), &as, &times) && as.key != KEY_POINTER && as.key != KEY_RESIZED;
    if (name && (times = counted(last, buf_view(&word))) > 0 && times < MOST) {
        words->n -= last.n;
        buf_printf(&word, "*%zu", times + 1);
    } else if (word.n && words->n && (name || typed.key >= SCREEN_KEYS || !joins(last, buf_view(&word)))) {
        buf_char(words, ' ');
    }
    buf_str(words, buf_view(&word));
    words->failed = words->failed || word.failed;
    buf_free(&word);
}

void keys_put_text(struct buf *words, struct str text)
{
    for (size_t i = 0; i < text.n;) {
        int32_t cp;
        i += utf8_decode(text.s + i, text.n - i, &cp);
        keys_put(words, (struct typed){.key = cp < 0 ? 0xfffd : cp});
    }
}
