"""Stacks of `perf script` become boxes."""

import unittest

from harness.flame import fold, svg

TOLD = """\
cardea 12 34.5:  1 cpu-clock:
        55d0 core::ops::run::h0123456789abcdef+0x12 (/usr/bin/cardea)
        55d1 main+0x5 (/usr/bin/cardea)

cardea 12 34.6:  1 cpu-clock:
        55d1 main+0x9 (/usr/bin/cardea)
"""


class Flame(unittest.TestCase):
    def test_stacks_are_counted_from_the_outermost_frame(self):
        self.assertEqual(fold(TOLD), {("main", "core::ops::run"): 1, ("main",): 1})

    def test_a_box_says_its_share(self):
        drawn = svg("title", fold(TOLD))
        self.assertIn("main: 100.0%", drawn)
        self.assertIn("core::ops::run: 50.0%", drawn)


if __name__ == "__main__":
    unittest.main()
