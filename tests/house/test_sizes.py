"""Modules, functions and their parameters stay small, every function says its types, and errors are caught by name."""

from __future__ import annotations

import ast

from tests.house.rooms import BROAD_CATCHES
from tests.house.sources import Function, Module, modules

LINES_OF_A_MODULE = 400
LINES_OF_A_FUNCTION = 60
PARAMETERS = 7


def parameters(function: Function) -> list[ast.arg]:
    """Those that a caller thinks of: without self and cls."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [each for each in every if each.arg not in {"self", "cls"}]


def is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {getattr(each, "id", getattr(each, "attr", None)) for each in caught}
    return bool(names & {None, "Exception", "BaseException"})


def catches(module: Module) -> list[str]:
    found = [node for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler)]
    return [f"{module.path}:{node.lineno}" for node in found if is_broad(node)]


def test_no_module_is_longer_than_400_lines() -> None:
    # A migration is the history of one step and is never edited again: it may be as long as the step.
    every = modules("service", "connectors", "workers", "config", "tests", "benchmarks", "examples")
    assert not [f"{each.path}: {n}" for each in every if (n := each.text.count("\n")) > LINES_OF_A_MODULE]


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{module.path}:{function.lineno} {function.name}: {lines}"
        for module in modules("service", "connectors", "workers", "config", "benchmarks", "examples")
        for function in module.functions()
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LINES_OF_A_FUNCTION
    ]
    assert not long


def test_no_function_takes_more_than_7_parameters() -> None:
    many = [
        f"{module.path}:{function.lineno} {function.name}"
        for module in modules()
        for function in module.functions()
        if len(parameters(function)) > PARAMETERS
    ]
    assert not many


def test_every_function_is_annotated() -> None:
    bare = [
        f"{module.path}:{function.lineno} {function.name}"
        for module in modules()
        for function in module.functions()
        if function.returns is None or any(each.annotation is None for each in parameters(function))
    ]
    assert not bare


def test_errors_are_caught_by_name_but_at_the_boundaries_in_the_list() -> None:
    assert not [place for module in modules() for place in catches(module) if module.path not in BROAD_CATCHES]


def test_every_boundary_in_the_list_still_exists() -> None:
    assert not [path for path in BROAD_CATCHES if not any(each.path == path and catches(each) for each in modules())]
