/* Training of word vectors by negative sampling: continuous bag of words and skip-gram (Mikolov et al. 2013, "Distributed
 * Representations of Words and Phrases and their Compositionality"), CBOW with the update of İrsoy, Benton and Stratos
 * (2020, "Corrected CBOW Performs as well as Skip-gram") or the classic one.
 *
 * The corpus is read once from the front: words are bytes between bytes <= 0x20, a newline ends a sentence. Its words'
 * numbers go to a nameless file in the scratch folder, from which every epoch reads, so that memory holds the vocabulary
 * and two matrices, whatever the corpus' size. Work is cut into blocks of sentences; the random numbers of a block follow
 * from seed, epoch and block alone, so that one thread gives the same bits always, stopped and resumed or not. Several
 * threads share the matrices without locks (Recht et al. 2011, "Hogwild!"). */
#ifndef GAZE_CORE_EMBED_TRAIN_TRAIN_H
#define GAZE_CORE_EMBED_TRAIN_TRAIN_H

#include "core/base/mem.h"

struct worker;

/* A trainer: one file, one row in list.h. It turns a sentence into steps (kernel.h), which the worker takes. */
struct trainer {
    const char *name, *summary, *source;
    double alpha;         /* the learning rate at the start where none is given */
    double alpha_classic; /* the same with update=word2vec; 0: this trainer has one update only */
    void (*sentence)(struct worker *worker, const uint32_t *words, size_t n, float rate);
};
extern const struct trainer *const trainers[]; /* NULL-ended */
const struct trainer *trainer_named(struct str name);

struct train_options {
    const struct trainer *trainer;
    const char *corpus;
    size_t dim, window, negative, epochs, min_count, threads;
    double alpha, subsample; /* subsample 0: every word is kept */
    uint64_t seed;
    bool classic; /* CBOW: each context vector gets the whole gradient of the mean, not its share */
    double checkpoint_seconds;
    char format[16]; /* of the result, where one was asked for: kept here for who writes it */
};

struct train_progress {
    bool counting;      /* the vocabulary is being made; done and total are then bytes of the file, total 0: unknown */
    size_t done, total; /* words of all epochs */
    double loss, rate;  /* of a step, over the last blocks; the learning rate now */
};
/* Handed down by the session; called from the caller's thread, a few times a second. */
struct train_watch {
    void *context;
    void (*progress)(void *context, const struct train_progress *progress);
};

struct training;

/* Read the corpus, make the vocabulary and the matrices. `scratch` is the folder for the numbers of its words. Errors: an
 * unreadable or damaged corpus, no word min_count times, no room on the disk or in memory, ERR_CANCELLED. */
NODISCARD struct training *training_new(const struct train_options *options, const char *scratch, const struct train_watch *watch,
                                        struct err *err);
/* Train from where it stands to the end. Where `checkpoint` is not NULL the state goes there every checkpoint_seconds and
 * at ERR_CANCELLED, under a temporary name first. Where it cannot be written the training ends, and the one before stays. */
NODISCARD bool training_run(struct training *training, const char *checkpoint, const struct train_watch *watch, struct err *err);
/* Put the state there now, also where the training has ended: for a result that cannot be written. */
NODISCARD bool training_keep(struct training *training, const char *checkpoint, struct err *err);
void training_free(struct training *training);
bool train_is_first(void);                           /* is this process, of those that train together, the one that writes? */
bool training_kept(const struct training *training); /* was a state of it written? */

/* The result, borrowed: V words, most frequent first, and their vectors, `stride` floats apart. */
size_t training_words(const struct training *training, const struct str **words_out);
const float *training_vectors(const struct training *training, size_t *stride_out);
const struct train_options *training_options(const struct training *training);
size_t training_done(const struct training *training); /* words trained on so far, of all epochs and by all processes, about */
/* Words read in one epoch, those of the vocabulary; and of it, words that are not UTF-8. */
size_t training_corpus_words(const struct training *training);
size_t training_not_utf8(const struct training *training);

/* Does a file of that name begin as a state does, of this version or another? */
bool checkpoint_starts(const char *path);
/* A state that nothing was trained in yet: for Ctrl-C while the corpus is being counted. */
NODISCARD bool checkpoint_begin(const char *path, const struct train_options *options, struct err *err);
/* The options in a checkpoint; strings lie in `arena`. Errors name the file: no such state, cut short, damaged. */
NODISCARD bool checkpoint_options(const char *path, struct arena *arena, struct train_options *out, struct err *err);
/* Put a training that training_new made with those options where the checkpoint stood. ERR_FORMAT where the corpus is not
 * the one of the checkpoint. */
NODISCARD bool checkpoint_restore(const char *path, struct training *training, struct err *err);

#endif
