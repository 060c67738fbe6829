# Two commands do all the set-up: `make run` and `make test`. scripts/set_up.py makes .venv once; a second call is fast.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

.PHONY: run desk quick test test-long lint coverage docs versions bench clean

run:
	@$(PYTHON) scripts/set_up.py
	@$(BIN)/circles run

desk:
	@$(PYTHON) scripts/set_up.py desk
	@$(BIN)/circles desk maps/desk

quick:
	@$(PYTHON) scripts/set_up.py test
	@$(BIN)/python scripts/quick.py $(ROOM)

# in the order of names: by numbers of tests, files with few and long ones would be left for the end
test: lint
	@$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder -q

test-long:
	@$(PYTHON) scripts/set_up.py test
	@$(BIN)/python -m pytest -m long -q

lint:
	@$(PYTHON) scripts/set_up.py test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > .lint-imports.log 2>&1 || (cat .lint-imports.log; exit 1)

coverage:
	@$(PYTHON) scripts/set_up.py test
	@$(BIN)/python -m pytest -m "not long" -q --cov --cov-report=term-missing:skip-covered

docs:
	@$(PYTHON) scripts/set_up.py test
	@$(BIN)/python scripts/build_docs.py

versions:
	@$(PYTHON) scripts/set_up.py test
	@$(BIN)/python scripts/versions.py lowest
	@$(BIN)/python scripts/versions.py newest

bench:
	@$(PYTHON) scripts/set_up.py bench
	@$(BIN)/python benchmarks/bench.py $(if $(BEFORE),--before $(BEFORE))

clean:
	@$(PYTHON) -c "import pathlib, shutil; [f.unlink() for f in pathlib.Path('circles').rglob('*.nb[ic]')]; [shutil.rmtree(d, ignore_errors=True) for d in ('.venv', 'build', 'dist', '.pytest_cache', '.mypy_cache', '.ruff_cache')]"
