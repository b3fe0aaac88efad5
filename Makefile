BIN := .venv/bin
TEMPLATES := src/torale/server/dashboard/templates

.DEFAULT_GOAL := help
.PHONY: help run test check fmt demo bench setup setup-run docs lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup-run ## start the whole service on SQLite and print where it is
	@$(BIN)/torale serve

test: setup ## run all tests (make test ARGS="-k webhook" for some)
	@$(BIN)/python scripts/test.py $(ARGS)

check: setup ## format, lint, both type checkers, import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/djangofmt --check --quiet $(TEMPLATES)
	$(BIN)/basedpyright
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: setup ## format the code and mend what the linter can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/djangofmt --quiet $(TEMPLATES)

demo: setup ## watch a page change, from task to signed webhook, without network
	@$(BIN)/python -m scripts.demo $(ARGS)

bench: setup ## measure this machine
	@$(BIN)/python -m bench $(ARGS)

docs: setup ## write the reference pages in docs/ anew
	@$(BIN)/python scripts/settings_table.py
	@$(BIN)/python scripts/sdk_calls.py
	@$(BIN)/python scripts/cli_reference.py

setup: ## make .venv for development (done once, skipped when nothing changed)
	@scripts/setup full

setup-run:
	@scripts/setup run

lock: ## pin the newest versions in constraints.txt (needs uv)
	@uv pip compile --quiet --upgrade --all-extras --universal --python-version 3.11 \
		--no-header --no-annotate --no-emit-index-url --output-file constraints.txt pyproject.toml
