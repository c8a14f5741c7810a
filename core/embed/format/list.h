/* The formats of word vectors, in the order in which a file's content is asked. To add one: a file
 * core/embed/format/NAME.c that ends in `const struct vectors_format vectors_NAME`, and a row here. */
#define VECTORS_FORMATS(ROW)                                                                                                     \
    ROW(safetensors)                                                                                                             \
    ROW(npy)                                                                                                                     \
    ROW(fasttext)                                                                                                                \
    ROW(word2vec_binary)                                                                                                         \
    ROW(word2vec_text)                                                                                                           \
    ROW(glove) \
    ROW(model2vec)
