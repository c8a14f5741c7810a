/* Scans: packed texts give what each gives alone, halves part, errors name their line. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/file.h"
#include "core/base/pool.h"
#include "core/forward.h"
#include "core/scan.h"

#define FOLDER "examples/models/deberta-v3-tiny"
#define TEXTS "tests/data/columns/texts.txt"

struct bench {
    struct model *model;
    struct file file;
    struct scan_options options;
};

static struct bench bench_open(const char *folder)
{
    struct bench b = {0};
    struct err err = {0};
    b.model = model_load(folder, NULL, &err);
    cr_assert(b.model, "%s", err.message);
    cr_assert(file_map(TEXTS, &b.file, &err), "%s", err.message);
    b.options = (struct scan_options){.model = b.model, .lines = {(const char *)b.file.data, b.file.size}, .name = TEXTS,
                                      .shortest = 8, .length = 40, .front = -1};
    return b;
}

static void bench_close(struct bench *b)
{
    file_unmap(&b->file);
    model_free(b->model);
}

/* ---- what is seen ---- */

struct seen {
    const struct scan_options *options;
    size_t texts, packed, numbers[64];
};

static bool remember(void *context, const struct scan_text *text, struct err *err)
{
    struct seen *seen = context;
    (void)err;
    seen->packed += text->run->tokens->n_texts > 1;
    seen->numbers[seen->texts++] = text->number;
    cr_expect(text->run->tokens->n_texts == 1 || text->run->tokens->rows <= 512, "a pass of %zu rows", text->run->tokens->rows);
    return true;
}

static float *map_of(const struct run *run, struct site site, size_t *n)
{
    const struct attention *a = run_attention(run, site, NULL);
    cr_assert(a);
    *n = a->Tq * a->Tk;
    float *map = malloc(*n * sizeof *map);
    cr_assert(map && run_map(run, site, (struct part){.kind = PART_PROBS}, 0, a->Tq, map, NULL));
    return map;
}

/* The last layer's map of head 1, of the text as packed and of the same text in a run of its own. */
static bool compare(void *context, const struct scan_text *text, struct err *err)
{
    struct seen *seen = context;
    struct scan_lines lines = {.rest = seen->options->lines};
    struct encoding alone;
    struct str line;
    bool was_cut;
    while (scan_next_line(&lines, &line) && lines.number < text->number)
        ;
    cr_assert_eq(lines.line, text->line);
    cr_assert(scan_encode(seen->options, line, &alone, &was_cut, err));
    struct run *run = run_one(seen->options->model, &alone, NULL, err);
    cr_assert(run, "%s", err->message);
    size_t n, m;
    float *packed = map_of(text->run, (struct site){.text = text->text, .layer = 5, .head = 1}, &n);
    float *single = map_of(run, (struct site){.layer = 5, .head = 1}, &m);
    cr_expect(n == m && memcmp(packed, single, n * sizeof *packed) == 0, "line %zu", text->line);
    free(packed);
    free(single);
    run_free(run);
    return remember(context, text, err);
}

Test(core_scan, a_packed_text_gives_bit_for_bit_what_it_gives_alone)
{
    struct bench b = bench_open(FOLDER);
    struct seen seen = {.options = &b.options};
    struct scan_observer observer = {.context = &seen, .see = compare};
    struct scan_counts counts;
    struct err err = {0};
    cr_assert(scan(&b.options, &observer, 1, &counts, &err), "%s", err.message);
    cr_expect_eq(counts.texts, 22);
    cr_expect_eq(counts.skipped, 1);
    cr_expect_eq(counts.cut, 1);
    cr_expect_eq(seen.texts, 22);
    cr_expect_gt(seen.packed, 10, "%zu of 22 texts shared a pass", seen.packed);
    bench_close(&b);
}

Test(core_scan, halves_part_the_texts_and_every_observer_sees_them)
{
    struct bench b = bench_open(FOLDER);
    struct err err = {0};
    size_t met[64] = {0}, all = 0;
    for (int half = SCAN_EVEN; half <= SCAN_ODD; half++) {
        struct seen seen[2] = {0};
        struct scan_observer observers[] = {{.context = &seen[0], .see = remember}, {.context = &seen[1], .see = remember}};
        struct scan_counts counts;
        b.options.half = (enum scan_half)half;
        cr_assert(scan(&b.options, observers, 2, &counts, &err), "%s", err.message);
        cr_expect(seen[0].texts == counts.texts && seen[1].texts == counts.texts);
        all += counts.texts;
        for (size_t i = 0; i < seen[0].texts; i++) {
            cr_expect_eq(seen[0].numbers[i] % 2, half == SCAN_ODD);
            met[seen[0].numbers[i]]++;
        }
    }
    cr_expect_eq(all, 22);
    for (size_t i = 0; i < 64; i++)
        cr_expect_leq(met[i], 1);
    bench_close(&b);
}

/* ---- what is looked at, pass by pass ---- */

struct looks {
    size_t made, dropped, taken, texts; /* passes; texts of those taken; made and dropped are accessed atomically */
    size_t blind_at; /* cannot look at a pass with the text of that number; 0: at each */
};
struct looked {
    struct looks *looks;
    size_t texts;
};

static void *look(void *context, const struct scan_text *texts, size_t n, struct err *err)
{
    struct looks *looks = context;
    for (size_t i = 0; i < n; i++)
        if (texts[i].number == looks->blind_at) {
            err_set(err, ERR_LIMIT, "text %zu cannot be looked at", texts[i].number);
            return NULL;
        }
    struct looked *made = calloc(1, sizeof *made);
    *made = (struct looked){looks, n};
    __atomic_add_fetch(&looks->made, 1, __ATOMIC_SEQ_CST);
    return made;
}

static bool take(void *context, void *made, struct err *err)
{
    struct looks *looks = context;
    struct looked *looked = made;
    (void)err;
    looks->taken++;
    looks->texts += looked->texts;
    return true;
}

static void drop(void *made)
{
    struct looked *looked = made;
    __atomic_add_fetch(&looked->looks->dropped, 1, __ATOMIC_SEQ_CST);
    free(looked);
}

Test(core_scan, what_is_made_of_a_pass_is_taken_once_and_dropped_whatever_comes)
{
    for (size_t threads = 1; threads <= 3; threads++)
        for (size_t blind = 0; blind <= 12; blind += 6) {
            pool_set_threads(threads);
            struct bench b = bench_open(FOLDER);
            struct looks looks = {.blind_at = blind};
            struct seen seen = {.options = &b.options};
            struct scan_observer observers[] = {{.context = &looks, .look = look, .take = take, .drop = drop}, {.context = &seen, .see = remember}};
            struct scan_counts counts;
            struct err err = {0};
            b.options.pass_over = true; /* it passes over texts that do not run, not what an observer reports */
            bool ok = scan(&b.options, observers, 2, &counts, &err);
            cr_expect(ok == (blind == 0), "%s", err.message);
            cr_expect(!blind || strstr(err.message, "cannot be looked at"), "%s", err.message);
            cr_expect(looks.made == looks.dropped && looks.texts == seen.texts && looks.texts == counts.texts && counts.bad == 0,
                      "%zu threads: %zu made, %zu dropped, %zu texts taken, %zu seen, %zu counted", threads, looks.made, looks.dropped, looks.texts,
                      seen.texts, counts.texts);
            cr_expect(ok ? looks.taken == looks.made && counts.texts == 22 : counts.texts < 22);
            bench_close(&b);
        }
    pool_set_threads(0);
}

Test(core_scan, each_so_many_th_text_of_a_half_alone_is_seen)
{
    struct bench b = bench_open(FOLDER);
    struct err err = {0};
    static const struct {
        enum scan_half half;
        size_t every, numbers[8];
    } rows[] = {{SCAN_ALL, 5, {1, 6, 11, 16, 21}}, {SCAN_ODD, 4, {1, 9, 17}}, {SCAN_EVEN, 4, {2, 10, 18}}, {SCAN_ALL, 99, {1}}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        struct seen seen = {0};
        struct scan_observer observer = {.context = &seen, .see = remember};
        struct scan_counts counts;
        size_t n = 0, found = 0;
        b.options.half = rows[r].half;
        b.options.every = rows[r].every;
        cr_assert(scan(&b.options, &observer, 1, &counts, &err), "%s", err.message);
        for (; rows[r].numbers[n]; n++)
            for (size_t i = 0; i < seen.texts; i++)
                found += seen.numbers[i] == rows[r].numbers[n];
        cr_expect(found == n && seen.texts == n, "row %zu: %zu of %zu", r, found, seen.texts);
    }
    bench_close(&b);
}

Test(core_scan, the_text_that_does_not_run_is_named_though_it_is_packed)
{
    struct bench b = bench_open("examples/models/roberta-tiny");
    struct buf lines = {0};
    struct seen seen = {0};
    struct scan_observer observer = {.context = &seen, .see = remember};
    struct scan_counts counts;
    struct err err = {0};
    for (int i = 0; i < 6; i++) {
        buf_puts(&lines, i == 3 ? "" : "A short line of a few words that runs.");
        for (int k = 0; i == 3 && k < 300; k++)
            buf_puts(&lines, "word ");
        buf_puts(&lines, "\n\n");
    }
    b.options.lines = buf_view(&lines);
    b.options.length = 0;
    cr_expect_not(scan(&b.options, &observer, 1, &counts, &err));
    cr_expect(strstr(err.message, TEXTS ":7: the text has "), "%s", err.message);
    b.options.lines = STR("A short line of a few words that runs.\nbad \xff bytes\n");
    cr_expect_not(scan(&b.options, &observer, 1, &counts, &err));
    cr_expect(strstr(err.message, TEXTS ":2: "), "%s", err.message);
    b.options.lines = STR("short\n\n");
    b.options.shortest = 8;
    cr_expect_null(scan_first(&b.options, &err));
    cr_expect_eq(err.code, ERR_NOT_FOUND);
    b.options.lines = STR("A short line of a few words that runs.\n");
    cancel_request();
    cr_expect_not(scan(&b.options, &observer, 1, &counts, &err));
    cr_expect_eq(err.code, ERR_CANCELLED);
    cancel_clear();
    buf_free(&lines);
    bench_close(&b);
}

Test(core_scan, lengths_are_those_of_whole_texts)
{
    struct bench b = bench_open(FOLDER);
    struct err err = {0};
    size_t *lengths, n, longer = 0, shorter = 0;
    cr_assert(scan_lengths(&b.options, &lengths, &n, &err), "%s", err.message);
    for (size_t i = 0; i < n; i++) {
        longer += lengths[i] > 40;
        shorter += lengths[i] < 8;
    }
    cr_expect(n == 23 && longer == 1 && shorter == 1, "%zu texts, %zu longer, %zu shorter", n, longer, shorter);
    free(lengths);
    bench_close(&b);
}

/* One text is longer than the model takes; it fails the pass that it shares, whatever passes run beside. */
Test(core_scan, a_text_that_does_not_run_is_passed_over_with_any_number_of_threads)
{
    for (size_t threads = 1; threads <= 4; threads++) {
        struct bench b = bench_open("examples/models/roberta-tiny");
        struct seen seen = {0};
        struct scan_observer observer = {.context = &seen, .see = remember};
        struct scan_counts counts;
        struct err err = {0};
        size_t n = b.file.size + 2048;
        char *lines = calloc(1, n);
        cr_assert(lines);
        memset(lines, 'x', 2000); /* one word of many pieces, in the first line */
        for (size_t i = 1; i < 2000; i += 2)
            lines[i] = ' ';
        lines[2000] = '\n';
        memcpy(lines + 2001, b.file.data, b.file.size);
        b.options.lines = (struct str){lines, strlen(lines)};
        b.options.length = 0;
        b.options.pass_over = true;
        pool_set_threads(threads);
        cr_assert(scan(&b.options, &observer, 1, &counts, &err), "%zu threads: %s", threads, err.message);
        cr_expect_eq(counts.texts, 22, "%zu threads: %zu texts", threads, counts.texts);
        cr_expect_eq(counts.bad, 1);
        cr_expect_eq(counts.bad_line, 1);
        free(lines);
        bench_close(&b);
    }
}
