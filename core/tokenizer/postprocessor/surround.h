/* BertProcessing and RobertaProcessing have two tokens each, as ["string", id]. */
#ifndef GAZE_CORE_TOKENIZER_POSTPROCESSOR_SURROUND_H
#define GAZE_CORE_TOKENIZER_POSTPROCESSOR_SURROUND_H

#include "core/tokenizer/postprocessor/postprocessor.h"

struct named_id {
    struct str name;
    int32_t id;
};
NODISCARD bool named_id_read(struct named_id *out, const struct build *build, const struct json *json, const char *key,
                             struct err *err);
/* Put `front` (NULL: nothing) and `back` around a part, of these types; nothing else in it stays marked as put in. */
NODISCARD bool part_surround(struct section *part, const struct named_id *front, int32_t front_type, const struct named_id *back,
                             int32_t back_type, struct err *err);

#endif
