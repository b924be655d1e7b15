# Two commands do everything: `make lab` and `make test`. The rest is for those who write lessons.
# All of them live in tools/course.py, which needs nothing but Python 3.11, 3.12 or 3.13, or uv.
#   make fetch                            the real film reviews (19 MB)
#   make reset LESSON=01                  a fresh copy of a lesson; yours is kept beside it
#   make test LESSON=05                   one lesson; ARGS="-k word" and so on go to pytest
#   make claims LESSON=07 DATA=full SEEDS=10
#   make notebooks LESSON=06              run a lesson and save its results
#   make lab PYTHON=python3.12            with another Python than the first that is found
COMMANDS := lab test fetch reset lint notebooks claims lock environment

ifneq ($(filter command environment,$(firstword $(origin PYTHON))),)
NAMED := --with-this-python
endif
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# If there is none of these, tools/course.py says what to do, under any Python.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	$$name -c '$(SUPPORTED)' 2>/dev/null && echo $$name && exit; done; \
	for name in python3 python; do $$name -c '' 2>/dev/null && echo $$name && exit; done)
ifeq ($(PYTHON),)
RUN := uv run --no-project --python 3.13
else
RUN := "$(PYTHON)"
endif

.PHONY: $(COMMANDS)
$(COMMANDS):
	@if [ -z "$(PYTHON)" ] && ! command -v uv >/dev/null; then \
		echo "No Python is here: install 3.11, 3.12 or 3.13 (python.org), or uv; or use conda"; \
		echo "(environment.yml) or Binder (the button in the README)."; exit 1; fi
	@$(RUN) tools/course.py $@ $(NAMED) $(LESSON:%=--lesson %) $(DATA:%=--data %) $(SEEDS:%=--seeds %) $(ARGS)
