/* The writers of results. To add one: a file repl/writer/NAME.c that ends in `const struct writer writer_NAME`, and a row
 * here. Pictures in files are drawn by viz/render (its own list). */
#define WRITERS(ROW) \
    ROW(table)       \
    ROW(json)        \
    ROW(csv)         \
    ROW(tsv)         \
    ROW(npy)         \
    ROW(npz)         \
    ROW(safetensors)
