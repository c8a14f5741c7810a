/* Answering sets of questions. See eval.h.
 *
 * Questions share few words: the N distinct ones are multiplied with all V unit vectors, block of words by block of words, and
 * each question adds or multiplies three rows of that block, while they lie in the cache. N·V·E multiplications for all
 * questions instead of V·E for each. Blocks are independent, and the best of blocks does not depend on their order. */
#include "core/embed/eval/eval.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cancel.h"
#include "core/base/pool.h"
#include "core/embed/index.h"
#include "core/embed/query/lanes.h"
#include "core/embed/query/sketch.h"
#include "core/product/product.h"

const char *const eval_methods[EVAL_METHODS] = {"3cosadd", "3cosmul"};

enum { MOST_WORDS = 512, LEAST_WORDS = 64, BLOCK_BYTES = 4 << 20 };

/* ---- which rows a word stands for ---- */

/* The known words in the form in which they are compared: without their mark, and folded. Equal forms share a number: that of
 * the first row that has a mark, where words have one ("Ġking" is the word, "king" a piece of others), else of the first. */
struct forms {
    struct str *texts; /* [n] folded, or the words themselves */
    struct buf folded;
    struct vectors_index *index;
    size_t n;
    uint32_t *number; /* [n] row → the row that stands for its form */
    bool fold;
};

static void forms_free(struct forms *f)
{
    index_free(f->index);
    buf_free(&f->folded);
    free(f->texts);
    free(f->number);
}

/* The bytes of a mark before the word. */
static size_t mark_of(const struct vectors *v, struct str word)
{
    for (const char *at = v->marks ? v->marks : ""; *at;) {
        size_t n = strcspn(at, "|");
        if (n && word.n > n && memcmp(word.s, at, n) == 0)
            return n;
        at += n + (at[n] == '|');
    }
    return 0;
}

static struct str without_mark(const struct vectors *v, struct str word)
{
    size_t n = mark_of(v, word);
    return (struct str){word.s + n, word.n - n};
}

/* `stand` [n] is scratch: the row that stands for the form of each first row. */
static void number_forms(const struct vectors *v, const unsigned char *twice, size_t *stand, struct forms *f)
{
    for (size_t i = 0; i < f->n; i++) {
        f->number[i] = (uint32_t)(twice[i] ? index_find(f->index, f->texts[i]) : i);
        stand[i] = i;
    }
    if (!v->marks)
        return;
    for (size_t i = f->n; i-- > 0;) /* backward, so that of marked rows the first stays */
        if (mark_of(v, v->words[i]) && !mark_of(v, v->words[f->number[i]]))
            stand[f->number[i]] = i;
    for (size_t i = 0; i < f->n; i++)
        f->number[i] = (uint32_t)stand[f->number[i]];
}

static bool forms_make(const struct vectors *v, size_t n, bool fold, struct forms *f, struct err *err)
{
    *f = (struct forms){.n = n, .fold = fold};
    size_t *ends = mem_new(n, sizeof *ends, "the words", err), twice;
    unsigned char *marked = mem_new(n, 1, "the words", err);
    f->texts = mem_new(n, sizeof *f->texts, "the words", err);
    f->number = mem_new(n, sizeof *f->number, "the words", err);
    bool ok = ends && marked && f->texts && f->number;
    for (size_t i = 0; ok && fold && i < n; i++) {
        word_fold(without_mark(v, v->words[i]), &f->folded);
        ends[i] = f->folded.n;
    }
    ok = ok && buf_ok(&f->folded, err);
    for (size_t i = 0; ok && i < n; i++) {
        size_t begin = fold && i ? ends[i - 1] : 0;
        f->texts[i] = fold ? (struct str){f->folded.data + begin, ends[i] - begin} : without_mark(v, v->words[i]);
    }
    f->index = ok ? index_new(f->texts, n, marked, &twice, err) : NULL;
    if (f->index)
        number_forms(v, marked, ends, f);
    free(ends);
    free(marked);
    return f->index != NULL;
}

static size_t forms_find(const struct forms *f, struct str word)
{
    struct buf folded = {0};
    if (f->fold)
        word_fold(word, &folded);
    size_t row = folded.failed ? SIZE_MAX : index_find(f->index, f->fold ? buf_view(&folded) : word);
    buf_free(&folded);
    return row == SIZE_MAX ? row : f->number[row];
}

/* ---- analogies ---- */

struct best {
    float score[EVAL_METHODS];
    uint32_t row[EVAL_METHODS];
};

struct job {
    const struct vectors *v;
    const struct forms *forms;
    const struct lanes *lanes;
    size_t n;           /* questions to answer */
    uint32_t (*abc)[3]; /* [n] numbers of distinct words */
    float *units;       /* [distinct, E] */
    size_t distinct;
    uint32_t *distinct_of; /* [V'] row → number of distinct word, or UINT32_MAX */
    size_t width;          /* words of a block */
    struct best *best;     /* [threads, n] */
    atomic_bool failed;
};

static void see(struct best *best, size_t method, float score, size_t row)
{
    if (score > best->score[method] || (score == best->score[method] && row < best->row[method])) {
        best->score[method] = score;
        best->row[method] = (uint32_t)row;
    }
}

/* Unit rows [begin, begin + n) into out; rows without numbers become NaN, which no comparison chooses. */
static void unit_rows(const struct vectors *v, size_t begin, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        if (!sketch_unit(v, begin + i, out + i * v->E))
            for (size_t d = 0; d < v->E; d++)
                out[i * v->E + d] = NAN;
}

/* Words of the block that stand for one of the question's own: no answers. */
static float without_inputs(const struct job *job, const uint32_t *abc, const uint32_t *owner, size_t n, float *scores)
{
    float most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (owner[i] != UINT32_MAX && (owner[i] == abc[0] || owner[i] == abc[1] || owner[i] == abc[2]))
            scores[i] = -INFINITY;
        most = scores[i] > most ? scores[i] : most;
    }
    (void)job;
    return most;
}

static void answer_block(void *context, size_t task, size_t thread)
{
    struct job *job = context;
    size_t V = job->forms->n, E = job->v->E, W = job->width, begin = task * W, n = V - begin < W ? V - begin : W;
    size_t padded = (n + 15) / 16 * 16;
    float *rows = pool_scratch(thread, 6, W * E * sizeof *rows);
    float *dots = pool_scratch(thread, 7, (job->distinct * W + W) * sizeof *dots + W * 4 + job->distinct);
    if (!rows || !dots) {
        atomic_store(&job->failed, true);
        return;
    }
    if (cancel_requested())
        return;
    float *scores = dots + job->distinct * W;
    uint32_t *owner = (uint32_t *)(scores + W);
    unsigned char *here = (unsigned char *)(owner + W); /* does a form of that distinct word stand in the block? */
    unit_rows(job->v, begin, n, rows);
    product_abt(job->distinct, n, E, 1, job->units, E, rows, E, false, dots, W);
    for (size_t k = 0; k < job->distinct && padded > n; k++)
        for (size_t i = n; i < padded; i++)
            dots[k * W + i] = NAN;
    memset(here, 0, job->distinct);
    for (size_t i = 0; i < n; i++) {
        owner[i] = job->distinct_of[job->forms->number[begin + i]];
        if (owner[i] != UINT32_MAX)
            here[owner[i]] = 1;
    }
    struct best *best = job->best + thread * job->n;
    for (size_t q = 0; q < job->n; q++) {
        const uint32_t *abc = job->abc[q];
        const float *a = dots + abc[0] * W, *b = dots + abc[1] * W, *c = dots + abc[2] * W;
        bool inputs = here[abc[0]] | here[abc[1]] | here[abc[2]];
        for (size_t m = 0; m < EVAL_METHODS; m++) {
            float most = (m == 0 ? job->lanes->add : job->lanes->multiply)(a, b, c, padded, scores);
            if (inputs && most >= best[q].score[m])
                most = without_inputs(job, abc, owner, n, scores);
            if (!(most >= best[q].score[m]) || most == -INFINITY)
                continue;
            size_t i = 0;
            while (i + 1 < n && scores[i] != most)
                i++;
            see(&best[q], m, most, begin + i);
        }
    }
}

/* Number the distinct words of the questions that can be answered. */
static bool number_words(struct job *job, const struct eval_set *set, struct eval_answer *answers, size_t **question_out,
                         struct err *err)
{
    size_t V = job->forms->n, *rows = mem_new(set->n * 3 + 1, sizeof *rows, "the questions", err);
    job->abc = mem_new(set->n, sizeof *job->abc, "the questions", err);
    job->distinct_of = mem_new(V, sizeof *job->distinct_of, "the questions", err);
    *question_out = mem_new(set->n, sizeof **question_out, "the questions", err);
    bool ok = rows && job->abc && job->distinct_of && *question_out;
    if (ok)
        memset(job->distinct_of, 0xff, V * sizeof *job->distinct_of);
    for (size_t q = 0; ok && q < set->n; q++) {
        const struct eval_question *question = &set->questions[q];
        const struct str words[3] = {question->a, question->b, question->c};
        size_t found[3];
        answers[q] =
            (struct eval_answer){.skipped = forms_find(job->forms, question->d) == SIZE_MAX, .row = {VECTORS_NONE, VECTORS_NONE}};
        for (size_t k = 0; k < 3; k++)
            answers[q].skipped |= (found[k] = forms_find(job->forms, words[k])) == SIZE_MAX;
        for (size_t k = 0; k < 3 && !answers[q].skipped; k++) {
            if (job->distinct_of[found[k]] == UINT32_MAX) {
                rows[job->distinct] = found[k];
                job->distinct_of[found[k]] = (uint32_t)job->distinct++;
            }
            job->abc[job->n][k] = job->distinct_of[found[k]];
        }
        if (!answers[q].skipped)
            (*question_out)[job->n++] = q;
    }
    size_t numbers;
    if (ok && job->n) {
        ok = size_mul(job->distinct, job->v->E, &numbers) && (job->units = mem_new(numbers, sizeof(float), "the questions", err));
        for (size_t k = 0; ok && k < job->distinct; k++)
            unit_rows(job->v, rows[k], 1, job->units + k * job->v->E);
    }
    free(rows);
    return ok;
}

static void settle(const struct job *job, const struct eval_set *set, const size_t *question, size_t threads,
                   struct eval_answer *answers)
{
    for (size_t i = 0; i < job->n; i++) {
        struct eval_answer *answer = &answers[question[i]];
        size_t wanted = forms_find(job->forms, set->questions[question[i]].d);
        struct best best = job->best[i];
        for (size_t t = 1; t < threads; t++)
            for (size_t m = 0; m < EVAL_METHODS; m++)
                see(&best, m, job->best[t * job->n + i].score[m], job->best[t * job->n + i].row[m]);
        const float *a = job->units + job->abc[i][0] * job->v->E, *b = job->units + job->abc[i][1] * job->v->E,
                    *c = job->units + job->abc[i][2] * job->v->E;
        size_t E = job->v->E; /* the length of b − a + c turns the sum into the cosine with the mean */
        double length = sqrt(fmax(0, dot_exact(a, a, E) + dot_exact(b, b, E) + dot_exact(c, c, E) - 2 * dot_exact(a, b, E) -
                                         2 * dot_exact(a, c, E) + 2 * dot_exact(b, c, E)));
        for (size_t m = 0; m < EVAL_METHODS; m++) {
            if (best.row[m] == UINT32_MAX)
                continue;
            answer->row[m] = best.row[m];
            answer->score[m] = m || !(length > 0) ? best.score[m] : (float)((double)best.score[m] / length);
            answer->correct[m] = job->forms->number[best.row[m]] == job->forms->number[wanted];
        }
    }
}

static bool answer_analogies(struct vectors *v, const struct eval_set *set, const struct forms *forms,
                             struct eval_answer *answers, struct err *err)
{
    struct job job = {.v = v, .forms = forms, .lanes = lanes_best()};
    size_t *question = NULL, threads = pool_threads();
    bool ok = number_words(&job, set, answers, &question, err);
    if (ok && job.n) {
        size_t width = BLOCK_BYTES / sizeof(float) / job.distinct / 16 * 16;
        job.width = width < LEAST_WORDS ? LEAST_WORDS : width > MOST_WORDS ? MOST_WORDS : width;
        job.best = mem_new(threads * job.n, sizeof *job.best, "the answers", err);
        for (size_t i = 0; job.best && i < threads * job.n; i++)
            job.best[i] = (struct best){{-INFINITY, -INFINITY}, {UINT32_MAX, UINT32_MAX}};
        ok = job.best != NULL;
        if (ok)
            pool_run((forms->n + job.width - 1) / job.width, answer_block, &job);
        if (job.failed)
            ok = err_memory(err, job.distinct * job.width * sizeof(float), "the products of questions");
        else if (ok && cancel_requested())
            ok = err_set(err, ERR_CANCELLED, "cancelled");
        if (ok)
            settle(&job, set, question, threads, answers);
    }
    free(question);
    free(job.abc);
    free(job.units);
    free(job.distinct_of);
    free(job.best);
    return ok;
}

/* ---- pairs ---- */

static bool answer_pairs(const struct vectors *v, const struct eval_set *set, const struct forms *forms,
                         struct eval_answer *answers, struct err *err)
{
    float *a = mem_new(v->E, sizeof *a, "a vector", err), *b = mem_new(v->E, sizeof *b, "a vector", err);
    bool ok = a && b;
    for (size_t q = 0; ok && q < set->n; q++) {
        size_t x = forms_find(forms, set->questions[q].a), y = forms_find(forms, set->questions[q].b);
        answers[q] = (struct eval_answer){.skipped = x == SIZE_MAX || y == SIZE_MAX, .row = {VECTORS_NONE, VECTORS_NONE}};
        answers[q].skipped = answers[q].skipped || !sketch_unit(v, x, a) || !sketch_unit(v, y, b);
        if (!answers[q].skipped)
            answers[q].score[0] = (float)dot_exact(a, b, v->E);
    }
    free(a);
    free(b);
    return ok;
}

bool eval_answer_all(struct vectors *v, const struct eval_set *set, const struct eval_options *options,
                     struct eval_answer *answers, struct err *err)
{
    struct forms forms;
    size_t n = options->restrict_words && options->restrict_words < v->V ? options->restrict_words : v->V;
    bool ok = sketch_prepare(v, err) && forms_make(v, n, options->fold, &forms, err);
    if (!ok)
        return false;
    ok = (set->kind == EVAL_ANALOGIES ? answer_analogies(v, set, &forms, answers, err)
                                      : answer_pairs(v, set, &forms, answers, err));
    forms_free(&forms);
    return ok;
}

/* ---- Spearman ---- */

struct ranked {
    double value, rank;
    size_t place;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

static int by_place(const void *a, const void *b)
{
    size_t x = ((const struct ranked *)a)->place, y = ((const struct ranked *)b)->place;
    return (x > y) - (x < y);
}

static void rank(struct ranked *items, size_t n)
{
    qsort(items, n, sizeof *items, by_value);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && items[j].value == items[i].value;)
            j++;
        for (size_t k = i; k < j; k++)
            items[k].rank = ((double)i + (double)j + 1) / 2;
    }
    qsort(items, n, sizeof *items, by_place);
}

double eval_spearman(const struct eval_set *set, const struct eval_answer *answers, struct err *err)
{
    struct ranked *people = mem_new(set->n, sizeof *people, "ranks", err),
                  *cosines = mem_new(set->n, sizeof *cosines, "ranks", err);
    size_t n = 0;
    double xy = 0, xx = 0, yy = 0;
    for (size_t q = 0; people && cosines && q < set->n; q++)
        if (!answers[q].skipped) {
            people[n] = (struct ranked){set->questions[q].score, 0, n};
            cosines[n] = (struct ranked){(double)answers[q].score[0], 0, n};
            n++;
        }
    if (n > 1) {
        rank(people, n);
        rank(cosines, n);
    }
    for (size_t i = 0; i < n; i++) {
        double x = people[i].rank - ((double)n + 1) / 2, y = cosines[i].rank - ((double)n + 1) / 2;
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    free(people);
    free(cosines);
    return n > 1 && xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}
