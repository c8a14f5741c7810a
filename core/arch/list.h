/* The architectures. To add one: a file core/arch/NAME.c that ends in `const struct arch arch_NAME`, and a row here. */
#define ARCHS(ROW)       \
    ROW(bert)            \
    ROW(roberta)         \
    ROW(deberta)         \
    ROW(deberta_v2)      \
    ROW(distilbert)      \
    ROW(electra)         \
    ROW(xlm_roberta)     \
    ROW(camembert)       \
    ROW(albert)          \
    ROW(mpnet)           \
    ROW(megatron_bert)   \
    ROW(ernie)           \
    ROW(xlm_roberta_xl)  \
    ROW(esm)             \
    ROW(modernbert)      \
    ROW(roformer)        \
    ROW(squeezebert)     \
    ROW(convbert)        \
    ROW(longformer)      \
    ROW(funnel)          \
    ROW(llama)
