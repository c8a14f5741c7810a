/* Runs a fuzz entry without libFuzzer: fuzz-NAME [--rounds N | --seconds S] [--last FILE] SEED…
 *
 * Every seed is run as it is, then N changed copies in all: cut short, bits and bytes changed, spans removed, doubled or taken
 * from another seed. The order is the same in every run; half of the changes fall into the first 4096 bytes, where headers
 * are. The input that runs lies in FILE, and stays there after a crash. An input that takes longer than 20 s ends the run. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_SECONDS = 20, MOST_BYTES = 4 << 20 };

struct input {
    uint8_t *bytes;
    size_t n;
};

static struct input input_read(const char *path)
{
    struct input input = {malloc(MOST_BYTES), 0};
    size_t n;
    uint8_t *bytes = read_file(path, &n);
    if (!input.bytes)
        abort();
    memcpy(input.bytes, bytes, input.n = n < MOST_BYTES ? n : MOST_BYTES);
    free(bytes);
    return input;
}

static size_t place(unsigned long long *state, size_t n)
{
    return draw(state, 2) && n > 4096 ? draw(state, 4096) : draw(state, n);
}

/* One change of `input` in place; `other` lends spans. */
static void change(struct input *input, const struct input *other, unsigned long long *state)
{
    static const uint8_t odd[] = {0, 0xff, 0x7f, 0x80, '"', '{', '}', '[', ']', ',', ':', '\\', '-', '9', '\n', ' '};
    if (!input->n)
        return;
    size_t at = place(state, input->n), span = 1 + draw(state, draw(state, 8) ? 16 : 4096);
    if (span > input->n - at)
        span = input->n - at;
    switch (draw(state, 7)) {
    case 0: input->bytes[at] ^= (uint8_t)(1u << draw(state, 8)); break;
    case 1: input->bytes[at] = (uint8_t)draw(state, 256); break;
    case 2: input->bytes[at] = odd[draw(state, sizeof odd)]; break;
    case 3: input->n = at; break;
    case 4:
        memmove(input->bytes + at, input->bytes + at + span, input->n - at - span);
        input->n -= span;
        break;
    case 5:
        if (input->n + span > MOST_BYTES)
            break;
        memmove(input->bytes + at + span, input->bytes + at, input->n - at);
        input->n += span;
        break;
    default: {
        size_t from = draw(state, other->n);
        if (span > other->n - from)
            span = other->n - from;
        memcpy(input->bytes + at, other->bytes + from, span);
    }
    }
}

static void run_one(const struct input *input, const char *last)
{
    if (last) {
        FILE *file = fopen(last, "wb");
        if (!file || (input->n && fwrite(input->bytes, 1, input->n, file) != input->n) || fclose(file) != 0) {
            perror(last);
            exit(2);
        }
    }
    uint8_t *exact = malloc(input->n ? input->n : 1); /* so that a read past the end is seen */
    if (!exact)
        abort();
    memcpy(exact, input->bytes, input->n);
    alarm(LIMIT_SECONDS);
    LLVMFuzzerTestOneInput(exact, input->n);
    alarm(0);
    free(exact);
}

int main(int argc, char **argv)
{
    long rounds = 2000, seconds = 0;
    const char *last = NULL;
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2)
        if (strcmp(argv[i], "--rounds") == 0)
            rounds = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = atol(argv[i + 1]);
        else if (strcmp(argv[i], "--last") == 0)
            last = argv[i + 1];
    size_t n = i < argc ? (size_t)(argc - i) : 0, done = 0;
    if (!n) {
        fputs("usage: fuzz-NAME [--rounds N | --seconds S] [--last FILE] SEED…\n", stderr);
        return 2;
    }
    struct input *seeds = calloc(n, sizeof *seeds), work = {malloc(MOST_BYTES), 0};
    if (!seeds || !work.bytes)
        abort();
    for (size_t s = 0; s < n; s++) {
        seeds[s] = input_read(argv[(size_t)i + s]);
        run_one(&seeds[s], last);
    }
    unsigned long long state = 0x9e3779b97f4a7c15u;
    time_t end = time(NULL) + seconds;
    for (; seconds ? time(NULL) < end : done < (size_t)rounds; done++) {
        const struct input *seed = &seeds[draw(&state, n)], *other = &seeds[draw(&state, n)];
        memcpy(work.bytes, seed->bytes, seed->n);
        work.n = seed->n;
        for (size_t changes = 1 + draw(&state, 4); changes; changes--)
            if (other->n)
                change(&work, other, &state);
        run_one(&work, last);
    }
    printf("%zu seeds and %zu changed copies\n", n, done);
    for (size_t s = 0; s < n; s++)
        free(seeds[s].bytes);
    free(seeds);
    free(work.bytes);
    if (last)
        remove(last);
    return 0;
}
