/* The text that a command was given, tokenised: for run, tokens and predict alike. */
#ifndef GAZE_REPL_RUN_GIVEN_TEXT_H
#define GAZE_REPL_RUN_GIVEN_TEXT_H

#include "repl/result/result.h"

struct given {
    struct encoding encoding;  /* empty once taken */
    struct encoding target;    /* target= or decoder=, for a model that has one; n 0: not given */
    struct str first, second;  /* borrowed from the call, or from `own` */
    struct run_mask mask;      /* mask=, where the command takes it */
    struct position_rule positions; /* positions=, likewise; its list is owned */
    size_t *global, n_global;  /* global=, likewise; NULL: not given */
    size_t capacity;           /* capacity=, likewise; 0: not given */
    bool has_text, has_second; /* has_text false: ids were given */
    struct buf own;            /* what was read from a file or standard input */
};

/* Was any text named: "text", file=, ids=, -? */
bool given_any(const struct call *call);
/* Read it for this model: "first" ["second"], file=PATH, ids=… [types=…], or - (standard input, verbatim); specials are
 * left out with add_special=off. Errors: two sources at once, a file that cannot be read, text that is not UTF-8, a
 * model without a tokenizer (and why it has none). target= and decoder=, where the command takes them, are for a model that has
 * a decoder; global= and capacity= for one whose family knows them. Free with given_free. */
NODISCARD bool given_read(const struct call *call, const struct model *model, struct given *out, struct err *err);
void given_free(struct given *given);

/* Tell the person of a mask that this tokenizer does not know ("[MASK]" where it is "<mask>"). */
void given_warn_mask(const struct given *given, const struct model *model, struct result *result);

/* Put the caret under what was given. Returns false. */
bool given_blame(const struct call *call, struct err *err);

/* The model a call is for: model=NAME, else the one in use. */
struct model *given_model(const struct session *session, const struct call *call, bool needs_weights, struct err *err);

/* A pass over it, not kept by the session; takes the encodings. Shows progress on a terminal. */
NODISCARD struct run *given_run(const struct session *session, struct model *model, struct given *given, struct err *err);

#define ARGS_TEXT                                                                                  \
    {"TEXT", ARG_TEXT, true, false, "a text in quotes; - reads standard input"},                   \
    {"PAIR", ARG_TEXT, true, false, "the second text of a pair"}
#define OPTIONS_DECODER                                                                                         \
    {"target", VALUE_TEXT, NULL, NULL, "the text that the decoder is given behind its start token", 0, 0},      \
    {"decoder", VALUE_IDS, NULL, NULL, "the same as ids, start token included; else that token alone", 0, 0}
#define OPTIONS_FAMILY                                                                                          \
    {"global", VALUE_IDS, "none", NULL,                                                                         \
     "tokens that see and are seen by all (Longformer), or none; else the first", 0, 0},                        \
    {"capacity", VALUE_INT, NULL, NULL, "so many tokens an expert takes (Switch); else the model's own", 1, 1e9}
#define OPTION_MASK {"mask", VALUE_WORD, NULL, NULL, "causal, window:W or none in place of the family's own mask", 0, 0}
#define OPTION_POSITIONS \
    {"positions", VALUE_WORD, NULL, NULL, "shift:K, permute:SEED or a list in place of the position ids 0, 1, 2 \u2026", 0, 0}
#define OPTIONS_TEXT                                                                               \
    {"file", VALUE_FILE, NULL, NULL, "the text is the content of this file", 0, 0},                \
    {"ids", VALUE_IDS, NULL, NULL, "token ids as they are, past the tokenizer", 0, 0},             \
    {"types", VALUE_IDS, NULL, NULL, "token types beside ids=, 0 where not given", 0, 0},          \
    {"add_special", VALUE_FLAG, NULL, "on", "off: without the special tokens around the text", 0, 0}, \
    {"model", VALUE_MODEL, NULL, NULL, "a loaded model other than the one in use", 0, 0}

#endif
