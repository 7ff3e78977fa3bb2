"""Measurements of docs/benchmarks.md; `make bench` runs them all."""
