# make run: sets everything up, then compares the baselines in a rendered home (table, report.html, videos)
# make test: sets everything up, then style, types and tests
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS := dev,models,vlm,train,rl,slurm,language,neural

.PHONY: run test lint types bench lock clean

run: $(VENV)/.base
	$(BIN)/empathy-gym evaluate -m agent=nothing,random,constant,frequent,shuffled,retrieval,runner_up,oracle \
		scenarios=hearth observation.script=true simulator=mujoco videos=2 out=runs/first

test: $(VENV)/.dev lint types
	$(BIN)/python -m pytest -n 2 -q

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/python -m scripts.bench
	$(BIN)/python tests/agents/models/bench_throughput.py

$(VENV)/.base: pyproject.toml requirements.lock scripts/bootstrap.sh
	bash scripts/bootstrap.sh $(VENV)
	@touch $@

$(VENV)/.dev: pyproject.toml requirements.lock scripts/bootstrap.sh
	bash scripts/bootstrap.sh $(VENV) $(EXTRAS)
	@touch $@ $(VENV)/.base

# Pins for everything, extras included; used as constraints, so the base install takes no extra from it.
lock:
	$(BIN)/python -m pip install -q uv
	printf 'torch==2.13.0\n' > $(VENV)/pins.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --all-extras -c $(VENV)/pins.txt --no-annotate --no-header --upgrade pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info
