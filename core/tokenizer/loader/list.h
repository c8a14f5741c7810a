/* All loaders; the first whose files are there is taken. To add one: write loader/NAME.c, which ends in
 * `const struct loader loader_NAME`, and add the row X(NAME) here. */
#define LOADERS(X) X(tokenizer_json) X(vocab_txt) X(vocab_json) X(sentencepiece_model)
