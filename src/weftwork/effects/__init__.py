"""The only door to durable writes, processes, the clock and randomness."""
