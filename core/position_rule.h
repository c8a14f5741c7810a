/* Other position ids than 0, 1, 2 … for the tokens of a text: `run … positions=`. */
#ifndef GAZE_CORE_POSITION_RULE_H
#define GAZE_CORE_POSITION_RULE_H

#include "core/tokens.h"

enum positions_kind { POSITIONS_OWN, POSITIONS_SHIFTED, POSITIONS_PERMUTED, POSITIONS_LISTED };
struct position_rule {
    enum positions_kind kind;
    size_t shift;        /* added to all ids */
    uint64_t seed;       /* of the permutation of a text's own ids */
    const int32_t *list; /* [n] the ids themselves */
    size_t n;
};

/* "shift:20", "permute:1", "0,1,5,4" (the list on the heap: position_rule_free). */
NODISCARD bool position_rule_parse(struct str text, struct position_rule *out, struct err *err);
void position_rule_free(struct position_rule *rule);
/* The same back, a list by its length ("list of 14"); nothing for a text's own. */
void position_rule_name(const struct position_rule *rule, struct buf *out);
/* Put them in. `most` ids are known (0: any number). Errors: a list of another length than a text, an id that is not known. */
NODISCARD bool position_rule_apply(const struct position_rule *rule, struct tokens *tokens, size_t most, struct err *err);

#endif
