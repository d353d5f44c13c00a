# Everything happens in .venv, which is made from the lock files with Python 3.11 or newer.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
DIGEST := $(BIN)/digest
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet

.PHONY: demo test check screenshots eval bench bench-import bench-ledger bench-memory bench-papers torture interop words lock clean

demo: .venv/run  ## a fresh site in demo/: load the seeds, build, approve, send, and say where the mail lies
	$(DIGEST) demo demo

test: .venv/dev  ## the whole test suite
	$(BIN)/pytest -n 2

check: .venv/dev  ## lint, format, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

screenshots: .venv/dev  ## docs/images from the seed papers, with a Chromium
	$(BIN)/python -m tests.screenshots docs/images

eval: .venv/dev  ## how good text, identity, topics and trending are on real records, which lie in ../shared/data
	$(BIN)/python -m tests.evaluation

bench: .venv/dev  ## messages a second, beside aiosmtplib, a Jinja2 mailer and smtp-source
	$(BIN)/python tests/benchmarks/delivery.py

bench-memory: .venv/dev  ## memory and seconds with a million subscribers
	$(BIN)/python tests/benchmarks/memory.py

bench-import: .venv/dev  ## seconds and memory for a million imported rows
	$(BIN)/python tests/benchmarks/importing.py

bench-ledger: .venv/dev  ## what the ledger costs, in a short list and in a long one
	$(BIN)/python tests/benchmarks/ledger.py

bench-papers: .venv/dev  ## what 1,000 new papers cost when 100,000 are known
	$(BIN)/python tests/benchmarks/papers.py

torture: .venv/dev  ## 50,000 messages, the sender killed 200 times, faults injected; prints the table of docs/reliability.md
	$(BIN)/python tests/torture.py

interop: .venv/dev  ## a real Postfix bounces, a real Dovecot is read: Debian's packages, as root; says what is missing
	timeout 600 $(BIN)/pytest -n 0 -m interop tests/interop

words: .venv/dev  ## bring the translations in templates/locale up to date with what the templates say
	$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --no-location --omit-header --output-file .venv/words.pot .
	for catalog in templates/locale/*.po; do $(BIN)/pybabel --quiet update --no-fuzzy-matching --no-wrap \
	  --input-file .venv/words.pot --output-file $$catalog --locale $$(basename $$catalog .po); done

lock: .venv/dev  ## write the lock files anew (uv is needed only here)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group build --output-file requirements.lock
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group dev --output-file requirements-dev.lock

clean:  ## forget the environment and the demo
	rm -rf .venv demo dist

.venv/run: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv/dev: .venv/run requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	touch $@
