"""The production pipeline for KFP: thin components, one graph, its commands."""
