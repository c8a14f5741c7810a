/* Flags that a signal handler sets and long loops read. See cancel.h. */
#include "core/base/cancel.h"

#include <stdatomic.h>

static atomic_int requested, leaving;

void cancel_request(void)
{
    atomic_store_explicit(&requested, 1, memory_order_relaxed);
}

void cancel_clear(void)
{
    atomic_store_explicit(&requested, 0, memory_order_relaxed);
}

bool cancel_requested(void)
{
    return atomic_load_explicit(&requested, memory_order_relaxed) != 0;
}

bool cancel_check(size_t i, struct err *err)
{
    return i % 4096 || !cancel_requested() || err_set(err, ERR_CANCELLED, "interrupted");
}

void cancel_leave(int signal)
{
    atomic_store_explicit(&leaving, signal, memory_order_relaxed);
    cancel_request();
}

int cancel_leaving(void)
{
    return atomic_load_explicit(&leaving, memory_order_relaxed);
}
