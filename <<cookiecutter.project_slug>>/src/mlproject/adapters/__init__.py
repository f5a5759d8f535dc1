"""Vendors: each is imported in one file and nowhere else."""
