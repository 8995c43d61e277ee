# One command each. Everything lives in $(VENV); nothing else on the machine is touched.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Two files of tests at a time, a core for each; the long ones, of tests/e2e, first.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test check mutants soak space release bench bench-gpu

demo: $(VENV)/demo.installed
	$(BIN)/python app.py

test: $(VENV)/dev.installed
	$(PYTEST) -m "not soak"

check: $(VENV)/dev.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint --deny-warnings ddpm_hf/demo tests/page
	find ddpm_hf/demo -name "*.pyi" -delete # Gradio writes these beside its components; mypy would take them for ours
	$(BIN)/mypy
	$(PYTEST) -q -m "not slow and not e2e and not soak"

mutants: $(VENV)/dev.installed
	$(BIN)/python -m tests.mutants

space: $(VENV)/dev.installed
	$(BIN)/python -m ddpm_hf.hub space $(NAME)

# Builds and checks the package in dist/, and uploads nothing. REPOSITORY: where the repository is, on
# GitHub or the Hub.
release: $(VENV)/dev.installed
	rm -rf dist
	DDPM_REPOSITORY=$(REPOSITORY) $(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	@[ "$(REPOSITORY)" ] || echo "The description has no pictures: name where they are by REPOSITORY=https://…"

bench: $(VENV)/dev.installed
	for name in sampling scheduler training startup scaling; do $(BIN)/python benchmarks/$$name.py || exit 1; done

bench-gpu: $(VENV)/dev.installed
	$(BIN)/python benchmarks/gpu.py

soak: $(VENV)/dev.installed
	$(BIN)/python -m pytest -m soak

$(VENV)/demo.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

$(VENV)/dev.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements.txt -e ".[eval,dev]"
	touch $@
