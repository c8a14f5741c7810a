/* Where models lie on disk, for `load NAME` and for completion. */
#ifndef GAZE_REPL_FIND_H
#define GAZE_REPL_FIND_H

#include "repl/session.h"

/* Visit the name of everything that `load NAME` finds without a path: $GAZE_MODELS, the shipped models, the cache. */
void find_each_model(const struct session *session, void (*visit)(void *context, struct str name), void *context);
/* The Hugging Face cache: HF_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub. On the
 * heap, NULL where none of these variables is set. */
char *find_hub_cache(void);

#endif
