# One command each. Everything lives in $(VENV); nothing else on the machine is touched.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# An index with builds of torch for a CPU: `make demo TORCH_INDEX=…`. PyTorch's installation page names one.
TORCH_INDEX ?=
PIP_INSTALL := $(BIN)/pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
# Two files of tests at a time, a core for each; the long ones, of tests/e2e, first.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test check mutants soak kernels space release bench bench-gpu

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

# kernels.wasm from its source, by the compiler whose version build.py names.
kernels: $(VENV)/dev.installed
	$(PIP_INSTALL) ziglang==$$($(BIN)/python -c "from ddpm_hf.demo.web.engine.build import ZIG; print(ZIG)")
	$(BIN)/python -m ddpm_hf.demo.web.engine.build

space: $(VENV)/dev.installed
	$(BIN)/python -m ddpm_hf.hub space $(NAME)

# Builds and checks the package in dist/, and uploads nothing. REPOSITORY: where the repository is, on
# GitHub or the Hub.
release: $(VENV)/dev.installed
	rm -rf dist
	DDPM_REPOSITORY=$(REPOSITORY) $(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	@[ "$(REPOSITORY)" ] || echo "The description has no images: give their address with REPOSITORY=https://…"

bench: $(VENV)/dev.installed
	for name in sampling scheduler training startup scaling browser page first_visit; do $(BIN)/python benchmarks/$$name.py || exit 1; done

bench-gpu: $(VENV)/dev.installed
	$(BIN)/python benchmarks/gpu.py

soak: $(VENV)/dev.installed
	$(BIN)/python -m pytest -m soak

# The torch that pip finds by itself on Linux brings CUDA along.
define say_what_comes
@if [ -z "$(TORCH_INDEX)" ] && [ "$$(uname)" = Linux ] && ! command -v nvidia-smi >/dev/null; then \
	echo "There is no NVIDIA GPU here, but torch brings 2.7 GB of CUDA unless your pip uses its CPU builds"; \
	echo "(0.2 GB). To use their index, given on PyTorch's installation page: make demo TORCH_INDEX=URL"; \
fi
endef

$(VENV)/demo.installed: requirements.txt
	$(say_what_comes)
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -r requirements.txt
	touch $@

$(VENV)/dev.installed: requirements.txt pyproject.toml
	$(say_what_comes)
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -r requirements.txt -e ".[eval,dev]"
	touch $@
