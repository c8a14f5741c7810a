/* The weight formats, in the order in which a folder is searched. To add one: a file core/weights/NAME.c that
 * ends in `const struct weights_format weights_NAME`, and a row here. */
#define WEIGHTS_FORMATS(ROW) \
    ROW(safetensors)
