/* Stored zip archives. See stored_zip.h. */
#include "tests/support/stored_zip.h"

#include <string.h>

static void put(struct buf *out, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_char(out, i < 8 ? (char)(number >> (8 * i)) : 0);
}

void stored_zip(const struct stored_member *members, size_t n, struct buf *out, size_t *directory_out)
{
    size_t begin = out->n, at[64];
    for (size_t i = 0; i < n && i < 64; i++) {
        at[i] = out->n - begin;
        put(out, 0x04034b50, 4);
        put(out, 0, 2);
        put(out, 0x0808, 2); /* sizes stand behind the data */
        put(out, 0, 18);
        put(out, strlen(members[i].name), 2);
        put(out, 0, 2);
        buf_puts(out, members[i].name);
        buf_str(out, members[i].data);
    }
    size_t directory = out->n;
    for (size_t i = 0; i < n && i < 64; i++) {
        put(out, 0x02014b50, 4);
        put(out, 0, 4);
        put(out, 0x0808, 2);
        put(out, 0, 10);
        put(out, members[i].data.n, 4);
        put(out, members[i].data.n, 4);
        put(out, strlen(members[i].name), 2);
        put(out, 0, 12);
        put(out, at[i], 4);
        buf_puts(out, members[i].name);
    }
    size_t size = out->n - directory;
    put(out, 0x06054b50, 4);
    put(out, 0, 4);
    put(out, n, 2);
    put(out, n, 2);
    put(out, size, 4);
    put(out, directory - begin, 4);
    put(out, 0, 2);
    if (directory_out)
        *directory_out = directory;
}
