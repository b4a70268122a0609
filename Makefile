# Two commands, each sets up what it needs inside this folder:
#
#   make history    measure the newest commits of this repository, publish, say where to look
#   make test       style, types, every test
#
# They need git, make and CPython 3.11 with venv. COMMITS=10 make history looks further back;
# ARGS="-k corpus" make test runs a part.

COMMITS ?= 3
ARGS ?=
TOX = .tools/bin/tox run

export COMMITS
export PATH := $(CURDIR)/.tools/bin:$(PATH)
# The certificates that git and pip trust here are good for uv as well.
export UV_SYSTEM_CERTS ?= 1

.PHONY: help history test baseline performance performance-check profile lint types page build lock tools clean

help:
	@sed -n 's/^#   //p' Makefile

tools:
	@sh tools/bootstrap

history: tools
	@$(TOX) -qq --colored no -e history

test: tools
	@sh tools/wheelhouse
	@sh tools/install-chromium
	@sh tools/page-tools
	@$(TOX) -q -e lint,types,page,test -- $(ARGS)

# Measures HEAD on this host for minutes and keeps it as the baseline `main`; commit results/ afterwards.
baseline: tools
	@$(TOX) -qq --colored no -e baseline

# Holds HEAD against it: every module of the suite, 10 % either way.
performance-check: tools
	@$(TOX) -q -e performance -- $(ARGS)

# Writes docs/PERFORMANCE.md from results/: growth, targets and figures of every operation, and the answer for 1 GB.
performance: tools
	@$(TOX) -qq --colored no -e performance-page

# Profiles RAG from end to end, embedding, the vector index, ingestion, the service's layers and thoughts at the newest
# commit with results, for some four minutes, and writes docs/reports/: how the machine stands, what costs most,
# and what came of [plan.tier1].
# ARGS=rag profiles the cases that the expression is found in, instead.
profile: tools
	@$(TOX) -qq --colored no -e profile $(if $(ARGS),-- $(ARGS))

page: tools
	@sh tools/page-tools
	@$(TOX) -q -e page

lint types build: tools
	@$(TOX) -q -e $@

lock: tools
	@sh tools/lock $(ARGS)

clean:
	rm -rf .tools .tox .venv .asv dist html .mypy_cache .ruff_cache .pytest_cache .hypothesis
