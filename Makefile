# Every target is a command of config/crm.py; `make` alone lists them.
PYTHON ?= python3
CRM = $(PYTHON) config/crm.py

.DEFAULT_GOAL := help
.PHONY: help demo test test-full guards lint bench shell update index translations pictures stop clean lock

help demo test-full guards shell update index translations pictures stop clean lock:
	@$(CRM) $@

test bench:
	@$(CRM) $@ $(T)

lint:
	@$(CRM) lint $(if $(FIX),--fix)
