# gaze: build, demo, tests. Every list of sources is a wildcard: a new file edits no line here.
#
#   make            build/gaze and build/libgaze.a
#   make demo       install what is missing, build, show the embedded models        (YES=1: no question)
#   make test       install what is missing, build, run every test
#   make MPI=1 B=build-mpi   the same with MPI, for training over several machines
#   make test-mpi   trains with four processes on this machine and compares
#   make asan       every test under AddressSanitizer and UBSan
#   make fuzz       feed the readers changed files for FUZZ_SECONDS each
#   make bench      times beside PyTorch's
#   make bench-embed  training of word vectors beside gensim, word2vec, fasttext, koan
#   make layers     what may include what
#   make docs       bring the tables of the READMEs up to date
#   make fmt tidy   clang-format, clang-tidy
#   make install uninstall   PREFIX=/usr/local DESTDIR=

CC      ?= cc
PREFIX  ?= /usr/local
B       ?= build
OPT     ?= -O2 -g
WARN    ?= -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wshadow=local -Wvla
# GCC says -Wshadow=local, Clang -Wshadow
ifneq ($(findstring clang,$(CC)),)
WARN    := $(subst -Wshadow=local,-Wshadow,$(WARN))
endif

PKGS       := jansson libutf8proc libpcre2-8 cairo pangocairo pangoft2 fontconfig zlib libzstd libarchive fribidi
# of the program alone, for pull; libcurl is loaded when it is first needed (repl/fetch/http.c)
UI_PKGS    := nettle
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) $(UI_PKGS) libcurl 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --exists $(UI_PKGS) libcurl 2>/dev/null && pkg-config --libs $(PKGS) 2>/dev/null)
CPPFLAGS   += -D_GNU_SOURCE -I. $(PKG_CFLAGS)
CFLAGS     += -std=c17 $(OPT) $(WARN) $(SANITIZE) -pthread
LDFLAGS    += $(SANITIZE)
LIBS       := $(PKG_LIBS) -lm -ldl -pthread
# MPI=1: train over several machines (Open MPI, or another that has mpicc)
ifdef MPI
CPPFLAGS   += -DGAZE_MPI $(shell mpicc --showme:compile)
LIBS       += $(shell mpicc --showme:link)
endif
UI_LIBS    := -lreadline -lncursesw -ltinfo $(shell pkg-config --libs $(UI_PKGS) 2>/dev/null)
COMPILE     = $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP

sources = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))

CORE := $(call sources,core)
VIZ  := $(call sources,viz)
REPL := $(call sources,repl)

all: $(B)/gaze $(B)/libgaze.a

# Without pkg-config's answer nothing compiles: say what is missing instead.
NEED := $(if $(PKG_LIBS),,need)
need:
	@sh .ci/deps --check build
.PHONY: need

$(B)/obj/%.o: %.c | $(NEED)
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

$(B)/libgaze.a: $(call objects,$(CORE) $(VIZ))
	@rm -f $@
	ar rcs $@ $^

$(B)/gaze: $(call objects,$(REPL)) $(B)/libgaze.a
	$(CC) $(LDFLAGS) -o $@ $^ $(UI_LIBS) $(LIBS)

# ---- demo ----

# What installs and builds by itself uses every core, unless a -j is given.
JOBS    ?= $(shell nproc 2>/dev/null || echo 1)
AT_ONCE  = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))
SUBMAKE  = $(MAKE) --no-print-directory $(AT_ONCE)

demo:
	@sh .ci/deps build
	+@$(SUBMAKE) -s all
	+@$(SUBMAKE) -s demo-run

demo-run: all
	@mkdir -p build/demo
	@if [ -t 0 ] && [ -t 1 ]; then $(B)/gaze -i -f examples/demo.gaze; else $(B)/gaze -X -f examples/demo.gaze; fi

# ---- tests: one Criterion binary a room, the transcripts' runner, the fuzz entries with their driver ----

ROOMS        := $(patsubst tests/%/,%,$(wildcard tests/core/ tests/viz/ tests/repl/ tests/screen/))
TEST_BINS    := $(foreach room,$(ROOMS),$(if $(call sources,tests/$(room)),$(B)/tests/unit-$(room)))
TEST_SUPPORT := $(call sources,tests/support)
FUZZ_BINS    := $(patsubst tests/fuzz/fuzz_%.c,$(B)/tests/fuzz-%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SUPPORT := $(shell grep -L "criterion/" $(TEST_SUPPORT)) # without what speaks to Criterion
FUZZ_DRIVER  := $(filter-out tests/fuzz/fuzz_% $(if $(FUZZ_LINK),tests/fuzz/driver.c),$(call sources,tests/fuzz))
EXAMPLE_BINS := $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c))
SESSION      := $(filter-out $(B)/obj/repl/main.o,$(call objects,$(REPL)))

test:
	@sh .ci/deps test
	+@$(SUBMAKE) -s test-run

test-run: all test-build
	@sh tests/run $(B)

test-build: $(TEST_BINS) $(B)/tests/unit-weft $(B)/tests/weft/gaze $(B)/tests/transcript $(FUZZ_BINS) $(EXAMPLE_BINS)

define test_binary
$(B)/tests/unit-$(1): $(call objects,$(call sources,tests/$(1)) $(TEST_SUPPORT)) $(SESSION) $(B)/libgaze.a
	@mkdir -p $$(@D)
	$(CC) $(LDFLAGS) -o $$@ $$^ -lcriterion $(UI_LIBS) $(LIBS) -lutil
endef
$(foreach room,$(ROOMS),$(eval $(call test_binary,$(room))))

# The architecture of the tests: before its own folder core/arch/arch.c sees tests/arch, whose core/arch/more.h has a row more.
# The program with it is another one: nothing of it is in gaze.
WEFT := $(B)/obj/tests/arch/list.o $(B)/obj/tests/arch/weft.o
$(B)/obj/tests/arch/list.o: core/arch/arch.c | $(NEED)
	@mkdir -p $(@D)
	$(CC) -Itests/arch $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(B)/tests/weft/gaze: $(call objects,$(REPL)) $(WEFT) $(B)/libgaze.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(UI_LIBS) $(LIBS)
$(B)/tests/unit-weft: $(call objects,$(wildcard tests/arch/test_*.c) $(filter-out tests/screen/test_%,$(call sources,tests/screen))) \
    $(call objects,$(TEST_SUPPORT)) $(SESSION) $(WEFT) $(B)/libgaze.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lcriterion $(UI_LIBS) $(LIBS) -lutil

$(B)/tests/transcript: $(call objects,$(call sources,tests/transcript))
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^

$(B)/tests/fuzz-%: $(B)/obj/tests/fuzz/fuzz_%.o $(call objects,$(FUZZ_DRIVER) $(FUZZ_SUPPORT)) $(SESSION) $(B)/libgaze.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(FUZZ_LINK) -o $@ $^ $(UI_LIBS) $(LIBS)

# The examples see the library alone, as its users do.
$(B)/examples/%: $(B)/obj/examples/%.o $(B)/libgaze.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

ASAN := -fno-sanitize-recover=undefined -fno-omit-frame-pointer -fsanitize=address,undefined
asan:
	@sh .ci/deps test
	+@FUZZ_ROUNDS=$${FUZZ_ROUNDS:-20000} $(SUBMAKE) -s B=build-asan OPT="-O1 -g" SANITIZE="$(ASAN)" test-run

# ENGINE=libfuzzer: Clang's, which follows the branches taken; else the driver of tests/fuzz.
FUZZ_SECONDS ?= 30
ENGINE       ?= driver
fuzz:
	@sh .ci/deps build
	+@$(SUBMAKE) -s fuzz-$(ENGINE)
	@sh tests/fuzz/run $(if $(filter libfuzzer,$(ENGINE)),build-fuzz,build-asan) $(FUZZ_SECONDS) $(ENGINE)
fuzz-driver:
	+@$(SUBMAKE) B=build-asan OPT="-O1 -g" SANITIZE="$(ASAN)" fuzz-build
fuzz-libfuzzer:
	+@$(SUBMAKE) B=build-fuzz CC=clang OPT="-O1 -g" SANITIZE="$(ASAN),fuzzer-no-link" FUZZ_LINK=-fsanitize=fuzzer fuzz-build
fuzz-build: $(FUZZ_BINS)

# ---- bench ----

BENCH := $(call sources,tests/bench)
$(B)/tests/bench: $(call objects,$(BENCH)) $(B)/libgaze.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
bench: all $(if $(BENCH),$(B)/tests/bench)
	@sh tests/bench/run $(B)

# The build with MPI beside the other, and four processes on this machine.
test-mpi: $(B)/gaze
	@$(SUBMAKE) -s MPI=1 B=build-mpi all
	@sh tests/mpi/run build-mpi $(B)

bench-embed: $(B)/gaze
	@sh tests/bench-embed/run $(B)

# ---- the house ----

layers:
	@CC="$(CC)" CFLAGS="-std=c17 -D_GNU_SOURCE -I. $(PKG_CFLAGS)" sh .ci/layers

docs: all
	@sh .ci/docs $(B)

fmt:
	clang-format -i $$(git ls-files '*.c' '*.h')

tidy:
	clang-tidy --quiet $(CORE) $(VIZ) $(REPL) -- -std=c17 $(CPPFLAGS)

# ---- install ----

bindir := $(DESTDIR)$(PREFIX)/bin
libdir := $(DESTDIR)$(PREFIX)/lib
incdir := $(DESTDIR)$(PREFIX)/include/gaze
share  := $(DESTDIR)$(PREFIX)/share
HEADERS := $(sort $(shell find core viz -name '*.h'))
MODELS  := $(patsubst examples/models/%,%,$(shell find examples/models -type f))

install: all
	install -d $(bindir) $(libdir)/pkgconfig $(incdir) $(share)/man/man1
	install -d $(share)/bash-completion/completions $(share)/zsh/site-functions
	install -m 755 $(B)/gaze $(bindir)/gaze
	install -m 644 $(B)/libgaze.a $(libdir)/libgaze.a
	@for h in $(HEADERS); do install -D -m 644 $$h $(incdir)/$$h || exit 1; done
	@for m in $(MODELS); do install -D -m 644 examples/models/$$m $(share)/gaze/models/$$m || exit 1; done
	$(B)/gaze --man > $(share)/man/man1/gaze.1
	$(B)/gaze --completion bash > $(share)/bash-completion/completions/gaze
	$(B)/gaze --completion zsh > $(share)/zsh/site-functions/_gaze
	@printf '%s\n' 'prefix=$(PREFIX)' 'Name: gaze' 'Description: Attention of transformer checkpoints' 'Version: 0.1' \
	  'Requires: $(PKGS)' 'Cflags: -I$${prefix}/include/gaze -pthread' 'Libs: -L$${prefix}/lib -lgaze -lm -ldl -pthread' \
	  > $(libdir)/pkgconfig/gaze.pc

uninstall:
	rm -f $(bindir)/gaze $(libdir)/libgaze.a $(libdir)/pkgconfig/gaze.pc $(share)/man/man1/gaze.1
	rm -f $(share)/bash-completion/completions/gaze $(share)/zsh/site-functions/_gaze
	rm -rf $(incdir) $(share)/gaze

clean:
	rm -rf build build-asan build-clang build-fuzz build-mpi

.PHONY: all demo demo-run test test-run test-build asan fuzz fuzz-driver fuzz-libfuzzer fuzz-build bench bench-embed test-mpi layers docs fmt tidy install uninstall clean
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
