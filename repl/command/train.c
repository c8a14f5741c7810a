/* train: word vectors from a text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/embed/load.h"
#include "core/embed/train/train.h"
#include "repl/grammar/call.h"
#include "repl/grammar/reader.h"
#include "repl/result/process.h"
#include "repl/result/result.h"
#include "repl/words/train_files.h"
#include "repl/words/train_progress.h"

/* ---- what is asked for ---- */

static bool fail_trainer(const struct call *call, struct err *err)
{
    struct buf names = {0};
    for (size_t i = 0; trainers[i]; i++)
        buf_printf(&names, "%s%s (%s)", i ? ", " : "", trainers[i]->name, trainers[i]->summary);
    const struct call_word *word = call_arg(call, ARG_TRAINER, 0);
    if (word)
        err_set(err, ERR_ARG, "\"%.*s\" is no trainer: %s", STR_ARGS(word->text), buf_cstr(&names));
    else
        err_set(err, ERR_ARG, "train wants a trainer and a corpus: train cbow corpus.txt > vectors.bin; trainers are %s",
                buf_cstr(&names));
    buf_free(&names);
    return word ? call_blame(call, word, err) : false;
}

/* The rate and the update rule, which hang together. */
static bool read_update(const struct call *call, struct train_options *o, struct err *err)
{
    const struct trainer *t = o->trainer;
    if (call_given(call, "update") && t->alpha_classic == 0) {
        err_set(err, ERR_ARG, "update= belongs to cbow: %s has one update", t->name);
        return call_blame_option(call, "update", err);
    }
    o->classic = str_is(call_str(call, "update"), "word2vec");
    o->alpha = call_given(call, "alpha") ? call_float(call, "alpha") : o->classic ? t->alpha_classic : t->alpha;
    if (o->alpha > 0 && (float)o->alpha > 0)
        return true;
    err_set(err, ERR_ARG, "alpha=%g: a learning rate is above 0", o->alpha);
    return call_blame_option(call, "alpha", err);
}

static bool read_options(const struct call *call, struct train_options *o, struct err *err)
{
    const struct call_word *trainer = call_arg(call, ARG_TRAINER, 0), *corpus = call_arg(call, ARG_FILE, 0);
    *o = (struct train_options){.trainer = trainer ? trainer_named(trainer->text) : NULL};
    if (!o->trainer)
        return fail_trainer(call, err);
    if (!corpus)
        return err_set(err, ERR_ARG, "train %s: which text? train %s corpus.txt > vectors.bin", o->trainer->name,
                       o->trainer->name);
    struct str path;
    if (!arena_str(call->arena, corpus->text, &path, err))
        return false;
    o->corpus = path.s;
    o->dim = (size_t)call_int(call, "dim");
    o->window = (size_t)call_int(call, "window");
    o->negative = (size_t)call_int(call, "negative");
    o->epochs = (size_t)call_int(call, "epochs");
    o->min_count = (size_t)call_int(call, "min-count");
    o->threads = (size_t)call_int(call, "threads");
    o->seed = (uint64_t)call_int(call, "seed");
    o->subsample = call_float(call, "subsample");
    o->checkpoint_seconds = call_float(call, "checkpoint");
    struct str format = call_str(call, "format");
    snprintf(o->format, sizeof o->format, "%.*s", STR_ARGS(format));
    return read_update(call, o, err);
}

/* resume= takes everything from the file; the trainer and the corpus may be named again, and another format. */
static bool read_resume(const struct call *call, struct train_options *o, struct err *err)
{
    const struct call_word *trainer = call_arg(call, ARG_TRAINER, 0), *corpus = call_arg(call, ARG_FILE, 0);
    struct str path;
    for (const struct option *option = call->command->options; option->name; option++)
        if (strcmp(option->name, "resume") != 0 && strcmp(option->name, "format") != 0 && call_given(call, option->name)) {
            err_set(err, ERR_ARG, "%s= is in the state that resume= goes on from: leave it out", option->name);
            return call_blame_option(call, option->name, err);
        }
    if (!arena_str(call->arena, call_str(call, "resume"), &path, err) || !checkpoint_options(path.s, call->arena, o, err))
        return call_blame_option(call, "resume", err);
    if (trainer && !str_is(trainer->text, o->trainer->name)) {
        err_set(err, ERR_ARG, "%s: the training in it is %s, not %.*s", path.s, o->trainer->name, STR_ARGS(trainer->text));
        return call_blame(call, trainer, err);
    }
    if (corpus) {
        if (!arena_str(call->arena, corpus->text, &path, err))
            return false;
        o->corpus = path.s;
    }
    return true;
}

/* ---- the course of it ---- */

static bool write_vectors(const struct training *t, const struct train_place *place, struct out *out, struct err *err)
{
    size_t stride;
    struct vectors v = {.name = (char *)(uintptr_t) "", .path = (char *)(uintptr_t) "", .dtype = &DTYPE_F32};
    v.E = training_options(t)->dim;
    v.V = training_words(t, &v.words);
    v.data = training_vectors(t, &stride);
    v.stride = stride * sizeof(float);
    return place->format->write(&v, place->output, out, err) && out_commit(out, err);
}

/* Into the file, which appears whole; or down the pipe. */
static bool deliver(const struct call *call, const struct training *t, const struct train_place *place, struct err *err)
{
    struct out out = {.fd = -1};
    long child = 0;
    int end = STDOUT_FILENO;
    if (!place->output && call->pipe.n && !process_start(call->pipe, &end, &child, err))
        return call_blame(call, &call->pipe_word, err);
    bool ok = place->output ? out_open(place->output, &out, err) : out_open_fd(end, "standard output", &out, err);
    if (child)
        close(end);
    ok = ok && write_vectors(t, place, &out, err);
    out_abort(&out);
    if (child) {
        struct err own = {0};
        bool ended_well = process_wait(child, call->pipe, &own);
        if (!ended_well && (ok || err->code == ERR_PIPE)) /* why the pipe broke says more than that it did */
            *err = own;
        ok = ok && ended_well;
    }
    return ok;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The line that goes on from a state. */
static void put_resume(struct buf *out, const struct call *call, const char *state)
{
    buf_puts(out, "train resume=");
    word_put(out, str_of(state));
    if (call->output.n) {
        buf_puts(out, " > ");
        word_put(out, call->output);
    } else if (call->pipe.n) {
        buf_puts(out, " | ");
        buf_str(out, call->pipe);
    }
}

static void say_line(struct result *result, const char *what, const struct call *call, const char *state, const char *more)
{
    struct buf line = {0};
    put_resume(&line, call, state);
    result_note(result, "%s%s%s", what, buf_cstr(&line), more);
    buf_free(&line);
}

/* "25.0 M" and "812": so many words. */
static void put_words(struct buf *out, double words, const char *millions)
{
    buf_printf(out, words < 1e5 ? "%.0f" : millions, words < 1e5 ? words : words / 1e6);
}

static void say_done(struct result *result, const struct training *t, const struct train_place *place, size_t before,
                     double seconds)
{
    const struct train_options *o = training_options(t);
    const struct str *words;
    struct buf text = {0};
    double words_read = (double)(training_corpus_words(t) * o->epochs - before);
    size_t V = training_words(t, &words);
    buf_printf(&text, "%zu word%s of %zu number%s, from ", V, V == 1 ? "" : "s", o->dim, o->dim == 1 ? "" : "s");
    put_words(&text, words_read, "%.1f M");
    buf_printf(&text, " words in %.1f s", seconds);
    if (seconds > 0 && words_read > 0) {
        buf_puts(&text, " (");
        put_words(&text, words_read / seconds, "%.2f M");
        buf_puts(&text, " words/s)");
    }
    result_note(result, "%s%s%s", buf_cstr(&text), place->output ? ": " : "", place->output ? place->output : "");
    buf_free(&text);
    if (training_not_utf8(t))
        result_note(result, "%zu of the words are not UTF-8: some tools do not read them", training_not_utf8(t));
}

static struct training *begin(const struct call *call, const struct train_options *o, const struct train_place *place,
                              const struct train_watch *watch, struct err *err)
{
    struct training *t = training_new(o, place->scratch, watch, err);
    const struct call_word *corpus = call_arg(call, ARG_FILE, 0);
    if (!t && corpus && (err->code == ERR_NOT_FOUND || err->code == ERR_FORMAT))
        call_blame(call, corpus, err);
    if (!t || !place->resume || checkpoint_restore(place->resume, t, err))
        return t;
    training_free(t);
    return NULL;
}

/* The vectors, or where they cannot be written the state, so that the work is not lost. */
static bool finish(const struct call *call, struct training *t, const struct train_place *place, struct result *result,
                   double begun, size_t before, struct err *err)
{
    struct err own = {0};
    if (!deliver(call, t, place, err)) {
        if (err->code != ERR_PIPE && !training_keep(t, place->state, &own))
            result_note(result, "%s", own.message);
        return false;
    }
    say_done(result, t, place, before, seconds_now() - begun);
    train_place_forget(place, training_kept(t));
    return true;
}

/* The state that is left of a training that failed or was stopped, or NULL. `t` is NULL where it did not begin: stopped while
 * it counted the corpus, it leaves the options alone, and what lies there already goes before that. */
static const char *state_left(const struct train_options *o, const struct training *t, const struct train_place *place,
                              enum err_code code)
{
    struct err own = {0};
    if (t && training_kept(t))
        return place->state;
    if (place->resume)
        return t || code == ERR_CANCELLED ? place->resume : NULL;
    return !t && code == ERR_CANCELLED && (place->occupied || checkpoint_begin(place->state, o, &own)) ? place->state : NULL;
}

static bool train(const struct session *session, const struct call *call, const struct train_options *o,
                  const struct train_place *place, struct result *result, struct err *err)
{
    struct train_line line;
    struct err own = {0};
    double begun = seconds_now();
    bool first = train_is_first();
    if (first && place->occupied)
        say_line(result, "warning: ", call, place->state, " goes on with an earlier training; this one's state takes its place");
    struct train_watch watch = train_line_begin(&line, session);
    struct training *t = begin(call, o, place, &watch, &own);
    size_t before = t ? training_done(t) : 0;
    bool ok = t && training_run(t, place->state, &watch, &own);
    train_line_end(&line);
    ok = ok && (!first || finish(call, t, place, result, begun, before, &own));
    const char *left = ok || !first || own.code == ERR_PIPE ? NULL : state_left(o, t, place, own.code);
    if (left)
        say_line(result, "the state is kept: ", call, left, "");
    training_free(t);
    if (!ok)
        *err = own;
    return ok;
}

/* What was written is in use from now on. A file that cannot be read back (an array without its words) is told, no failure. */
static bool load_written(struct session *session, const struct train_place *place, struct result *result, struct err *err)
{
    struct err own = {0};
    struct stat status;
    struct vectors_options options = {0};
    if (!place->output || stat(place->output, &status) != 0 || !S_ISREG(status.st_mode))
        return true;
    struct vectors *v = vectors_load(place->output, &options, &own);
    if (!v) {
        result_note(result, "not loaded: %s", own.message);
        return true;
    }
    if (!session_add_set(session, v, err))
        return false;
    result_note(result, "loaded as %s", v->name);
    return true;
}

static bool run(struct session *session, const struct call *call, struct result *result, struct err *err)
{
    struct train_options o;
    struct train_place place = {0};
    bool ok = (call_given(call, "resume") ? read_resume(call, &o, err) : read_options(call, &o, err)) &&
              train_place_choose(session, call, &o, &place, err) && train(session, call, &o, &place, result, err) &&
              (!train_is_first() || !call_flag(call, "load") || load_written(session, &place, result, err));
    train_place_free(&place);
    return ok;
}

static bool writes_itself(const struct call *call)
{
    (void)call;
    return true;
}

static const struct option options[] = {
    {.name = "dim", .kind = VALUE_INT, .fallback = "100", .summary = "numbers in a vector", .lo = 1, .hi = 100000},
    {.name = "window",
     .kind = VALUE_INT,
     .fallback = "5",
     .summary = "words at most on either side; each position draws 1 … N",
     .lo = 1,
     .hi = 1000},
    {.name = "negative", .kind = VALUE_INT, .fallback = "5", .summary = "negative samples", .lo = 1, .hi = 1000},
    {.name = "epochs", .kind = VALUE_INT, .fallback = "5", .summary = "times through the corpus", .lo = 1, .hi = 1e6},
    {.name = "alpha",
     .kind = VALUE_FLOAT,
     .summary = "learning rate at the start; .075 for cbow, .05 with update=word2vec, .025 for sg",
     .lo = 0,
     .hi = 10},
    {.name = "min-count", .kind = VALUE_INT, .fallback = "5", .summary = "rarer words are left out", .lo = 1, .hi = 1e15},
    {.name = "subsample",
     .kind = VALUE_FLOAT,
     .fallback = "1e-3",
     .summary = "words more frequent than this are thinned; 0: none",
     .lo = 0,
     .hi = 1},
    {.name = "threads",
     .kind = VALUE_INT,
     .fallback = "1",
     .summary = "threads that share the vectors; 1 gives the same bits always",
     .lo = 1,
     .hi = 1024},
    {.name = "seed", .kind = VALUE_INT, .fallback = "1", .summary = "of the random numbers", .lo = 0, .hi = 9e15},
    {.name = "update",
     .kind = VALUE_ENUM,
     .values = "corrected|word2vec",
     .fallback = "corrected",
     .summary = "of cbow's context vectors: their share of the gradient, or all of it"},
    {.name = "checkpoint",
     .kind = VALUE_FLOAT,
     .fallback = "60",
     .summary = "seconds between two states on disk",
     .lo = 0.01,
     .hi = 1e8},
    {.name = "checkpoint-file", .kind = VALUE_FILE, .summary = "where the state goes; the output's name with .ckpt"},
    {.name = "resume", .kind = VALUE_FILE, .summary = "go on from this state, with its options"},
    {.name = "load", .kind = VALUE_FLAG, .fallback = "on", .summary = "off: what was written is not loaded"},
    {.name = "format", .kind = VALUE_VECTORS, .summary = "bin, txt, vec, glove, npy or safetensors, whatever the extension"},
    {0}};
static const struct arg args[] = {{.name = "TRAINER", .kind = ARG_TRAINER, .optional = true, .summary = "cbow or sg"},
                                  {.name = "CORPUS",
                                   .kind = ARG_FILE,
                                   .optional = true,
                                   .summary = "a text, a sentence a line, plain or packed"},
                                  {0}};

extern const struct command command_train;
const struct command command_train = {
    .name = "train",
    .group = "vectors",
    .keywords = "word2vec|cbow|skip-gram|skipgram|fit|learn|embeddings of a corpus|negative sampling",
    .summary = "word vectors from a text",
    .help =
        "cbow predicts a word from the mean of those around it, sg (skip-gram) from each of them; both against negative samples. "
        "Words are what stands between blanks, a line is a sentence. The vectors go to > FILE: .bin is word2vec's binary, .txt "
        "and .vec its text, .npy NumPy's array (its words in FILE.vocab), .safetensors and .glove what their names say. "
        "Defaults are those of word2vec, but the learning rate of cbow.\n"
        "\n"
        "update=corrected, the default, is the gradient of the loss: h = (1/n)·Σ v_i is the mean of n context vectors, so each "
        "of them "
        "changes by 1/n of the gradient at h. update=word2vec gives each the whole of it, as word2vec.c and gensim do. On a "
        "small "
        "corpus the corrected update is better at similarity and worse at analogies; with more epochs both gain.\n"
        "\n"
        "Negative samples are drawn in proportion to count^0.75 for every step (with sg for every pair of words), by the alias "
        "method; a sample that is the word itself is left out. A word of frequency f stays with the chance (√(f/s) + 1)·s/f, s = "
        "subsample=. The window of a position is drawn from 1 … window=. The learning rate falls in a line to 0.0001.\n"
        "\n"
        "The corpus may be larger than memory: its words' numbers (4 bytes a word) go to a nameless file beside the output. The "
        "state "
        "goes to FILE.ckpt every checkpoint= seconds and at Ctrl-C, which leaves FILE as it was; resume=FILE.ckpt goes on with "
        "the "
        "same options to the same bits, on the same kind of CPU; a corpus that has moved is named again. When the vectors are "
        "written the state is removed, and they are loaded (load=off leaves them). One thread and a "
        "seed give the same bits always; more threads share the vectors without locks.\n"
        "\n"
        "A build with MPI=1 trains over several processes (mpirun, srun): each takes its part of the blocks, and the vectors are "
        "averaged after every quarter of a million words, with alpha times the number of processes, at most 4 times; the first "
        "of them writes. examples/train.slurm shows it.\n"
        "\n"
        "Sources: Mikolov, Chen, Corrado and Dean 2013, arXiv:1301.3781 (cbow, skip-gram); Mikolov, Sutskever, Chen, Corrado and "
        "Dean "
        "2013, arXiv:1310.4546 (negative sampling, sub-sampling); İrsoy, Benton and Stratos 2020, Corrected CBOW Performs as "
        "well as "
        "Skip-gram, arXiv:2012.15332, and its program kōan (the corrected update and its rate 0.075); Recht, Ré, Wright and Niu "
        "2011, Hogwild! (threads without locks); Walker 1977 and Vose 1991 (alias method).",
    .examples = "train cbow corpus.txt > vectors.bin\n"
                "train cbow corpus.txt.zst dim=300 epochs=15 threads=2 > vectors.bin\n"
                "train cbow corpus.txt update=word2vec > classic.bin\n"
                "train sg corpus.txt.gz window=10 > vectors.vec\n"
                "train resume=vectors.bin.ckpt > vectors.bin",
    .options = options,
    .own_output = writes_itself,
    .args = args,
    .run = run,
};
