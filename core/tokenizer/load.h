/* From a folder to a tokenizer. */
#ifndef GAZE_CORE_TOKENIZER_LOAD_H
#define GAZE_CORE_TOKENIZER_LOAD_H

#include "core/base/json.h"
#include "core/tokenizer/lexicon.h"
#include "core/tokenizer/tokenizer.h"

/* Load the tokenizer of a folder: tokenizer.json where it is, else the older files by tokenizer_class and
 * by what is there. ERR_NOT_FOUND where the folder holds no tokenizer file at all; ERR_UNSUPPORTED, naming
 * the file and the formats that are read, where it holds only one that is not read yet. */
NODISCARD struct tokenizer *tokenizer_load(const char *folder, struct err *err);

/* The same from the text of a tokenizer.json that stands in another file (loader_of_text). */
NODISCARD struct tokenizer *tokenizer_of_text(const char *path, struct str text, struct lexicon *lexicon,
                                              struct json *config, struct err *err);

#endif
