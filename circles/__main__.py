"""``python -m circles``: the same command line where the script is not on the path."""

from circles.cli import main

if __name__ == "__main__":
    main()
