"""How new data arrive: tables in a folder, events of an object store; checked and merged."""
