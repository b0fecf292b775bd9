# Everything a newcomer needs: `make run` and `make test`. Both set up what is missing first.
UV := .venv/bin/uv
RUN := $(UV) run --frozen --no-sync
PORT ?= 8000

# Without Python's compiled code every command takes seconds longer to start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check format screenshots benchmark translations vendor clean

run: .venv/ready
	$(RUN) python -m whitenoise.compress --quiet static
	$(RUN) tracker run --port $(PORT)

test: .venv/ready
	find static -name '*.br' -delete -o -name '*.gz' -delete
	$(RUN) python -m tests.browser.chromium
	$(RUN) pytest -n 2 --dist loadgroup --durations 15

check: .venv/ready
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) ty check
	$(RUN) lint-imports
	$(RUN) pytest -q tests/architecture/test_translations.py tests/architecture/test_migrations.py

format: .venv/ready
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

screenshots: .venv/ready
	find static -name '*.br' -delete -o -name '*.gz' -delete
	$(RUN) python -m tests.browser.chromium
	$(RUN) python -m tests.browser.screenshots

benchmark: .venv/ready
	$(RUN) python -m benchmarks

translations: .venv/ready
	$(RUN) pybabel extract --mapping tracker/translations/babel.cfg --ignore-dirs ".*" --keywords "_l lazy_gettext translated" \
		--no-location --sort-output --output messages.pot .
	$(RUN) pybabel update --input-file messages.pot --locale sv --output-dir tracker/translations --no-fuzzy-matching --ignore-obsolete \
		--width 120
	sed -i -E '/^"(Project-Id|Report-Msgid|POT-Creation|PO-Revision|Last-Translator|Generated-By)/d' tracker/translations/sv/LC_MESSAGES/messages.po
	$(RUN) pybabel compile --directory tracker/translations

vendor:
	$(RUN) python static/vendor/vendor.py

clean:
	rm -rf .venv .chromium instance screenshots

.venv/ready: pyproject.toml uv.lock
	test -x .venv/bin/python || python3 -m venv .venv
	test -x $(UV) || .venv/bin/pip install --quiet --disable-pip-version-check uv
	$(UV) sync --frozen --quiet --compile-bytecode
	touch .venv/ready
