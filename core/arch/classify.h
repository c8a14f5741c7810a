/* Heads of classes that encoders share: one label a text, one a token, and whether two texts belong together.
 *
 *   text:    out(act(dense(x_0))), x_0 the first token's; without the dense layer where a checkpoint has none
 *   tokens:  out(x_i)
 *   pair:    pair(act(dense(x_0))): next sentence (BERT), sentence order (ALBERT)
 *
 * `classifier` serves texts and tokens alike: the class in config.json's "architectures" tells them apart. An architecture
 * takes them by a struct classify in its own, its offset in `struct arch`, rows of parameters, and CLASSIFY_HEADS. */
#ifndef GAZE_CORE_ARCH_CLASSIFY_H
#define GAZE_CORE_ARCH_CLASSIFY_H

#include "core/model.h"

struct classify {
    struct linear dense; /* [E,E] pooler, or the classifier's own; dtype NULL: none */
    struct linear out;   /* [labels,E] */
    struct linear pair;  /* [2,E] */
    struct linear answer; /* [2,E] start and end of an answer (qa_outputs) */
    struct linear summary; /* [E,E] of a multiple choice where dense is none of it: RoBERTa's pooler, ELECTRA's summary */
    const struct activation *activation; /* of dense; NULL: tanh */
    /* What stands in the place of act(dense(x)), for texts and tokens alike: x [n,E] → pooled [n,E]; NULL: nothing does. */
    bool (*pool)(const struct model *model, const float *x, size_t n, float *pooled, struct err *err);
};

/* Rows of a parameter table: at `field` in the architecture's struct, by the names that its class gives them. */
#define CLASSIFY_PARAM(own, field, part, names, shape_, meaning_)                                                     \
    {.name = names, .shape = shape_, .kind = PARAM_LINEAR, .offset = offsetof(own, field.part), .optional = true,      \
     .meaning = meaning_}
#define CLASSIFY_PARAMS(own, field, dense_names, out_names)                                                           \
    CLASSIFY_PARAM(own, field, dense, dense_names, "E,E", "first token, for classes"),                                \
    CLASSIFY_PARAM(own, field, out, out_names, "*,E", "classes"),                                                     \
    CLASSIFY_PARAM(own, field, answer, "qa_outputs", "*,E", "start and end of an answer"),                            \
    {.name = "pooler.dense|pooler|sequence_summary.summary", .shape = "E,E", .kind = PARAM_LINEAR,                    \
     .offset = offsetof(own, field.summary), .optional = true, .when = classify_is_choice,                            \
     .meaning = "first token, for a choice"}

/* Rows of a list of heads. */
#define CLASSIFY_HEADS &classify_text, &classify_text_many, &classify_text_value, &classify_tokens, &classify_answer, &classify_choice
extern const struct output_head classify_text, classify_text_many, classify_text_value, classify_tokens;
extern const struct output_head classify_answer; /* "answer", [T,2]: logits of its start and its end */
extern const struct output_head classify_choice; /* "choice": one logit a text, of several that are compared */
extern const struct output_head classify_choice_at_end; /* of a text's last token */
extern const struct output_head classify_next; /* BERT's next sentence */
extern const struct output_head classify_order; /* ALBERT's sentence order */

bool classify_is_answer(const struct model *model); /* *ForQuestionAnswering */
bool classify_is_choice(const struct model *model, size_t layer); /* *ForMultipleChoice; for `when` of parameters */
/* For a head of texts that reads another tensor than the last hidden state. */
bool classify_has_text(const struct model *model, enum head_link link);
bool classify_has_tokens(const struct model *model);
bool classify_text_logits(const struct model *model, const float *x, size_t n, float *out, struct err *err);
size_t classify_width(const struct model *model);
struct str classify_label(const struct model *model, size_t i);
#define CLASSIFY_TEXT(summary_, from_, link_, present_)                                                                \
    {                                                                                                                  \
        .name = "classes", .summary = summary_, .from = from_, .place = HEAD_TEXT, .link = link_, .tensor = "logits",  \
        .present = present_, .width = classify_width, .logits = classify_text_logits, .label = classify_label          \
    }

#endif
