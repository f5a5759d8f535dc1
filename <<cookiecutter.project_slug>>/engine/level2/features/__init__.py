"""Features: declared to Feast, derived from columns, joined as they were known at the time."""
