from tests.usecases.surroundings import house, listening, opened, outside

__all__ = ["house", "listening", "opened", "outside"]
