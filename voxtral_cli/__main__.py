"""`python -m voxtral_cli` is `voxtral`."""

from voxtral_cli.app import main

if __name__ == "__main__":
    main()
