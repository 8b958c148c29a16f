"""`python -m nbstream` is the command line."""

import sys

from nbstream.cli import main

sys.exit(main())
