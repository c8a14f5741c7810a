/* Maps that cost passes, kept by their run. See store.h. */
#include "core/effect/store.h"

#include <pthread.h>
#include <stdlib.h>

struct entry {
    const struct effect *effect;
    enum stack_kind stack;
    size_t text;
    float *maps;
};

struct effect_store {
    pthread_mutex_t lock;
    struct entry *entries;
    size_t n, capacity;
};

static void store_free(void *of)
{
    struct effect_store *store = of;
    if (!store)
        return;
    for (size_t i = 0; i < store->n; i++)
        free(store->entries[i].maps);
    free(store->entries);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

struct effect_store *effect_store_of(const struct run *run, struct err *err)
{
    struct run *own = (struct run *)run; /* what it keeps beside its pass changes no map */
    void *there = atomic_load(&own->effects.data);
    struct effect_store *store = there ? there : mem_new(1, sizeof *store, "a run", err);
    if (there || !store)
        return store;
    pthread_mutex_init(&store->lock, NULL);
    own->effects.free = store_free;
    if (atomic_compare_exchange_strong(&own->effects.data, &there, store))
        return store;
    store_free(store); /* another thread was first */
    return there;
}

const float *effect_store_open(struct effect_store *store, const struct effect *effect, const struct attention *a)
{
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < store->n; i++) {
        const struct entry *e = &store->entries[i];
        if (e->effect == effect && e->stack == a->stack->kind && e->text == a->text)
            return e->maps;
    }
    return NULL;
}

bool effect_store_keep(struct effect_store *store, const struct effect *effect, const struct attention *a, float *maps,
                       struct err *err)
{
    if (!mem_grow((void **)&store->entries, &store->capacity, store->n + 1, sizeof *store->entries, "kept maps", err))
        return false;
    store->entries[store->n++] = (struct entry){effect, a->stack->kind, a->text, maps};
    return true;
}

void effect_store_close(struct effect_store *store)
{
    pthread_mutex_unlock(&store->lock);
}
