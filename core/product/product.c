/* The door of every product: which kernel takes it. See product.h. */
#include "core/product/product.h"

#include <stdatomic.h>
#include <string.h>

#define KERNEL(name) extern const struct product_kernel product_##name;
#include "core/product/list.h"
#undef KERNEL

const struct product_kernel *const product_kernels[] = {
#define KERNEL(name) &product_##name,
#include "core/product/list.h"
#undef KERNEL
    NULL,
};

/* The kernel that tests and the benchmark insist on, NULL for the usual choice. */
static const struct product_kernel *_Atomic forced;

/* Tokens; measured with [T,768] and [T,3072] on AVX-512 and AVX2. */
enum { SHORT_LENGTH = 48, MIDDLE_LENGTH = 192 };

unsigned product_class(size_t length)
{
    return length <= SHORT_LENGTH ? CLASS_SHORT : length <= MIDDLE_LENGTH ? CLASS_MIDDLE : CLASS_LONG;
}

bool product_usable(const struct product_kernel *kernel)
{
    return simd_has(kernel->set) && (!kernel->usable || kernel->usable());
}

bool product_force(const char *name)
{
    const struct product_kernel *found = NULL;
    for (size_t i = 0; name && product_kernels[i] && !found; i++)
        if (!strcmp(product_kernels[i]->name, name) && product_usable(product_kernels[i]))
            found = product_kernels[i];
    atomic_store(&forced, found);
    return !name || found;
}

static const struct product_kernel *kernel_for(const struct linear *linear, unsigned class)
{
    const struct product_kernel *f = atomic_load_explicit(&forced, memory_order_relaxed);
    if (f && f->linear && f->supports(linear, class))
        return f;
    for (size_t i = 0; product_kernels[i]; i++)
        if (product_kernels[i]->linear && product_kernels[i]->supports(linear, class) && product_usable(product_kernels[i]))
            return product_kernels[i];
    return NULL;
}

bool product_rows_touch(void)
{
    const struct product_kernel *f = atomic_load_explicit(&forced, memory_order_relaxed);
    for (size_t i = 0; !f || !f->linear; i++)
        f = product_kernels[i]->linear && product_usable(product_kernels[i]) ? product_kernels[i] : NULL;
    return f->rows_touch;
}

bool product_linears(const struct linear_out *outs, size_t n, const float *x, size_t rows, size_t x_stride,
                     size_t length, struct err *err)
{
    unsigned class = product_class(length);
    for (size_t i = 0, j; i < n; i = j) {
        const struct linear *l = outs[i].linear;
        const struct product_kernel *kernel = kernel_for(l, class);
        if (!kernel)
            return err_set(err, ERR_UNSUPPORTED, "%s: tensor %.*s: no product for numbers of type %s", l->w.file ? l->w.file : "?",
                           STR_ARGS(l->w.name), l->w.dtype ? l->w.dtype->name : "?");
        for (j = i + 1; j < n; j++)
            if (kernel_for(outs[j].linear, class) != kernel)
                break;
        if (!kernel->linear(outs + i, j - i, x, rows, x_stride, class, err))
            return false;
    }
    return true;
}

bool product_linear(const struct linear *linear, const float *x, size_t rows, size_t x_stride, size_t length,
                    const struct activation *activation, float *y, size_t y_stride, struct err *err)
{
    struct linear_out out = {linear, y, y_stride, activation};
    return product_linears(&out, 1, x, rows, x_stride, length, err);
}

void product_abt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                 bool add, float *c, size_t ldc)
{
    const struct product_kernel *f = atomic_load_explicit(&forced, memory_order_relaxed);
    for (size_t i = 0; !f || !f->abt; i++)
        f = product_kernels[i]->abt && product_usable(product_kernels[i]) ? product_kernels[i] : NULL;
    f->abt(m, n, k, alpha, a, lda, b, ldb, add, c, ldc);
}

void product_ab(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb,
                bool add, float *c, size_t ldc)
{
    const struct product_kernel *f = atomic_load_explicit(&forced, memory_order_relaxed);
    for (size_t i = 0; !f || !f->ab; i++)
        f = product_kernels[i]->ab && product_usable(product_kernels[i]) ? product_kernels[i] : NULL;
    f->ab(m, n, k, alpha, a, lda, b, ldb, add, c, ldc);
}
