"""The steps of the monitor, one module each."""
