/* Checked sizes, arena, growing buffer, counted strings. See mem.h. */
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/spare.h"

enum { ALIGN = 64, FIRST_BLOCK = 64 * 1024, LARGEST_BLOCK = 16 * 1024 * 1024 };

struct str str_of(const char *s)
{
    return (struct str){s ? s : "", s ? strlen(s) : 0};
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

bool str_is(struct str a, const char *text)
{
    return str_eq(a, str_of(text));
}

bool str_starts(struct str a, struct str prefix)
{
    return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.s, prefix.s, prefix.n) == 0);
}

bool str_ends(struct str a, struct str suffix)
{
    return a.n >= suffix.n && (suffix.n == 0 || memcmp(a.s + a.n - suffix.n, suffix.s, suffix.n) == 0);
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.s, b.s, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

bool size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

void *mem_new(size_t n, size_t item, const char *what, struct err *err)
{
    void *p = calloc(n ? n : 1, item ? item : 1);
    if (!p)
        err_memory(err, n * item, what);
    return p;
}

bool mem_grow(void **array, size_t *capacity, size_t need, size_t item, const char *what, struct err *err)
{
    if (need <= *capacity)
        return true;
    size_t wanted = *capacity ? *capacity : 16;
    while (wanted < need)
        if (!size_mul(wanted, 2, &wanted))
            return err_memory(err, need, what);
    size_t bytes;
    void *grown = size_mul(wanted, item, &bytes) ? realloc(*array, bytes) : NULL;
    if (!grown)
        return err_memory(err, need * item, what);
    *array = grown;
    *capacity = wanted;
    return true;
}

char *mem_copy_str(struct str s, struct err *err)
{
    char *copy = malloc(s.n + 1);
    if (!copy) {
        err_memory(err, s.n + 1, "a string");
        return NULL;
    }
    if (s.n)
        memcpy(copy, s.s, s.n);
    copy[s.n] = 0;
    return copy;
}

/* ---- arena: a list of blocks, the newest first ---- */

struct block {
    struct block *next;
    size_t size, used; /* of the payload */
    bool large;        /* from core/base/spare.h */
    _Alignas(ALIGN) unsigned char data[];
};

struct arena {
    struct block *blocks;
    size_t bytes, next; /* next: size of the next ordinary block */
};

struct arena *arena_new(struct err *err)
{
    return mem_new(1, sizeof(struct arena), "an arena", err);
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        if (block->large)
            spare_give(block, block->size + sizeof *block);
        else
            free(block);
        block = next;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->blocks);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    if (!arena || !arena->blocks)
        return;
    struct block *largest = arena->blocks, *rest = NULL;
    for (struct block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        if (b->size > largest->size)
            largest = b;
    }
    for (struct block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        if (b != largest) {
            b->next = rest;
            rest = b;
        }
    }
    free_blocks(rest);
    largest->next = NULL;
    largest->used = 0;
    arena->blocks = largest;
    arena->bytes = sizeof(struct block) + largest->size;
}

static struct block *new_block(struct arena *arena, size_t size)
{
    size_t whole;
    if (!size_add(size, sizeof(struct block), &whole))
        return NULL;
    bool large = whole >= 2 * (size_t)SPARE_ALIGN;
    size_t align = large ? SPARE_ALIGN : ALIGN;
    if (!size_add(whole, align - 1, &whole))
        return NULL;
    whole &= ~(align - 1);
    struct block *block = large ? spare_take(whole, &whole) : aligned_alloc(align, whole);
    if (!block)
        return NULL;
    *block = (struct block){.next = arena->blocks, .size = whole - sizeof(struct block), .large = large};
    arena->blocks = block;
    arena->bytes += whole;
    return block;
}

bool arena_reserve(struct arena *arena, size_t bytes, struct err *err)
{
    return new_block(arena, bytes) || err_memory(err, bytes, "an arena");
}

void *arena_alloc(struct arena *arena, size_t n, size_t item, const char *what, struct err *err)
{
    size_t bytes, rounded;
    if (!size_mul(n, item, &bytes) || !size_add(bytes, ALIGN - 1, &rounded)) {
        err_memory(err, SIZE_MAX, what);
        return NULL;
    }
    rounded &= ~(size_t)(ALIGN - 1);
    if (rounded == 0)
        rounded = ALIGN;
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < rounded) {
        if (arena->next == 0)
            arena->next = FIRST_BLOCK;
        block = new_block(arena, rounded > arena->next ? rounded : arena->next);
        if (!block) {
            err_memory(err, bytes, what);
            return NULL;
        }
        if (arena->next < LARGEST_BLOCK)
            arena->next *= 2;
    }
    void *piece = block->data + block->used;
    block->used += rounded;
    return piece;
}

void *arena_zalloc(struct arena *arena, size_t n, size_t item, const char *what, struct err *err)
{
    void *piece = arena_alloc(arena, n, item, what, err);
    if (piece)
        memset(piece, 0, n * item);
    return piece;
}

bool arena_str(struct arena *arena, struct str s, struct str *out, struct err *err)
{
    char *copy = arena_alloc(arena, s.n + 1, 1, "a string", err);
    if (!copy)
        return false;
    if (s.n)
        memcpy(copy, s.s, s.n);
    copy[s.n] = 0;
    *out = (struct str){copy, s.n};
    return true;
}

size_t arena_bytes(const struct arena *arena)
{
    return arena ? arena->bytes : 0;
}

/* ---- growing buffer ---- */

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

static bool buf_reserve(struct buf *b, size_t more)
{
    size_t need;
    if (b->failed || !size_add(b->n, more, &need) || !size_add(need, 1, &need) ||
        !mem_grow((void **)&b->data, &b->capacity, need, 1, "a buffer", NULL))
        b->failed = true;
    return !b->failed;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (!n || !buf_reserve(b, n))
        return;
    memcpy(b->data + b->n, bytes, n);
    b->n += n;
    b->data[b->n] = 0;
}

void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.s, s.n);
}

void buf_puts(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0) {
        b->failed = true;
    } else if (n > 0 && buf_reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->n, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

const char *buf_cstr(struct buf *b)
{
    return b->data && b->n ? b->data : "";
}

struct str buf_view(const struct buf *b)
{
    return (struct str){b->data ? b->data : "", b->n};
}

bool buf_ok(const struct buf *b, struct err *err)
{
    return !b->failed || err_memory(err, b->n, "text");
}
