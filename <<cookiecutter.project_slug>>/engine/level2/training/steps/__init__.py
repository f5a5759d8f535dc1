"""The steps of the training loop, one module each."""
