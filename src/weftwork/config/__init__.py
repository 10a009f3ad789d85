"""The composition root: names to objects."""
