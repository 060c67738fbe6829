"""The register of facilities kept current: imported, complete, fresh, and compared with its last edition."""

from circles.register.check import Checked, check
from circles.register.compare import CHANGES, Compared, compare
from circles.register.dates import as_date
from circles.register.expected import read_expected
from circles.register.reading import Mapping, Register, load_mapping, of_area, read_register

__all__ = [
    "CHANGES",
    "Checked",
    "Compared",
    "Mapping",
    "Register",
    "as_date",
    "check",
    "compare",
    "load_mapping",
    "of_area",
    "read_expected",
    "read_register",
]
