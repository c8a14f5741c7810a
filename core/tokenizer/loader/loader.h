/* The family of loaders: from the files of a folder to a tokenizer. */
#ifndef GAZE_CORE_TOKENIZER_LOADER_LOADER_H
#define GAZE_CORE_TOKENIZER_LOADER_LOADER_H

#include "core/tokenizer/assembly.h"

/* What a class of the reference's library fixes beside the files. */
struct tokenizer_class {
    const char *name;        /* without "Fast" */
    const char *model_types; /* of config.json, separated by spaces, where no class is named */
    const char *roles[7];    /* default tokens, in the order of role_names; NULL: none */
    bool bert;               /* do_lower_case, strip_accents, tokenize_chinese_chars replace the normalizer's */
    bool roberta;            /* add_prefix_space and trim_offsets replace the post-processor's */
    bool mask_takes_space;   /* a mask given as a bare string has lstrip; also beside a tokenizer.json: */
    bool mask_takes_space_always;
    bool normalized;  /* tokens given as bare strings are looked for in the normalised text */
    const char *pair; /* of older files: the post-processor, see loaders */
};

/* A folder and the small files beside the tokenizer's own; each document NULL where it is absent. */
struct folder {
    const char *path;
    struct json *config;                 /* tokenizer_config.json */
    struct json *special_map;            /* special_tokens_map.json */
    struct json *added_tokens;           /* added_tokens.json */
    struct json *model_config;           /* config.json */
    struct str class_name;               /* without "Fast"; n 0: the files name none */
    const struct tokenizer_class *class; /* NULL: unknown or none */
};
bool folder_has(const struct folder *folder, const char *file);

extern const char *const role_names[7]; /* bos eos unk sep pad cls mask */
enum { ROLE_BOS, ROLE_EOS, ROLE_UNK, ROLE_SEP, ROLE_PAD, ROLE_CLS, ROLE_MASK, ROLES };
/* The content of a role's token as files and class have it; n 0: none. */
struct str folder_role(const struct folder *folder, int role);
/* A boolean of tokenizer_config.json. */
bool folder_flag(const struct folder *folder, const char *key, bool fallback);

/* What the companion files replace in the outermost components. */
struct overrides folder_overrides(const struct folder *folder);
/* Add the tokens of the companion files, behind those of the document, and note the roles. */
NODISCARD bool folder_add_tokens(const struct folder *folder, struct tokenizer *tokenizer, struct err *err);

const struct tokenizer_class *class_of(struct str name, struct str model_type); /* NULL: unknown */
void classes_list(struct buf *out);                                             /* names, separated by commas */

struct loader {
    const char *name, *summary;
    const char *const *files; /* that must all be there; NULL-ended */
    /* Fill the tokenizer. */
    bool (*load)(struct tokenizer *tokenizer, const struct folder *folder, struct err *err);
};
/* The first loader whose files are all there; ERR_NOT_FOUND where the folder holds no tokenizer, and
 * ERR_UNSUPPORTED where it holds only one that no loader reads. */
NODISCARD bool loader_load(struct tokenizer *tokenizer, const char *folder, struct err *err);

extern const struct loader *const loaders[]; /* NULL-ended */

#endif
