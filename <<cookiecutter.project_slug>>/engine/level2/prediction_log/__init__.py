"""The log of predictions: written by the service, read by the monitor."""
