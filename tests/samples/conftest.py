from tests.usecases.surroundings import listening, outside

__all__ = ["listening", "outside"]
