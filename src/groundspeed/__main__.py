"""``python -m groundspeed`` is ``groundspeed``."""

from groundspeed.cli.main import main

main()
