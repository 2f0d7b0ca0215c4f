# Watchfloor. `make` alone lists what can be made.
PYTHON ?= python3
BOOTSTRAP = $(PYTHON) -m provisioning.stack.bootstrap
BIN = .venv/bin

.PHONY: help venv venv-test packages up down status lint docs wheel test clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r name text; do printf 'make %-10s %s\n' "$$name" "$$text"; done

venv: ## Make .venv with the project in it
	@$(BOOTSTRAP) venv

venv-test:
	@$(BOOTSTRAP) venv test

packages: ## Install the Debian packages that the tests need (as root)
	@$(BOOTSTRAP) packages
	@sh tests/compose/setup.sh

up: venv ## Do all set-up and start the stack
	@$(BIN)/watchfloor up

down: ## Stop everything that up started
	@test ! -x $(BIN)/watchfloor || $(BIN)/watchfloor down

status: venv ## Show the parts of the stack
	@$(BIN)/watchfloor status

lint: venv-test ## Check format, style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: venv-test ## Bring the generated parts of the documentation up to date
	$(BIN)/python -m generator.documents

wheel: venv-test ## Build the wheel, check what is in it and run it without what tests need
	@rm -rf build && mkdir -p build/wheel
	$(BIN)/python -m build --wheel --outdir build/wheel . >build/wheel.log 2>&1 || { cat build/wheel.log; exit 1; }
	$(BIN)/check-wheel-contents build/wheel
	$(BIN)/python -m venv --without-pip build/smoke
	$(BIN)/python -m pip --python build/smoke install --quiet build/wheel/*.whl
	cd build && smoke/bin/watchfloor --help >/dev/null && smoke/bin/watchfloor generate --out smoke/out >/dev/null

test: venv-test packages lint wheel ## Do all set-up, check the code and run the tests
	$(BIN)/python -m pytest -n 3 $(PYTEST)

clean: down ## Remove everything that was made; the data of the stack too
	rm -rf .venv .stack out build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
