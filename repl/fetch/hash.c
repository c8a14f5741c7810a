/* Hashes by nettle. See hash.h. */
#include "repl/fetch/hash.h"

#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>

struct hash {
    size_t digits;
    union {
        struct sha1_ctx sha1;
        struct sha256_ctx sha256;
    } state;
};

struct hash *hash_new(size_t digits, struct err *err)
{
    struct hash *hash = mem_new(1, sizeof *hash, "a hash", err);
    if (!hash)
        return NULL;
    hash->digits = digits;
    if (digits == 40)
        sha1_init(&hash->state.sha1);
    else
        sha256_init(&hash->state.sha256);
    return hash;
}

void hash_free(struct hash *hash)
{
    free(hash);
}

void hash_add(struct hash *hash, const void *bytes, size_t n)
{
    if (hash->digits == 40)
        sha1_update(&hash->state.sha1, n, bytes);
    else
        sha256_update(&hash->state.sha256, n, bytes);
}

void hash_text(struct hash *hash, char out[HASH_HEX + 1])
{
    unsigned char digest[SHA256_DIGEST_SIZE];
    if (hash->digits == 40)
        sha1_digest(&hash->state.sha1, hash->digits / 2, digest);
    else
        sha256_digest(&hash->state.sha256, hash->digits / 2, digest);
    for (size_t i = 0; i < hash->digits / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

bool hash_is_text(struct str text, size_t digits)
{
    for (size_t i = 0; i < text.n; i++)
        if (!((text.s[i] >= '0' && text.s[i] <= '9') || (text.s[i] >= 'a' && text.s[i] <= 'f')))
            return false;
    return text.n == digits;
}
