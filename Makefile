PORT ?= 8000
FRESH ?=
SEED ?= 1
CELLS ?= 120
fuzz-api: CASES ?= 5000
PROCESSES ?= 2
WRITES ?= 100000
HISTORIES ?= 1000000
SECTION ?= manufacturing
DAYS ?= 30
PACKAGES ?= 150
ERRANDS ?= 2
PYTHON ?= python3
BIN := .venv/bin
BUILT := src/glassbox/web/static/built/app.js

.DEFAULT_GOAL := help
.PHONY: help setup chromium browser demo unit test check lint types contracts migrations bench bench-audit-large bench-large bench-pages coverage evaluation fuzz fuzz-api screenshots simulate torture torture-grid torture-flow canaries canaries-everywhere mutation differences traffic golive-bench audit-components release

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(BIN)/.installed $(BUILT) ## make the virtual environment and the front end

$(BIN)/.installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(BUILT): package-lock.json frontend/app.js frontend/grid.js frontend/app.css | $(BIN)/.installed
	$(BIN)/python scripts/build_frontend.py

demo: setup ## the whole product with an invented brand: PORT=n, FRESH=1
	@$(BIN)/glassbox demo --port $(PORT) $(if $(FRESH),--fresh)

unit: setup ## the tests that need no database, about a second
	$(BIN)/python -m pytest tests/unit -q

chromium: # Debian's, which the browser tests drive
	@command -v chromium >/dev/null || { [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } \
	  || { echo "The browser tests need Chromium. Say: sudo apt-get install chromium" >&2; exit 2; }

test: setup chromium ## every test, with a real PostgreSQL, real HTTP and a real browser
	$(BIN)/python -m pytest tests -m "not long" -n $(PROCESSES) --dist loadfile --no-loadscope-reorder --durations 25

browser: setup chromium ## the browser tests, the main job by clicks included: minutes
	$(BIN)/python -m pytest tests/browser

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

migrations: setup
	$(BIN)/python scripts/check_migrations.py

check: lint types contracts migrations test ## what CI runs

coverage: setup ## every operation of METRC against the simulator and the client, as a table
	$(BIN)/python scripts/coverage.py

evaluation: setup ## the calls METRC's evaluation asks for: SECTION=manufacturing
	$(BIN)/python scripts/evaluation.py $(SECTION)

fuzz: setup ## 100,000 writes of all kinds against the simulator: WRITES=n SEED=n, minutes
	$(BIN)/python -m tests.fuzz --writes $(WRITES) --seed $(SEED)

fuzz-api: setup ## 10,000 cases drawn from the API's document: CASES=n, minutes
	CASES=$(CASES) $(BIN)/python -m pytest tests/db/api/test_fuzz.py --timeout 0

bench: setup ## the benchmarks, as ratios
	$(BIN)/python bench/simulator_pages.py
	$(BIN)/python bench/client_rate.py
	$(BIN)/python bench/client_memory.py
	$(BIN)/python bench/sized_worlds.py m
	$(BIN)/python bench/compare_books.py
	$(BIN)/python bench/audit.py

bench-audit-large: setup ## the ledger with a million events, exported and given to verify.py: long
	nice -n 10 $(BIN)/python bench/audit.py 8 1000000

bench-large: setup ## the largest simulated world: minutes, and 6 GB of disk
	$(BIN)/python bench/sized_worlds.py l

golive-bench: setup ## a go-live of world m with ten kills, held against METRC's own store: an hour
	nice -n 10 $(BIN)/python bench/golive.py --world m

bench-pages: setup ## pages with few packages and with millions: an hour, and 12 GB of disk
	$(BIN)/python bench/pages.py

screenshots: setup ## make docs/screenshots/ anew from a demo of its own
	$(BIN)/python scripts/screenshots.py

simulate: setup ## a million histories through the sender's decisions: HISTORIES=n SEED=n
	$(BIN)/python -m tests.simulation.run --histories $(HISTORIES) --seed $(SEED)

torture: setup ## real workers over crash points, faults and kinds, as a table: SEED=n CELLS=n
	$(BIN)/python -m tests.torture --seed $(SEED) --cells $(CELLS)

torture-grid: setup ## every crash point by every fault for one kind of each class, goes on where it ended: hours
	$(BIN)/python -m tests.torture --grid --results torture-grid.jsonl

torture-flow: setup ## the main job twenty times, the worker killed at seeded moments: SEED=n
	$(BIN)/python scripts/torture.py --seed $(SEED)

release: setup ## the wheel for where people work, into dist/: no demo, no simulator
	$(BIN)/python scripts/build_release.py

audit-components: setup ## known weaknesses of every pinned component: needs the network
	$(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit>=2.10,<3"
	.audit/bin/pip-audit --disable-pip --no-deps --strict --progress-spinner off -r requirements/dev.txt
	npm audit --audit-level=low

canaries: setup ## secrets that nobody else has, through four processes at DEBUG, searched for everywhere: minutes
	$(BIN)/python -m pytest tests/journeys/test_canaries.py -m long -p no:randomly

canaries-everywhere: setup chromium ## every journey and the browser's at DEBUG; then logs, mails, databases are searched for their secrets
	rm -rf .canaries && mkdir -p .canaries/mails
	GLASSBOX_TESTS_LISTEN=$(CURDIR)/.canaries $(BIN)/python -m pytest tests/journeys tests/browser \
	  -m "not long" -s -p no:randomly > .canaries/said 2>&1; ended=$$?; tail -n 1 .canaries/said; exit $$ended

mutation: setup ## change the sender's decisions and the lifecycle one by one; their tests must notice
	$(BIN)/python -m tests.mutation

differences: setup ## five hundred seeded differences in world m, each named: an hour or two
	$(BIN)/python -m pytest tests/differences/test_seeded.py -m "long or not long" -p no:randomly -s

traffic: setup ## thirty days of normal work, every case judged: DAYS=n SEED=n PACKAGES=n ERRANDS=n
	DAYS=$(DAYS) SEED=$(SEED) PACKAGES=$(PACKAGES) ERRANDS=$(ERRANDS) \
	  $(BIN)/python -m pytest tests/differences/test_normal_traffic.py -m long -p no:randomly -s
