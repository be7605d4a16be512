# Headroom - one Makefile, not recursive.  `make help` lists the targets.
#
# A new .c file in a folder is built without a change here: each folder is an
# archive, and a program takes from the archives what it uses.

CC ?= cc
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
SANITIZE ?=
PYTHON ?= python3

BINDIR = $(PREFIX)/bin
LIBEXECDIR = $(PREFIX)/libexec/headroom
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/headroom
UNITDIR = $(PREFIX)/lib/systemd/system
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d

# ---- flags -----------------------------------------------------------------

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wformat=2 -Wundef -Wvla -Wcast-qual -Wwrite-strings -Wconversion
ifneq ($(CI),)
WARNINGS += -Werror
endif

# Hardening and optimisation give way to the sanitizers in `make asan`.
ifeq ($(SANITIZE),)
HARDENING = -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -fPIE
HARDENING_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack
else
HARDENING = -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) \
	-fno-sanitize-recover=all
HARDENING_LD = -fsanitize=$(SANITIZE)
endif

# `make coverage` counts the branches of what must not fail; the rest is built as ever.
ifneq ($(COVERAGE),)
$(foreach d,store collectord common,$(BUILD)/obj/$(d)/%.o): \
	HARDENING = -O0 -fPIE --coverage -fprofile-update=atomic
HARDENING_LD += --coverage
endif

# CONFIG_DIR is where the programs look for settings, profiles and rules.
CONFIG_DIR ?= /etc/headroom
DATA_DIR ?= /var/lib/headroom

ALL_CPPFLAGS = -I. -I$(BUILD)/gen -D_GNU_SOURCE -DHEADROOM_CONFIG_DIR='"$(CONFIG_DIR)"' \
	-DHEADROOM_DATA_DIR='"$(DATA_DIR)"' -DHEADROOM_LIBEXEC_DIR='"$(LIBEXECDIR)"' \
	-isystem /usr/include/libxml2 \
	$(CPPFLAGS)
ALL_CFLAGS = -std=c11 -g -ffunction-sections -fdata-sections $(WARNINGS) \
	$(HARDENING) $(CFLAGS)
ALL_LDFLAGS = $(HARDENING_LD) -Wl,--gc-sections -Wl,--as-needed $(LDFLAGS)

# ---- what is built from what -----------------------------------------------

# A program's entry file; everything else in its folder goes into the archive.
MAINS = $(addprefix collectord/,$(addsuffix /main.c,$(DAEMON_FOLDERS))) analyze/main.c \
	analyze/solver/main.c analyze/fetch/main.c
DAEMON_FOLDERS = sampler recorder writer helper notifier inventory poller sender
ANALYZE_FOLDERS = $(addprefix analyze/,verbs report document export import import/formats \
	import/readers engine runbook validate inventory sample migrate plan packing assess compare estate \
	peaks console)
PROBE_FOLDERS = probes probes/host probes/slow probes/fleet
STORE_FOLDERS = store store/rrd store/db store/dir
ARCHIVE_FOLDERS = common schema $(PROBE_FOLDERS) $(STORE_FOLDERS) collectord/link \
	$(addprefix collectord/,$(DAEMON_FOLDERS)) $(ANALYZE_FOLDERS) analyze/solver analyze/fetch

sources = $(filter-out $(MAINS),$(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
archive = $(BUILD)/lib/lib$(subst /,-,$(1)).a

COMMON_ARCHIVES = $(foreach d,$(STORE_FOLDERS) schema common,$(call archive,$(d)))
# A program of the daemon takes from its own folder, and from what all of them share.
DAEMON_ARCHIVES = $(foreach d,collectord/link $(PROBE_FOLDERS),$(call archive,$(d))) \
	$(COMMON_ARCHIVES)
ANALYZE_ARCHIVES = $(foreach d,$(ANALYZE_FOLDERS),$(call archive,$(d))) $(COMMON_ARCHIVES)
FETCH_ARCHIVES = $(foreach d,analyze/fetch common,$(call archive,$(d)))
SOLVER_ARCHIVES = $(foreach d,analyze/solver analyze/packing common,$(call archive,$(d)))

LIBS_RRD = -lrrd
LIBS_DB = -lsqlite3
# compressed files, workbooks, XML
LIBS_READERS = -lzip -lxml2 -lz -llzma -lbz2
LIBS_COIN = -lCbcSolver -lCbc -lCgl -lOsiClp -lClp -lOsi -lCoinUtils

# program: libraries beside libc and libm
LIBS_collectord = -lconfuse
LIBS_collectord-recorder = $(LIBS_DB)
LIBS_collectord-writer = $(LIBS_RRD)
LIBS_collectord-helper = -lsensors
LIBS_collectord-notifier = -lcurl -lcjson
LIBS_collectord-poller = -lcurl
LIBS_collectord-sender = $(LIBS_DB) -lcurl -lcjson -lprotobuf-c -lsnappy
LIBS_collectord-inventory = $(LIBS_DB) -lcjson
# pictures: librrd brings cairo and pango along anyway
LIBS_PICTURES = -lrsvg-2 -lgobject-2.0 -lcairo
CPPFLAGS_PICTURES = $(subst -I,-isystem ,$(shell pkg-config --cflags librsvg-2.0 2>/dev/null))
LIBS_analyze = $(LIBS_PICTURES) $(LIBS_RRD) $(LIBS_DB) -lxlsxwriter -lmd $(LIBS_READERS) -lcjson -lsmartcols -lkissfft-float -lxxhash -lpthread
LIBS_headroom-solver = $(LIBS_COIN)
LIBS_headroom-pcp = -lpcp
LIBS_collectord-snmp = -lnetsnmp
LIBS_headroom-fetch = -lcurl -lprotobuf-c -lsnappy
LIBS_tests = $(LIBS_PICTURES) $(LIBS_RRD) $(LIBS_DB) -lxlsxwriter -lmd $(LIBS_READERS) -lconfuse -lsensors -lcurl -lcjson -lsmartcols \
	-lkissfft-float -lxxhash -lprotobuf-c -lsnappy -lcmocka -lpthread

PROGRAMS = collectord collectord-recorder collectord-writer collectord-helper \
	collectord-notifier collectord-inventory collectord-poller collectord-sender analyze headroom-solver \
	headroom-fetch
# The reader of PCP archives is there where its library is (PCP= leaves it out).
PCP ?= $(wildcard /usr/include/pcp/pmapi.h)
ifneq ($(PCP),)
OPTIONAL_PROGRAMS += headroom-pcp
endif
# So is the poller of SNMP agents (SNMP= leaves it out).
SNMP ?= $(wildcard /usr/include/net-snmp/net-snmp-includes.h)
ifneq ($(SNMP),)
OPTIONAL_PROGRAMS += collectord-snmp
endif
PROGRAMS += $(OPTIONAL_PROGRAMS)
PROGRAM_PATHS = $(addprefix $(BUILD)/,$(PROGRAMS))

# ---- tests: every tests/unit/*/test_NAME.c is a program (with the parts NAME_*.c beside
# it, where there are any), every tests/system/* a script ------------------------------

TEST_SOURCES = $(wildcard tests/unit/*/test_*.c)
TEST_PROGRAMS = $(addprefix $(BUILD)/tests/,$(notdir $(basename $(TEST_SOURCES))))
TEST_SUPPORT = $(wildcard tests/*.c)
TEST_TOOLS = $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(wildcard tests/tools/*.c)) \
	$(BUILD)/tests/tools/simulator
BENCH_PROGRAMS = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))

.DEFAULT_GOAL = all
.PHONY: all help deps test-deps check unit coverage asan demo bench bench-peers faults soak fuzz tidy \
	format style golden install install-strip uninstall deb deb-check clean
.SECONDARY:
.DELETE_ON_ERROR:

all: $(PROGRAM_PATHS)

help:
	@echo "make            build everything into $(BUILD)/"
	@echo "make demo       install what is missing, build, first look at this machine"
	@echo "make check      install what is missing, build, run all tests"
	@echo "make unit       the cmocka tests alone"
	@echo "make coverage   the branches of store, recovery and alerts that tests pass through"
	@echo "make asan       all tests under the address and undefined sanitizers"
	@echo "make bench      cost against a floor and against peers, as tables"
	@echo "make faults     the long fault campaigns;  make soak, make fuzz likewise"
	@echo "make tidy       clang-tidy, cppcheck and the direction of the includes"
	@echo "make style      the direction of the includes, the format, the limits of length"
	@echo "make format     clang-format on all sources"
	@echo "make deb        a Debian package in $(BUILD)/;  make deb-check tries it in a bare root"
	@echo "make install    DESTDIR and PREFIX are honoured;  make install-strip, make uninstall"

# One generated pair of files makes the data of schema/ part of the programs.
SCHEMA_DATA = $(sort $(wildcard schema/migrations/*.sql schema/profiles/*.json \
	schema/rules/*.json schema/order/*.json schema/steps/*.json \
	schema/catalogue/*.json schema/maps/*.json schema/trees/*.json schema/estates/*.json schema/json-schema/*.json schema/page/* \
	schema/help/*))
$(BUILD)/gen/builtin_data.S: schema/embed.sh $(SCHEMA_DATA)
	@mkdir -p $(@D)
	sh schema/embed.sh $(SCHEMA_DATA) > $@
$(BUILD)/obj/schema/builtin_data.o: $(BUILD)/gen/builtin_data.S
	@mkdir -p $(@D)
	$(CC) -I. -c -o $@ $<

# The messages of remote write and read, by the compiler of protobuf-c; its code is not ours
# to warn of.
define messages_rule
$(BUILD)/gen/$(2).pb-c.c: $(1)/$(2).proto
	@mkdir -p $$(@D)
	protoc-c --proto_path=$$(<D) --c_out=$$(@D) $$(<F)
$(BUILD)/gen/$(2).pb-c.h: $(BUILD)/gen/$(2).pb-c.c
$(BUILD)/obj/$(1)/$(2).o: $(BUILD)/gen/$(2).pb-c.c
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CPPFLAGS) $$(ALL_CFLAGS) -w -c -o $$@ $$<
$(BUILD)/obj/$(1)/$(3).o: $(BUILD)/gen/$(2).pb-c.h
endef
$(eval $(call messages_rule,collectord/sender,remote_write,wire))
$(eval $(call messages_rule,analyze/fetch,remote_read,read_body))

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/analyze/document/write_png.o: ALL_CPPFLAGS += $(CPPFLAGS_PICTURES)

# The archives list their members in a file, so that a removed source is noticed.
define archive_rule
$(call archive,$(1)): $(call objects,$(call sources,$(1))) $(2)
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcsD $$@ $$(filter %.o,$$^)
endef
$(foreach d,$(filter-out schema collectord/sender analyze/fetch,$(ARCHIVE_FOLDERS)),$(eval $(call archive_rule,$(d))))
$(eval $(call archive_rule,collectord/sender,$(BUILD)/obj/collectord/sender/remote_write.o))
$(eval $(call archive_rule,analyze/fetch,$(BUILD)/obj/analyze/fetch/remote_read.o))
$(eval $(call archive_rule,schema,$(BUILD)/obj/schema/builtin_data.o))

define program_rule
$(BUILD)/$(1): $(BUILD)/obj/$(2).o $(3)
	$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$< -Wl,--start-group $(3) \
		-Wl,--end-group $$(LIBS_$(1)) -lm
endef
$(eval $(call program_rule,collectord,collectord/sampler/main,$(call archive,collectord/sampler) $(DAEMON_ARCHIVES)))
$(foreach d,$(filter-out sampler,$(DAEMON_FOLDERS)),$(eval $(call program_rule,collectord-$(d),collectord/$(d)/main,$(call archive,collectord/$(d)) $(DAEMON_ARCHIVES))))
$(eval $(call program_rule,analyze,analyze/main,$(ANALYZE_ARCHIVES)))
$(eval $(call program_rule,headroom-solver,analyze/solver/main,$(SOLVER_ARCHIVES)))
$(eval $(call program_rule,headroom-pcp,analyze/pcp/main,))
$(eval $(call program_rule,collectord-snmp,collectord/snmp/main,$(BUILD)/obj/collectord/snmp/session.o $(BUILD)/obj/collectord/snmp/counter.o))
$(eval $(call program_rule,headroom-fetch,analyze/fetch/main,$(FETCH_ARCHIVES)))

TEST_ARCHIVES = $(foreach d,$(filter-out analyze/solver,$(ARCHIVE_FOLDERS)),$(call archive,$(d)))
test_parts = $(wildcard $(dir $(1))$(patsubst test_%,%,$(notdir $(1)))_*.c)
define test_rule
$(BUILD)/tests/$(notdir $(1)): $(BUILD)/obj/$(1).o $(call objects,$(call test_parts,$(1)) $(TEST_SUPPORT)) $(TEST_ARCHIVES)
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group \
		$$(TEST_ARCHIVES) -Wl,--end-group $$(LIBS_tests) -lm
endef
$(foreach t,$(basename $(TEST_SOURCES)),$(eval $(call test_rule,$(t))))
$(BUILD)/tests/tools/%: $(BUILD)/obj/tests/tools/%.o $(TEST_ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< -Wl,--start-group $(TEST_ARCHIVES) \
		-Wl,--end-group $(LIBS_tests) -lm
# The simulator takes libc's calls by name: its objects are no test's but its own.
SIMULATOR = $(BUILD)/tests/tools/simulator
SIMULATOR_ARCHIVES = $(foreach d,sampler recorder writer,$(call archive,collectord/$(d))) \
	$(DAEMON_ARCHIVES)
SIMULATOR_SOURCES = $(wildcard tests/simulator/*.c) tests/unit/probes/machines_root.c
# It forks for each writer and each start: without the sixty libraries of librrd's pictures a
# fork costs a third.
archive_of = $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a))
LIBS_simulator = $(if $(call archive_of,rrd),$(call archive_of,rrd) -lglib-2.0,$(LIBS_RRD)) \
	$(or $(call archive_of,sqlite3),$(LIBS_DB))
# of analyze what `analyze check` says
SIMULATOR_OBJECTS = $(call objects,$(SIMULATOR_SOURCES)) $(BUILD)/obj/analyze/verbs/monitor_state.o
$(SIMULATOR): $(SIMULATOR_OBJECTS) $(SIMULATOR_ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group \
		$(SIMULATOR_ARCHIVES) -Wl,--end-group -Wl,--as-needed $(LIBS_simulator) -lconfuse -lm
.PHONY: fuzz-archives
fuzz-archives: $(TEST_ARCHIVES)
$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(TEST_ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< -Wl,--start-group $(TEST_ARCHIVES) \
		-Wl,--end-group $(LIBS_tests) -lm

# ---- the two commands of the README and their parts --------------------------

deps:
	@sh tests/deps.sh
test-deps:
	@sh tests/deps.sh test

# deps first, then the rest by a second make, which sees the installed libraries
check: test-deps
	@echo "check: building, some minutes ..."
	@$(MAKE) --no-print-directory -s -j$$(nproc) BUILD=$(BUILD) SANITIZE=$(SANITIZE) \
		test-programs
	@$(MAKE) --no-print-directory BUILD=$(BUILD) SANITIZE=$(SANITIZE) test-all

.PHONY: test-all test-programs
test-programs: all $(TEST_PROGRAMS) $(TEST_TOOLS)
test-all: test-programs
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/run.sh

unit: $(TEST_PROGRAMS)
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/run.sh --unit

# COVERAGE_TESTS="NAME ..." runs other tests; the counts of earlier runs are added to.
coverage: test-deps
	@$(MAKE) --no-print-directory -s -j$$(nproc) BUILD=build/coverage COVERAGE=1 test-programs
	@BUILD=build/coverage PYTHON=$(PYTHON) $(PYTHON) tests/coverage.py run

asan: test-deps
	@$(MAKE) --no-print-directory -s -j$$(nproc) BUILD=build/asan \
		SANITIZE=address,undefined test-programs
	@$(MAKE) --no-print-directory BUILD=build/asan SANITIZE=address,undefined test-all

demo: deps
	@echo "demo: building, about half a minute ..."
	@$(MAKE) --no-print-directory -s -j2 all
	@$(BUILD)/analyze first-look

bench: test-deps
	@$(MAKE) --no-print-directory all bench-programs
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/bench/run.sh
print-%: # what a variable holds, for the scripts of the tests
	@echo '$($*)'
.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS) $(TEST_TOOLS)
bench-peers:
	@sh tests/bench/install_peers.sh

faults soak: test-programs
	@BUILD=$(BUILD) PYTHON=$(PYTHON) sh tests/faults/$@.sh
fuzz: test-deps
	@BUILD=build/fuzz sh tests/fuzz/run.sh

golden: test-programs
	$(BUILD)/analyze help --man > docs/analyze.1
	$(BUILD)/collectord --print-man > docs/collectord.conf.5
	@BUILD=$(BUILD) GOLDEN_WRITE=1 sh tests/run.sh

C_FILES = $(wildcard $(addsuffix /*.[ch],$(ARCHIVE_FOLDERS) analyze analyze/pcp collectord/snmp tests tests/unit/* tests/bench \
	tests/fuzz tests/tools))
tidy: export TIDY_FLAGS = $(ALL_CPPFLAGS) -std=c11
tidy: $(BUILD)/gen/builtin_data.S
	@sh tests/include_arrows.sh
	@echo $(filter-out tests/%,$(filter %.c,$(C_FILES))) | xargs -n 8 -P 2 sh -c \
		'eval "clang-tidy --quiet $$* -- $$TIDY_FLAGS" 2>/dev/null' tidy
	@if command -v cppcheck >/dev/null; then cppcheck --quiet --std=c11 \
		--enable=warning,portability --inline-suppr --error-exitcode=1 -I. \
		$(ARCHIVE_FOLDERS); else echo "tidy: cppcheck is not installed, not run"; fi

format:
	clang-format -i $(C_FILES)

# Each line of it begins with ok or FAIL; what CI refuses before it builds anything.
style:
	@sh tests/include_arrows.sh && echo "ok style includes follow the arrows"
	@clang-format --dry-run -Werror $(C_FILES) && echo "ok style as clang-format has it"
	@$(PYTHON) tests/house.py
	@$(PYTHON) tests/headers.py

# ---- installation ------------------------------------------------------------

LIBEXEC_PROGRAMS = collectord-recorder collectord-writer collectord-helper \
	collectord-notifier collectord-inventory collectord-poller collectord-sender headroom-solver \
	headroom-fetch $(OPTIONAL_PROGRAMS)
MAN_PAGES = $(wildcard docs/*.[1-8])

# A page for each verb: analyze-peaks(1).
VERBS = $$($(BUILD)/analyze help --man | sed -n 's/^\.SS \([a-z\\-]*\).*/\1/p' | tr -d '\\')

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DOCDIR)/examples \
		$(DESTDIR)$(DOCDIR)/schema/output $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(UNITDIR) $(DESTDIR)$(CONFIG_DIR) \
		$(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	install $(STRIP) -m 755 $(BUILD)/collectord $(BUILD)/analyze $(DESTDIR)$(BINDIR)
	install $(STRIP) -m 755 $(addprefix $(BUILD)/,$(LIBEXEC_PROGRAMS)) $(DESTDIR)$(LIBEXECDIR)
	install -m 644 README.md LICENSE $(wildcard docs/*.md) $(DESTDIR)$(DOCDIR)
	install -m 644 schema/json-schema/*.json $(DESTDIR)$(DOCDIR)/schema
	install -m 644 schema/json-schema/output/*.json $(DESTDIR)$(DOCDIR)/schema/output
	for folder in gather engine fleet samples pictures; do install -d $(DESTDIR)$(DOCDIR)/$$folder; \
		install -m 644 docs/$$folder/* $(DESTDIR)$(DOCDIR)/$$folder; done
	for page in $(MAN_PAGES); do \
		install -D -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	install -D -m 644 collectord/headroom.sysusers $(DESTDIR)$(SYSUSERSDIR)/headroom.conf
	$(BUILD)/analyze help --man > $(DESTDIR)$(MANDIR)/man1/analyze.1
	for verb in $(VERBS); do $(BUILD)/analyze help --man $$verb \
		> $(DESTDIR)$(MANDIR)/man1/analyze-$$verb.1 || exit 1; done
	for unit in $(wildcard collectord/*.service); do \
		sed -e 's|@BINDIR@|$(BINDIR)|g' $$unit > $(DESTDIR)$(UNITDIR)/$${unit##*/}; done
	$(BUILD)/analyze help --completion bash > $(DESTDIR)$(BASHDIR)/analyze
	ln -sf analyze $(DESTDIR)$(BASHDIR)/collectord
	$(BUILD)/analyze help --completion zsh > $(DESTDIR)$(ZSHDIR)/_analyze
	$(BUILD)/analyze help --completion fish > $(DESTDIR)$(FISHDIR)/analyze.fish
	$(BUILD)/analyze plan --example-hosts > $(DESTDIR)$(DOCDIR)/examples/hosts.json
	$(BUILD)/collectord --print-sample > $(DESTDIR)$(DOCDIR)/examples/collectord.conf
	test -e $(DESTDIR)$(CONFIG_DIR)/collectord.conf || install -m 644 \
		$(DESTDIR)$(DOCDIR)/examples/collectord.conf $(DESTDIR)$(CONFIG_DIR)
install-strip:
	@$(MAKE) --no-print-directory install STRIP=-s

# What is stored, and the settings, stay.
uninstall:
	rm -f $(DESTDIR)$(BINDIR)/collectord $(DESTDIR)$(BINDIR)/analyze
	rm -rf $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DOCDIR)
	rm -f $(DESTDIR)$(SYSUSERSDIR)/headroom.conf $(DESTDIR)$(ZSHDIR)/_analyze \
		$(DESTDIR)$(FISHDIR)/analyze.fish $(DESTDIR)$(BASHDIR)/analyze \
		$(DESTDIR)$(BASHDIR)/collectord $(DESTDIR)$(MANDIR)/man1/analyze-*.1
	for page in $(MAN_PAGES); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	for unit in $(wildcard collectord/*.service); do rm -f $(DESTDIR)$(UNITDIR)/$${unit##*/}; done

# The package is made from a copy, so that nothing is written beside this folder.
DEB_VERSION = $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
DEB_TREE = $(BUILD)/deb/headroom-$(DEB_VERSION)
deb:
	@sh tests/deps.sh deb
	rm -rf $(BUILD)/deb && mkdir -p $(DEB_TREE)
	tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C $(DEB_TREE)
	cd $(DEB_TREE) && dpkg-buildpackage -b -us -uc -j$$(nproc) >../build.log 2>&1 || \
		{ tail -n 40 ../build.log; exit 1; }
	rm -rf $(DEB_TREE)
	mv $(BUILD)/deb/headroom_$(DEB_VERSION)_*.deb $(BUILD)/deb/headroom-pcp_$(DEB_VERSION)_*.deb $(BUILD)
	@ls -l $(BUILD)/headroom_$(DEB_VERSION)_*.deb $(BUILD)/headroom-pcp_$(DEB_VERSION)_*.deb
# lintian, and a bare root in which it is installed, used, upgraded and removed
deb-check: deb
	@BUILD=$(BUILD) sh tests/package/deb.sh $(BUILD)/headroom_$(DEB_VERSION)_*.deb

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
