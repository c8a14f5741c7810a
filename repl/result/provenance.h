/* Where a picture or a file of tensors comes from: pairs that are stored inside it. */
#ifndef GAZE_REPL_RESULT_PROVENANCE_H
#define GAZE_REPL_RESULT_PROVENANCE_H

#include "repl/grammar/call.h"
#include "repl/session/session.h"
#include "viz/picture.h"

enum { PROVENANCE_PAIRS = 10 };
struct provenance {
    struct text_pair pair[PROVENANCE_PAIRS];
    size_t n;
    struct arena *arena; /* owns the values */
};
/* Software, command, model with its fingerprint (of the runs; `model` where there are none), text, site, measure. `model`, `site`,
 * `measure` NULL: left out. Free with provenance_free. */
NODISCARD bool provenance_make(const struct call *call, struct kept_run *const *runs, size_t n_runs, const struct model *model,
                               const char *site, const char *measure, struct provenance *out, struct err *err);
/* One more pair, at the end; what does not fit is left out. Texts hold ~ for the user's home. */
NODISCARD bool provenance_add(struct provenance *provenance, const char *key, struct str value, struct err *err);
/* The command of the call as a file of its name would hold it: the folder of > FILE is left out. */
void provenance_command(const struct call *call, struct buf *out);
void provenance_free(struct provenance *provenance);

/* 16 hexadecimal digits that tell weights apart: FNV-1a (Fowler, Noll, Vo) over every tensor's name, type, shape and
 * first bytes. No proof of equality: cheap, and different after any training step. */
uint64_t weights_fingerprint(const struct weights *weights);

#endif
