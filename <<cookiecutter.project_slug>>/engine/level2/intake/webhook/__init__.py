"""The receiver of an object store's events: new data there start ct on GitHub."""
