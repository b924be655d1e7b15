# Two commands do everything: `make lab` and `make test`. The rest is for those who write lessons.
# All of them live in tools/course.py, which needs nothing but Python 3.11, 3.12 or 3.13.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python; do \
	$$name -c '$(SUPPORTED)' 2>/dev/null && echo $$name && break; done)

.PHONY: lab test lint notebooks claims lock reset
lab test lint notebooks claims lock reset:
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11, 3.12 or 3.13 found. Install one (python.org, or your system's"; \
		echo "packages), or name it: make $@ PYTHON=/path/to/python"; exit 1; fi
	@"$(PYTHON)" tools/course.py $@ $(ARGS)
