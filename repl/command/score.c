/* score: how likely a model holds texts: ranked, token by token, or as minimal pairs of a file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/measure/column_texts.h"
#include "core/measure/hypothesis.h"
#include "core/score.h"
#include "repl/run/given_text.h"
#include "repl/run/pairs_file.h"
#include "repl/terminal/progress.h"

struct scored {
    struct score_options options;
    struct str *texts;
    struct text_score *scores;
    size_t n;
    struct arena *arena;
};

static const struct cell_value none = {.kind = CELL_NONE};

/* ---- how ---- */

static bool read_options(const struct call *call, struct model *model, struct score_options *out, struct err *err)
{
    enum score_kind masked = str_is(call_str(call, "pll"), "l2r") ? SCORE_MASKED_L2R : SCORE_MASKED;
    *out = (struct score_options){.model = model, .front = -1, .keep = call_flag(call, "tokens")};
    out->head = score_head(model, masked, !str_is(call_str(call, "emd"), "off"), &out->kind, err);
    if (!out->head)
        return false;
    if (out->kind == SCORE_CAUSAL && call_given(call, "pll")) {
        err_set(err, ERR_ARG, "%s is causal: its score is the log-likelihood, nothing is masked", model->name);
        return call_blame_option(call, "pll", err);
    }
    return !call_given(call, "front") || column_texts_token(model->tokenizer, call_str(call, "front"), &out->front, err) ||
           call_blame_option(call, "front", err);
}

static const char *const kinds[] = {
    [SCORE_MASKED] = "pseudo-log-likelihood in nats: each token masked alone (Salazar et al. 2020)",
    [SCORE_MASKED_L2R] =
        "pseudo-log-likelihood in nats: each token masked with the later ones of its word (Kauf and Ivanova 2023)",
    [SCORE_CAUSAL] = "log-likelihood in nats of each token after those before it"};

static void note(struct result *result, const struct scored *s)
{
    size_t unknown = 0;
    bool first = s->options.kind == SCORE_CAUSAL && s->options.front < 0;
    for (size_t i = 0; i < s->n; i++) {
        unknown += s->scores[i].unknown;
        first = first && s->scores[i].counted < s->scores[i].n;
    }
    result_note(result, "%s%s", kinds[s->options.kind],
                first ? "; the first has none before it and does not count (front= puts one there)" : "");
    if (unknown)
        result_note(result, "%zu of the tokens %s unknown to the tokenizer", unknown, unknown == 1 ? "is" : "are");
}

static bool make(struct session *session, struct scored *s, struct err *err)
{
    struct progress progress;
    const struct watch watch = progress_begin(&progress, session, "texts");
    s->scores = arena_zalloc(s->arena, s->n, sizeof *s->scores, "scores", err);
    s->options.watch = &watch;
    bool ok = s->scores && score_texts(&s->options, s->texts, s->n, s->arena, s->scores, err);
    progress_end(&progress);
    return ok;
}

/* ---- texts ---- */

static bool give_tokens(struct result *result, const struct scored *s, struct err *err)
{
    bool ok = result_columns(result, "text,index,token,logprob", err);
    for (size_t t = 0; ok && t < s->n; t++)
        for (size_t i = 0; ok && i < s->scores[t].n; i++) {
            const struct token_score *token = &s->scores[t].tokens[i];
            struct cell_value cells[] = {int_cell(t + 1), int_cell(i), text_cell(token->string),
                                         isnan(token->value) ? none : number_cell(token->value, 4)};
            ok = result_row(result, cells, 4, err);
        }
    return ok;
}

struct ranked {
    const struct text_score *score;
    struct str text;
    size_t number;
};

/* The likeliest first; what is no number last; equals as they were given. */
static int by_score(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    double p = x->score->total, q = y->score->total;
    if (isnan(p) != isnan(q))
        return isnan(p) ? 1 : -1;
    if (p != q && !isnan(p))
        return p > q ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static bool give_ranks(struct result *result, const struct scored *s, struct err *err)
{
    struct ranked *ranked = arena_alloc(s->arena, s->n, sizeof *ranked, "scores", err);
    if (!ranked || !result_columns(result, "rank,text,score,tokens,per_token", err))
        return false;
    for (size_t i = 0; i < s->n; i++)
        ranked[i] = (struct ranked){&s->scores[i], s->texts[i], i};
    qsort(ranked, s->n, sizeof *ranked, by_score);
    size_t rank = 1;
    for (size_t i = 0; i < s->n; i++) {
        const struct text_score *score = ranked[i].score;
        if (i && score->total != ranked[i - 1].score->total) /* equals share one */
            rank = i + 1;
        struct cell_value cells[] = {int_cell(rank), text_cell(ranked[i].text), number_cell(score->total, 4), int_cell(score->counted),
                                     number_cell(score->total / (double)score->counted, 4)};
        if (!result_row(result, cells, 5, err))
            return false;
    }
    return true;
}

static bool score_given(struct session *session, const struct call *call, struct scored *s, struct result *result,
                        struct err *err)
{
    size_t blamed = SIZE_MAX;
    s->n = call_count(call, ARG_TEXT);
    if (!s->n)
        return err_set(err, ERR_ARG, "score wants a text or more, each in quotes, or file= with pairs");
    if (call_flag(call, "pairs")) {
        err_set(err, ERR_ARG, "pairs= lists those of file=");
        return call_blame_option(call, "pairs", err);
    }
    s->texts = arena_alloc(s->arena, s->n, sizeof *s->texts, "scores", err);
    for (size_t i = 0; s->texts && i < s->n; i++)
        s->texts[i] = call_arg(call, ARG_TEXT, i)->text;
    s->options.blamed = &blamed;
    if (s->texts && make(session, s, err))
        return s->options.keep ? give_tokens(result, s, err) : give_ranks(result, s, err);
    return blamed == SIZE_MAX ? false : call_blame(call, call_arg(call, ARG_TEXT, blamed), err);
}

/* ---- pairs ---- */

struct paradigm {
    struct str name;
    size_t pairs, right, ties;
};

static bool is_right(const struct text_score *good, const struct text_score *bad)
{
    return good->total > bad->total;
}

static bool give_pairs(struct result *result, const struct pairs_file *file, const struct text_score *scores, struct err *err)
{
    bool ok = result_columns(result, "line,paradigm,good,bad,score_good,score_bad,likelier", err);
    for (size_t i = 0; ok && i < file->n; i++) {
        const struct pair *pair = &file->pairs[i];
        double good = scores[2 * i].total, bad = scores[2 * i + 1].total;
        struct cell_value cells[] = {int_cell(pair->line),
                                     pair->paradigm.n ? text_cell(pair->paradigm) : none,
                                     text_cell(pair->good),
                                     text_cell(pair->bad),
                                     number_cell(good, 4),
                                     number_cell(bad, 4),
                                     text_cell(good > bad   ? STR("good")
                                          : bad > good ? STR("bad")
                                                       : STR("tie"))};
        ok = result_row(result, cells, 7, err);
    }
    return ok;
}

/* Paradigms in the order of the file. */
static struct paradigm *count_pairs(const struct pairs_file *file, const struct scored *s, size_t *n_out, struct err *err)
{
    struct paradigm *paradigms = arena_zalloc(s->arena, file->n, sizeof *paradigms, "paradigms", err);
    size_t n = 0, at = 0;
    for (size_t i = 0; paradigms && i < file->n; i++) {
        struct str name = file->pairs[i].paradigm;
        if (!n || !str_eq(paradigms[at].name, name)) /* mostly that of the line before */
            for (at = 0; at < n && !str_eq(paradigms[at].name, name); at++)
                ;
        if (at == n)
            paradigms[n++].name = name;
        paradigms[at].pairs++;
        paradigms[at].right += is_right(&s->scores[2 * i], &s->scores[2 * i + 1]);
        paradigms[at].ties += s->scores[2 * i].total == s->scores[2 * i + 1].total;
    }
    *n_out = n;
    return paradigms;
}

static bool give_paradigms(struct result *result, const struct pairs_file *file, const struct scored *s, struct err *err)
{
    size_t n, ties = 0;
    const struct paradigm *paradigms = count_pairs(file, s, &n, err);
    double sum = 0;
    if (!paradigms || !result_columns(result, "paradigm,pairs,right,ties,accuracy,low,high", err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct paradigm *p = &paradigms[i];
        double low, high, accuracy = (double)p->right / (double)p->pairs;
        wilson_interval(p->right, p->pairs, &low, &high);
        sum += accuracy;
        ties += p->ties;
        struct cell_value cells[] = {p->name.n ? text_cell(p->name) : none,
                                     int_cell(p->pairs),
                                     int_cell(p->right),
                                     int_cell(p->ties),
                                     number_cell(accuracy, 4),
                                     number_cell(low, 4),
                                     number_cell(high, 4)};
        if (!result_row(result, cells, 7, err))
            return false;
    }
    struct cell_value mean[] = {text_cell(STR("mean")), int_cell(file->n), none, int_cell(ties), number_cell(sum / (double)n, 4), none, none};
    if (n > 1 && !result_row(result, mean, 7, err))
        return false;
    result_note(result,
                "accuracy: the share of pairs whose good text scores higher, a tie counts as wrong; Wilson's 95 %% interval%s",
                n > 1 ? ", of each paradigm alone; the mean is over paradigms, each counted once" : "");
    return true;
}

static bool score_file(struct session *session, const struct call *call, struct scored *s, struct result *result, struct err *err)
{
    struct pairs_file file = {0};
    char *path = mem_copy_str(call_str(call, "file"), err);
    size_t blamed = SIZE_MAX;
    bool ok = path && pairs_file_open(path, &file, err);
    if (!ok)
        call_blame_option(call, "file", err);
    s->n = 2 * file.n;
    s->texts = ok ? arena_alloc(s->arena, s->n, sizeof *s->texts, "scores", err) : NULL;
    for (size_t i = 0; s->texts && i < file.n; i++) {
        s->texts[2 * i] = file.pairs[i].good;
        s->texts[2 * i + 1] = file.pairs[i].bad;
    }
    s->options.blamed = &blamed;
    ok = s->texts && make(session, s, err);
    if (blamed != SIZE_MAX)
        err_prefix(err, "%s:%zu: the %s text: ", path, file.pairs[blamed / 2].line, blamed % 2 ? "bad" : "good");
    ok = ok && (call_flag(call, "pairs") ? give_pairs(result, &file, s->scores, err) : give_paradigms(result, &file, s, err));
    pairs_file_free(&file);
    free(path);
    return ok;
}

/* ---- the command ---- */

static bool answer(struct session *session, const struct call *call, struct scored *s, struct result *result, struct err *err)
{
    bool file = call_given(call, "file");
    if (file && (call_count(call, ARG_TEXT) || s->options.keep)) {
        err_set(err, ERR_ARG, "file= holds pairs: leave out %s", s->options.keep ? "tokens=" : "the texts");
        return s->options.keep ? call_blame_option(call, "tokens", err) : call_blame(call, call_arg(call, ARG_TEXT, 0), err);
    }
    bool ok = file ? score_file(session, call, s, result, err) : score_given(session, call, s, result, err);
    if (ok)
        note(result, s);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct model *model = given_model(session, call, true, err);
    struct scored s = {.arena = model ? arena_new(err) : NULL};
    bool ok = s.arena && read_options(call, model, &s.options, err) && answer(session, call, &s, result, err);
    arena_free(s.arena);
    return ok;
}

static const struct option options[] = {
    {"file", VALUE_FILE, NULL, NULL, "minimal pairs: good<tab>bad, with a paradigm before, or a header; JSON lines as BLiMP's", 0,
     0},
    {"pll", VALUE_ENUM, "salazar|l2r", "salazar",
     "of masked models: each token masked alone, or with the later pieces of its word", 0, 0},
    {"tokens", VALUE_FLAG, NULL, "off", "a row a token, with what each gives", 0, 0},
    {"pairs", VALUE_FLAG, NULL, "off", "a row a pair of file=, with both scores", 0, 0},
    {"front", VALUE_WORD, NULL, NULL, "a token put in front of every text, so that the first one has something before it", 0, 0},
    {"emd", VALUE_ENUM, "on|off", "on",
     "off: the head on the plain last layer, where the checkpoint has an enhanced mask decoder", 0, 0},
    {"model", VALUE_MODEL, NULL, NULL, "a loaded model other than the one in use", 0, 0},
    {0}};
static const struct arg args[] = {{"TEXT", ARG_TEXT, true, true, "texts, each in quotes: ranked, the likeliest first"}, {0}};
const struct command command_score = {
    .name = "score",
    .group = "runs",
    .keywords = "pseudo log likelihood|pseudo-log-likelihood|pll|minimal pairs|blimp|log "
                "likelihood|acceptability|grammaticality|perplexity|surprisal|likelihood|rescoring|probability of a sentence",
    .summary = "how likely the model holds texts; minimal pairs of a file",
    .help =
        "A masked language model scores a text by the sum of ln p of each token with that token masked (Salazar et al. 2020, "
        "the\n"
        "default), or with pll=l2r masked together with the later pieces of its word (Kauf and Ivanova 2023), which does not let "
        "a\n"
        "long word be guessed from its own end. A causal one by the sum of ln p of each token after those before it. Tokens "
        "that\n"
        "the tokenizer puts around a text are seen and not counted; per_token is the score over the tokens that count.\n"
        "file= holds pairs, a line each: good<tab>bad, paradigm<tab>good<tab>bad, or with a header that names sentence_good (or\n"
        "good), sentence_bad (bad) and perhaps UID (paradigm); or JSON lines with these keys. Each paradigm's accuracy has "
        "Wilson's\n"
        "95 % interval; the mean counts every paradigm once and has none, for pairs of one paradigm are no independent draws.\n"
        "A pair is right where the good text's score is the larger; a tie counts as wrong, and ties are told.",
    .examples =
        "score \"The cats sleep.\" \"The cats sleeps.\"\nscore \"The cats sleep.\" tokens=on\n"
        "score \"a souvenir\" pll=l2r format=json\nscore file=blimp.tsv\nscore file=anaphor_agreement.jsonl pairs=on format=csv",
    .options = options,
    .args = args,
    .run = run,
};
