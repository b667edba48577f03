"""People from a CSV, as an HR system or a spreadsheet exports them: a header row, then one person a row."""

from __future__ import annotations

import csv
import io
from typing import Any

from config.entries import Entry
from config.faults import Fault, nearest

_REQUIRED = ("id", "name", "email")
_COLUMNS = (*_REQUIRED, "zone", "manager", "aliases", "left")
_ACCOUNT = "account:"
_FLAGS = {"true": True, "yes": True, "1": True, "x": True, "false": False, "no": False, "0": False}


def read_people(text: str, file: str) -> tuple[list[Entry], list[Fault]]:
    """A people entry for each row, with its line, and what is wrong with the header and the rows' shape."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    entries: list[Entry] = []
    faults: list[Fault] = []
    header: list[str] | None = None
    line = 1
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if header is None:
                header = cells
                faults.extend(_header_faults(cells, file))
                if any(fault.code == "missing" for fault in faults):
                    return [], faults
            elif len(cells) != len(header) and any(cells):
                faults.append(_ragged(len(cells), len(header), file, line))
            elif any(cells):
                entries.append(Entry(file, "", _person(dict(zip(header, cells, strict=True))), line=line))
            line = rows.line_num + 1
    except csv.Error as error:
        cure = "Correct the quotes of that row; what follows it was not read."
        faults.append(Fault(file, "", str(error), "CSV with a header row", cure, "not_csv", line))
    if header is None:
        faults.append(_missing(_REQUIRED[0], file))
    return entries, faults


def _header_faults(header: list[str], file: str) -> list[Fault]:
    known = (*_COLUMNS, f"{_ACCOUNT}<tracker>")
    faults = [_missing(name, file) for name in _REQUIRED if name not in header]
    for index, name in enumerate(header):
        if name in header[:index]:
            cure = "Keep one of the two columns."
            faults.append(Fault(file, f"column {name}", "there twice", "a column of its own", cure, "duplicate", 1))
        elif name not in _COLUMNS and not (name.startswith(_ACCOUNT) and len(name) > len(_ACCOUNT)):
            near = nearest(name, _COLUMNS)
            cure = f"Write {near} if that is what you mean, or take the column out." if near else "Take the column out."
            faults.append(
                Fault(file, f"column {name!r}", "an unknown column", ", ".join(known), cure, "unknown_key", 1)
            )
    return faults


def _missing(name: str, file: str) -> Fault:
    cure = f"Begin the file with the row {','.join(_COLUMNS)} (zone and what follows it may be left out)."
    return Fault(file, f"column {name}", "missing", "in the header row", cure, "missing", 1)


def _ragged(found: int, wanted: int, file: str, line: int) -> Fault:
    cure = "Put cells that hold a comma between double quotes, and write a comma for each empty cell."
    return Fault(file, "", _cells(found), f"{_cells(wanted)} as the header row has", cure, "row_length", line)


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def _person(row: dict[str, str]) -> dict[str, Any]:
    """The row as a table of `[[people]]`. An empty cell is an absent key."""
    table: dict[str, Any] = {name: row[name] for name in _COLUMNS if row.get(name)}
    if "aliases" in table:
        table["aliases"] = [alias.strip() for alias in table["aliases"].split(";") if alias.strip()]
    if "left" in table:
        table["left"] = _FLAGS.get(table["left"].lower(), table["left"])
    accounts = {name[len(_ACCOUNT) :].strip(): cell for name, cell in row.items() if name.startswith(_ACCOUNT) and cell}
    return {**table, "accounts": accounts} if accounts else table
