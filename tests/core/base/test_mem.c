/* Checked sizes, counted strings, the arena and the growing buffer. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/support/scratch.h"

Test(mem, products_and_sums_of_sizes_that_do_not_fit_are_refused)
{
    size_t out = 7;
    cr_expect(size_mul(SIZE_MAX, 1, &out) && out == SIZE_MAX);
    cr_expect(size_mul((size_t)1 << 32, ((size_t)1 << 32) - 1, &out));
    cr_expect(!size_mul((size_t)1 << 32, (size_t)1 << 32, &out));
    cr_expect(!size_mul(SIZE_MAX / 2 + 1, 2, &out));
    cr_expect(size_mul(0, SIZE_MAX, &out) && out == 0);
    cr_expect(size_add(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
    cr_expect(!size_add(SIZE_MAX, 1, &out));
}

Test(mem, counted_strings_hold_nul_bytes_and_compare_bytewise_the_shorter_first)
{
    struct str a = {"a\0b", 3}, b = {"a\0c", 3}, high = {"\xff", 1}, low = {"a", 1}, none = {NULL, 0};
    cr_expect(str_cmp(a, b) < 0 && str_cmp(b, a) > 0 && str_cmp(a, a) == 0);
    cr_expect(str_cmp(low, a) < 0, "a prefix comes first");
    cr_expect(str_cmp(low, high) < 0, "bytes are unsigned");
    cr_expect(!str_eq(a, b) && !str_is(a, "a") && str_eq(none, STR("")));
    cr_expect(str_starts(a, low) && str_starts(a, none) && !str_starts(low, a));
    cr_expect(str_ends(a, STR("b")) && str_ends(a, none) && !str_ends(low, a));
    cr_expect(str_of(NULL).n == 0 && str_of(NULL).s, "NULL gives the empty string");
}

Test(mem, what_grows_keeps_its_items_and_outlives_a_refusal)
{
    struct err err = {0};
    void *array = NULL;
    size_t capacity = 0;
    for (size_t need = 1; need <= 1000; need++) {
        cr_assert(mem_grow(&array, &capacity, need, sizeof(size_t), "numbers", &err), "%s", err.message);
        ((size_t *)array)[need - 1] = need;
    }
    cr_expect(capacity >= 1000 && capacity < 2048);
    void *before = array;
    cr_expect(!mem_grow(&array, &capacity, SIZE_MAX / 4, sizeof(size_t), "numbers", &err));
    cr_expect(err.code == ERR_MEMORY && strstr(err.message, "numbers"), "%s", err.message);
    cr_assert(array == before);
    for (size_t i = 0; i < 1000; i++)
        cr_assert_eq(((size_t *)array)[i], i + 1);
    free(array);
}

Test(mem, what_is_asked_for_beyond_all_memory_is_an_error_that_names_it)
{
    struct err err = {0};
    struct arena *arena = arena_new(&err);
    volatile size_t many = SIZE_MAX / 4;
    cr_expect_null(mem_new(many, 16, "a planet", &err));
    cr_expect(err.code == ERR_MEMORY && strstr(err.message, "a planet"), "%s", err.message);
    err_clear(&err);
    cr_expect_null(arena_alloc(arena, many, 16, "a moon", &err));
    cr_expect(err.code == ERR_MEMORY && strstr(err.message, "a moon"), "%s", err.message);
    err_clear(&err);
    cr_expect_null(arena_alloc(arena, SIZE_MAX - 3, 1, "a sun", &err));
    cr_expect_eq(err.code, ERR_MEMORY);
    err_clear(&err);
    cr_expect(!arena_reserve(arena, SIZE_MAX - 3, &err) && err.code == ERR_MEMORY);
    cr_expect_eq(arena_bytes(arena), 0, "a refusal holds nothing");
    arena_free(arena);
}

Test(mem, pieces_of_an_arena_are_aligned_and_do_not_overlap)
{
    enum { PIECES = 3000 };
    struct arena *arena = arena_new(NULL);
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES];
    unsigned long long state = 11;
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = draw(&state, i % 100 == 0 ? 300000 : 300);
        pieces[i] = arena_alloc(arena, sizes[i], 1, "a piece", NULL);
        cr_assert(pieces[i] && (uintptr_t)pieces[i] % 64 == 0);
        memset(pieces[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            cr_assert_eq(pieces[i][k], i % 251, "piece %zu was written over", i);
    arena_free(arena);
}

Test(mem, an_arena_that_is_reset_takes_no_more_from_the_system)
{
    struct arena *arena = arena_new(NULL);
    size_t first = 0;
    for (size_t round = 0; round < 100; round++) {
        for (size_t i = 0; i < 50; i++)
            cr_assert_not_null(arena_alloc(arena, 20000, 1, "a piece", NULL));
        if (round == 1)
            first = arena_bytes(arena);
        arena_reset(arena);
    }
    cr_expect_leq(arena_bytes(arena), 2 * first, "%zu bytes after 100 rounds, %zu after two", arena_bytes(arena), first);
    arena_free(arena);
    arena_free(NULL);
    arena_reset(NULL);
    cr_expect_eq(arena_bytes(NULL), 0);
}

Test(mem, zeroed_pieces_are_zero_where_others_have_been)
{
    struct arena *arena = arena_new(NULL);
    memset(arena_alloc(arena, 5000, 1, "a piece", NULL), 0xff, 5000);
    arena_reset(arena);
    unsigned char *again = arena_zalloc(arena, 5000, 1, "a piece", NULL);
    for (size_t i = 0; i < 5000; i++)
        cr_assert_eq(again[i], 0, "byte %zu", i);
    arena_free(arena);
}

Test(mem, what_was_reserved_is_given_out_of_one_block)
{
    struct arena *arena = arena_new(NULL);
    cr_assert(arena_reserve(arena, 64 * 1000, NULL));
    size_t held = arena_bytes(arena);
    unsigned char *last = arena_alloc(arena, 64, 1, "a piece", NULL);
    for (size_t i = 1; i < 1000; i++) {
        unsigned char *next = arena_alloc(arena, 64, 1, "a piece", NULL);
        cr_assert(next == last + 64);
        last = next;
    }
    cr_expect_eq(arena_bytes(arena), held);
    arena_free(arena);
}

Test(mem, a_buffer_takes_text_bytes_and_numbers_and_ends_in_nul)
{
    struct buf b = {0};
    cr_expect_str_eq(buf_cstr(&b), "");
    buf_puts(&b, "a");
    buf_char(&b, 'b');
    buf_add(&b, "\0c", 2);
    buf_str(&b, STR("d"));
    buf_printf(&b, "%s%d", "", -12);
    cr_expect(str_eq(buf_view(&b), STR("ab\0cd-12")) && b.data[b.n] == 0);
    buf_printf(&b, "%s", "");
    buf_add(&b, NULL, 0);
    cr_expect_eq(b.n, 8);
    cr_expect(buf_ok(&b, NULL));
    buf_free(&b);
}

Test(mem, a_buffer_that_failed_once_stays_failed_and_keeps_what_it_had)
{
    struct buf b = {0};
    struct err err = {0};
    volatile size_t too_many = SIZE_MAX - 2;
    buf_puts(&b, "kept");
    buf_add(&b, "x", too_many);
    buf_puts(&b, "lost");
    buf_printf(&b, "%d", 1);
    cr_expect_str_eq(buf_cstr(&b), "kept");
    cr_expect(!buf_ok(&b, &err) && err.code == ERR_MEMORY);
    buf_free(&b);
    cr_expect(buf_ok(&b, NULL), "buf_free begins anew");
}
