"""Tests on a real cluster: a package, so that its conftest hides no other."""
