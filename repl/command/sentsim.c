/* sentsim: how alike sentences are, by the embeddings that a sentence-transformers folder describes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/source.h"
#include "core/base/text.h"
#include "core/embed/sentence.h"
#include "core/scan.h"
#include "repl/result/square_map.h"
#include "repl/run/given_text.h"
#include "repl/terminal/progress.h"

enum { MOST = 1000, LABEL = 32 };

/* The sentences of a call: its texts, then the lines of file=. */
struct sentences_given {
    struct str texts[MOST];
    size_t n;
    struct source *file;
};

static bool too_many(struct err *err)
{
    return err_set(err, ERR_LIMIT, "sentsim takes at most %d sentences", MOST);
}

static bool read_file(const char *path, struct sentences_given *given, struct err *err)
{
    struct str line;
    given->file = source_text(path, "a file of sentences", err);
    if (!given->file)
        return false;
    struct scan_lines lines = {.rest = {(const char *)given->file->data, given->file->size}};
    while (scan_next_line(&lines, &line)) {
        if (given->n == MOST)
            return too_many(err);
        given->texts[given->n++] = line;
    }
    return true;
}

static bool read_sentences(const struct call *call, struct sentences_given *given, struct err *err)
{
    const struct call_word *word;
    for (size_t i = 0; (word = call_arg(call, ARG_TEXT, i)); i++) {
        if (given->n == MOST)
            return too_many(err);
        given->texts[given->n++] = word->text;
    }
    struct str file = call_str(call, "file");
    char *path = file.n ? mem_copy_str(file, err) : NULL;
    bool ok = !file.n || (path && read_file(path, given, err));
    free(path);
    if (!ok)
        return call_blame_option(call, "file", err);
    return given->n > 1 || err_set(err, ERR_ARG, "sentsim wants 2 sentences or more, each in quotes, found %zu", given->n);
}

/* prompt=NAME of the folder's prompts, else its default one. */
static bool choose_prompt(const struct call *call, const struct sentences *sentences, struct str *out, struct err *err)
{
    struct str name = call_given(call, "prompt") ? call_str(call, "prompt") : sentences_default_prompt(sentences);
    struct buf there = {0};
    *out = (struct str){0};
    if (!name.n || sentences_prompt(sentences, name, out))
        return true;
    sentences_prompts(sentences, &there);
    err_set(err, ERR_NOT_FOUND, "no prompt \"%.*s\" here; there is %s", STR_ARGS(name), there.n ? buf_cstr(&there) : "none");
    buf_free(&there);
    return call_blame_option(call, "prompt", err);
}

static struct scale scale_of(const char *measure, const float *values, size_t n)
{
    if (strcmp(measure, "cosine") == 0)
        return square_map_cosines(values, n);
    return (struct scale){.kind = SCALE_LINEAR, .lo = NAN, .hi = NAN, .clip_hi = 100};
}

/* Two sentences: one row. */
static bool give_pair(struct result *result, const struct str *texts, const char *measure, double score, struct err *err)
{
    char header[64];
    struct cell_value cells[] = {{.kind = CELL_TEXT, .text = texts[0]},
                                 {.kind = CELL_TEXT, .text = texts[1]},
                                 {.kind = CELL_NUMBER, .number = score, .digits = 4}};
    snprintf(header, sizeof header, "text1,text2,%s", measure);
    return result_columns(result, header, err) && result_row(result, cells, 3, err);
}

/* Pictures name sentences by their numbers and first words. */
static bool make_labels(const struct str *texts, size_t n, struct str *labels, size_t *numbers, struct arena *arena,
                        struct err *err)
{
    struct buf label = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        numbers[i] = i;
        label.n = 0;
        text_fit(&label, texts[i], LABEL);
        ok = buf_ok(&label, err) && arena_str(arena, buf_view(&label), &labels[i], err);
    }
    buf_free(&label);
    return ok;
}

static bool give(struct session *session, const struct call *call, const struct model *model, const struct sentences *sentences,
                 const struct sentences_given *given, const float *embeddings, struct arena *arena, struct result *result,
                 struct err *err)
{
    const char *measure = sentences_measure(sentences);
    size_t n = given->n, E = sentences_width(sentences);
    char about[300], header[64];
    const struct figure_source source = {.site = about};
    float *values = arena_alloc(arena, n * n, sizeof *values, "a map", err);
    struct str *labels = arena_alloc(arena, n, sizeof *labels, "a map", err);
    size_t *numbers = arena_alloc(arena, n, sizeof *numbers, "a map", err);
    if (!values || !labels || !numbers || !make_labels(given->texts, n, labels, numbers, arena, err))
        return false;
    for (size_t i = 0; i < n * n; i++)
        values[i] = (float)sentences_compare(measure, embeddings + i / n * E, embeddings + i % n * E, E);
    if (n == 2 && (result_wants_rows(result) || result_wants_json(result)) && !result_wants_figure(result))
        return give_pair(result, given->texts, measure, (double)values[1], err);
    snprintf(about, sizeof about, "sentences, %s", model->name);
    snprintf(header, sizeof header, "i,text_i,j,text_j,%s", measure);
    const struct square_map map = {.n = n,
                                   .values = values,
                                   .names = given->texts,
                                   .labels = labels,
                                   .numbers = numbers,
                                   .header = header,
                                   .name = "similarity",
                                   .value_name = measure,
                                   .scale = scale_of(measure, values, n)};
    return square_map_give(session, call, &map, &source, result, err);
}

static void note(struct result *result, const struct sentences *sentences, size_t cut)
{
    struct buf line = {0};
    sentences_describe(sentences, &line);
    result_note(result, "%s", buf_cstr(&line));
    if (cut)
        result_note(result, "%zu of the sentences %s longer and cut", cut, cut == 1 ? "was" : "were");
    buf_free(&line);
}

static bool answer(struct session *session, const struct call *call, struct model *model, struct sentences_given *given,
                   struct arena *arena, struct result *result, struct err *err)
{
    struct sentences *sentences = sentences_open(model, err);
    struct progress progress;
    struct str prompt;
    size_t cut = 0, n;
    float *embeddings = NULL;
    bool ok = sentences && read_sentences(call, given, err) && choose_prompt(call, sentences, &prompt, err);
    if (ok) {
        n = given->n * sentences_width(sentences);
        embeddings = arena_alloc(arena, n, sizeof *embeddings, "embeddings", err);
        const struct watch watch = progress_begin(&progress, session, "sentences");
        ok = embeddings && sentences_embed(sentences, given->texts, given->n, prompt, &watch, embeddings, &cut, err);
        progress_end(&progress);
    }
    ok = ok && give(session, call, model, sentences, given, embeddings, arena, result, err);
    if (ok)
        note(result, sentences, cut);
    sentences_free(sentences);
    return ok;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct model *model = given_model(session, call, true, err);
    struct arena *arena = model ? arena_new(err) : NULL;
    struct sentences_given *given = arena ? arena_zalloc(arena, 1, sizeof *given, "sentences", err) : NULL;
    bool ok = given && answer(session, call, model, given, arena, result, err);
    if (given)
        source_free(given->file);
    arena_free(arena);
    return ok;
}

static const struct option options[] = {
    {.name = "file", .kind = VALUE_FILE, .summary = "every line of this file is a sentence, after those given"},
    {.name = "prompt",
     .kind = VALUE_WORD,
     .summary = "one of the folder's prompts, by its name; its default one where not given"},
    {.name = "model", .kind = VALUE_MODEL, .summary = "a loaded model other than the one in use"},
    OPTION_FIGURE,
    OPTION_CELLS,
    {0}};
static const struct arg args[] = {
    {.name = "TEXT", .kind = ARG_TEXT, .optional = true, .repeated = true, .summary = "two sentences or more, each in quotes"},
    {0}};
extern const struct command command_sentsim;
const struct command command_sentsim = {
    .name = "sentsim",
    .group = "runs",
    .keywords = "sentence similarity|semantic similarity|sts|sentence embedding|sentence transformers|cosine|compare sentences|paraphrase",
    .summary = "how alike sentences are, by their embeddings",
    .help =
        "Embeddings as the model's folder describes them for sentence-transformers (Reimers and Gurevych 2019): modules.json "
        "with\n"
        "pooling, dense layers and normalisation, max_seq_length, prompts, the similarity function; without it the mean of the\n"
        "last hidden states. Two sentences give one number, more of them a matrix: a heat map, JSON, rows or a tensor.",
    .examples = "sentsim \"A man plays a guitar.\" \"Someone makes music.\"\nsentsim \"a cat\" \"a dog\" \"a car\" digits=on\n"
                "sentsim file=sentences.txt > alike.png\nsentsim file=sentences.txt > alike.npy",
    .options = options,
    .args = args,
    .writes = true,
    .run = run,
};
