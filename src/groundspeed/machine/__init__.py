"""What a host is, whether it is the machine its results claim, and whether it is fit to measure on."""
