/* Columns planted in the trained weights of the embedded models, in copies of their files: found and classed right. The same files
 * with shuffled weights, and fresh ones, give none.
 *
 * A query bias alone is planted by what it shall give each key: b·k_j of L0.H0 by least squares over keys that the model itself makes
 * of texts and their variants. A bias that merely points at a key gives others of these what the trained rows share. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/measure/column.h"
#include "core/measure/column_jobs.h"
#include "core/measure/column_test.h"
#include "core/measure/hypothesis.h"
#include "core/measure/positions.h"
#include "core/op/half.h"

enum { E = 128, LENGTH = 24, HEADS = 24 };

/* ---- a copy of a model, its tensors of F16 open to changes ---- */

struct copy {
    char folder[64];
    unsigned char *bytes;
    size_t n;
};

static uint16_t half_of(float x)
{
    union { float f; uint32_t u; } v = {x};
    int exponent = (int)((v.u >> 23) & 255) - 127 + 15;
    if (exponent <= 0)
        return 0;
    return (uint16_t)((v.u >> 16 & 0x8000) | (uint32_t)exponent << 10 | (v.u >> 13 & 0x3ff));
}

static void copy_open(struct copy *c, const char *model)
{
    char command[400], path[200];
    strcpy(c->folder, "/tmp/gaze-planted-XXXXXX");
    cr_assert(mkdtemp(c->folder));
    snprintf(command, sizeof command, "cp examples/models/%s/* %s/", model, c->folder);
    cr_assert_eq(system(command), 0);
    snprintf(path, sizeof path, "%s/model.safetensors", c->folder);
    FILE *f = fopen(path, "rb");
    cr_assert(f && !fseek(f, 0, SEEK_END));
    c->n = (size_t)ftell(f);
    c->bytes = calloc(c->n + 1, 1);
    rewind(f);
    cr_assert(c->bytes && fread(c->bytes, 1, c->n, f) == c->n);
    fclose(f);
}

/* The bytes of a tensor of halves. */
static unsigned char *tensor_of(const struct copy *c, const char *name)
{
    uint64_t header;
    char quoted[128];
    size_t from;
    memcpy(&header, c->bytes, sizeof header);
    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    const char *at = strstr((const char *)c->bytes + 8, quoted);
    cr_assert(at && strstr(at, "\"F16\"") && (at = strstr(at, "data_offsets")), "%s", name);
    cr_assert_eq(sscanf(at, "data_offsets\":[%zu", &from), 1);
    return c->bytes + 8 + header + from;
}

static float get(const unsigned char *halves, size_t i)
{
    uint16_t half;
    memcpy(&half, halves + 2 * i, 2);
    return half_to_float(half);
}

static void add(unsigned char *halves, size_t i, float value)
{
    uint16_t half = half_of(get(halves, i) + value);
    memcpy(halves + 2 * i, &half, 2);
}

static void copy_write(const struct copy *c)
{
    char path[200];
    snprintf(path, sizeof path, "%s/model.safetensors", c->folder);
    FILE *f = fopen(path, "wb");
    cr_assert(f && fwrite(c->bytes, 1, c->n, f) == c->n && !fclose(f));
}

static void copy_free(struct copy *c)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", c->folder);
    cr_assert_eq(system(command), 0);
    free(c->bytes);
}

/* ---- planting ---- */

/* Head 0 of layer 0 asks for the first number of a key by its query's bias; rows are moved along what gives a key that number. */
struct plant {
    const char *model, *bias, *key;
    size_t key_at, key_step; /* where in that tensor the E weights of the number lie */
    float bias_by, by;
    struct {
        const char *table;
        size_t row;
    } rows[2];
    enum verdict verdict;
};
#define ROBERTA "roberta-tiny", "roberta.encoder.layer.0.attention.self.query.bias", "roberta.encoder.layer.0.attention.self.key.weight", 0, 1
#define WORDS "roberta.embeddings.word_embeddings.weight"
#define PLACES "roberta.embeddings.position_embeddings.weight"
static const struct plant plants[] = {
    {ROBERTA, 20, 1.5f, {{PLACES, 2}}, VERDICT_INDEX},
    {ROBERTA, 20, 1.5f, {{WORDS, 0}}, VERDICT_TOKEN},
    {ROBERTA, 20, 1.5f, {{PLACES, 2}, {WORDS, 0}}, VERDICT_EITHER},
    {"deberta-v1-tiny", "deberta.encoder.layer.0.attention.self.q_bias", "deberta.encoder.layer.0.attention.self.in_proj.weight", 32 * E, 1, 20, 1.5f,
     {{"deberta.embeddings.word_embeddings.weight", 1}}, VERDICT_TOKEN},
    {"gpt2-tiny", "transformer.h.0.attn.c_attn.bias", "transformer.h.0.attn.c_attn.weight", E, 3 * E, 20, 1.5f, {{"transformer.wpe.weight", 0}},
     VERDICT_INDEX},
};
enum { PLANTS = sizeof plants / sizeof *plants };

static void plant(struct copy *c, const struct plant *p)
{
    const unsigned char *key = tensor_of(c, p->key);
    double norm = 0;
    for (size_t e = 0; e < E; e++)
        norm += pow((double)get(key, p->key_at + e * p->key_step), 2);
    add(tensor_of(c, p->bias), 0, p->bias_by);
    for (size_t r = 0; r < 2 && p->rows[r].table; r++)
        for (size_t e = 0; e < E; e++)
            add(tensor_of(c, p->rows[r].table), p->rows[r].row * E + e, p->by * get(key, p->key_at + e * p->key_step) / (float)sqrt(norm));
    copy_write(c);
}

/* On the first 24 lines of examples/texts.txt: of random words the loss says nothing. */
static struct column_test_options options_for(struct model *model, size_t n_sites, size_t twins)
{
    static char text[65536];
    static struct site sites[HEADS];
    FILE *f = fopen("examples/texts.txt", "rb");
    cr_assert(f);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    for (size_t h = 0; h < HEADS; h++)
        sites[h] = (struct site){.layer = h / 4, .head = h % 4};
    return (struct column_test_options){.model = model, .lines = {text, n}, .name = "texts.txt", .length = LENGTH, .texts = 24, .front = -1, .seed = 3, .rule = {COLUMN_RATIO, COLUMN_COVER},
                                        .sites = sites, .n_sites = n_sites, .twins = twins};
}

static void test_model(struct model *model, size_t n_sites, size_t twins, struct column_test *out)
{
    struct err err = {0};
    struct column_test_options options = options_for(model, n_sites, twins);
    cr_assert(column_test(&options, out, &err), "%s", err.message);
}

/* Beside the verdict, the references: a key at random, shuffled and fresh weights, permuted keys have no column there. */
Test(core_column_planted, columns_planted_in_trained_weights_are_found_and_classed)
{
    for (size_t i = 0; i < PLANTS; i++) {
        struct copy c;
        struct column_test out;
        struct err err = {0};
        copy_open(&c, plants[i].model);
        plant(&c, &plants[i]);
        struct model *model = model_load(c.folder, NULL, &err);
        cr_assert(model, "%s", err.message);
        test_model(model, 1, 2, &out);
        cr_assert(out.n >= 1 && out.heads[0].place == PLACE_START, "%s, plant %zu: no column at the start", plants[i].model, i);
        const struct column_test_head *head = &out.heads[0];
        cr_expect_eq(head->square.verdict, plants[i].verdict, "%s, plant %zu: verdict %d, n·c %.2f, replaced %.2f, vacant %.2f, both %.2f", plants[i].model, i,
                     head->square.verdict, head->square.excess + 1, head->square.cell[SQUARE_INDEX].value, head->square.cell[SQUARE_TOKEN].value,
                     head->square.cell[SQUARE_NONE].value);
        for (int r = 0; r < COLUMN_REFERENCES; r++)
            cr_expect(head->reference[r].n && head->reference[r].mean < 2.5 && head->reference[r].low <= head->reference[r].high,
                      "%s, plant %zu: %s %.2f", plants[i].model, i, column_reference_names[r], head->reference[r].mean);
        cr_expect_eq(out.side[0].count.mean, 1);
        cr_expect(out.side[0].twins[0].n == 2 && out.side[0].twins[1].n == 2 && out.side[0].twins[1].mean == 0);
        column_test_free(&out);
        model_free(model);
        copy_free(&c);
    }
}

/* ---- a query bias alone ---- */

enum { D = 32, UNKNOWNS = D + 1 /* the bias, and what all keys have in common */ };

/* What b·k_j / √D shall add, in nats, at the first key as it is, and in each cell of the square; 0 at every other key. */
struct aim {
    const char *model, *bias;
    double base, cell[SQUARE_CELLS];
    enum verdict verdict;
};
static const struct aim aims[] = {
    {"roberta-tiny", "roberta.encoder.layer.0.attention.self.query.bias", 9, {9, 0, 0}, VERDICT_INDEX},
    {"roberta-tiny", "roberta.encoder.layer.0.attention.self.query.bias", 12, {0, 12, 0}, VERDICT_TOKEN},
    {"roberta-tiny", "roberta.encoder.layer.0.attention.self.query.bias", 16, {12, 12, 0}, VERDICT_EITHER},
    {"roberta-tiny", "roberta.encoder.layer.0.attention.self.query.bias", 4.4, {2, 2, 0}, VERDICT_TOGETHER},
    {"deberta-v1-tiny", "deberta.encoder.layer.0.attention.self.q_bias", 12, {0, 12, 0}, VERDICT_TOKEN},
    {"gpt2-tiny", "transformer.h.0.attn.c_attn.bias", 9, {0, 0, 0}, VERDICT_INDEX},
};
enum { AIMS = sizeof aims / sizeof *aims };

/* One equation more: b·key + b_0 = value. The last column of a is the right side. */
static void add_equation(double a[UNKNOWNS][UNKNOWNS + 1], const float *key, double value, double weight)
{
    double x[UNKNOWNS + 1];
    for (size_t d = 0; d < D; d++)
        x[d] = (double)key[d];
    x[D] = 1;
    x[UNKNOWNS] = value;
    for (size_t r = 0; r < UNKNOWNS; r++)
        for (size_t c = 0; c <= UNKNOWNS; c++)
            a[r][c] += weight * x[r] * x[c];
}

/* Gauss's elimination with pivots; x in the last column. */
static void solve(double a[UNKNOWNS][UNKNOWNS + 1])
{
    for (size_t p = 0; p < UNKNOWNS; p++) {
        size_t best = p;
        for (size_t r = p + 1; r < UNKNOWNS; r++)
            best = fabs(a[r][p]) > fabs(a[best][p]) ? r : best;
        cr_assert(fabs(a[best][p]) > 1e-9, "the keys do not span their space");
        for (size_t c = 0; c <= UNKNOWNS; c++) {
            double swap = a[p][c];
            a[p][c] = a[best][c];
            a[best][c] = swap;
        }
        for (size_t r = 0; r < UNKNOWNS; r++)
            for (size_t c = UNKNOWNS + 1; r != p && c-- > p;)
                a[r][c] -= a[p][c] * a[r][p] / a[p][p];
    }
    for (size_t p = 0; p < UNKNOWNS; p++)
        a[p][UNKNOWNS] /= a[p][p];
}

/* The keys of one variant of a text; the queries as they are look at these, too. */
static void add_keys(const struct attention *a, const struct job *job, double value, double a_out[UNKNOWNS][UNKNOWNS + 1])
{
    for (size_t j = 0; j < a->Tk; j++) {
        const float *key = a->k.data + j * a->k.row;
        double own = 0;
        for (size_t i = 0; i < a->Tq; i++)
            for (size_t d = 0; d < D; d++)
                own += (double)(a->q.data[i * a->q.row + d] * key[d]) * (double)a->scale / (double)a->Tq;
        bool first = j == job->made.key[PLACE_START];
        add_equation(a_out, key, (first ? value : 0) - own, !first ? 1 : job->made.ids[j] == job->made.word ? 100 : 500);
    }
}

/* b for the aim, on the choosing half of the texts. */
static void bias_of(struct model *model, const struct aim *aim, double out[D])
{
    static const size_t cells[] = {VARIANT_START_INDEX, VARIANT_START_TOKEN, VARIANT_START_NONE};
    static double a[UNKNOWNS][UNKNOWNS + 1];
    struct column_test_options options = options_for(model, 1, 0);
    struct material material;
    struct err err = {0};
    struct jobs jobs = {.options = &options, .material = &material, .shift = COLUMN_TEST_SHIFT};
    cr_assert(material_gather(&options, AXIS_SOURCE, &material, &err) && stack_has_positions(model, STACK_MAIN, &jobs.absolute, &err), "%s", err.message);
    memset(a, 0, sizeof a);
    for (size_t d = 0; d < UNKNOWNS; d++)
        a[d][d] = 0.1;
    for (size_t t = 0; t < material.n; t += 2) {
        bool ok = jobs_add(&jobs, t, VARIANT_BASE, 0, &err);
        for (size_t c = 0; c < SQUARE_CELLS; c++)
            for (size_t word = 0; word < COLUMN_TEST_WORDS; word++)
                ok = ok && jobs_add(&jobs, t, cells[c], word, &err);
        struct run *run = ok ? jobs_run(&jobs, &err) : NULL;
        cr_assert(run, "%s", err.message);
        for (size_t j = 0; j < jobs.n; j++) {
            const struct variant *v = &variants[jobs.job[j].variant];
            add_keys(run_attention(run, (struct site){.text = j}, NULL), &jobs.job[j], v->cell == SQUARE_CELLS ? aim->base : aim->cell[v->cell], a);
        }
        run_free(run);
        jobs_clear(&jobs);
    }
    solve(a);
    for (size_t d = 0; d < D; d++)
        out[d] = a[d][UNKNOWNS] * sqrt(D);
    jobs_free(&jobs);
    material_free(&material);
}

Test(core_column_planted, a_query_bias_alone_is_classed_by_what_it_gives_each_key)
{
    for (size_t i = 0; i < AIMS; i++) {
        struct copy c;
        struct column_test out;
        struct err err = {0};
        double b[D];
        copy_open(&c, aims[i].model);
        struct model *own = model_load(c.folder, NULL, &err);
        cr_assert(own, "%s", err.message);
        bias_of(own, &aims[i], b);
        model_free(own);
        for (size_t d = 0; d < D; d++)
            add(tensor_of(&c, aims[i].bias), d, (float)b[d]);
        copy_write(&c);
        struct model *model = model_load(c.folder, NULL, &err);
        cr_assert(model, "%s", err.message);
        test_model(model, 1, 0, &out);
        cr_assert(out.n >= 1 && out.heads[0].place == PLACE_START, "%s, aim %zu: no column at the start", aims[i].model, i);
        const struct square_verdict *square = &out.heads[0].square;
        cr_expect_eq(square->verdict, aims[i].verdict, "%s, aim %zu: verdict %d, n·c %.2f, replaced %.2f, vacant %.2f, both %.2f", aims[i].model, i, square->verdict,
                     square->excess + 1, square->cell[SQUARE_INDEX].value, square->cell[SQUARE_TOKEN].value, square->cell[SQUARE_NONE].value);
        column_test_free(&out);
        model_free(model);
        copy_free(&c);
    }
}

/* Of all heads of twenty twins, fresh and shuffled by turns, at most 5 % get a verdict (Wilson's upper bound: 7 %). */
Test(core_column_planted, their_random_twins_give_none_beyond_the_stated_rate)
{
    size_t heads = 0, called = 0;
    struct copy c;
    double low, high;
    copy_open(&c, plants[0].model);
    plant(&c, &plants[0]);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct column_test out;
        struct err err = {0};
        struct model *model = (seed % 2 ? model_load_fresh : model_load_shuffled)(c.folder, NULL, seed, &err);
        cr_assert(model, "%s", err.message);
        test_model(model, HEADS, 0, &out);
        for (size_t h = 0; h < out.n; h++)
            called += out.heads[h].square.verdict != VERDICT_UNDECIDED;
        heads += HEADS;
        column_test_free(&out);
        model_free(model);
    }
    wilson_interval(called, heads, &low, &high);
    fprintf(stderr, "twins: %zu of %zu heads got a verdict, upper bound %.3f\n", called, heads, high);
    cr_expect_leq(called * 20, heads);
    cr_expect_leq(high, 0.07);
    copy_free(&c);
}

/* The numbers of a tensor stay the same, in another order; the same seed gives the same order. */
Test(core_column_planted, shuffled_weights_are_the_same_numbers_in_another_order)
{
    struct err err = {0};
    struct model *own = model_load("examples/models/roberta-tiny", NULL, &err), *once = model_load_shuffled("examples/models/roberta-tiny", NULL, 5, &err),
                 *again = model_load_shuffled("examples/models/roberta-tiny", NULL, 5, &err), *other = model_load_shuffled("examples/models/roberta-tiny", NULL, 6, &err);
    cr_assert(own && once && again && other, "%s", err.message);
    const struct str name = STR("roberta.encoder.layer.0.attention.self.key.weight");
    const struct tensor *t[] = {weights_find(own->weights, name), weights_find(once->weights, name), weights_find(again->weights, name), weights_find(other->weights, name)};
    size_t count[2][65536] = {{0}}, moved = 0;
    for (size_t i = 0; i < E * E; i++) {
        uint16_t a, b;
        memcpy(&a, (const char *)t[0]->data + 2 * i, 2);
        memcpy(&b, (const char *)t[1]->data + 2 * i, 2);
        count[0][a]++;
        count[1][b]++;
        moved += a != b;
    }
    cr_expect_eq(memcmp(count[0], count[1], sizeof count[0]), 0, "other numbers");
    cr_expect_gt(moved, E * E * 9 / 10);
    cr_expect_eq(memcmp(t[1]->data, t[2]->data, 2 * E * E), 0);
    cr_expect_neq(memcmp(t[1]->data, t[3]->data, 2 * E * E), 0);
    model_free(own);
    model_free(once);
    model_free(again);
    model_free(other);
}
