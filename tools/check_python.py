"""Stop with a clear message when this Python is too old. Runs on any Python."""

import sys

OLDEST = (3, 11)
MESSAGE = "nbstream needs Python {}.{} or newer; {} is {}.{}. Try: make PYTHON=python3.12 <target>"

if sys.version_info < OLDEST:
    sys.exit(MESSAGE.format(OLDEST[0], OLDEST[1], sys.executable, *sys.version_info[:2]))
