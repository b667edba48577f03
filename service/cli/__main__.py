"""`python -m service.cli`: how `up` starts the other commands as processes of their own."""

from service.cli.main import main

if __name__ == "__main__":
    main()
