# Everything a person needs: `make demo`, `make demo-phone`, `make run`, `make test`. The rest is for maintainers.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
HONK := .venv/bin/honk

.PHONY: demo demo-phone run test check lock descriptions clean

demo: .venv/installed
	@$(HONK) demo

demo-phone: .venv/installed
	@$(HONK) demo-phone

run: .venv/installed
	@$(HONK) run

test: .venv/installed-dev check
	@HONK_SCREENSHOTS=.artefacts/screenshots .venv/bin/pytest -n auto

check: .venv/installed-dev
	@.venv/bin/ruff format --check --quiet
	@.venv/bin/ruff check --quiet
	@.venv/bin/lint-imports --no-cache | tail -n 2
	@.venv/bin/mypy --no-error-summary

.venv/installed: requirements.lock pyproject.toml .ci/system-packages
	@bash .ci/system-packages
	@python3 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable '.[claude-code]'
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock .ci/system-packages
	@bash .ci/system-packages dev
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@touch $@

# For maintainers: needs uv. The locks hold hashes and no addresses.
COMPILE := uv pip compile pyproject.toml --extra claude-code --extra build --universal --generate-hashes --no-header

lock:
	$(COMPILE) --upgrade -o requirements.lock
	$(COMPILE) --extra dev --upgrade -c requirements.lock -o requirements-dev.lock

# For maintainers: needs npm. Makes the stripped extract of GitHub's descriptions anew.
descriptions:
	@folder=$$(mktemp -d) && npm install --silent --no-save --prefix "$$folder" \
		@octokit/openapi @octokit/openapi-webhooks @octokit/graphql-schema && \
		.venv/bin/python bench/extract_descriptions.py "$$folder/node_modules"; status=$$?; rm -rf "$$folder"; exit $$status

# What can be made anew: of `.honk` only the demos, for the rest of it may be the records of a server.
clean:
	rm -rf .venv .honk/demo .honk/demo-phone .honk/playground .artefacts build *.egg-info .mypy_cache .ruff_cache \
		.pytest_cache .hypothesis .import_linter_cache
