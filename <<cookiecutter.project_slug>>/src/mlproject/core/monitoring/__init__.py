"""Whether what a model meets is still what it was accepted on: the reference and comparisons."""
