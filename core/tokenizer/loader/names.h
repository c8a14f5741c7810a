/* Lists of strings under construction: additional special tokens of a class. */
#ifndef GAZE_CORE_TOKENIZER_LOADER_NAMES_H
#define GAZE_CORE_TOKENIZER_LOADER_NAMES_H

#include "core/tokenizer/loader/loader.h"

struct names {
    struct str *at; /* [n] */
    size_t n, capacity;
    struct arena *arena; /* owns the strings */
};
NODISCARD bool names_add(struct names *names, struct str name, struct err *err);
NODISCARD bool names_printf(struct names *names, struct err *err, const char *format, ...) PRINTF_LIKE(3, 4);
NODISCARD bool names_add_given(struct names *names, const struct json *given, struct err *err);
NODISCARD bool names_add_list(struct names *names, const char *const *list, struct err *err);
void names_free(struct names *names);

/* Slots `more` of the classes. */
typedef bool more_names(struct names *names, const struct folder *folder, const struct json *given, struct err *err);
more_names more_t5, more_camembert, more_xlnet, more_mbart, more_mbart50, more_nllb, more_pegasus, more_xglm, more_code_llama;

extern const char *const mbart_languages[], *const mbart50_languages[], *const nllb_languages[]; /* NULL-ended */

#endif
