"""What every room stands on: files, text, sockets. It imports nothing of ours but itself."""
