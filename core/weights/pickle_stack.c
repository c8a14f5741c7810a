/* Values, stack and marks of the pickle machine. See pickle_machine.h. */
#include "core/weights/pickle_machine.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 1 << 28 };

bool pickle_bad(const struct pickle *pickle, const char *what, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: not a pickle that can be read: %s at byte %zu of it", pickle->path, what, pickle->at);
}

bool pickle_new_value(struct pickle *pickle, enum pickle_kind kind, pickle_ref *out, struct err *err)
{
    if (pickle->n == MOST_VALUES)
        return err_set(err, ERR_LIMIT, "%s: a pickle of more than %d values", pickle->path, MOST_VALUES);
    if (pickle->n == pickle->n_chunks * CHUNK) {
        if (!mem_grow((void **)&pickle->chunks, &pickle->chunk_capacity, pickle->n_chunks + 1, sizeof *pickle->chunks, "a pickle",
                      err) ||
            !(pickle->chunks[pickle->n_chunks] = mem_new(CHUNK, sizeof(struct pickle_value), "a pickle", err)))
            return false;
        pickle->n_chunks++;
    }
    *out = (pickle_ref)pickle->n++;
    pickle_value_at(pickle, *out)->kind = (uint8_t)kind;
    return true;
}

bool refs_push(struct refs *refs, pickle_ref ref, struct err *err)
{
    if (!mem_grow((void **)&refs->items, &refs->capacity, refs->n + 1, sizeof ref, "a pickle's stack", err))
        return false;
    refs->items[refs->n++] = ref;
    return true;
}

bool pickle_push(struct pickle *pickle, pickle_ref ref, struct err *err)
{
    if (pickle->stack.n == STACK_LIMIT)
        return err_set(err, ERR_LIMIT, "%s: a pickle that is nested or stacked more than %d deep", pickle->path, STACK_LIMIT);
    return refs_push(&pickle->stack, ref, err);
}

/* No value may be taken from below the last mark. */
size_t pickle_floor(const struct pickle *pickle)
{
    return pickle->marks.n ? pickle->marks.items[pickle->marks.n - 1] : 0;
}

bool pickle_pop(struct pickle *pickle, pickle_ref *out, struct err *err)
{
    if (pickle->stack.n <= pickle_floor(pickle))
        return pickle_bad(pickle, "the stack is empty", err);
    *out = pickle->stack.items[--pickle->stack.n];
    return true;
}

bool pickle_top(struct pickle *pickle, pickle_ref *out, struct err *err)
{
    if (pickle->stack.n <= pickle_floor(pickle))
        return pickle_bad(pickle, "the stack is empty", err);
    *out = pickle->stack.items[pickle->stack.n - 1];
    return true;
}

/* The values above the last mark leave the stack; they stay readable until the next push. */
bool pickle_pop_mark(struct pickle *pickle, const pickle_ref **items, size_t *n, struct err *err)
{
    if (!pickle->marks.n)
        return pickle_bad(pickle, "no mark", err);
    size_t mark = pickle->marks.items[--pickle->marks.n];
    *items = pickle->stack.items ? pickle->stack.items + mark : NULL; /* nothing was ever pushed */
    *n = pickle->stack.n - mark;
    pickle->stack.n = mark;
    return true;
}

/* Append to the items of a list or dict: their room is the power of two above their number. */
static bool grow_items(struct pickle_value *v, size_t have, size_t more, struct err *err)
{
    size_t room = have ? 4 : 0, wanted = 4;
    while (room && room < have)
        room *= 2;
    while (wanted < have + more)
        wanted *= 2;
    if (wanted <= room)
        return true;
    pickle_ref *grown = realloc(v->as.items, wanted * sizeof *grown);
    if (!grown)
        return err_memory(err, wanted * sizeof *grown, "a pickle");
    v->as.items = grown;
    return true;
}

bool pickle_append(struct pickle *pickle, pickle_ref list, const pickle_ref *items, size_t n, struct err *err)
{
    struct pickle_value *v = pickle_value_at(pickle, list);
    if (v->kind != PICKLE_LIST)
        return true; /* append or add of an unknown object: inert */
    if (n > UINT32_MAX - v->n)
        return pickle_bad(pickle, "a list too long", err);
    if (n && !grow_items(v, v->n, n, err))
        return false;
    if (n)
        memcpy(v->as.items + v->n, items, n * sizeof *items);
    v->n += (uint32_t)n;
    return true;
}

bool pickle_set(struct pickle *pickle, pickle_ref dict, const pickle_ref *items, size_t n, struct err *err)
{
    struct pickle_value *v = pickle_value_at(pickle, dict);
    if (n % 2)
        return pickle_bad(pickle, "a key without a value", err);
    if (v->kind == PICKLE_CALL) { /* an object with items: a class of dictionaries */
        pickle_ref own = v->as.call.dict;
        if (!own && !pickle_new_value(pickle, PICKLE_DICT, &own, err))
            return false;
        v = pickle_value_at(pickle, dict);
        v->as.call.dict = own;
        v = pickle_value_at(pickle, own);
    }
    if (v->kind != PICKLE_DICT)
        return pickle_bad(pickle, "items are set in something else than a dictionary", err);
    if (n / 2 > UINT32_MAX - v->n)
        return pickle_bad(pickle, "a dictionary too large", err);
    if (n && !grow_items(v, 2 * (size_t)v->n, n, err))
        return false;
    if (n)
        memcpy(v->as.items + 2 * (size_t)v->n, items, n * sizeof *items);
    v->n += (uint32_t)(n / 2);
    return true;
}

bool pickle_push_tuple(struct pickle *pickle, const pickle_ref *items, size_t n, struct err *err)
{
    pickle_ref tuple, *room;
    if (!n)
        return pickle_push(pickle, EMPTY_REF, err);
    if (!pickle_new_value(pickle, PICKLE_TUPLE, &tuple, err))
        return false;
    struct pickle_value *v = pickle_value_at(pickle, tuple);
    v->n = (uint32_t)n;
    if (n <= 4) {
        memcpy(v->as.few, items, n * sizeof *items);
        return pickle_push(pickle, tuple, err);
    }
    if (n > pickle->tuple_left) {
        size_t wanted = n > CHUNK ? n : CHUNK;
        if (!(pickle->tuple_at = arena_alloc(pickle->tuples, wanted, sizeof *room, "a pickle", err)))
            return false;
        pickle->tuple_left = wanted;
    }
    room = pickle->tuple_at;
    pickle->tuple_at += n;
    pickle->tuple_left -= n;
    memcpy(room, items, n * sizeof *items);
    v->as.items = room;
    return pickle_push(pickle, tuple, err);
}
