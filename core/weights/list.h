/* The weight formats, in the order in which they are preferred where a folder holds several. To add one: a file
 * core/weights/NAME.c that ends in `const struct weights_format weights_NAME`, and a row here. */
#define WEIGHTS_FORMATS(ROW) \
    ROW(safetensors)         \
    ROW(torch)           \
    ROW(gguf)
