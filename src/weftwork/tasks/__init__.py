"""Declarations: what a user writes, and what a call of it makes. Standard library only."""
