# Two commands do everything on a machine that has Python 3.11: `make demo` and `make test`. Both set up what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := .uv/bin/uv
RUN := .venv/bin
UV_VERSION := 0.13.9
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := true
export UV_PROJECT_ENVIRONMENT := .venv
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false

.PHONY: setup spark demo test soak spark-test bench lint types docs dagster clean

setup: .venv/.ready  ## everything the two commands need, from the package registries only

.venv/.ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --locked $(if $(wildcard .venv/.spark),--extra spark) --python $(PYTHON)
	.venv/bin/python -m orchestration.setup
	touch $@

spark: setup  ## what nights on Spark need too (docs/scaling.md); stays until make clean
	$(UV) sync --locked --extra spark --python $(PYTHON)
	touch .venv/.spark

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "Evenhand needs Python 3.11; $(PYTHON) is another. Say which with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

demo: setup  ## a made consortium through one whole night, into workspace/demo
	$(RUN)/evenhand demo

test: setup  ## the tests that need nothing from outside, on two cores
	$(RUN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

soak: setup  ## what is long by nature, in hours: kills by dice, incremental sequences, mutated files; figures go to benchmarks/suite.md
	$(RUN)/python -m pytest -m soak tests/integration
	EXAMPLES=60 $(RUN)/python -m pytest tests/property/test_incremental_laws.py
	$(RUN)/python -m benchmarks.fuzz_intake --files 20000 --seed 7

spark-test: setup  ## the same marts and releases on Spark: a cluster of its own on loopback, stopped afterwards; needs Java 17
	@$(RUN)/python -m tests.spark.cluster --check-java
	UV_PROJECT_ENVIRONMENT=.venv-spark-server $(UV) sync --quiet --locked --only-group spark-server --no-install-project --python $(PYTHON)
	UV_PROJECT_ENVIRONMENT=.venv-spark $(UV) sync --quiet --locked --extra spark --python $(PYTHON)
	.venv-spark/bin/python -m pytest -m spark --show-capture=no tests/spark

bench: setup  ## the dbt part against what is written by hand, whole nights, growth, memory: about two hours on a quiet machine
	$(UV) sync --quiet --locked --inexact --group benchmarks --python $(PYTHON)
	$(RUN)/python -m benchmarks.run

lint: setup  ## style of Python and SQL
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/sqlfluff lint --disable-progress-bar dbt_project/models

types: setup  ## strict types
	$(RUN)/pyright

docs: setup  ## models, columns and lineage of the workspace's warehouse as one page, models.html
	$(RUN)/python -m orchestration.docs

dagster: setup  ## the graph in a browser: dg dev on the workspace of EVENHAND_HOME
	$(RUN)/python -m orchestration.setup --dagster && DAGSTER_HOME=$${EVENHAND_HOME:-$(CURDIR)/workspace}/dagster $(RUN)/dg dev

clean:  ## what setup made; workspaces stay
	rm -rf .venv .venv-spark .venv-spark-server .uv dbt_project/target
