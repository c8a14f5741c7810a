/* The rows of the test build: the architectures of tests/arch. */
#define MORE_ARCHS(ROW) ROW(weft)
