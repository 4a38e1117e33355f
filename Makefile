# `make speak` and `make test` set up what they lack; bare `make` = check + test.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DATA := .training
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
TEXT := Hello! This is Voxtral, speaking from your own computer.

.PHONY: all check test speak fix bench gpu docs nano
all: check test

# Once, and again when pyproject.toml changes. torch is asked for by name beside the project, so
# that one resolution finds the bounded version.
$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=..." >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[dev]" "torch>=2.6,<2.14"
	touch $@

speak: $(READY)
	$(BIN)/voxtral say "$(TEXT)" -o hello.wav

test: $(READY)
	$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	@version=$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' voxtral_cli/__init__.py); \
	newest=$$(sed -n 's/^## \[\([0-9][^]]*\)\].*/\1/p' CHANGELOG.md | head -n 1); \
	test "$$version" = "$$newest" || { \
		echo "The package is $$version, the newest entry of CHANGELOG.md is $$newest." >&2; exit 1; }

fix: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Measures this machine and puts the figures into README.md; leave the machine idle meanwhile.
bench: $(READY)
	$(BIN)/python -m benchmarks.throughput
	$(BIN)/python -m benchmarks.first_audio
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.readme

gpu: $(READY)
	$(BIN)/python -m pytest -m gpu

docs: $(READY)
	$(BIN)/python -m voxtral_cli.reference > docs/cli.md.new
	mv docs/cli.md.new docs/cli.md
	$(BIN)/python -m benchmarks.readme

# Trains the embedded voice from nothing, stage after stage; each goes on where it was stopped.
# training/data/README.md says what $(DATA)/texts is (without it, it ends at once), docs/training.md
# how long each stage takes, and docs/training-log.md what came of less.
UTTERANCES ?= 32000
CODEC_MINUTES ?= 80
SPEECH_MINUTES ?= 180
STEADY_MINUTES ?= 24
JUDGES_MINUTES ?= 13
JUDGED_MINUTES ?= 13
STRANGERS ?= 1500
NANO ?= engine/checkpoints/nano
PRECISION ?= $(shell grep -qsE 'amx_bf16|avx512_bf16' /proc/cpuinfo && echo bfloat16 || echo float32)
RUN2 := OMP_NUM_THREADS=1 ONEDNN_PRIMITIVE_CACHE_CAPACITY=16384 $(BIN)/torchrun --nproc-per-node 2 -m
FAST := --precision $(PRECISION) --compile
nano: export MALLOC_MMAP_MAX_ = 0
nano: export MALLOC_TRIM_THRESHOLD_ = 100000000000
nano: export GLIBC_TUNABLES = glibc.malloc.hugetlb=1
nano: $(READY)
	@command -v espeak-ng > /dev/null || { echo "error: no espeak-ng (docs/training.md)" >&2; exit 2; }
	@test -d $(DATA)/texts || { echo "error: no $(DATA)/texts (training/data/README.md)" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet -e ".[dev,train]" "torch>=2.6,<2.14"
	$(BIN)/python -m pip download --quiet --no-deps --no-binary :all: --dest $(DATA) kokoro==0.8.4
	tar -xzf $(DATA)/kokoro-0.8.4.tar.gz -C $(DATA)
	$(BIN)/python -m training.data.corpus --out $(DATA)/corpus --texts $(DATA)/texts \
		--utterances $(UTTERANCES) --presets-share 0.4 \
		--kokoro $(DATA)/kokoro-0.8.4/kokoro.js/voices --blends-share 0.1 --blends-each 4 --channels-share 0.7
	$(RUN2) training.codec.train --corpus $(DATA)/corpus --out $(DATA)/run \
		--minutes $(CODEC_MINUTES) --loudness 2 --harmonics 3 --colour 2 $(FAST)
	$(BIN)/python -m training.codes --corpus $(DATA)/corpus \
		--codec $(DATA)/run/codec.pt --out $(DATA)/codes --precision $(PRECISION)
	$(RUN2) training.speech.train --corpus $(DATA)/corpus --codes $(DATA)/codes \
		--codec $(DATA)/run/codec.pt --out $(DATA)/run --minutes $(SPEECH_MINUTES) $(FAST)
	$(BIN)/python -m training.export --codec $(DATA)/run/codec.pt \
		--speech $(DATA)/run/speech.pt --out $(DATA)/lively
	$(BIN)/python -m training.data.strangers --checkpoint $(DATA)/lively --count $(STRANGERS) \
		--texts $(DATA)/texts --kokoro $(DATA)/kokoro-0.8.4/kokoro.js/voices --out $(DATA)/strangers.npz
	$(RUN2) training.speech.steady --corpus $(DATA)/corpus --codes $(DATA)/codes \
		--strangers $(DATA)/strangers.npz --checkpoint $(DATA)/lively --out $(DATA)/steady \
		--minutes $(STEADY_MINUTES) $(FAST)
	$(BIN)/python -m training.speech.judges --corpus $(DATA)/corpus --codes $(DATA)/codes \
		--strangers $(DATA)/strangers.npz --checkpoint $(DATA)/steady/model --out $(DATA)/judges.pt \
		--minutes $(JUDGES_MINUTES)
	$(RUN2) training.speech.judged --corpus $(DATA)/corpus --codes $(DATA)/codes \
		--strangers $(DATA)/strangers.npz --judges $(DATA)/judges.pt --checkpoint $(DATA)/steady/model \
		--out $(DATA)/judged --minutes $(JUDGED_MINUTES) $(FAST)
	mkdir -p $(NANO) && cp -r $(DATA)/judged/model/. $(NANO)
