/* Bytes as letters. See bytelevel.h. */
#include "core/tokenizer/bytelevel.h"

static bool stands_for_itself(int32_t byte)
{
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
}

int32_t bytelevel_letter(uint8_t byte)
{
    if (stands_for_itself(byte))
        return byte;
    return byte <= 32 ? 256 + byte : byte <= 160 ? 256 + 33 + (byte - 127) : 256 + 67;
}

int bytelevel_byte(int32_t cp)
{
    if (cp < 256)
        return stands_for_itself(cp) ? cp : -1;
    cp -= 256;
    return cp <= 32 ? cp : cp <= 66 ? cp - 33 + 127 : cp == 67 ? 173 : -1;
}

bool bytelevel_encode(const void *context, struct normalized *text, struct err *err)
{
    (void)context;
    int32_t cp;
    normalized_begin(text);
    for (size_t at = 0; at < text->n;) {
        size_t n = normalized_next(text, at, &cp);
        for (size_t i = 0; i < n; i++)
            if (!normalized_change(text, bytelevel_letter((uint8_t)text->text[at + i]), i > 0, err))
                return false;
        at += n;
    }
    return normalized_apply(text, 0, err);
}
