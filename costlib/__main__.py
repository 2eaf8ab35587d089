"""`python -m costlib`."""

import sys

from costlib.cli import main

if __name__ == "__main__":
    sys.exit(main())
