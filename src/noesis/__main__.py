"""``python -m noesis`` is ``noesis``."""

from noesis.cli.main import main

main()
