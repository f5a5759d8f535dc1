"""Tables: their contract, columns and times, and how they are read."""
