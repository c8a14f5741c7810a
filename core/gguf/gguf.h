/* A GGUF file as a checkpoint: what its metadata say as a config.json, its tensors under the names of the family's own files, its
 * tokenizer. */
#ifndef GAZE_CORE_GGUF_GGUF_H
#define GAZE_CORE_GGUF_GGUF_H

#include "core/base/json.h"
#include "core/tokenizer/tokenizer.h"
#include "core/weights/gguf.h"

/* The configuration that the metadata give, as the family's config.json would say it; the caller frees it. Tensors take the names
 * that the family's own files give them, and what llama.cpp's converter moved is put back: rows in another order are told by the
 * tensor (`order`, `turned`), vectors are copied. ERR_UNSUPPORTED names an architecture that is not read and lists those that
 * are. */
NODISCARD struct json *gguf_adapt(const struct gguf *gguf, struct weights *weights, struct err *err);

/* The tokenizer that the metadata hold: tokenizer.huggingface.json as it is, else what tokenizer.ggml.* say. ERR_NOT_FOUND where
 * there is none, ERR_UNSUPPORTED names what is not read. */
NODISCARD struct tokenizer *gguf_tokenizer(const struct gguf *gguf, struct err *err);

#endif
