/* A walk through a JSON text, for the long lists of a tokenizer.json: they are its bulk, and a tree of values takes longer to
 * make than all that is made of it. What is not spelled as expected ends the walk; json.h then says what is wrong. */
#ifndef GAZE_CORE_TOKENIZER_CURSOR_H
#define GAZE_CORE_TOKENIZER_CURSOR_H

#include "core/base/mem.h"

struct cursor {
    const char *at, *end;
};
struct cursor cursor_of(struct str text); /* behind a byte order mark */

void cursor_space(struct cursor *c);
/* Step over the letter, blanks before it included. */
bool cursor_take(struct cursor *c, char letter);
/* A string: in the text, or in the arena where it has escapes. *ok tells whether it is well formed. */
NODISCARD bool cursor_string(struct cursor *c, struct arena *arena, struct str *out, bool *ok, struct err *err);
/* Step to the value of the object's key; false where there is none. */
bool cursor_find(struct cursor *c, const char *name);

#endif
