/* All normalizers. To add one: write normalizer/NAME.c, which ends in `const struct normalizer_kind
 * normalizer_NAME`, and add the row X(NAME) here. */
#define NORMALIZERS(X)                                                                                                           \
    X(bert)                                                                                                                      \
    X(nfc) X(nfd) X(nfkc) X(nfkd) X(lowercase) X(strip) X(strip_accents) X(replace) X(prepend) X(precompiled) X(nmt)             \
        X(byte_level) X(sequence)
