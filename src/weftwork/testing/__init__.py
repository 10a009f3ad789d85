"""Fakes and suites for tests: ours, and those of whoever writes a backend or a flow."""
