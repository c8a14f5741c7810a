/* Hypotheses about where a head's columns are, held against many texts.
 *
 * "index k": key k, "k from the end": key n−1−k, a special token or an ordinary one: any key with that id. A hypothesis
 * could hold in a text that has such a key; it held where (one of) these keys is a column. Candidates are gathered
 * from one half of the texts and counted on the other, so that chance finds are not counted as evidence. */
#ifndef GAZE_CORE_MEASURE_HYPOTHESIS_H
#define GAZE_CORE_MEASURE_HYPOTHESIS_H

#include "core/tokenizer/tokenizer.h"

/* A kind is a row: what it says of a key, and which keys it names in a text. */
struct hypothesis_kind {
    const char *name;
    size_t (*of_key)(const struct token *tokens, size_t n, size_t key); /* its value at this key, SIZE_MAX: not of this kind */
    void (*print)(const struct tokenizer *tokenizer, size_t value, struct buf *out);
    bool by_id; /* the value is an id: could hold where the id occurs; else in texts of more than `value` tokens */
};
extern const struct hypothesis_kind *const hypothesis_kinds[]; /* NULL-ended: index, special, end, token */

struct hypothesis {
    const struct hypothesis_kind *kind; /* NULL: "no column" */
    size_t value;
    size_t held, could;     /* texts of the counting half */
    size_t permuted_held;   /* in how many of could · rounds permuted maps */
    size_t first_held, first_could; /* texts of the choosing half */
    size_t same_as;         /* number of the earlier hypothesis of this head that held in exactly the same texts, or its own */
};
enum { MAX_HYPOTHESES = 9 }; /* of a head: "no column" and the candidates */

/* Does the text have a key of which the hypothesis speaks, and is one of them marked? marks [n]. */
void hypothesis_check(const struct hypothesis *hypothesis, const struct token *tokens, size_t n, const unsigned char *marks,
                      bool *could_out, bool *held_out);
/* "index 0", "0 from the end", "[CLS]", "token cat", "no column". */
void hypothesis_name(const struct hypothesis *hypothesis, const struct tokenizer *tokenizer, struct buf *out);

/* Wilson's 95 % interval of k of n (Wilson 1927): 0 and 1 where n = 0. */
void wilson_interval(size_t k, size_t n, double *low_out, double *high_out);

/* What the choosing half gives: for one head, how often each hypothesis held. */
struct gathered {
    struct {
        const struct hypothesis_kind *kind;
        size_t value, held, last; /* last: text that raised it, so that a text counts once */
        size_t text, key;         /* the first text (by number) and key that raised it: the order of equals */
    } *seen;
    size_t n, capacity;
};
/* `text`: its number, from 1; each text once. */
NODISCARD bool gathered_add(struct gathered *gathered, const struct token *tokens, size_t n, const unsigned char *marks,
                            size_t text, struct err *err);
void gathered_free(struct gathered *gathered);

/* Texts of the choosing half that could hold a hypothesis: by length, and by id. */
struct choosable {
    size_t *lengths, n_lengths;  /* [n]: texts of that many tokens */
    size_t *ids, n_ids;          /* [id]: texts with it */
    size_t *last, n_last;        /* [id]: number of the last of them, from 1 */
    size_t texts;
};
NODISCARD bool choosable_add(struct choosable *choosable, const struct token *tokens, size_t n, struct err *err);
void choosable_free(struct choosable *choosable);

/* The candidates of a head: hypotheses that held in at least two texts of the choosing half, the surest (lower end of
 * Wilson's interval) first, equals in the order of the texts; where all texts are of one length a place is named from its
 * nearer end alone; at most MAX_HYPOTHESES − 1, after "no column". Returns how many stand in out. */
size_t hypotheses_choose(const struct gathered *gathered, const struct choosable *choosable,
                         struct hypothesis out[MAX_HYPOTHESES]);

#endif
