/* Reading a pickle: one opcode after another, each with its argument. See pickle.h. */
#include "core/weights/pickle_machine.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/number.h"

enum { CANCEL_STEPS = 1 << 16 };

static bool take_bytes(struct pickle *pickle, const unsigned char *data, size_t n, uint64_t *out)
{
    if (pickle->size - pickle->at < n)
        return false;
    *out = 0;
    for (size_t i = n; i-- > 0;)
        *out = *out << 8 | data[pickle->at + i];
    pickle->at += n;
    return true;
}

static bool take_counted(struct pickle *pickle, const unsigned char *data, size_t n, struct str *out)
{
    uint64_t count;
    if (!take_bytes(pickle, data, n, &count) || count > pickle->size - pickle->at)
        return false;
    *out = (struct str){(const char *)data + pickle->at, (size_t)count};
    pickle->at += (size_t)count;
    return true;
}

static bool take_line(struct pickle *pickle, const unsigned char *data, struct str *out)
{
    const unsigned char *from = data + pickle->at, *end = memchr(from, '\n', pickle->size - pickle->at);
    if (!end)
        return false;
    *out = (struct str){(const char *)from, (size_t)(end - from)};
    pickle->at += out->n + 1;
    return true;
}

static bool take_argument(struct pickle *pickle, const unsigned char *data, enum argument_kind kind, struct argument *a)
{
    long number;
    switch (kind) { /* closed: the forms that pickletools names */
    case BARE: return true;
    case BYTES1: return take_bytes(pickle, data, 1, &a->number);
    case BYTES2: return take_bytes(pickle, data, 2, &a->number);
    case BYTES4: return take_bytes(pickle, data, 4, &a->number);
    case BYTES8: return take_bytes(pickle, data, 8, &a->number);
    case SIGNED4:
        if (!take_bytes(pickle, data, 4, &a->number))
            return false;
        a->number = (uint64_t)(int64_t)(int32_t)(uint32_t)a->number;
        return true;
    case COUNT1: return take_counted(pickle, data, 1, &a->text);
    case COUNT4: return take_counted(pickle, data, 4, &a->text);
    case COUNT8: return take_counted(pickle, data, 8, &a->text);
    case LINE: return take_line(pickle, data, &a->text);
    case LINES: return take_line(pickle, data, &a->text) && take_line(pickle, data, &a->second);
    case DECIMAL: break;
    }
    if (!take_line(pickle, data, &a->text) || !number_whole(a->text, &number) || number < 0)
        return false;
    a->number = (uint64_t)number;
    return true;
}

bool pickle_read(struct pickle *pickle, const unsigned char *data, size_t size, pickle_ref *root_out, size_t *used_out,
                 struct err *err)
{
    pickle->at = 0;
    pickle->size = size;
    pickle->stack.n = pickle->marks.n = pickle->memo.n = 0;
    for (size_t step = 1; pickle->at < size; step++) {
        unsigned char code = data[pickle->at++];
        struct argument a = {0};
        if (code == '.') {
            *used_out = pickle->at;
            return pickle_pop(pickle, root_out, err);
        }
        if (!pickle_opcodes[code].run)
            return pickle_bad(pickle, "an unknown opcode", err);
        if (!take_argument(pickle, data, pickle_opcodes[code].argument, &a))
            return pickle_bad(pickle, "an opcode that claims more bytes than there are", err);
        if (!pickle_opcodes[code].run(pickle, &a, err))
            return false;
        if (step % CANCEL_STEPS == 0 && cancel_requested())
            return err_set(err, ERR_CANCELLED, "%s: interrupted", pickle->path);
    }
    return pickle_bad(pickle, "no end", err);
}

struct pickle *pickle_new(const char *path, struct err *err)
{
    struct pickle *pickle = mem_new(1, sizeof *pickle, "a pickle", err);
    pickle_ref ref;
    if (!pickle)
        return NULL;
    pickle->path = path;
    pickle->tuples = arena_new(err);
    if (pickle->tuples && pickle_new_value(pickle, PICKLE_NONE, &ref, err) && pickle_new_value(pickle, PICKLE_BOOL, &ref, err) &&
        pickle_new_value(pickle, PICKLE_BOOL, &ref, err) && pickle_new_value(pickle, PICKLE_TUPLE, &ref, err)) {
        pickle_value_at(pickle, TRUE_REF)->as.integer = 1;
        return pickle;
    }
    pickle_free(pickle);
    return NULL;
}

void pickle_free(struct pickle *pickle)
{
    if (!pickle)
        return;
    for (size_t i = 0; i < pickle->n; i++) {
        struct pickle_value *v = pickle_value_at(pickle, (pickle_ref)i);
        if (v->kind == PICKLE_LIST || v->kind == PICKLE_DICT)
            free(v->as.items);
    }
    for (size_t i = 0; i < pickle->n_chunks; i++)
        free(pickle->chunks[i]);
    arena_free(pickle->tuples);
    free(pickle->chunks);
    free(pickle->stack.items);
    free(pickle->marks.items);
    free(pickle->memo.items);
    free(pickle);
}

/* ---- looking at values ---- */

const struct pickle_value *pickle_get(const struct pickle *pickle, pickle_ref ref)
{
    return &pickle->chunks[ref / CHUNK][ref % CHUNK];
}

size_t pickle_count(const struct pickle *pickle)
{
    return pickle->n;
}

struct str pickle_text(const struct pickle *pickle, pickle_ref ref)
{
    const struct pickle_value *v = pickle_get(pickle, ref);
    return v->kind == PICKLE_TEXT ? (struct str){v->as.text, v->n} : (struct str){0};
}

pickle_ref pickle_item(const struct pickle *pickle, pickle_ref ref, size_t i)
{
    const struct pickle_value *v = pickle_get(pickle, ref);
    if ((v->kind != PICKLE_TUPLE && v->kind != PICKLE_LIST) || i >= v->n)
        return 0;
    return v->kind == PICKLE_TUPLE && v->n <= 4 ? v->as.few[i] : v->as.items[i];
}

bool pickle_is_global(const struct pickle *pickle, pickle_ref ref, const char *module, const char *name)
{
    const struct pickle_value *v = pickle_get(pickle, ref);
    return v->kind == PICKLE_GLOBAL && str_is(pickle_text(pickle, v->as.global.module), module) &&
           str_is(pickle_text(pickle, v->as.global.name), name);
}

pickle_ref pickle_dict(const struct pickle *pickle, pickle_ref ref)
{
    const struct pickle_value *v = pickle_get(pickle, ref);
    return v->kind == PICKLE_DICT ? ref : v->kind == PICKLE_CALL ? v->as.call.dict : 0;
}

pickle_ref pickle_lookup(const struct pickle *pickle, pickle_ref dict, const char *key)
{
    const struct pickle_value *v = pickle_get(pickle, dict);
    for (size_t i = v->kind == PICKLE_DICT ? v->n : 0; i-- > 0;) /* what was set last counts */
        if (str_is(pickle_text(pickle, v->as.items[2 * i]), key))
            return v->as.items[2 * i + 1];
    return 0;
}
