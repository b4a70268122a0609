"""The command line of noesis: parse, one call of the library, print, exit code."""
