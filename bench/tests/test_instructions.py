"""What callgrind writes is added up as it says."""

import tempfile
import unittest
from pathlib import Path

from harness.instructions import per_unit, totals

DUMP = """# callgrind format
events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw
fn=(1) one
0 100 10 10 4 3 2 1 1 1
totals: 1000 400 200 40 30 20 5 6 4
"""


class Instructions(unittest.TestCase):
    def test_totals_have_the_names_of_their_events(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "dump"
            written.write_text(DUMP)
            events = totals(written)
        self.assertEqual(events["Ir"], 1000)
        self.assertEqual(events["DLmw"], 4)

    def test_reads_and_writes_that_miss_are_told_for_one_request(self) -> None:
        counted = per_unit({"Ir": 1000, "I1mr": 40, "D1mr": 30, "D1mw": 20, "DLmr": 6, "DLmw": 4}, 10)
        self.assertEqual((counted.instructions, counted.code, counted.data, counted.data_second), (100, 4, 5, 1))
