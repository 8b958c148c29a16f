"""`python -m nbstream` is the command line."""

import sys

from nbstream.commands.cli import main

sys.exit(main())
