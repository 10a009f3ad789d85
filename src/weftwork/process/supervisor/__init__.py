"""The program that starts, watches and ends child processes for an engine.

It runs in its own process, on the standard library alone. Its only link to the engine is one
socket, which is its lifeline, too: when the engine is gone, so is everything it started.
"""
