/* All models, in the order in which they are asked about a file that does not say its type. To add one: write
 * model/NAME.c, which ends in `const struct model_kind model_NAME`, and add the row X(NAME) here. */
#define MODELS(X) X(bpe) X(wordpiece) X(wordlevel) X(unigram)
