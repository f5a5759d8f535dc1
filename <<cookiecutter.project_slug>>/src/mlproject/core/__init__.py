"""Pure nouns: no files, no environment, no clock, no vendor service."""
