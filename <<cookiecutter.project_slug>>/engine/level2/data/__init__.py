"""Tables: their contract, their columns and times, and how they are read."""
