/* answer: the span of a context that answers a question, by a head of starts and ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "repl/grammar/call.h"
#include "repl/run/asked_run.h"

struct span {
    size_t start, end; /* tokens, both included */
    double prob;
};

/* The head of a run, by its name. */
static const struct output_head *find_head(const struct run *run)
{
    const struct output_head *head;
    for (size_t i = 0; (head = run_head(run, i)); i++)
        if (strcmp(head->name, "answer") == 0)
            return head;
    return NULL;
}

/* Softmax of starts (k 0) or ends (k 1) over the tokens that may be one: those of the context, and the first, which stands for no
 * answer. logits [T,2]. */
static void softmax(const float *logits, const unsigned char *may, size_t T, size_t k, double *out)
{
    double largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < T; i++)
        if (may[i])
            largest = fmax(largest, (double)logits[2 * i + k]);
    for (size_t i = 0; i < T; i++) {
        out[i] = may[i] ? exp((double)logits[2 * i + k] - largest) : 0;
        sum += out[i];
    }
    for (size_t i = 0; i < T; i++)
        out[i] /= sum;
}

/* The `top` likeliest spans of at most `longest` tokens, the likeliest first. */
static size_t best_spans(const double *start, const double *end, const struct encoding *text, size_t longest, size_t top,
                         struct span *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text->n; i++)
        for (size_t j = i; text->tokens[i].text == 1 && j < text->n && j < i + longest && text->tokens[j].text == 1; j++) {
            double prob = start[i] * end[j];
            if (n == top && !(prob > out[n - 1].prob))
                continue;
            size_t at = n < top ? n++ : n - 1;
            for (; at > 0 && prob > out[at - 1].prob; at--)
                out[at] = out[at - 1];
            out[at] = (struct span){i, j, prob};
        }
    return n;
}

static bool give_spans(struct result *result, const struct run *run, const struct span *spans, size_t n, struct err *err)
{
    const struct encoding *text = &run->tokens->texts[0];
    bool ok = result_columns(result, "rank,prob,start,end,answer", err);
    for (size_t i = 0; ok && i < n; i++) {
        size_t begin = text->tokens[spans[i].start].begin, end = text->tokens[spans[i].end].end;
        struct str answer = {text->texts[1].s + begin, end > begin ? end - begin : 0};
        struct cell_value cells[] = {{.kind = CELL_INT, .integer = (long long)i + 1},
                                     {.kind = CELL_NUMBER, .number = spans[i].prob, .digits = 4},
                                     {.kind = CELL_INT, .integer = (long long)spans[i].start},
                                     {.kind = CELL_INT, .integer = (long long)spans[i].end},
                                     {.kind = CELL_TEXT, .text = answer}};
        ok = result_row(result, cells, 5, err);
    }
    return ok;
}

static bool make(struct result *result, const struct call *call, const struct run *run, const struct output_head *head,
                 struct arena *arena, struct err *err)
{
    const struct encoding *text = &run->tokens->texts[0];
    size_t T = text->n, top = (size_t)call_int(call, "top"), context = 0;
    float *logits = arena_alloc(arena, 2 * T, sizeof *logits, "the logits", err);
    size_t *rows = arena_alloc(arena, T, sizeof *rows, "the logits", err);
    unsigned char *may = arena_alloc(arena, T, 1, "the context", err);
    double *probs = arena_alloc(arena, 2 * T, sizeof *probs, "the probabilities", err);
    struct span *spans = arena_alloc(arena, top, sizeof *spans, "the answers", err);
    if (!logits || !rows || !may || !probs || !spans)
        return false;
    for (size_t i = 0; i < T; i++) {
        rows[i] = i;
        context += text->tokens[i].text == 1;
        may[i] = text->tokens[i].text == 1 || (i == 0 && text->tokens[0].special);
    }
    if (!context)
        return err_set(err, ERR_ARG, "answer wants two texts, the question and the context: answer \"Who?\" \"She did.\"");
    if (!run_logits(run, head, 0, rows, T, logits, err))
        return false;
    for (size_t i = 0; i < 2 * T; i++)
        if (!isfinite(logits[i]))
            return err_set(err, ERR_FORMAT, "the logits at index %zu are not finite: %s answers nothing", i / 2,
                           run->model->name);
    softmax(logits, may, T, 0, probs);
    softmax(logits, may, T, 1, probs + T);
    if (may[0] && text->tokens[0].text != 1)
        result_note(result, "no answer (start and end at %.*s): %.4f", STR_ARGS(text->tokens[0].string), probs[0] * probs[T]);
    return give_spans(result, run, spans, best_spans(probs, probs + T, text, (size_t)call_int(call, "longest"), top, spans), err);
}

static bool give(struct result *result, const struct call *call, const struct run *run, struct err *err)
{
    const struct output_head *head = find_head(run);
    struct arena *arena = head ? arena_new(err) : NULL;
    bool ok = head || err_set(err, ERR_NOT_FOUND, "%s has no head of answers in its weights (qa_outputs)", run->model->name);
    ok = ok && arena && make(result, call, run, head, arena, err);
    arena_free(arena);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    return asked_run_answer(session, call, result, give, err);
}

static const struct option options[] = {{"top", VALUE_INT, NULL, "3", "so many answers", 1, 10000},
                                        {"longest", VALUE_INT, NULL, "15", "tokens of an answer at most", 1, 100000},
                                        OPTIONS_TEXT,
                                        {0}};
static const struct arg args[] = {ARGS_ASKED, {0}};
const struct command command_answer = {
    .name = "answer",
    .group = "runs",
    .keywords = "question answering|question-answering|qa|squad|extractive|span|reading comprehension",
    .summary = "the span of a context that answers a question",
    .help = "The first text is the question, the second the context. A span's probability is that of its start times that of its "
            "end,\n"
            "each a softmax over the tokens of the context and the first token, which stands for no answer: as transformers'\n"
            "pipeline has it (which then widens spans to words: align_to_words). start and end count the run's tokens, both "
            "included; answer is the piece of the context as it stands.",
    .examples = "answer \"Who sat?\" \"The cat sat on the mat.\"\nanswer @1 top=1 format=json",
    .options = options,
    .args = args,
    .run = run,
};
