"""`python -m digest` is the `digest` command."""

from digest.cli.main import run

if __name__ == "__main__":
    run()
