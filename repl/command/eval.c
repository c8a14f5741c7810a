/* eval: a set of questions with known answers, put to the vectors in use. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/embed/eval/eval.h"
#include "repl/grammar/call.h"
#include "repl/words/asked_words.h"

struct count {
    size_t correct[EVAL_METHODS], total, skipped;
};

static struct count count_of(const struct eval_answer *answers, size_t first, size_t n)
{
    struct count c = {0};
    for (size_t q = first; q < first + n; q++) {
        c.total += !answers[q].skipped;
        c.skipped += answers[q].skipped;
        for (size_t m = 0; m < EVAL_METHODS; m++)
            c.correct[m] += answers[q].correct[m];
    }
    return c;
}

static size_t method_of(const struct call *call)
{
    size_t m = 0;
    while (m + 1 < EVAL_METHODS && !str_is(call_str(call, "method"), eval_methods[m]))
        m++;
    return m;
}

/* ---- analogies ---- */

static bool analogies_json(struct result *result, const struct eval_set *set, const struct eval_answer *answers, size_t m,
                           struct err *err)
{
    struct buf b = {0};
    struct count all = count_of(answers, 0, set->n);
    buf_printf(&b, "{\"method\":\"%s\",\"sections\":[", eval_methods[m]);
    for (size_t i = 0; i < set->n_sections; i++) {
        struct count c = count_of(answers, set->sections[i].first, set->sections[i].n);
        buf_puts(&b, i ? ",{\"name\":" : "{\"name\":");
        json_quote(&b, set->sections[i].name);
        buf_printf(&b, ",\"correct\":%zu,\"total\":%zu,\"skipped\":%zu}", c.correct[m], c.total, c.skipped);
    }
    buf_printf(&b, "],\"correct\":%zu,\"total\":%zu,\"skipped\":%zu}", all.correct[m], all.total, all.skipped);
    bool ok = buf_ok(&b, err) && result_json(result, buf_view(&b), err);
    buf_free(&b);
    return ok;
}

static struct cell_value share(size_t part, size_t whole)
{
    return (struct cell_value){
        .kind = whole ? CELL_NUMBER : CELL_NONE, .number = whole ? 100 * (double)part / (double)whole : 0, .digits = 2};
}

/* For a person shares alone, so that a line fits; counts are in CSV and JSON. */
static bool analogies_row(struct result *result, struct str name, const struct count *c, struct err *err)
{
    struct cell_value full[] = {{.kind = CELL_TEXT, .text = name},
                                int_cell(c->total),
                                int_cell(c->skipped),
                                share(c->total, c->total + c->skipped),
                                int_cell(c->correct[0]),
                                share(c->correct[0], c->total),
                                int_cell(c->correct[1]),
                                share(c->correct[1], c->total)};
    struct cell_value brief[] = {full[0], full[1], full[2], full[3], full[5], full[7]};
    return result_wants_picture(result) ? result_row(result, brief, 6, err) : result_row(result, full, 8, err);
}

static bool analogies_rows(struct result *result, const struct eval_set *set, const struct eval_answer *answers, struct err *err)
{
    struct count all = count_of(answers, 0, set->n);
    bool ok = result_columns(result,
                             result_wants_picture(result)
                                 ? "section,total,skipped,coverage %,3cosadd %,3cosmul %"
                                 : "section,total,skipped,coverage,3cosadd,3cosadd_percent,3cosmul,3cosmul_percent",
                             err);
    for (size_t i = 0; ok && i < set->n_sections; i++) {
        struct count c = count_of(answers, set->sections[i].first, set->sections[i].n);
        ok = analogies_row(result, set->sections[i].name, &c, err);
    }
    return ok && analogies_row(result, STR("all"), &all, err);
}

static bool analogies_list(struct result *result, const struct vectors *v, const struct eval_set *set,
                           const struct eval_answer *answers, size_t m, struct err *err)
{
    bool ok = result_columns(result, "line,a,b,c,expected,answer,score,correct", err);
    for (size_t q = 0; ok && q < set->n; q++) {
        const struct eval_question *question = &set->questions[q];
        bool none = answers[q].row[m] == VECTORS_NONE;
        struct cell_value cells[] = {
            int_cell(question->line),
            {.kind = CELL_TEXT, .text = question->a},
            {.kind = CELL_TEXT, .text = question->b},
            {.kind = CELL_TEXT, .text = question->c},
            {.kind = CELL_TEXT, .text = question->d},
            {.kind = none ? CELL_NONE : CELL_TEXT, .text = none ? (struct str){0} : v->words[answers[q].row[m]]},
            {.kind = none ? CELL_NONE : CELL_NUMBER, .number = (double)answers[q].score[m], .digits = 4},
            {.kind = none ? CELL_NONE : CELL_INT, .integer = answers[q].correct[m]}};
        ok = result_row(result, cells, 8, err);
    }
    return ok;
}

/* ---- pairs ---- */

static bool pairs(struct result *result, const struct eval_set *set, const struct eval_answer *answers, struct err *err)
{
    struct count c = count_of(answers, 0, set->n);
    double rho = eval_spearman(set, answers, err);
    if (!result_wants_json(result)) {
        struct cell_value cells[] = {int_cell(c.total),
                                     int_cell(c.skipped),
                                     share(c.total, set->n),
                                     {.kind = isnan(rho) ? CELL_NONE : CELL_NUMBER, .number = rho, .digits = 4}};
        return result_columns(result, "pairs,skipped,coverage,spearman", err) && result_row(result, cells, 4, err);
    }
    struct buf b = {0};
    buf_printf(&b, "{\"pairs\":%zu,\"skipped\":%zu,\"spearman\":", c.total, c.skipped);
    json_put_number(&b, rho);
    buf_char(&b, '}');
    bool ok = buf_ok(&b, err) && result_json(result, buf_view(&b), err);
    buf_free(&b);
    return ok;
}

static bool pairs_list(struct result *result, const struct eval_set *set, const struct eval_answer *answers, struct err *err)
{
    bool ok = result_columns(result, "line,word1,word2,people,score", err);
    for (size_t q = 0; ok && q < set->n; q++) {
        struct cell_value cells[] = {
            int_cell(set->questions[q].line),
            {.kind = CELL_TEXT, .text = set->questions[q].a},
            {.kind = CELL_TEXT, .text = set->questions[q].b},
            {.kind = CELL_NUMBER, .number = set->questions[q].score},
            {.kind = answers[q].skipped ? CELL_NONE : CELL_NUMBER, .number = (double)answers[q].score[0], .digits = 4}};
        ok = result_row(result, cells, 5, err);
    }
    return ok;
}

/* ---- the command ---- */

static bool give(struct result *result, const struct call *call, const struct vectors *v, const struct eval_set *set,
                 const struct eval_answer *answers, struct err *err)
{
    if (set->ignored)
        result_note(result, "warning: %zu line%s not four words, passed over", set->ignored, set->ignored == 1 ? " is" : "s are");
    if (count_of(answers, 0, set->n).total == 0)
        result_note(result, "warning: none of the %zu %s has all its words in %s", set->n,
                    set->kind == EVAL_PAIRS ? "pairs" : "questions", v->name);
    if (set->kind == EVAL_PAIRS)
        return call_flag(call, "answers") ? pairs_list(result, set, answers, err) : pairs(result, set, answers, err);
    if (call_flag(call, "answers"))
        return analogies_list(result, v, set, answers, method_of(call), err);
    return result_wants_json(result) ? analogies_json(result, set, answers, method_of(call), err)
                                     : analogies_rows(result, set, answers, err);
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    const struct call_word *file = call_arg(call, ARG_FILE, 0);
    struct vectors *v = session_vectors(session, err);
    struct eval_set set;
    if (!v)
        return false;
    if (!eval_read(file->text.s, &set, err))
        return call_blame(call, file, err);
    const struct eval_options options = {.restrict_words = (size_t)call_int(call, "restrict"),
                                         .fold = str_is(call_str(call, "case"), "fold")};
    struct eval_answer *answers = mem_new(set.n, sizeof *answers, "the answers", err);
    bool ok = answers && eval_answer_all(v, &set, &options, answers, err) && give(result, call, v, &set, answers, err);
    free(answers);
    eval_set_free(&set);
    return ok;
}

static const struct option options[] = {
    {"method", VALUE_ENUM, "3cosadd|3cosmul", "3cosadd", "of JSON and answers=; the table shows both", 0, 0},
    {"restrict", VALUE_INT, NULL, "300000", "only so many words, the first, are known; 0: all", 0, 1e12},
    {"case", VALUE_ENUM, "fold|exact", "fold", "fold: case is ignored, the most frequent of colliding words counts", 0, 0},
    {"answers", VALUE_FLAG, NULL, "off", "on: a row a question", 0, 0},
    {0}};
static const struct arg args[] = {{"FILE", ARG_FILE, false, false, "analogies (questions-words.txt), or word pairs with a score"},
                                  {0}};
const struct command command_eval = {
    .name = "eval",
    .group = "vectors",
    .keywords = "benchmark|accuracy|evaluate|evaluation|google analogies|simlex|spearman|score a set|quality",
    .summary = "analogies and similarities with known answers",
    .help =
        "Analogies: lines of four words under lines \": section\"; a question counts where all four words are known, and its\n"
        "answer is the best word that is none of the first three, by 3cosadd and by 3cosmul. Similarities (WordSim-353,\n"
        "SimLex-999, any table of two words and a number): Spearman's rank correlation of cosines with people's scores; pairs\n"
        "with an unknown word are skipped. The settings are those of gensim's evaluate_word_analogies and evaluate_word_pairs.",
    .examples = "eval questions-words.txt\neval questions-words.txt method=3cosmul restrict=0 format=json\neval simlex999.txt",
    .options = options,
    .args = args,
    .run = run,
};
