"""Test suites that a connector of any vendor must pass. They ship with the contract and import pytest."""

import pytest

# Else an assertion that fails here would not say what it compared.
pytest.register_assert_rewrite(*(f"{__name__}.{each}" for each in ("asking", "creating", "source", "tracker")))
