/* The instruction set of pickles, protocols 0 to 5: opcodes as in CPython's Lib/pickletools.py.
 *
 * Every opcode makes at most one value of 24 bytes (a GLOBAL three), and the stack is of bounded depth, so memory stays a small
 * multiple of the pickle's length. What would import, call or build is kept as a value. */
#include "core/weights/pickle_machine.h"

#include <string.h>

#include "core/base/number.h"

static bool op_none(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    return pickle_push(pickle, 0, err);
}

static bool op_true(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    return pickle_push(pickle, TRUE_REF, err);
}

static bool op_false(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    return pickle_push(pickle, FALSE_REF, err);
}

static bool push_int(struct pickle *pickle, int64_t number, struct err *err)
{
    pickle_ref ref;
    if (!pickle_new_value(pickle, PICKLE_INT, &ref, err))
        return false;
    pickle_value_at(pickle, ref)->as.integer = number;
    return pickle_push(pickle, ref, err);
}

static bool op_int(struct pickle *pickle, const struct argument *a, struct err *err)
{
    return push_int(pickle, (int64_t)a->number, err);
}

static bool op_other(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref ref;
    return pickle_new_value(pickle, PICKLE_OTHER, &ref, err) && pickle_push(pickle, ref, err);
}

/* "I01\n" is True; "L5L\n" a long. */
static bool op_decimal(struct pickle *pickle, const struct argument *a, struct err *err)
{
    struct str text = a->text;
    long number;
    if (str_is(text, "01") || str_is(text, "00"))
        return pickle_push(pickle, text.s[1] == '1' ? TRUE_REF : FALSE_REF, err);
    if (text.n && text.s[text.n - 1] == 'L')
        text.n--;
    return number_whole(text, &number) ? push_int(pickle, number, err) : op_other(pickle, a, err);
}

/* Two's complement, little-endian, of any length. */
static bool op_long(struct pickle *pickle, const struct argument *a, struct err *err)
{
    uint64_t number = 0;
    if (a->text.n > 8)
        return op_other(pickle, a, err);
    for (size_t i = 0; i < 8; i++) {
        bool negative = a->text.n && (unsigned char)a->text.s[a->text.n - 1] & 0x80;
        uint64_t byte = i < a->text.n ? (unsigned char)a->text.s[i] : negative ? 0xff : 0;
        number |= byte << (8 * i);
    }
    return push_int(pickle, (int64_t)number, err);
}

/* Eight bytes, big-endian. */
static bool op_float(struct pickle *pickle, const struct argument *a, struct err *err)
{
    pickle_ref ref;
    uint64_t bits = __builtin_bswap64(a->number);
    if (!pickle_new_value(pickle, PICKLE_FLOAT, &ref, err))
        return false;
    memcpy(&pickle_value_at(pickle, ref)->as.number, &bits, sizeof bits);
    return pickle_push(pickle, ref, err);
}

static bool new_text(struct pickle *pickle, struct str text, pickle_ref *out, struct err *err)
{
    if (text.n > UINT32_MAX || !pickle_new_value(pickle, PICKLE_TEXT, out, err))
        return text.n > UINT32_MAX ? pickle_bad(pickle, "a text of more than 4 GB", err) : false;
    struct pickle_value *v = pickle_value_at(pickle, *out);
    v->n = (uint32_t)text.n;
    v->as.text = text.s;
    return true;
}

static bool op_text(struct pickle *pickle, const struct argument *a, struct err *err)
{
    pickle_ref ref;
    return new_text(pickle, a->text, &ref, err) && pickle_push(pickle, ref, err);
}

/* 'text' in quotes, or a line as it is; one with an escape in it is not decoded. */
static bool op_line(struct pickle *pickle, const struct argument *a, struct err *err)
{
    struct argument plain = *a;
    struct str s = a->text;
    if (memchr(s.s, '\\', s.n))
        return op_other(pickle, a, err);
    if (s.n >= 2 && (s.s[0] == '\'' || s.s[0] == '"') && s.s[s.n - 1] == s.s[0])
        plain.text = (struct str){s.s + 1, s.n - 2};
    return op_text(pickle, &plain, err);
}

static bool op_list(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref ref;
    return pickle_new_value(pickle, PICKLE_LIST, &ref, err) && pickle_push(pickle, ref, err);
}

static bool op_dict(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref ref;
    return pickle_new_value(pickle, PICKLE_DICT, &ref, err) && pickle_push(pickle, ref, err);
}

static bool op_marked_list(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    const pickle_ref *items;
    size_t n;
    pickle_ref ref;
    return pickle_pop_mark(pickle, &items, &n, err) && pickle_new_value(pickle, PICKLE_LIST, &ref, err) &&
           pickle_append(pickle, ref, items, n, err) && pickle_push(pickle, ref, err);
}

static bool op_marked_dict(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    const pickle_ref *items;
    size_t n;
    pickle_ref ref;
    return pickle_pop_mark(pickle, &items, &n, err) && pickle_new_value(pickle, PICKLE_DICT, &ref, err) &&
           pickle_set(pickle, ref, items, n, err) && pickle_push(pickle, ref, err);
}

static bool op_marked_tuple(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    const pickle_ref *items;
    size_t n;
    return pickle_pop_mark(pickle, &items, &n, err) && pickle_push_tuple(pickle, items, n, err);
}

/* TUPLE1, TUPLE2, TUPLE3: the number stands in the table. */
static bool short_tuple(struct pickle *pickle, size_t n, struct err *err)
{
    if (pickle->stack.n - pickle_floor(pickle) < n)
        return pickle_bad(pickle, "the stack is empty", err);
    pickle->stack.n -= n;
    pickle_ref items[3];
    memcpy(items, pickle->stack.items + pickle->stack.n, n * sizeof *items);
    return pickle_push_tuple(pickle, items, n, err);
}

static bool op_tuple0(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    return pickle_push(pickle, EMPTY_REF, err);
}

static bool op_tuple1(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    return short_tuple(pickle, 1, err);
}

static bool op_tuple2(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    return short_tuple(pickle, 2, err);
}

static bool op_tuple3(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    return short_tuple(pickle, 3, err);
}

static bool op_append(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref item, list;
    return pickle_pop(pickle, &item, err) && pickle_top(pickle, &list, err) && pickle_append(pickle, list, &item, 1, err);
}

static bool op_appends(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    const pickle_ref *items;
    size_t n;
    pickle_ref list;
    return pickle_pop_mark(pickle, &items, &n, err) && pickle_top(pickle, &list, err) && pickle_append(pickle, list, items, n, err);
}

static bool op_setitem(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref pair[2], dict;
    return pickle_pop(pickle, &pair[1], err) && pickle_pop(pickle, &pair[0], err) && pickle_top(pickle, &dict, err) &&
           pickle_set(pickle, dict, pair, 2, err);
}

static bool op_setitems(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    const pickle_ref *items;
    size_t n;
    pickle_ref dict;
    return pickle_pop_mark(pickle, &items, &n, err) && pickle_top(pickle, &dict, err) && pickle_set(pickle, dict, items, n, err);
}

static bool op_mark(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    if (pickle->marks.n == STACK_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: a pickle that is nested more than %d deep", pickle->path, STACK_LIMIT);
    return refs_push(&pickle->marks, (pickle_ref)pickle->stack.n, err);
}

static bool op_pop(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref ref;
    if (pickle->marks.n && pickle->marks.items[pickle->marks.n - 1] == pickle->stack.n) {
        pickle->marks.n--; /* a mark with nothing above it is what is popped */
        return true;
    }
    return pickle_pop(pickle, &ref, err);
}

static bool op_pop_mark(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    const pickle_ref *items;
    size_t n;
    return pickle_pop_mark(pickle, &items, &n, err);
}

static bool op_dup(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref ref;
    return pickle_top(pickle, &ref, err) && pickle_push(pickle, ref, err);
}

/* ---- the memo ---- */

static bool memo_put(struct pickle *pickle, uint64_t index, struct err *err)
{
    pickle_ref ref;
    if (index > pickle->at) /* a pickler counts from 0 */
        return pickle_bad(pickle, "a memo index beyond the number of opcodes", err);
    if (!pickle_top(pickle, &ref, err))
        return false;
    while (pickle->memo.n <= index)
        if (!refs_push(&pickle->memo, UINT32_MAX, err))
            return false;
    pickle->memo.items[index] = ref;
    return true;
}

static bool op_put(struct pickle *pickle, const struct argument *a, struct err *err)
{
    return memo_put(pickle, a->number, err);
}

static bool op_memoize(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    return memo_put(pickle, pickle->memo.n, err);
}

static bool op_get(struct pickle *pickle, const struct argument *a, struct err *err)
{
    if (a->number >= pickle->memo.n || pickle->memo.items[a->number] == UINT32_MAX)
        return pickle_bad(pickle, "a memo index that was never set", err);
    return pickle_push(pickle, pickle->memo.items[a->number], err);
}

/* ---- what would make objects ---- */

static bool push_global(struct pickle *pickle, pickle_ref module, pickle_ref name, struct err *err)
{
    pickle_ref ref;
    if (!pickle_new_value(pickle, PICKLE_GLOBAL, &ref, err))
        return false;
    pickle_value_at(pickle, ref)->as.global.module = module;
    pickle_value_at(pickle, ref)->as.global.name = name;
    return pickle_push(pickle, ref, err);
}

static bool op_global(struct pickle *pickle, const struct argument *a, struct err *err)
{
    pickle_ref module, name;
    if (!a->text.n || !a->second.n)
        return pickle_bad(pickle, "a global without a name", err);
    return new_text(pickle, a->text, &module, err) && new_text(pickle, a->second, &name, err) &&
           push_global(pickle, module, name, err);
}

static bool op_stack_global(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref module, name;
    return pickle_pop(pickle, &name, err) && pickle_pop(pickle, &module, err) && push_global(pickle, module, name, err);
}

static bool push_call(struct pickle *pickle, pickle_ref callable, pickle_ref arguments, struct err *err)
{
    pickle_ref ref;
    if (!pickle_new_value(pickle, PICKLE_CALL, &ref, err))
        return false;
    pickle_value_at(pickle, ref)->as.call.callable = callable;
    pickle_value_at(pickle, ref)->as.call.arguments = arguments;
    return pickle_push(pickle, ref, err);
}

/* REDUCE and NEWOBJ. */
static bool op_call(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref arguments, callable;
    return pickle_pop(pickle, &arguments, err) && pickle_pop(pickle, &callable, err) && push_call(pickle, callable, arguments, err);
}

static bool op_call_with_keys(struct pickle *pickle, const struct argument *a, struct err *err)
{
    pickle_ref keys;
    return pickle_pop(pickle, &keys, err) && op_call(pickle, a, err);
}

/* OBJ: a mark, the class, its arguments. */
static bool op_marked_call(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    const pickle_ref *items;
    size_t n;
    if (!pickle_pop_mark(pickle, &items, &n, err))
        return false;
    return n ? push_call(pickle, items[0], EMPTY_REF, err) : pickle_bad(pickle, "an object without a class", err);
}

static bool op_inst(struct pickle *pickle, const struct argument *a, struct err *err)
{
    const pickle_ref *items;
    size_t n;
    pickle_ref class;
    return pickle_pop_mark(pickle, &items, &n, err) && op_global(pickle, a, err) && pickle_pop(pickle, &class, err) &&
           push_call(pickle, class, EMPTY_REF, err);
}

static bool op_build(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref state, object;
    if (!pickle_pop(pickle, &state, err) || !pickle_top(pickle, &object, err))
        return false;
    struct pickle_value *v = pickle_value_at(pickle, object);
    if (v->kind == PICKLE_CALL)
        v->as.call.state = state;
    return true;
}

static bool push_persistent(struct pickle *pickle, pickle_ref id, struct err *err)
{
    pickle_ref ref;
    if (!pickle_new_value(pickle, PICKLE_PERSISTENT, &ref, err))
        return false;
    pickle_value_at(pickle, ref)->as.id = id;
    return pickle_push(pickle, ref, err);
}

static bool op_persistent(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)a;
    pickle_ref id;
    return pickle_pop(pickle, &id, err) && push_persistent(pickle, id, err);
}

static bool op_persistent_line(struct pickle *pickle, const struct argument *a, struct err *err)
{
    pickle_ref id;
    return new_text(pickle, a->text, &id, err) && push_persistent(pickle, id, err);
}

static bool op_nothing(struct pickle *pickle, const struct argument *a, struct err *err)
{
    (void)pickle, (void)a, (void)err;
    return true;
}

static bool op_proto(struct pickle *pickle, const struct argument *a, struct err *err)
{
    return a->number <= 5 || pickle_bad(pickle, "a protocol above 5", err);
}

/* ---- the instruction set ---- */

const struct opcode pickle_opcodes[256] = {
    ['('] = {op_mark, BARE},
    ['0'] = {op_pop, BARE},
    ['1'] = {op_pop_mark, BARE},
    ['2'] = {op_dup, BARE},
    ['F'] = {op_other, LINE},
    ['I'] = {op_decimal, LINE},
    ['J'] = {op_int, SIGNED4},
    ['K'] = {op_int, BYTES1},
    ['L'] = {op_decimal, LINE},
    ['M'] = {op_int, BYTES2},
    ['N'] = {op_none, BARE},
    ['P'] = {op_persistent_line, LINE},
    ['Q'] = {op_persistent, BARE},
    ['R'] = {op_call, BARE},
    ['S'] = {op_line, LINE},
    ['T'] = {op_text, COUNT4},
    ['U'] = {op_text, COUNT1},
    ['V'] = {op_line, LINE},
    ['X'] = {op_text, COUNT4},
    ['a'] = {op_append, BARE},
    ['b'] = {op_build, BARE},
    ['c'] = {op_global, LINES},
    ['d'] = {op_marked_dict, BARE},
    ['}'] = {op_dict, BARE},
    ['e'] = {op_appends, BARE},
    ['g'] = {op_get, DECIMAL},
    ['h'] = {op_get, BYTES1},
    ['i'] = {op_inst, LINES},
    ['j'] = {op_get, BYTES4},
    ['l'] = {op_marked_list, BARE},
    [']'] = {op_list, BARE},
    ['o'] = {op_marked_call, BARE},
    ['p'] = {op_put, DECIMAL},
    ['q'] = {op_put, BYTES1},
    ['r'] = {op_put, BYTES4},
    ['s'] = {op_setitem, BARE},
    ['t'] = {op_marked_tuple, BARE},
    [')'] = {op_tuple0, BARE},
    ['u'] = {op_setitems, BARE},
    ['G'] = {op_float, BYTES8},
    ['B'] = {op_text, COUNT4},
    ['C'] = {op_text, COUNT1},
    [0x80] = {op_proto, BYTES1},
    [0x81] = {op_call, BARE},
    [0x82] = {op_other, BYTES1},
    [0x83] = {op_other, BYTES2},
    [0x84] = {op_other, BYTES4},
    [0x85] = {op_tuple1, BARE},
    [0x86] = {op_tuple2, BARE},
    [0x87] = {op_tuple3, BARE},
    [0x88] = {op_true, BARE},
    [0x89] = {op_false, BARE},
    [0x8a] = {op_long, COUNT1},
    [0x8b] = {op_long, COUNT4},
    [0x8c] = {op_text, COUNT1},
    [0x8d] = {op_text, COUNT8},
    [0x8e] = {op_text, COUNT8},
    [0x8f] = {op_list, BARE},
    [0x90] = {op_appends, BARE},
    [0x91] = {op_marked_list, BARE},
    [0x92] = {op_call_with_keys, BARE},
    [0x93] = {op_stack_global, BARE},
    [0x94] = {op_memoize, BARE},
    [0x95] = {op_nothing, BYTES8},
    [0x96] = {op_text, COUNT8},
    [0x97] = {op_other, BARE},
    [0x98] = {op_nothing, BARE},
};
