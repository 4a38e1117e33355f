"""`python -m evaluation`."""

import sys

from evaluation.run import main

if __name__ == "__main__":
    sys.exit(main())
