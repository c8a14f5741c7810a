/* Columns of a trained model over the lines of a file, against transformers' attention (reference_texts.py). */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/file.h"
#include "core/base/pool.h"
#include "core/measure/column_texts.h"

#define FOLDER "examples/models/deberta-v3-tiny"
#define TEXTS "tests/data/columns/texts.txt"

struct reference_text {
    size_t layer, head;
    const char *kind;
    size_t value, held, could;
};
#include "tests/core/measure/reference_texts.h"

/* A loaded model, a mapped file, all its heads as sites. */
struct bench {
    struct model *model;
    struct file file;
    struct site sites[64];
    struct column_texts_options options;
};

static void bench_open(struct bench *b)
{
    struct err err = {0};
    *b = (struct bench){0};
    b->model = model_load(FOLDER, NULL, &err);
    cr_assert(b->model, "%s", err.message);
    cr_assert(file_map(TEXTS, &b->file, &err), "%s", err.message);
    size_t n = 0;
    for (size_t layer = 0; layer < b->model->stacks[STACK_MAIN].layers; layer++)
        for (size_t head = 0; head < stack_heads(&b->model->stacks[STACK_MAIN]); head++)
            b->sites[n++] = (struct site){.layer = layer, .head = head};
    b->options = (struct column_texts_options){.model = b->model, .lines = {(const char *)b->file.data, b->file.size},
                                               .name = TEXTS, .length = 40, .shortest = COLUMN_TEXTS_SHORTEST, .front = -1, .seed = 1, .rule = {COLUMN_RATIO, COLUMN_COVER}, .sites = b->sites,
                                               .n_sites = n};
}

static void bench_close(struct bench *b)
{
    file_unmap(&b->file);
    model_free(b->model);
}

static void compare(const struct column_texts *texts, const struct reference_text *rows, size_t n, const size_t counts[4])
{
    cr_expect(texts->chosen_on == counts[0] && texts->counted_on == counts[1] && texts->skipped == counts[2] &&
                  texts->cut == counts[3],
              "texts %zu + %zu, skipped %zu, cut %zu; transformers: %zu + %zu, %zu, %zu", texts->chosen_on, texts->counted_on,
              texts->skipped, texts->cut, counts[0], counts[1], counts[2], counts[3]);
    size_t found = 0, rows_here = 0;
    for (size_t s = 0; s < texts->n; s++)
        rows_here += texts->heads[s].n;
    for (size_t r = 0; r < n; r++)
        for (size_t s = 0; s < texts->n; s++)
            for (size_t k = 0; k < texts->heads[s].n; k++) {
                const struct column_texts_head *head = &texts->heads[s];
                const struct hypothesis *h = &head->hypotheses[k];
                const char *kind = h->kind ? h->kind->name : "none";
                if (head->site.layer != rows[r].layer || head->site.head != rows[r].head || strcmp(kind, rows[r].kind) != 0 ||
                    h->value != rows[r].value)
                    continue;
                found++;
                cr_expect(h->held == rows[r].held && h->could == rows[r].could,
                          "L%zu.H%zu %s %zu: %zu of %zu, transformers %zu of %zu", rows[r].layer, rows[r].head, rows[r].kind,
                          rows[r].value, h->held, h->could, rows[r].held, rows[r].could);
            }
    cr_expect_eq(found, n, "%zu of %zu hypotheses found", found, n);
    cr_expect_eq(rows_here, n, "%zu hypotheses, transformers %zu", rows_here, n);
}

Test(core_column_texts, counts_equal_transformers)
{
    struct bench b;
    struct column_texts texts;
    struct err err = {0};
    bench_open(&b);
    cr_assert(column_texts(&b.options, &texts, &err), "%s", err.message);
    compare(&texts, special_texts, sizeof special_texts / sizeof *special_texts, special_counts);
    column_texts_free(&texts);
    b.options.no_special = true;
    cr_assert(column_texts(&b.options, &texts, &err), "%s", err.message);
    compare(&texts, plain_texts, sizeof plain_texts / sizeof *plain_texts, plain_counts);
    column_texts_free(&texts);
    bench_close(&b);
}

/* [CLS] stands at index 0 of every text: nothing here tells the two apart, until a token is put in front. */
Test(core_column_texts, hypotheses_that_hold_together_are_joined_until_they_come_apart)
{
    struct bench b;
    struct column_texts texts;
    struct err err = {0};
    bench_open(&b);
    b.options.sites = &b.sites[5 * stack_heads(&b.model->stacks[STACK_MAIN])]; /* L5.H0 */
    b.options.n_sites = 1;
    cr_assert(column_texts(&b.options, &texts, &err), "%s", err.message);
    size_t index = 0, cls = 0;
    const struct column_texts_head *head = &texts.heads[0];
    for (size_t k = 1; k < head->n; k++) {
        if (strcmp(head->hypotheses[k].kind->name, "index") == 0 && head->hypotheses[k].value == 0)
            index = k;
        if (strcmp(head->hypotheses[k].kind->name, "special") == 0 && head->hypotheses[k].value == 1)
            cls = k;
    }
    cr_assert(index && cls);
    cr_expect_eq(head->hypotheses[index].same_as, head->hypotheses[cls].same_as);
    cr_expect_lt(head->hypotheses[cls].permuted_held, head->hypotheses[cls].could, "chance gives far less");
    column_texts_free(&texts);
    cr_assert(column_texts_token(b.model->tokenizer, STR("\u2581the"), &b.options.front, &err), "%s", err.message);
    cr_assert(column_texts(&b.options, &texts, &err), "%s", err.message);
    head = &texts.heads[0];
    for (size_t k = 1; k < head->n; k++)
        for (size_t e = 1; e < head->n; e++)
            if (strcmp(head->hypotheses[k].kind->name, "special") == 0 && head->hypotheses[k].value == 1 &&
                strcmp(head->hypotheses[e].kind->name, "index") == 0 && head->hypotheses[e].value == 0)
                cr_expect_neq(head->hypotheses[k].same_as, head->hypotheses[e].same_as);
    column_texts_free(&texts);
    bench_close(&b);
}

static size_t reported, reported_total;
static void report(void *context, size_t done, size_t total)
{
    (void)context;
    cr_expect_eq(done, reported + 1);
    reported = done;
    reported_total = total;
}

Test(core_column_texts, threads_change_nothing_and_progress_counts_lines)
{
    struct bench b;
    struct column_texts texts[2];
    struct err err = {0};
    struct watch watch = {.progress = report};
    bench_open(&b);
    b.options.watch = &watch;
    for (size_t i = 0; i < 2; i++) {
        reported = 0;
        pool_set_threads(i + 1);
        cr_assert(column_texts(&b.options, &texts[i], &err), "%s", err.message);
        cr_expect_eq(reported, 23);
        cr_expect_eq(reported_total, 23, "23 lines are not blank");
    }
    for (size_t s = 0; s < texts[0].n; s++) {
        cr_expect_eq(texts[0].heads[s].n, texts[1].heads[s].n);
        for (size_t k = 0; k < texts[0].heads[s].n; k++) {
            const struct hypothesis *x = &texts[0].heads[s].hypotheses[k], *y = &texts[1].heads[s].hypotheses[k];
            cr_expect(x->kind == y->kind && x->value == y->value && x->held == y->held && x->could == y->could &&
                      x->permuted_held == y->permuted_held && x->same_as == y->same_as);
        }
    }
    column_texts_free(&texts[0]);
    column_texts_free(&texts[1]);
    bench_close(&b);
}

Test(core_column_texts, errors_name_the_line)
{
    struct bench b;
    struct column_texts texts;
    struct err err = {0};
    bench_open(&b);
    b.options.lines = STR("\n\nA first line that has more than eight tokens in it.\nand a \xff second one\n");
    cr_expect_not(column_texts(&b.options, &texts, &err));
    cr_expect(strstr(err.message, TEXTS ":4: "), "%s", err.message);
    cr_expect_null(texts.heads);
    cancel_request();
    b.options.lines = (struct str){(const char *)b.file.data, b.file.size};
    cr_expect_not(column_texts(&b.options, &texts, &err));
    cr_expect_eq(err.code, ERR_CANCELLED);
    cancel_clear();
    int32_t id;
    cr_expect_not(column_texts_token(b.model->tokenizer, STR("several words here"), &id, &err));
    cr_expect_eq(err.code, ERR_ARG);
    bench_close(&b);
}
