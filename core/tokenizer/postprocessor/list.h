/* All post-processors. To add one: write postprocessor/NAME.c, which ends in `const struct postprocessor_kind
 * postprocessor_NAME`, and add the row X(NAME) here. */
#define POSTPROCESSORS(X) X(template) X(bert) X(roberta) X(byte_level) X(sequence)
