"""Child processes: supervision, streams, ends, environment, launchers."""
