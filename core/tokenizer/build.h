/* What the members of all families share while a tokenizer is built: where it comes from, whose memory it is,
 * how its strings are shown, what the companion files override; and typed access to JSON fields. */
#ifndef GAZE_CORE_TOKENIZER_BUILD_H
#define GAZE_CORE_TOKENIZER_BUILD_H

#include "core/base/json.h"
#include "core/tokenizer/lexicon.h"

/* How the vocabulary spells what a person reads. */
struct style {
    bool byte_level;         /* letters stand for bytes (GPT-2's table) */
    bool byte_fallback;      /* "<0xAB>" stands for a byte */
    struct str space;        /* stands for a space: ▁ */
    struct str continuation; /* in front of what continues a word: ## */
    struct str end;          /* behind what ends a word: </w> */
};

/* Values of tokenizer_config.json that replace those of the outermost components; -1: as they are. */
struct overrides {
    int add_prefix_space;                        /* ByteLevel pre-tokenizer */
    int post_add_prefix_space;                   /* RobertaProcessing, ByteLevel post-processor */
    int trim_offsets;                            /* the same */
    int lowercase, strip_accents, chinese_chars; /* BertNormalizer; strip_accents 2: null */
};

struct build {
    const char *path;    /* the file, for messages */
    const char *what;    /* the component, for messages: "normalizer Replace" */
    struct arena *arena; /* outlives every component */
    struct style *style;
    struct overrides over;
    const struct lexicon *lexicon; /* the long lists, which the document leaves out, or NULL */
    size_t depth;                  /* of Sequences within Sequences */
};
enum { BUILD_DEPTH_MAX = 100 };

/* A boolean, number or string at `key`; where it is absent (or null) *out keeps its value. Another type is an
 * error that names the file, the component and the key. Strings are copied into the arena. */
NODISCARD bool field_bool(const struct build *build, const struct json *object, const char *key, bool *out, struct err *err);
NODISCARD bool field_size(const struct build *build, const struct json *object, const char *key, size_t *out, struct err *err);
NODISCARD bool field_str(const struct build *build, const struct json *object, const char *key, struct str *out, struct err *err);
/* The same for a key that must be there. */
NODISCARD bool field_str_needed(const struct build *build, const struct json *object, const char *key, struct str *out,
                                struct err *err);
/* A string of exactly one character. */
NODISCARD bool field_char_needed(const struct build *build, const struct json *object, const char *key, struct str *out,
                                 struct err *err);
/* An id: a whole number below TOKEN_ID_LIMIT. `what` names the thing in the message. */
NODISCARD bool field_id(const struct build *build, const struct json *value, const char *what, int32_t *out, struct err *err);

/* "type" of a component of `family` ("normalizer"), for choosing its row. */
NODISCARD bool field_type(const struct build *build, const struct json *object, const char *family, struct str *out,
                          struct err *err);
bool field_wrong(const struct build *build, const char *key, const char *expected, struct err *err); /* returns false */

#endif
