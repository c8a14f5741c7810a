/* Attention against a double loop in double precision: cap × grouped keys × mask × Tq ≠ Tk × mixing × sink × second
 * projections, every part of a map and what comes out of the heads.
 *
 *   scores = cap(mix · Σ terms)   probs = mix · softmax(scores where visible, sink)   z = probs · v of the head's group */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attention.h"
#include "core/base/pool.h"
#include "tests/support/scratch.h"

/* ---- what attends to what ---- */

enum mask_kind { MASK_NONE, MASK_CAUSAL, MASK_WINDOW, MASK_BITMAP, MASK_BOTH, MASKS };
enum { MIX_SCORES = 1, MIX_PROBS = 2, TERMS = 3 };

struct shape {
    size_t Tq, Tk, H, Hkv, D;
    float cap;
    enum mask_kind mask;
    unsigned mix;
    bool sink, second;
};

/* A shape with random numbers in it. Terms: the content, and two tables [H,Tq,Tk], the second with an edge part. */
struct setting {
    struct shape shape;
    struct attention a;
    float *floats[13];
    uint32_t *lo, *hi;
    unsigned char *bitmap, *seconds;
    float *tables[2], *edge;
};

static float *random_floats(struct setting *s, size_t slot, size_t n, float size, unsigned long long *state)
{
    s->floats[slot] = malloc(n * sizeof *s->floats[slot]);
    for (size_t i = 0; i < n; i++)
        s->floats[slot][i] = size * ((float)draw(state, 20001) / 10000 - 1);
    return s->floats[slot];
}

static void add_rows(const struct attention *a, const float *table, size_t head, size_t row, size_t rows, float *out)
{
    for (size_t i = 0; i < rows * a->Tk; i++)
        out[i] += table[(head * a->Tq + row) * a->Tk + i];
}

static bool first_table(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                        struct err *err)
{
    (void)scratch, (void)err;
    add_rows(a, ((const struct setting *)a->own)->tables[0], head, row, rows, out);
    return true;
}

static bool second_table(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                         struct err *err)
{
    (void)scratch, (void)err;
    add_rows(a, ((const struct setting *)a->own)->tables[1], head, row, rows, out);
    return true;
}

static bool second_edge(const struct attention *a, size_t head, size_t row, size_t rows, struct scratch *scratch, float *out,
                        struct err *err)
{
    (void)scratch, (void)err;
    add_rows(a, ((const struct setting *)a->own)->edge, head, row, rows, out);
    return true;
}

static const struct term term_first = {.name = "first", .summary = "a table", .logits = first_table};
static const struct term term_second = {.name = "second", .summary = "a table", .logits = second_table, .edge = second_edge};
static const struct term *const terms[TERMS + 1] = {&term_content, &term_first, &term_second, NULL};

/* Each query sees some keys; with MASK_BITMAP and MASK_BOTH every seventh query sees none. */
static void make_mask(struct setting *s, unsigned long long *state)
{
    size_t Tq = s->shape.Tq, Tk = s->shape.Tk, words = (Tk + 7) / 8;
    enum mask_kind kind = s->shape.mask;
    if (kind == MASK_CAUSAL || kind == MASK_WINDOW || kind == MASK_BOTH) {
        s->a.mask.lo = s->lo = calloc(Tq, sizeof *s->lo);
        s->a.mask.hi = s->hi = calloc(Tq, sizeof *s->hi);
        for (size_t i = 0; i < Tq; i++) {
            size_t at = i * Tk / Tq; /* where the query stands among the keys */
            s->lo[i] = (uint32_t)(kind != MASK_CAUSAL && at > 3 ? at - 3 : 0);
            s->hi[i] = (uint32_t)(kind == MASK_CAUSAL ? at + 1 : at + 4 < Tk ? at + 4 : Tk);
        }
    }
    if (kind == MASK_BITMAP || kind == MASK_BOTH) {
        s->a.mask.bitmap = s->bitmap = calloc(Tq, words);
        for (size_t i = 0; i < Tq; i++)
            for (size_t j = 0; j < Tk && i % 7 != 6; j++)
                if (draw(state, 3))
                    s->bitmap[i * words + j / 8] |= (unsigned char)(1 << j % 8);
    }
}

static bool sees(const struct setting *s, size_t i, size_t j)
{
    if (s->lo && (j < s->lo[i] || j >= s->hi[i]))
        return false;
    return !s->bitmap || s->bitmap[i * ((s->shape.Tk + 7) / 8) + j / 8] >> j % 8 & 1;
}

/* Rows have room between them, as where queries, keys and values are views of one product. */
static struct strided view_of(float *floats, size_t heads, size_t D)
{
    return (struct strided){floats, heads * D + 5, D};
}

/* Some rows have queries, keys and values of their own. */
static void make_second(struct setting *s, unsigned long long *state)
{
    size_t Tq = s->shape.Tq, Tk = s->shape.Tk, H = s->shape.H, G = s->shape.Hkv, D = s->shape.D;
    s->a.second.rows = s->seconds = calloc(Tq, 1);
    for (size_t i = 0; i < Tq; i++)
        s->seconds[i] = (unsigned char)draw(state, 2);
    s->a.second.q = view_of(random_floats(s, 10, Tq * (H * D + 5), 1.5f, state), H, D);
    s->a.second.k = view_of(random_floats(s, 11, Tk * (G * D + 5), 1.5f, state), G, D);
    s->a.second.v = view_of(random_floats(s, 12, Tk * (G * D + 5), 1, state), G, D);
}

static struct setting *setting_new(const struct shape *shape, unsigned long long seed)
{
    struct setting *s = calloc(1, sizeof *s);
    size_t Tq = shape->Tq, Tk = shape->Tk, H = shape->H, G = shape->Hkv, D = shape->D, n = H * Tq * Tk;
    unsigned long long state = seed * 2654435761u + 1;
    s->shape = *shape;
    s->a = (struct attention){
        .Tq = Tq, .Tk = Tk, .H = H, .Hkv = G, .D = D, .scale = 0.7f, .cap = shape->cap, .terms = terms, .own = s};
    s->a.q = view_of(random_floats(s, 0, Tq * (H * D + 5), 1.5f, &state), H, D);
    s->a.k = view_of(random_floats(s, 1, Tk * (G * D + 5), 1.5f, &state), G, D);
    s->a.v = view_of(random_floats(s, 2, Tk * (G * D + 5), 1, &state), G, D);
    s->a.z = view_of(random_floats(s, 3, Tq * (H * D + 5), 1, &state), H, D);
    s->tables[0] = random_floats(s, 4, n, 2, &state);
    s->tables[1] = random_floats(s, 5, n, 1, &state);
    s->edge = random_floats(s, 6, n, 1, &state);
    if (shape->mix & MIX_SCORES)
        s->a.mix_scores = random_floats(s, 7, H * H, 0.8f, &state);
    if (shape->mix & MIX_PROBS)
        s->a.mix_probs = random_floats(s, 8, H * H, 0.8f, &state);
    if (shape->sink)
        s->a.sink = random_floats(s, 9, H, 4, &state);
    make_mask(s, &state);
    if (shape->second)
        make_second(s, &state);
    return s;
}

static void setting_free(struct setting *s)
{
    for (size_t i = 0; i < sizeof s->floats / sizeof *s->floats; i++)
        free(s->floats[i]);
    free(s->lo);
    free(s->hi);
    free(s->bitmap);
    free(s->seconds);
    free(s);
}

/* ---- the reference ---- */

/* Element d of the row of a head; of grouped keys and values the head's group. */
static double element(const struct strided *x, size_t row, size_t head, size_t d)
{
    return x->data[row * x->row + head * x->step + d];
}

static double term_at(const struct setting *s, size_t term, size_t h, size_t i, size_t j)
{
    const struct attention *a = &s->a;
    if (term > 0)
        return s->tables[term - 1][(h * a->Tq + i) * a->Tk + j];
    bool second = s->seconds && s->seconds[i];
    double sum = 0;
    for (size_t d = 0; d < a->D; d++)
        sum += element(second ? &a->second.q : &a->q, i, h, d) *
               element(second ? &a->second.k : &a->k, j, h * s->shape.Hkv / s->shape.H, d);
    return sum * a->scale;
}

static double sum_at(const struct setting *s, unsigned chosen, size_t h, size_t i, size_t j)
{
    double sum = 0;
    for (size_t t = 0; t < TERMS; t++)
        sum += chosen >> t & 1 ? term_at(s, t, h, i, j) : 0;
    return sum;
}

static double score_at(const struct setting *s, unsigned chosen, size_t h, size_t i, size_t j)
{
    double score = s->a.mix_scores ? 0 : sum_at(s, chosen, h, i, j);
    for (size_t g = 0; s->a.mix_scores && g < s->shape.H; g++)
        score += s->a.mix_scores[h * s->shape.H + g] * sum_at(s, chosen, g, i, j);
    return s->shape.cap > 0 ? s->shape.cap * tanh(score / s->shape.cap) : score;
}

/* Row i of one head's softmax into out [Tk]. */
static void softmax_row(const struct setting *s, unsigned chosen, size_t h, size_t i, double *out)
{
    double sum = 0, largest = s->a.sink ? s->a.sink[h] : -INFINITY;
    for (size_t j = 0; j < s->shape.Tk; j++) {
        out[j] = sees(s, i, j) ? score_at(s, chosen, h, i, j) : -INFINITY;
        largest = fmax(largest, out[j]);
    }
    for (size_t j = 0; j < s->shape.Tk; j++)
        sum += out[j] = largest == -INFINITY ? 0 : exp(out[j] - largest);
    sum += s->a.sink ? exp(s->a.sink[h] - largest) : 0;
    for (size_t j = 0; j < s->shape.Tk; j++)
        out[j] = sum > 0 ? out[j] / sum : 0;
}

static void probs_row(const struct setting *s, unsigned chosen, size_t h, size_t i, double *out)
{
    size_t H = s->shape.H, Tk = s->shape.Tk;
    double *one = malloc(Tk * sizeof *one);
    if (!s->a.mix_probs) {
        softmax_row(s, chosen, h, i, out);
    } else {
        memset(out, 0, Tk * sizeof *out);
        for (size_t g = 0; g < H; g++) {
            softmax_row(s, chosen, g, i, one);
            for (size_t j = 0; j < Tk; j++)
                out[j] += s->a.mix_probs[h * H + g] * one[j];
        }
    }
    free(one);
}

/* Row i of a part of head h's map. */
static void want_row(const struct setting *s, struct part part, size_t h, size_t i, double *out)
{
    unsigned all = (1u << TERMS) - 1, used = all & ~attention_dropped(&s->a, h);
    size_t at = (h * s->shape.Tq + i) * s->shape.Tk;
    if (part.kind == PART_PROBS || part.kind == PART_SOFTMAX) {
        probs_row(s, part.kind == PART_PROBS ? used : part.terms, h, i, out);
        return;
    }
    for (size_t j = 0; j < s->shape.Tk; j++)
        out[j] = part.kind == PART_SCORES   ? score_at(s, used, h, i, j)
                 : part.kind == PART_LOGITS ? sum_at(s, part.terms, h, i, j)
                 : part.terms >> 2 & 1      ? s->edge[at + j]
                                            : 0;
}

/* ---- the comparison ---- */

static const struct {
    const char *name;
    struct part part;
    double tolerance;
} parts[] = {
    {"probs", {PART_PROBS, 0}, 2e-6},
    {"scores", {PART_SCORES, 0}, 1e-5},
    {"content", {PART_LOGITS, 1}, 1e-5},
    {"content+second", {PART_LOGITS, 5}, 1e-5},
    {"softmax of first", {PART_SOFTMAX, 2}, 2e-6},
    {"softmax of all", {PART_SOFTMAX, 7}, 2e-6},
    {"edge of second", {PART_EDGE, 6}, 1e-6},
    {"edge of content", {PART_EDGE, 1}, 0},
};

static void describe(const struct shape *s, char out[200])
{
    static const char *const masks[MASKS] = {"none", "causal", "window", "bitmap", "window and bitmap"};
    snprintf(out, 200, "Tq %zu, Tk %zu, H %zu, Hkv %zu, D %zu, cap %g, mask %s, mixing %u%s%s", s->Tq, s->Tk, s->H, s->Hkv, s->D,
             s->cap, masks[s->mask], s->mix, s->sink ? ", sink" : "", s->second ? ", second projections" : "");
}

static void check_parts(const struct setting *s, struct buf *wrong)
{
    const struct shape *shape = &s->shape;
    size_t row = shape->Tq / 3, rows = shape->Tq - row;
    float *got = malloc(rows * shape->Tk * sizeof *got);
    double *want = malloc(shape->Tk * sizeof *want);
    char name[200];
    describe(shape, name);
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        double worst = 0;
        for (size_t h = 0; h < shape->H; h++) {
            cr_assert(attention_map(&s->a, h, parts[p].part, row, rows, got, NULL));
            for (size_t i = 0; i < rows; i++) {
                want_row(s, parts[p].part, h, row + i, want);
                for (size_t j = 0; j < shape->Tk; j++)
                    worst = fmax(worst, fabs(got[i * shape->Tk + j] - want[j]));
            }
        }
        if (!(worst <= parts[p].tolerance))
            buf_printf(wrong, "\n  %s: %s is off by %.2g", name, parts[p].name, worst);
    }
    free(got);
    free(want);
}

static void check_output(const struct setting *s, struct buf *wrong)
{
    const struct attention *a = &s->a;
    double *probs = malloc(a->Tk * sizeof *probs), worst = 0;
    unsigned all = (1u << TERMS) - 1;
    for (size_t h = 0; h < a->H; h++)
        for (size_t i = 0; i < a->Tq; i++) {
            probs_row(s, all & ~attention_dropped(a, h), h, i, probs);
            for (size_t d = 0; d < a->D; d++) {
                double z = 0;
                for (size_t j = 0; j < a->Tk; j++)
                    z += probs[j] *
                         element(s->seconds && s->seconds[i] ? &a->second.v : &a->v, j, h * s->shape.Hkv / s->shape.H, d);
                worst = fmax(worst, fabs(z - a->z.data[i * a->z.row + h * a->z.step + d]));
            }
        }
    char name[200];
    describe(&s->shape, name);
    if (!(worst <= 5e-6))
        buf_printf(wrong, "\n  %s: z is off by %.2g", name, worst);
    free(probs);
}

/* Every combination of the kinds of shapes that architectures bring. */
static void each_shape(void (*check)(const struct setting *, struct buf *), bool forward)
{
    static const struct shape sizes[] = {{1, 1, 1, 1, 1, 0, 0, 0, false, false},  {7, 7, 4, 4, 8, 0, 0, 0, false, false},
                                         {5, 11, 4, 2, 5, 0, 0, 0, false, false}, {11, 5, 6, 2, 3, 0, 0, 0, false, false},
                                         {4, 9, 4, 1, 16, 0, 0, 0, false, false}, {70, 3, 2, 1, 4, 0, 0, 0, false, false}};
    static const float caps[] = {0, 2};
    struct buf wrong = {0};
    size_t seed = 0;
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
        for (size_t c = 0; c < 2; c++)
            for (enum mask_kind mask = 0; mask < MASKS; mask++)
                for (unsigned mix = 0; mix < 16; mix++) {
                    struct shape shape = sizes[n];
                    shape.cap = caps[c], shape.mask = mask, shape.mix = mix & 3, shape.sink = mix & 4, shape.second = mix & 8;
                    struct setting *s = setting_new(&shape, ++seed);
                    if (forward)
                        cr_assert(attention_forward(&s->a, 1, NULL));
                    check(s, &wrong);
                    setting_free(s);
                }
    cr_expect(wrong.n == 0, "%s", buf_cstr(&wrong));
    buf_free(&wrong);
    pool_free();
}

Test(attention, every_part_of_a_map_is_that_of_the_double_loop)
{
    each_shape(check_parts, false);
}

Test(attention, what_comes_out_of_the_heads_is_that_of_the_double_loop)
{
    each_shape(check_output, true);
}

Test(attention, long_texts_are_made_in_blocks_and_are_the_same)
{
    static const struct shape shapes[] = {{700, 650, 2, 1, 8, 0, MASK_WINDOW, 0, true, true},
                                          {650, 130, 2, 2, 4, 2, MASK_BITMAP, 3, false, true}};
    struct buf wrong = {0};
    for (size_t n = 0; n < 2; n++) {
        struct setting *s = setting_new(&shapes[n], n + 1);
        cr_assert(attention_forward(&s->a, 1, NULL));
        check_parts(s, &wrong);
        check_output(s, &wrong);
        setting_free(s);
    }
    cr_expect(wrong.n == 0, "%s", buf_cstr(&wrong));
    buf_free(&wrong);
    pool_free();
}

static unsigned second_term(const void *context, const struct attention *a, size_t head)
{
    (void)context, (void)a, (void)head;
    return 1u << 1;
}

Test(attention, a_term_that_is_dropped_is_in_no_score_and_still_shown_alone)
{
    static const struct shape shape = {6, 9, 4, 2, 5, 2, MASK_CAUSAL, MIX_SCORES, true, false};
    struct setting *s = setting_new(&shape, 77);
    struct buf wrong = {0};
    s->a.drops = second_term;
    cr_assert(attention_forward(&s->a, 1, NULL));
    check_parts(s, &wrong);
    check_output(s, &wrong);
    cr_expect(wrong.n == 0, "%s", buf_cstr(&wrong));
    setting_free(s);
    buf_free(&wrong);
}

/* Texts of unlike lengths side by side, each checked for itself. */
Test(attention, texts_of_one_layer_do_not_touch_one_another)
{
    static const struct shape shapes[3] = {{40, 40, 4, 2, 8, 0, MASK_CAUSAL, 0, false, false},
                                           {3, 3, 4, 2, 8, 0, MASK_CAUSAL, 0, false, false},
                                           {90, 90, 4, 2, 8, 0, MASK_CAUSAL, 0, false, false}};
    struct setting *settings[3];
    struct attention together[3];
    struct buf wrong = {0};
    pool_set_threads(3);
    for (size_t n = 0; n < 3; n++) {
        settings[n] = setting_new(&shapes[n], n + 5);
        together[n] = settings[n]->a;
    }
    cr_assert(attention_forward(together, 3, NULL));
    for (size_t n = 0; n < 3; n++) {
        check_output(settings[n], &wrong);
        setting_free(settings[n]);
    }
    cr_expect(wrong.n == 0, "%s", buf_cstr(&wrong));
    buf_free(&wrong);
    pool_free();
}

Test(attention, a_hidden_key_is_one_that_the_mask_leaves_out)
{
    for (enum mask_kind mask = 0; mask < MASKS; mask++) {
        struct shape shape = {9, 13, 1, 1, 2, 0, mask, 0, false, false};
        struct setting *s = setting_new(&shape, mask + 1);
        for (size_t i = 0; i < shape.Tq; i++)
            for (size_t j = 0; j < shape.Tk; j++)
                cr_assert_eq(attention_masked(&s->a, i, j), !sees(s, i, j), "mask %d, query %zu, key %zu", (int)mask, i, j);
        setting_free(s);
    }
}
