"""What runs in a worker process. Imports as little as possible, so that workers start quickly."""
