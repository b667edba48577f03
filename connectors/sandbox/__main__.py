from connectors.sandbox.options import parse
from connectors.sandbox.running import run

if __name__ == "__main__":
    run(parse())
