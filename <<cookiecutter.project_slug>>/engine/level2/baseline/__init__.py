"""The data the champion was accepted on, and how far other data are from them."""
