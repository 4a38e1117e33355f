"""The program: `voxtral`, and `python -m voxtral_cli`."""

import sys


def main() -> None:
    """Ctrl-C while it is still being imported is no traceback."""
    try:
        from voxtral_cli.app import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
