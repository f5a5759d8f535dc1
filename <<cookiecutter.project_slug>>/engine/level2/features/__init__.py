"""Features: declared to Feast, derived from columns, joined point in time."""
