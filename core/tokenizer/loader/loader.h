/* The family of loaders: from the files of a folder to a tokenizer. */
#ifndef GAZE_CORE_TOKENIZER_LOADER_LOADER_H
#define GAZE_CORE_TOKENIZER_LOADER_LOADER_H

#include "core/tokenizer/assembly.h"

#define ROLE_BIT(role) (1u << (role))

struct folder;
struct names;

/* How a token that a class names by a bare string is added: bits of roles. */
struct role_flags {
    unsigned wrapped;    /* the class gives it flags, even where the file has the token already */
    unsigned normalized; /* it is looked for in the normalised text */
    unsigned lstrip;     /* it takes the whitespace before it */
};

/* What a class of the reference's library fixes beside the files. */
struct tokenizer_class {
    const char *name;                /* without "Fast" */
    const char *model_types;         /* of config.json, separated by spaces, where no class is named; NULL: none */
    const char *roles[7];            /* default tokens, in the order of role_names; NULL: none */
    const char *json_unk, *json_pad; /* beside a tokenizer.json, where they differ; NULL: the same */
    struct role_flags older;         /* for a tokenizer made of older files */
    struct role_flags json;          /* beside a tokenizer.json */
    bool bert;                       /* do_lower_case, strip_accents, tokenize_chinese_chars replace the normalizer's */
    bool roberta;                    /* add_prefix_space and trim_offsets replace the post-processor's */
    bool prefix_reloads;             /* "add_prefix_space" sends it back from tokenizer.json to the SentencePiece model */
    /* Its additional special tokens: `given` are those of the files. NULL: just these. */
    bool (*more)(struct names *names, const struct folder *folder, const struct json *given, struct err *err);
    bool no_decoder;                   /* "added_tokens_decoder" and added_tokens.json add nothing */
    const struct loader *reads;        /* the older files; NULL: it has tokenizer.json alone */
    const struct spm_family *pieces;   /* of a SentencePiece model */
    const struct word_family *words;   /* of vocab.json and merges.txt */
    const struct line_family *lines;   /* of vocab.txt */
    const struct processor *processor; /* of older files */
    bool processor_always;             /* beside a tokenizer.json too */
};

/* A folder and the small files beside the tokenizer's own; each document NULL where it is absent. */
struct folder {
    const char *path;
    struct json *config;                 /* tokenizer_config.json */
    struct json *special_map;            /* special_tokens_map.json */
    struct json *added_tokens;           /* added_tokens.json */
    struct json *model_config;           /* config.json */
    struct str class_name;               /* without "Fast"; n 0: the files name none */
    struct str model_type;               /* of config.json; n 0: none */
    const struct tokenizer_class *class; /* NULL: unknown or none */
    bool older;                          /* not made of a tokenizer.json */
};
bool folder_has(const struct folder *folder, const char *file);

/* The content of a role's token as files and class have it; n 0: none. */
struct str folder_role(const struct folder *folder, int role);
/* A boolean of tokenizer_config.json; null counts as absent. */
bool folder_flag(const struct folder *folder, const char *key, bool fallback);
/* A whole number of tokenizer_config.json. */
NODISCARD bool folder_size(const struct folder *folder, const char *key, size_t *out, struct err *err);
/* A string of tokenizer_config.json; null gives n 0. */
struct str folder_str(const struct folder *folder, const char *key, const char *fallback);
/* "add_prefix_space" as the classes with a SentencePiece model read it: absent true, null false. */
bool folder_prefix_space(const struct folder *folder);
/* The string of an id in "added_tokens_decoder", n 0 where it has none. */
struct str folder_decoder_string(const struct folder *folder, const char *id);

/* What the companion files replace in the outermost components. */
struct overrides folder_overrides(const struct folder *folder);
/* Add the tokens of the companion files, behind those of the document, note the roles, and put in the class's
 * post-processor. */
NODISCARD bool folder_finish(const struct folder *folder, struct tokenizer *tokenizer, struct err *err);

const struct tokenizer_class *class_of(struct str name, struct str model_type); /* NULL: unknown */
/* The names of the classes that the loader reads, separated by commas. */
void classes_list(struct buf *out, const struct loader *loader);
/* "PATH/FILE: tokenizer_class "X" is not read from it; known classes: …" */
bool class_refused(const struct folder *folder, const char *file, const struct loader *loader, struct err *err);

struct loader {
    const char *name, *summary;
    const char *const *files; /* NULL-ended */
    bool any_file;            /* one of them is enough; else all must be there */
    /* Fill the tokenizer. */
    bool (*load)(struct tokenizer *tokenizer, const struct folder *folder, struct err *err);
};
/* The loader whose files are there: tokenizer.json, else that of the class, else the first of the list.
 * ERR_NOT_FOUND where the folder holds no tokenizer, and ERR_UNSUPPORTED where it holds only one that no loader
 * reads. */
NODISCARD bool loader_load(struct tokenizer *tokenizer, const char *folder, struct err *err);

/* From the text of a tokenizer.json that stands in another file, `path`: with the pieces of the lexicon where the model has scores
 * (NULL: the text has them), and with what a tokenizer_config.json would say (NULL: nothing). */
NODISCARD bool loader_of_text(struct tokenizer *tokenizer, const char *path, struct str text, struct lexicon *lexicon,
                              struct json *config, struct err *err);

extern const struct loader *const loaders[]; /* NULL-ended */
extern const struct loader loader_tokenizer_json, loader_vocab_txt, loader_vocab_json, loader_sentencepiece_model;

#endif
