"""The pytest plugin: what a test of one's own flow asks for by name."""
