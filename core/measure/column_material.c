/* Texts of one length. See column_material.h. */
#include "core/measure/column_material.h"

#include <stdlib.h>

#include "core/base/cancel.h"
#include "core/base/random.h"
#include "core/scan.h"

/* A word: letters alone, three or more (bytes beyond ASCII count as letters). */
static bool is_ordinary(const struct tokenizer *tokenizer, int32_t id)
{
    struct buf text = {0};
    bool ordinary = !tokenizer_is_special(tokenizer, id);
    tokenizer_display(tokenizer, id, &text);
    ordinary = ordinary && !text.failed && text.n >= 3;
    for (size_t i = 0; ordinary && i < text.n; i++) {
        unsigned char c = (unsigned char)text.data[i];
        ordinary = c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    buf_free(&text);
    return ordinary;
}

/* ---- texts ---- */

/* Texts by their tokens: a table of numbers + 1, open addressing. */
struct known {
    size_t *number;
    size_t mask;
};

static bool same_tokens(const struct encoding *a, const struct encoding *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a->tokens[i].id != b->tokens[i].id)
            return false;
    return true;
}

/* Was a text before it the same? Else it is known from now on. */
static bool is_known(struct known *known, const struct material *m)
{
    const struct encoding *text = &m->texts[m->n];
    uint64_t hash = 0;
    for (size_t i = 0; i < m->length; i++)
        hash = random_stream(hash, (uint64_t)text->tokens[i].id);
    size_t at = hash & known->mask;
    for (; known->number[at]; at = (at + 1) & known->mask)
        if (same_tokens(&m->texts[known->number[at] - 1], text, m->length))
            return true;
    known->number[at] = m->n + 1;
    return false;
}

static bool take_lines(const struct column_test_options *o, struct known *known, struct material *m, struct err *err)
{
    struct scan_options scan = {.model = o->model, .lines = o->lines, .name = o->name, .length = o->length,
                                .no_special = o->no_special, .front = o->front};
    struct scan_lines lines = {.rest = o->lines};
    struct str text;
    while (m->n < o->texts && scan_next_line(&lines, &text)) {
        bool was_cut;
        if (cancel_requested())
            return err_set(err, ERR_CANCELLED, "cancelled");
        if (!scan_encode(&scan, text, &m->texts[m->n], &was_cut, err))
            return err && (err->code == ERR_CANCELLED || err->code == ERR_MEMORY)
                       ? false
                       : err_prefix(err, "%s:%zu: ", o->name, lines.line);
        bool is_short = m->texts[m->n].n < o->length;
        if (is_short || is_known(known, m)) {
            encoding_free(&m->texts[m->n]);
            m->texts[m->n] = (struct encoding){0};
            ++*(is_short ? &m->skipped : &m->again);
            continue;
        }
        m->cut += was_cut;
        m->n++;
    }
    if (m->n < 4)
        return err_set(err, ERR_NOT_FOUND, "%s: %zu%s text%s of %zu tokens; the test needs 4 at least (length= chooses)", o->name, m->n,
                       m->again ? " different" : "", m->n == 1 ? "" : "s", o->length);
    return true;
}

static bool take_texts(const struct column_test_options *o, struct material *m, struct err *err)
{
    struct known known = {.mask = 1};
    while (known.mask < 2 * o->texts)
        known.mask = 2 * known.mask + 1;
    known.number = mem_new(known.mask + 1, sizeof *known.number, "texts", err);
    bool ok = known.number && take_lines(o, &known, m, err);
    free(known.number);
    return ok;
}

/* Random words between the special tokens that the tokenizer puts around a text. */
static bool make_texts(const struct column_test_options *o, struct material *m, struct err *err)
{
    const struct tokenizer *tokenizer = o->model->tokenizer;
    struct encoding around;
    int32_t *ids = mem_new(2 * o->length, sizeof *ids, "texts", err), *types = ids ? ids + o->length : NULL;
    size_t before = 0, V = tokenizer_vocab_size(tokenizer);
    uint64_t state = random_stream(o->seed, 0x7465787473); /* apart from what is drawn for variants */
    if (!ids || !tokenizer_encode(tokenizer, STR("the"), NULL, o->no_special ? TOKENIZE_NO_SPECIAL : 0, &around, err)) {
        free(ids);
        return false;
    }
    while (before < around.n && around.tokens[before].text < 0)
        before++;
    size_t behind = around.n;
    while (behind > before && around.tokens[behind - 1].text < 0)
        behind--;
    size_t n_behind = around.n - behind, n_front = o->front >= 0;
    bool ok = n_front + before + n_behind + 4 <= o->length || err_set(err, ERR_ARG, "length= is too short");
    for (; ok && m->n < o->texts; m->n++) {
        for (size_t i = 0; i < o->length; i++) {
            size_t own = i - n_front;
            if (i < n_front) {
                ids[i] = o->front;
            } else if (own < before) {
                ids[i] = around.tokens[own].id;
            } else if (i + n_behind >= o->length) {
                ids[i] = around.tokens[behind + (i + n_behind - o->length)].id;
            } else {
                for (size_t tries = 0; tries < 10000; tries++) {
                    ids[i] = (int32_t)random_below((uint32_t)(random_next(&state) >> 32), (uint32_t)V);
                    if (is_ordinary(tokenizer, ids[i]))
                        break;
                }
            }
            types[i] = around.tokens[0].type;
        }
        if (!encoding_of_ids(tokenizer, ids, types, o->length, &m->texts[m->n], err))
            ok = false;
        if (!ok)
            break;
    }
    encoding_free(&around);
    free(ids);
    return ok;
}

/* ---- words ---- */

struct counted {
    int32_t id;
    size_t count; /* in the choosing half */
};

static int by_id(const void *a, const void *b)
{
    int32_t x = ((const struct counted *)a)->id, y = ((const struct counted *)b)->id;
    return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : by_id(a, b);
}

static bool choose_words(const struct column_test_options *o, struct material *m, struct err *err)
{
    struct counted *counted = mem_new(m->n * m->length, sizeof *counted, "words", err);
    size_t n = 0, kept = 0;
    if (!counted)
        return false;
    for (size_t t = 0; t < m->n; t++)
        for (size_t i = 1; i + 1 < m->length; i++)
            counted[n++] = (struct counted){m->texts[t].tokens[i].id, t % 2 == 0};
    qsort(counted, n, sizeof *counted, by_id);
    for (size_t i = 0; i < n; i++) {
        if (kept && counted[kept - 1].id == counted[i].id)
            counted[kept - 1].count += counted[i].count;
        else if (is_ordinary(o->model->tokenizer, counted[i].id))
            counted[kept++] = counted[i];
    }
    m->ordinary = mem_new(kept + 1, sizeof *m->ordinary, "words", err);
    for (size_t i = 0; m->ordinary && i < kept; i++)
        m->ordinary[m->n_ordinary++] = counted[i].id;
    qsort(counted, kept, sizeof *counted, by_count);
    bool enough = kept >= COLUMN_TEST_WORDS;
    for (size_t i = 0; enough && i < COLUMN_TEST_WORDS; i++)
        m->words[i] = counted[i].id;
    free(counted);
    return m->ordinary && (enough || err_set(err, ERR_NOT_FOUND, "%s: %zu ordinary words; the test needs %d to put in the place of special tokens",
                                             o->name, kept, COLUMN_TEST_WORDS));
}

/* ---- the other axis ---- */

enum stack_kind column_axis_stack(enum column_axis axis)
{
    return axis == AXIS_TARGET ? STACK_DECODER : STACK_MAIN;
}

/* Targets of the sources gathered, and which of the two are changed. */
static bool add_targets(const struct column_test_options *o, struct material *m, struct err *err)
{
    if (!o->model->stacks[STACK_DECODER].layers)
        return true;
    struct encoding *targets = mem_new(m->n, sizeof *targets, "texts", err);
    int32_t *ids = mem_new(m->length, sizeof *ids, "texts", err);
    bool ok = targets && ids;
    for (size_t t = 0; ok && t < m->n; t++) {
        ids[0] = o->model->start_token;
        for (size_t i = 1; i < m->length; i++)
            ids[i] = m->texts[t].tokens[i - 1].id;
        ok = encoding_of_ids(o->model->tokenizer, ids, NULL, m->length, &targets[t], err);
    }
    free(ids);
    m->others = m->axis == AXIS_TARGET && targets ? m->texts : targets;
    if (m->axis == AXIS_TARGET && targets)
        m->texts = targets;
    return ok;
}

bool material_gather(const struct column_test_options *options, enum column_axis axis, struct material *out, struct err *err)
{
    *out = (struct material){.axis = axis, .length = options->length};
    out->texts = mem_new(options->texts, sizeof *out->texts, "texts", err);
    if (out->texts && (options->lines.n ? take_texts(options, out, err) : make_texts(options, out, err)) &&
        add_targets(options, out, err) && choose_words(options, out, err))
        return true;
    material_free(out);
    *out = (struct material){0};
    return false;
}

int32_t column_shift(const struct model *model, enum column_axis axis, size_t length)
{
    size_t most = model->stacks[column_axis_stack(axis)].max_tokens;
    if (most && most <= length)
        return 0;
    return most && most - length < COLUMN_TEST_SHIFT ? (int32_t)(most - length) : COLUMN_TEST_SHIFT;
}

void material_free(struct material *m)
{
    for (size_t t = 0; m->texts && t < m->n; t++)
        encoding_free(&m->texts[t]);
    for (size_t t = 0; m->others && t < m->n; t++)
        encoding_free(&m->others[t]);
    free(m->texts);
    free(m->others);
    free(m->ordinary);
}
