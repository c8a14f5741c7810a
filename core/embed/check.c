/* Looking through the words and numbers of a set. See check.h. */
#include "core/embed/check.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/base/text.h"

/* ---- words ---- */

static bool is_ascii(struct str s)
{
    uint64_t any = 0, piece;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        memcpy(&piece, s.s + i, 8);
        any |= piece;
    }
    for (; i < s.n; i++)
        any |= (uint64_t)(unsigned char)s.s[i];
    return !(any & 0x8080808080808080u);
}

struct seen {
    size_t n, first;
};

static void see(struct seen *seen, size_t row)
{
    if (!seen->n++)
        seen->first = row;
}

static bool remark(struct vectors *v, const struct seen *seen, const char *one, const char *several, struct err *err)
{
    return !seen->n || vectors_remark(v, err, "%zu word%s, first %s %zu", seen->n, seen->n == 1 ? one : several,
                                      v->first_line ? "in line" : "word", seen->first + (v->first_line ? v->first_line : 1));
}

bool check_words(struct vectors *v, struct err *err)
{
    struct seen empty = {0}, strange = {0}, broken = {0};
    for (size_t i = 0; i < v->V; i++) {
        struct str word = v->words[i];
        if (!word.n)
            see(&empty, i);
        else if (!is_ascii(word) && utf8_invalid_at(word) < word.n)
            see(&strange, i);
        if (memchr(word.s, '\n', word.n) || memchr(word.s, 0, word.n))
            see(&broken, i);
    }
    return remark(v, &empty, " is empty", "s are empty", err) && remark(v, &strange, " is not UTF-8", "s are not UTF-8", err) &&
           remark(v, &broken, " holds a line end or NUL", "s hold line ends or NUL", err);
}

/* ---- numbers ---- */

enum { BLOCK = 512 };

/* 32 bytes that may lie anywhere; compilers make of it what the CPU has. */
typedef uint32_t lane8 __attribute__((vector_size(32), aligned(1), may_alias));

/* An exponent of ones is NaN or infinite. */
static bool finite_f32(const unsigned char *row, size_t n)
{
    const uint32_t ones = 0x7f800000;
    lane8 any = {0};
    size_t d = 0;
    for (; d + 8 <= n; d += 8) {
        lane8 x = *(const lane8 *)(row + 4 * d) & ones;
        any |= (lane8)(x == ones);
    }
    uint32_t found = 0, bits;
    for (size_t k = 0; k < 8; k++)
        found |= any[k];
    for (; d < n; d++) {
        memcpy(&bits, row + 4 * d, 4);
        found |= (bits & ones) == ones;
    }
    return !found;
}

static bool finite_row(const struct vectors *v, size_t i, float *scratch)
{
    float sum = 0; /* NaN and infinities survive multiplication by 0 */
    if (v->dtype == &DTYPE_F32)
        return finite_f32((const unsigned char *)v->data + (v->offsets ? v->offsets[i] : i * v->stride), v->E);
    vectors_row(v, i, scratch);
    for (size_t d = 0; d < v->E; d++)
        sum += scratch[d] * 0;
    return isfinite(sum);
}

struct checking {
    const struct vectors *v;
    atomic_size_t n, first;
    atomic_bool failed;
};

static void check_block(void *context, size_t task, size_t thread)
{
    struct checking *c = context;
    float *scratch = pool_scratch(thread, 0, c->v->E * sizeof *scratch);
    if (!scratch)
        atomic_store(&c->failed, true);
    for (size_t i = task * BLOCK; scratch && i < c->v->V && i < (task + 1) * BLOCK && !cancel_requested(); i++) {
        if (finite_row(c->v, i, scratch))
            continue;
        size_t first = atomic_load(&c->first);
        while (i < first && !atomic_compare_exchange_weak(&c->first, &first, i)) {
        }
        atomic_fetch_add(&c->n, 1);
    }
}

bool check_numbers(struct vectors *v, struct err *err)
{
    struct checking checking = {.v = v, .first = SIZE_MAX};
    if (v->checked)
        return true;
    pool_run((v->V + BLOCK - 1) / BLOCK, check_block, &checking);
    if (cancel_requested())
        return err_set(err, ERR_CANCELLED, "cancelled");
    if (checking.failed)
        return err_memory(err, v->E * sizeof(float), "a vector");
    v->checked = true;
    return !checking.n || vectors_remark(v, err, "%zu word%s NaN or infinite numbers, first word %zu: never an answer",
                                         checking.n, checking.n == 1 ? " has" : "s have", checking.first + 1);
}
