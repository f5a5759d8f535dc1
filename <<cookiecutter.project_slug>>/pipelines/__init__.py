"""The production pipeline for KFP: thin components, one graph, the commands around it."""
