"""From a file's bytes to rows: no database, no event loop; call it from a thread."""

from qiao.knowledge.importing.reading.file import read_file
from qiao.knowledge.importing.reading.records import Parsed, Record

__all__ = ["Parsed", "Record", "read_file"]
