/* All pre-tokenizers. To add one: write pretokenizer/NAME.c, which ends in `const struct pretokenizer_kind
 * pretokenizer_NAME`, and add the row X(NAME) here. */
#define PRETOKENIZERS(X)                                                                                                         \
    X(bert)                                                                                                                      \
    X(byte_level) X(metaspace) X(whitespace) X(whitespace_split) X(punctuation) X(digits) X(split) X(char_delimiter_split)       \
        X(unicode_scripts) X(fixed_length) X(sequence)
