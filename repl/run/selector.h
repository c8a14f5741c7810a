/* Selectors: which runs, sites and tokens a command means. The same in every command. */
#ifndef GAZE_REPL_RUN_SELECTOR_H
#define GAZE_REPL_RUN_SELECTOR_H

#include "core/run.h"
#include "repl/grammar/call.h"
#include "repl/session/session.h"

/* Sites of one run, in the order of layers, then heads. */
struct sites {
    struct site *site;
    size_t n;
    bool whole_layers; /* every selected layer with all its heads (the selector named no head) */
};
/* What a command without a selector means. */
enum selector_default { SELECT_ALL, SELECT_LAST /* the last site shown, at first L0.H0 */ };

/* The runs a call names (none: the last run); on the heap, free(). Needs at least one run. */
NODISCARD bool select_runs(const struct session *session, const struct call *call, struct kept_run ***out, size_t *n_out,
                           struct err *err);
/* The sites of the call's selector in that run; free with sites_free. Errors say what there is. */
NODISCARD bool select_sites(const struct session *session, const struct call *call, const struct kept_run *run,
                            enum selector_default fallback, struct sites *out, struct err *err);
/* The same from text. */
NODISCARD bool sites_parse(struct str selector, const struct run *run, struct sites *out, struct err *err);
/* What `*` means; all in the layers of some. */
NODISCARD bool sites_all(const struct run *run, struct sites *out, struct err *err);
NODISCARD bool sites_of_layers(const struct run *run, const struct sites *some, struct sites *out, struct err *err);
void sites_free(struct sites *sites);

#endif
