import sys

from connectors.sandbox.options import parse
from connectors.sandbox.running import PortTakenError, run
from connectors.sandbox.seed import SeedError

if __name__ == "__main__":
    try:
        run(parse())
    except (PortTakenError, SeedError) as error:
        sys.exit(str(error))
