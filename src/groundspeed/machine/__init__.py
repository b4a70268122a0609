"""What a host is, and whether it is the machine its results claim."""
