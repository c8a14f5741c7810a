# gaze: build, demo, tests. Every list of sources is a wildcard: a new file edits no line here.
CC      ?= cc
PREFIX  ?= /usr/local
B       ?= build
OPT     ?= -O2 -g
PKGS    := jansson libutf8proc libpcre2-8 cairo pangocairo zlib
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
WARN    := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wshadow=local -Wvla
CFLAGS  += -std=c17 $(OPT) $(WARN) -D_GNU_SOURCE -I. $(PKG_CFLAGS) $(SANITIZE) -pthread
LIBS    := $(PKG_LIBS) -lm -ldl -pthread

CORE := $(sort $(shell find core -name '*.c'))
VIZ  := $(sort $(shell find viz -name '*.c'))
REPL := $(sort $(shell find repl -name '*.c'))
OBJ   = $(patsubst %.c,$(B)/obj/%.o,$(1))

all: $(B)/gaze $(B)/libgaze.a

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CFLAGS_$(subst /,_,$*)) -MMD -MP -c $< -o $@

$(B)/libgaze.a: $(call OBJ,$(CORE) $(VIZ))
	@rm -f $@
	ar rcs $@ $^

$(B)/gaze: $(call OBJ,$(REPL)) $(B)/libgaze.a
	$(CC) $(SANITIZE) -o $@ $^ -lreadline -lncursesw $(LIBS)

clean:
	rm -rf build build-asan

.PHONY: all clean
-include $(shell find $(B) -name '*.d' 2>/dev/null)
