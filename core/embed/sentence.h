/* Sentence embeddings as a sentence-transformers folder describes them (Reimers and Gurevych 2019): modules.json lists what
 * follows the encoder, each in a folder of its own. */
#ifndef GAZE_CORE_EMBED_SENTENCE_H
#define GAZE_CORE_EMBED_SENTENCE_H

#include "core/run.h"

struct sentences;

/* Read modules.json of the model's folder, or of the one above where the encoder lies in a folder of its own; without it, of a GGUF
 * file what its pooling_type says, else the mean of the last hidden states, as sentence-transformers takes it. Errors: a module, a pooling, an activation or an option that
 * is not read, by name; sizes that do not fit. The model must live longer. */
NODISCARD struct sentences *sentences_open(struct model *model, struct err *err);
void sentences_free(struct sentences *sentences);

size_t sentences_width(const struct sentences *sentences);
/* "mean of 256 tokens at most, normalised (modules.json)". */
void sentences_describe(const struct sentences *sentences, struct buf *out);
/* The names of its prompts with commas, and the text of one: n 0 where there is none. The default one's name, or "". */
void sentences_prompts(const struct sentences *sentences, struct buf *out);
struct str sentences_default_prompt(const struct sentences *sentences);
bool sentences_prompt(const struct sentences *sentences, struct str name, struct str *text_out);

/* Embed n texts, each behind `prompt` (n 0: none), into out [n,width]. *cut_out: how many were longer than the encoder is given.
 * Errors: those of runs. */
NODISCARD bool sentences_embed(const struct sentences *sentences, const struct str *texts, size_t n, struct str prompt,
                               const struct watch *watch, float *out, size_t *cut_out, struct err *err);

/* How two embeddings are compared: "cosine", "dot", "euclidean", "manhattan" (the last two are distances with a minus). */
const char *sentences_measure(const struct sentences *sentences);
double sentences_compare(const char *measure, const float *a, const float *b, size_t n);

#endif
