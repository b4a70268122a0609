"""One file per command: parse, one library call, render, exit code."""
