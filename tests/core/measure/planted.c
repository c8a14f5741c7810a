/* Runs built by hand. See planted.h. */
#include "tests/core/measure/planted.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static bool add_rows(const struct attention *a, const float *table, size_t row, size_t rows, float *out)
{
    for (size_t i = 0; i < rows * a->Tk; i++)
        out[i] += table[row * a->Tk + i];
    return true;
}

#define PLANTED_TERM(t)                                                                                                       \
    static bool logits_##t(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch,           \
                           float *out, struct err *err)                                                                       \
    {                                                                                                                         \
        (void)head, (void)scratch, (void)err;                                                                                 \
        return add_rows(a, ((const struct planted *)a->own)->term[t], row, rows, out);                                        \
    }                                                                                                                         \
    static bool edge_##t(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out, \
                         struct err *err)                                                                                     \
    {                                                                                                                         \
        (void)head, (void)scratch, (void)err;                                                                                 \
        return add_rows(a, ((const struct planted *)a->own)->edge[t], row, rows, out);                                        \
    }                                                                                                                         \
    static const struct term term_##t = {.name = "t" #t, .summary = "planted", .logits = logits_##t, .edge = edge_##t};
PLANTED_TERM(0)
PLANTED_TERM(1)
PLANTED_TERM(2)
static const struct term *const terms[] = {&term_0, &term_1, &term_2, NULL};

struct planted *planted_new(size_t n, bool causal)
{
    struct planted *p = calloc(1, sizeof *p);
    cr_assert(p);
    p->n = n;
    for (size_t t = 0; t < PLANTED_TERMS; t++) {
        p->term[t] = calloc(n * n, sizeof(float));
        p->edge[t] = calloc(n * n, sizeof(float));
    }
    p->lo = calloc(n, sizeof *p->lo);
    p->hi = calloc(n, sizeof *p->hi);
    p->text.tokens = calloc(n, sizeof *p->text.tokens);
    p->text.n = n;
    for (size_t i = 0; i < n; i++) {
        p->hi[i] = (uint32_t)i + 1;
        p->text.tokens[i].id = (int32_t)(i * 5 % 7) + 10; /* some come again */
        p->text.tokens[i].string = i % 7 == 2 ? STR(".") : i % 7 == 4 ? STR(",") : STR("w");
        p->text.tokens[i].special_id = i == 0 || i + 1 == n;
    }
    p->starts[1] = n;
    p->tokens = (struct tokens){.name = "source", .texts = &p->text, .n_texts = 1, .rows = n, .starts = p->starts};
    p->shape = (struct layer_shape){1, 1, 1};
    p->model = (struct model){.name = "planted"};
    p->model.stacks[STACK_MAIN] = (struct stack){.kind = STACK_MAIN, .layers = 1, .shape = &p->shape, .terms = terms};
    p->attention = (struct attention){.stack = &p->model.stacks[STACK_MAIN], .queries = &p->tokens, .keys = &p->tokens, .Tq = n, .Tk = n, .H = 1, .Hkv = 1, .D = 1, .scale = 1, .terms = terms, .own = p};
    if (causal)
        p->attention.mask = (struct mask){.lo = p->lo, .hi = p->hi};
    p->run = (struct run){.model = &p->model, .tokens = &p->tokens, .attentions = &p->attention, .n_attentions = 1, .done = 1};
    return p;
}

void planted_free(struct planted *p)
{
    for (size_t t = 0; t < PLANTED_TERMS; t++) {
        free(p->term[t]);
        free(p->edge[t]);
    }
    free(p->lo);
    free(p->hi);
    free(p->text.tokens);
    free(p);
}

double random_fraction(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 40) / (double)(1 << 24);
}

void random_probs(uint64_t seed, size_t n, bool causal, size_t column, float *out)
{
    for (size_t i = 0; i < n; i++) {
        double row[512], sum = 0;
        cr_assert(n <= 512);
        for (size_t j = 0; j < n; j++) {
            double u = random_fraction(&seed);
            row[j] = causal && j > i ? 0 : u * u * u * u + (j == column && i % 3 ? 12.0 : 0.0);
            sum += row[j];
        }
        for (size_t j = 0; j < n; j++)
            out[i * n + j] = (float)(row[j] / sum);
    }
}
