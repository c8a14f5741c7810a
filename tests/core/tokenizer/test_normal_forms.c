/* Normal forms of what no usual text holds. */
#include <criterion/criterion.h>
#include <string.h>

#include "core/tokenizer/normalizer/steps.h"

/* Marks of one class keep their order; each class goes before those above it (Unicode Standard Annex 15). U+0323 has class 220,
 * U+0301 and U+0302 have 230. */
Test(tokenizer_normal_forms, runs_of_marks_of_any_length_are_ordered_by_class)
{
    enum { MOST = 200 };
    static const size_t lengths[] = {2, 3, 5, 31, 32, 33, 34, 64, MOST};
    static const char above[2][3] = {"\xcc\x81", "\xcc\x82"}, below[3] = "\xcc\xa3";
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        size_t marks = lengths[l], n = 1 + 2 * marks, n_above = 0, n_below = 0;
        char given[1 + 2 * MOST], want[1 + 2 * MOST];
        struct origin from[1 + 2 * MOST] = {0};
        given[0] = want[0] = 'a';
        for (size_t i = 0; i < marks; i++) {
            const char *mark = i % 2 ? below : above[i / 2 % 2];
            memcpy(given + 1 + 2 * i, mark, 2);
            for (size_t b = 0; b < 2; b++)
                from[1 + 2 * i + b] = (struct origin){(uint32_t)(1 + 2 * i), (uint32_t)(3 + 2 * i)};
        }
        from[0] = (struct origin){0, 1};
        for (size_t i = 1; i < marks; i += 2)
            memcpy(want + 1 + 2 * n_below++, below, 2);
        for (size_t i = 0; i < marks; i += 2)
            memcpy(want + 1 + 2 * (n_below + n_above++), above[i / 2 % 2], 2);
        struct normalized text = {0};
        struct err err = {0};
        cr_assert(normalized_load(&text, given, from, n, 0, (uint32_t)n, &err) && step_decompose(&text, false, &err), "%s", err.message);
        cr_assert(text.n == n && memcmp(text.text, want, n) == 0, "%zu marks: %zu bytes of %zu, or another order", marks, text.n, n);
        normalized_free(&text);
    }
}
