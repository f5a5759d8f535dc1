"""Verbs: each reads files, calls core and adapters, writes files."""
