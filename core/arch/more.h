/* Architectures that a build adds to the list: none here. A build whose include path names another core/arch/more.h first
 * (that of tests/arch) has those rows too. */
#define MORE_ARCHS(ROW)
