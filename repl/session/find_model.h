/* Where models lie on disk, for `load NAME` and for completion. */
#ifndef GAZE_REPL_SESSION_FIND_MODEL_H
#define GAZE_REPL_SESSION_FIND_MODEL_H

#include "repl/session/session.h"

/* The folder that `load NAME` means (UX "Models on disk"): path, $GAZE_MODELS, examples/models beside the executable's
 * folder, PREFIX/share/gaze/models, the local Hugging Face cache. On the heap; errors say where was looked. */
NODISCARD char *session_find_model(const struct session *session, struct str name, struct err *err);
/* A model that lies somewhere `load NAME` looks. */
struct found_model {
    struct str name;
    enum { FOUND_OWN, FOUND_EMBEDDED, FOUND_CACHE } where; /* $GAZE_MODELS, beside the program, the Hugging Face cache */
    const char *folder;                                    /* what load takes; NULL: nothing whole is there */
    const char *repository;                                /* its folder in the cache; NULL elsewhere */
};
/* Visit each of them; what it is given is borrowed for the visit. */
void find_each_folder(const struct session *session, void (*visit)(void *context, const struct found_model *found),
                      void *context);
/* Visit the name of everything that `load NAME` finds without a path: $GAZE_MODELS, the shipped models, the cache. */
void find_each_model(const struct session *session, void (*visit)(void *context, struct str name), void *context);
/* The Hugging Face cache that huggingface_hub uses: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, $HF_HOME/hub,
 * $XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub. On the heap, NULL where none of these variables is set. `load` looks
 * behind it into TRANSFORMERS_CACHE, PYTORCH_TRANSFORMERS_CACHE and PYTORCH_PRETRAINED_BERT_CACHE. */
char *find_hub_cache(void);
/* The value of a variable as a path, a ~ in front expanded, with `rest` behind it where that is not NULL. On the heap; NULL where
 * the variable is not set. */
char *find_from_variable(const char *variable, const char *rest);

#endif
