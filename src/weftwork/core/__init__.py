"""The pure core: values, states, events, commands, the scheduler and packing. No IO."""
