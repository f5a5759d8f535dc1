"""What every room builds on: files, text, sockets. It imports no other room."""
