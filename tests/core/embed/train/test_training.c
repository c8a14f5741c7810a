/* Trainings as a whole: the same bits each time, from gzip and zstd, and after a stop; damaged corpora, states and disks. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/cancel.h"
#include "core/base/file.h"
#include "core/base/pool.h"
#include "core/embed/train/train.h"
#include "tests/support/scratch.h"

/* Sentences in which words of one group stand together: group g holds words g0 … g9. */
static void write_corpus(const char *name, size_t sentences)
{
    struct buf text = {0};
    unsigned long long state = 77;
    for (size_t s = 0; s < sentences; s++) {
        size_t group = draw(&state, 20);
        for (size_t w = 0; w < 12; w++)
            buf_printf(&text, "%sg%zuw%zu", w ? " " : "", group, draw(&state, 10));
        buf_printf(&text, "%s", s % 5 ? "\n" : " rare\r\n");
        if (s % 97 == 0)
            buf_printf(&text, "once%zu\n", s);
    }
    scratch_write(name, text.data, text.n);
    buf_free(&text);
}

static char corpus_path[4096], state_path[4096];

static struct train_options usual(const char *trainer)
{
    if (!corpus_path[0]) {
        write_corpus("corpus.txt", 12000);
        snprintf(corpus_path, sizeof corpus_path, "%s", scratch_path("corpus.txt"));
        snprintf(state_path, sizeof state_path, "%s", scratch_path("state.ckpt"));
    }
    return (struct train_options){.trainer = trainer_named(str_of(trainer)),
                                  .corpus = corpus_path,
                                  .dim = 20,
                                  .window = 3,
                                  .negative = 5,
                                  .epochs = 3,
                                  .min_count = 5,
                                  .threads = 1,
                                  .alpha = 0.05,
                                  .subsample = 1e-3,
                                  .seed = 4,
                                  .checkpoint_seconds = 1e6};
}

/* The vectors of a training, row after row without padding; NULL with err where it fails. */
static float *train(const struct train_options *options, const char *resume, const char *state, const struct train_watch *watch,
                    size_t *n_out, struct err *err)
{
    struct training *t = training_new(options, scratch_folder(), watch, err);
    float *rows = NULL;
    bool ok = t && (!resume || checkpoint_restore(resume, t, err)) && training_run(t, state, watch, err);
    if (ok) {
        const struct str *words;
        size_t V = training_words(t, &words), E = options->dim, stride;
        const float *from = training_vectors(t, &stride);
        rows = malloc(V * E * sizeof *rows);
        for (size_t v = 0; v < V; v++)
            memcpy(rows + v * E, from + v * stride, E * sizeof *rows);
        *n_out = V * E;
    }
    training_free(t);
    return rows;
}

static float *train_well(const struct train_options *options, size_t *n_out)
{
    struct err err = {0};
    float *rows = train(options, NULL, NULL, NULL, n_out, &err);
    cr_assert(rows, "%s", err.message);
    return rows;
}

static bool same(const float *a, size_t n_a, const float *b, size_t n_b)
{
    return n_a == n_b && memcmp(a, b, n_a * sizeof *a) == 0;
}

static double cosine(const float *a, const float *b, size_t E)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t e = 0; e < E; e++) {
        ab += (double)a[e] * (double)b[e];
        aa += (double)a[e] * (double)a[e];
        bb += (double)b[e] * (double)b[e];
    }
    return ab / sqrt(aa * bb);
}

/* Mean cosine within a group less that between groups. */
static double order_of(const struct train_options *o, struct err *err)
{
    struct training *t = training_new(o, scratch_folder(), NULL, err);
    double in = 0, across = 0;
    size_t n_in = 0, n_across = 0, stride;
    if (!t || !training_run(t, NULL, NULL, err)) {
        training_free(t);
        return NAN;
    }
    const struct str *words;
    size_t V = training_words(t, &words);
    const float *rows = training_vectors(t, &stride);
    for (size_t i = 0; i < V; i++)
        for (size_t j = 0; j < i; j++) {
            int a, b;
            if (sscanf(words[i].s, "g%d", &a) != 1 || sscanf(words[j].s, "g%d", &b) != 1)
                continue;
            double c = cosine(rows + i * stride, rows + j * stride, o->dim);
            *(a == b ? &in : &across) += c;
            *(a == b ? &n_in : &n_across) += 1;
        }
    training_free(t);
    return in / (double)n_in - across / (double)n_across;
}

static void stop_after(void *context, const struct train_progress *progress)
{
    size_t *calls = context;
    if (!progress->counting && --*calls == 0)
        cancel_request();
}

Test(training, one_thread_gives_the_same_bits_and_another_seed_others)
{
    for (size_t i = 0; trainers[i]; i++) {
        struct train_options o = usual(trainers[i]->name);
        size_t n[3];
        float *a = train_well(&o, &n[0]), *b = train_well(&o, &n[1]);
        o.seed = 5;
        float *c = train_well(&o, &n[2]);
        cr_assert(same(a, n[0], b, n[1]), "%s", trainers[i]->name);
        cr_assert(!same(a, n[0], c, n[2]), "%s", trainers[i]->name);
        free(a);
        free(b);
        free(c);
    }
}

Test(training, words_that_stand_together_come_together)
{
    for (size_t i = 0; trainers[i]; i++)
        for (size_t threads = 1; threads <= 2; threads++) {
            struct err err = {0};
            struct train_options o = usual(trainers[i]->name);
            o.threads = threads;
            double order = order_of(&o, &err);
            cr_assert(order > 0.5, "%s, %zu threads: %g %s", trainers[i]->name, threads, order, err.message);
        }
    pool_free();
}

Test(training, vocabulary_is_sorted_by_count_and_cut_at_min_count)
{
    static const char text[] = "b a c a b a\nd d d d\n\n a a\xff x";
    struct err err = {0};
    struct train_options o = usual("cbow");
    scratch_write("few.txt", text, sizeof text - 1);
    o.corpus = scratch_path("few.txt");
    o.min_count = 2;
    struct training *t = training_new(&o, scratch_folder(), NULL, &err);
    const struct str *words;
    cr_assert(t, "%s", err.message);
    cr_assert_eq(training_words(t, &words), 3);
    cr_assert(str_is(words[0], "a") && str_is(words[1], "d") && str_is(words[2], "b"), "equal counts in the order of appearance");
    cr_assert_eq(training_corpus_words(t), 4 + 4 + 2);
    cr_assert_eq(training_not_utf8(t), 0, "a word that is left out is not counted");
    training_free(t);
    o.min_count = 1;
    t = training_new(&o, scratch_folder(), NULL, &err);
    cr_assert_eq(training_not_utf8(t), 1);
    cr_assert(training_run(t, NULL, NULL, &err), "%s", err.message);
    training_free(t);
}

Test(training, a_stop_and_resume_give_the_bits_of_never_stopping)
{
    for (size_t i = 0; trainers[i]; i++) {
        struct train_options o = usual(trainers[i]->name);
        size_t n, n_resumed, stops = 0;
        float *whole = train_well(&o, &n), *rows = NULL;
        o.checkpoint_seconds = 1e-9; /* a state after every block */
        char *resume = NULL;
        while (!rows) {
            size_t calls = 2;
            struct err err = {0};
            struct train_watch watch = {&calls, stop_after};
            rows = train(&o, resume, state_path, &watch, &n_resumed, &err);
            cr_assert(rows || err.code == ERR_CANCELLED, "%s", err.message);
            cancel_clear();
            stops += !rows;
            resume = state_path;
        }
        cr_assert_gt(stops, 2, "the test did not stop it");
        cr_assert(same(whole, n, rows, n_resumed), "%s", trainers[i]->name);
        free(whole);
        free(rows);
    }
}

Test(training, the_state_keeps_every_option)
{
    struct err err = {0};
    struct train_options o = usual("sg"), back = {0};
    o.subsample = 1e-4;
    o.seed = 1ull << 60;
    o.threads = 7;
    struct arena *arena = arena_new(&err);
    cr_assert(checkpoint_begin(state_path, &o, &err), "%s", err.message);
    cr_assert(checkpoint_options(state_path, arena, &back, &err), "%s", err.message);
    cr_assert(back.trainer == o.trainer && strcmp(back.corpus, o.corpus) == 0 && back.dim == o.dim && back.window == o.window);
    cr_assert(back.negative == o.negative && back.epochs == o.epochs && back.min_count == o.min_count && back.threads == 7);
    cr_assert(back.alpha == o.alpha && back.subsample == 1e-4 && back.seed == o.seed && back.classic == o.classic);
    cr_assert(back.checkpoint_seconds == o.checkpoint_seconds);
    arena_free(arena);
}

/* Each is just beyond the bounds of an option; the checksum is right. */
Test(training, a_state_with_an_option_out_of_bounds_is_refused)
{
    enum { MOST = 17 };
    struct train_options rows[MOST];
    for (size_t i = 0; i < MOST; i++)
        rows[i] = usual("cbow");
    size_t n = 0;
    rows[n++].dim = 0, rows[n++].dim = 100001;
    rows[n++].window = 0, rows[n++].window = 1001;
    rows[n++].negative = 0, rows[n++].negative = 1001;
    rows[n++].epochs = 0, rows[n++].epochs = 1000001;
    rows[n++].min_count = 0;
    rows[n++].threads = 0, rows[n++].threads = 1025;
    rows[n++].alpha = 0, rows[n++].alpha = 10.5;
    rows[n++].subsample = -0.5, rows[n++].subsample = 1.5;
    rows[n++].checkpoint_seconds = 0, rows[n++].checkpoint_seconds = 1e9;
    cr_assert_eq(n, MOST);
    for (size_t i = 0; i < n; i++) {
        struct train_options back;
        struct err err = {0};
        struct arena *arena = arena_new(&err);
        cr_assert(checkpoint_begin(state_path, &rows[i], &err), "row %zu: %s", i, err.message);
        cr_expect(!checkpoint_options(state_path, arena, &back, &err) && strstr(err.message, "out of bounds"), "row %zu: %s", i, err.message);
        arena_free(arena);
    }
}

/* A state in the middle of a training of the usual corpus. */
static unsigned char *middle_state(struct train_options *o, size_t *n_out)
{
    size_t calls = 2, n;
    struct err err = {0};
    struct train_watch watch = {&calls, stop_after};
    o->dim = 4;
    o->checkpoint_seconds = 1e-9;
    cr_assert_null(train(o, NULL, state_path, &watch, &n, &err));
    cancel_clear();
    cr_assert_eq(err.code, ERR_CANCELLED, "%s", err.message);
    return read_file(state_path, n_out);
}

Test(training, a_damaged_state_is_an_error_that_names_the_file)
{
    size_t n;
    unsigned long long state = 21;
    struct train_options o = usual("cbow"), back;
    struct err err = {0};
    unsigned char *bytes = middle_state(&o, &n);
    struct arena *arena = arena_new(&err);
    cr_assert(checkpoint_options(state_path, arena, &back, &err), "%s", err.message);
    for (size_t i = 0; i < 400; i++) {
        size_t cut = i < 200 ? i : draw(&state, n), at = i < 200 ? i : draw(&state, n);
        err_clear(&err);
        scratch_write("cut.ckpt", bytes, cut);
        cr_assert(!checkpoint_options(scratch_path("cut.ckpt"), arena, &back, &err) && strstr(err.message, "cut.ckpt"),
                  "cut at %zu: %s", cut, err.message);
        err_clear(&err);
        bytes[at] ^= (unsigned char)(1 << draw(&state, 8));
        scratch_write("bit.ckpt", bytes, n);
        cr_assert(!checkpoint_options(scratch_path("bit.ckpt"), arena, &back, &err) && strstr(err.message, "bit.ckpt"),
                  "bit at %zu: %s", at, err.message);
        free(bytes);
        bytes = read_file(state_path, &n);
    }
    arena_free(arena);
    free(bytes);
}

Test(training, another_corpus_is_not_that_of_the_state)
{
    size_t n;
    struct err err = {0};
    struct train_options o = usual("cbow");
    free(middle_state(&o, &n));
    write_corpus("other.txt", 11999);
    o.corpus = scratch_path("other.txt");
    cr_assert_null(train(&o, state_path, NULL, NULL, &n, &err));
    cr_assert_eq(err.code, ERR_FORMAT);
    cr_assert(strstr(err.message, "other.txt") && strstr(err.message, "state.ckpt"), "%s", err.message);
}

Test(training, the_same_numbers_of_other_words_are_another_corpus)
{
    static const char was[] = "one two three one two\none two three\n", is[] = "one too three one too\none too three\n";
    size_t n, calls = 1;
    struct err err = {0};
    struct train_options o = usual("cbow");
    struct train_watch watch = {&calls, stop_after};
    scratch_write("words.txt", was, sizeof was - 1);
    char path[4096];
    snprintf(path, sizeof path, "%s", scratch_path("words.txt"));
    o.corpus = path;
    o.min_count = 1;
    o.epochs = 1000;
    o.checkpoint_seconds = 1e-9;
    cr_assert_null(train(&o, NULL, state_path, &watch, &n, &err));
    cr_assert_eq(err.code, ERR_CANCELLED, "%s", err.message);
    cancel_clear();
    err_clear(&err);
    scratch_write("words.txt", is, sizeof is - 1);
    cr_assert_null(train(&o, state_path, NULL, NULL, &n, &err));
    cr_assert(err.code == ERR_FORMAT && strstr(err.message, "words.txt") && strstr(err.message, "but others"), "%s", err.message);
}

static void shell(const char *format, const char *a, const char *b)
{
    char line[9000];
    snprintf(line, sizeof line, format, a, b);
    cr_assert_eq(system(line), 0, "%s", line);
}

Test(training, gzip_is_read_as_the_text_it_holds)
{
    struct train_options o = usual("cbow");
    size_t n, n_packed;
    float *plain = train_well(&o, &n);
    char packed[4200];
    snprintf(packed, sizeof packed, "%s.gz", corpus_path);
    shell("head -c 100000 %s | gzip -c > %s", corpus_path, packed); /* two members, one after the other */
    shell("tail -c +100001 %s | gzip -c >> %s", corpus_path, packed);
    o.corpus = packed;
    float *rows = train_well(&o, &n_packed);
    cr_assert(same(plain, n, rows, n_packed));
    free(plain);
    free(rows);
}

/* A zstd frame by hand: magic, header without size, raw blocks of at most 128 KiB (RFC 8878 §3.1.1). */
static size_t pack_zstd(const unsigned char *text, size_t n, unsigned char *out)
{
    static const unsigned char head[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58};
    size_t at = sizeof head;
    memcpy(out, head, sizeof head);
    for (size_t begin = 0; begin < n || begin == 0;) {
        size_t piece = n - begin < 100000 ? n - begin : 100000;
        size_t block = piece << 3 | (begin + piece == n);
        for (size_t i = 0; i < 3; i++)
            out[at++] = (unsigned char)(block >> (8 * i));
        memcpy(out + at, text + begin, piece);
        at += piece;
        begin += piece;
    }
    return at;
}

Test(training, zstd_is_read_as_the_text_it_holds)
{
    struct train_options o = usual("cbow");
    size_t n, n_packed, size;
    float *plain = train_well(&o, &n);
    unsigned char *text = read_file(corpus_path, &size), *packed = malloc(size + 4000);
    size_t half = pack_zstd(text, size / 2, packed);
    size_t whole = half + pack_zstd(text + size / 2, size - size / 2, packed + half);
    scratch_write("corpus.zst", packed, whole);
    o.corpus = scratch_path("corpus.zst");
    float *rows = train_well(&o, &n_packed);
    cr_assert(same(plain, n, rows, n_packed));
    struct err err = {0};
    scratch_write("cut.zst", packed, whole - 10);
    o.corpus = scratch_path("cut.zst");
    cr_assert_null(train(&o, NULL, NULL, NULL, &n_packed, &err));
    cr_assert(err.code == ERR_FORMAT && strstr(err.message, "cut.zst") && strstr(err.message, "end in the middle"), "%s",
              err.message);
    free(plain);
    free(rows);
    free(text);
    free(packed);
}

Test(training, bad_corpora_are_errors_that_name_the_file)
{
    static char long_word[300000];
    memset(long_word, 'x', sizeof long_word);
    scratch_write("long.txt", long_word, sizeof long_word);
    scratch_write("empty.txt", "", 0);
    scratch_write("blank.txt", " \n\t\n", 4);
    scratch_write("rare.txt", "one two three\n", 14);
    static const unsigned char gzip[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b};
    scratch_write("cut.gz", gzip, sizeof gzip);
    static const char no_gzip[] = "\x1f\x8b\x08garbage that is no deflate at all";
    static const char no_zstd[] = "\x28\xb5\x2f\xfdgarbage that is no frame at all";
    scratch_write("bad.gz", no_gzip, sizeof no_gzip);
    scratch_write("bad.zst", no_zstd, sizeof no_zstd);
    static const struct {
        const char *name, *says;
    } rows[] = {{"missing.txt", "cannot open"},
                {"empty.txt", "no word"},
                {"blank.txt", "no word"},
                {"rare.txt", "min-count=5"},
                {"long.txt", "a word of more than"},
                {"cut.gz", "end in the middle"},
                {"bad.gz", "damaged gzip"},
                {"bad.zst", "zstd"},
                {".", "is a folder"}};
    struct buf bad = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        size_t n;
        struct train_options o = usual("cbow");
        char path[4096];
        snprintf(path, sizeof path, "%s", scratch_path(rows[i].name));
        o.corpus = path;
        float *got = train(&o, NULL, NULL, NULL, &n, &err);
        if (got || !strstr(err.message, path) || !strstr(err.message, rows[i].says))
            buf_printf(&bad, "%s: %s\n", rows[i].name, got ? "was trained" : err.message);
        free(got);
    }
    cr_assert(bad.n == 0, "%s", buf_cstr(&bad));
}

Test(training, one_word_and_one_sentence_are_enough)
{
    for (size_t i = 0; trainers[i]; i++) {
        struct train_options o = usual(trainers[i]->name);
        size_t n;
        scratch_write("one.txt", "word word word word word", 24);
        o.corpus = scratch_path("one.txt");
        float *rows = train_well(&o, &n);
        cr_assert_eq(n, o.dim);
        for (size_t e = 0; e < n; e++)
            cr_assert(isfinite(rows[e]));
        free(rows);
    }
}

Test(training, a_full_disk_is_an_error_and_leaves_the_old_state)
{
    struct train_options o = usual("cbow");
    struct err err = {0};
    size_t n, n_old;
    o.dim = 400;              /* a state of 200 words × 2 × 1600 bytes */
    o.checkpoint_seconds = 0; /* due at once, however fast the machine is */
    scratch_write("state.ckpt", "the old state", 13);
    signal(SIGXFSZ, SIG_IGN);
    size_t calls = 1;
    struct train_watch watch = {&calls, stop_after};
    struct training *t = training_new(&o, scratch_folder(), NULL, &err);
    cr_assert(t, "%s", err.message);
    struct rlimit limit = {300000, 300000};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert(!training_run(t, state_path, &watch, &err));
    cr_assert(err.code == ERR_IO && strstr(err.message, "state.ckpt"), "%s", err.message);
    training_free(t);
    unsigned char *old = read_file(state_path, &n_old);
    cr_assert(n_old == 13 && memcmp(old, "the old state", 13) == 0);
    free(old);
    err_clear(&err);
    cancel_clear();
    cr_assert_null(train(&o, NULL, NULL, NULL, &n, &err), "the numbers of the corpus need more than the disk has");
    cr_assert(err.code == ERR_IO && strstr(err.message, "corpus' numbers"), "%s", err.message);
}
