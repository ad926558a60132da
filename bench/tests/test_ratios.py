"""Ratios are taken within a round, and intervals hold the median."""

import unittest

from harness.ratios import difference, interval, ratio

from .samples import sample


class Ratios(unittest.TestCase):
    def test_a_ratio_is_of_the_same_round(self):
        # The machine is ten times as slow in the second round, for both.
        samples = [sample("nginx", 1, 10), sample("cardea", 1, 12), sample("nginx", 2, 100), sample("cardea", 2, 120)]
        found = ratio("cardea", "nginx", samples)
        self.assertAlmostEqual(found.middle, 1.2)
        self.assertAlmostEqual(found.low, 1.2)
        self.assertAlmostEqual(found.high, 1.2)

    def test_a_round_without_both_says_nothing(self):
        samples = [sample("nginx", 1, 10), sample("cardea", 1, 20), sample("cardea", 2, 90), sample("nginx", 3, 10)]
        self.assertAlmostEqual(ratio("cardea", "nginx", samples).high, 2.0)
        self.assertIsNone(ratio("cardea", "haproxy", samples))

    def test_differences_are_of_the_same_round(self):
        samples = [sample("a", 1, 30), sample("b", 1, 10), sample("a", 2, 60), sample("b", 2, 40)]
        self.assertAlmostEqual(difference("a", "b", samples).middle, 20)

    def test_an_interval_holds_the_median_and_narrows_with_samples(self):
        few, many = interval([1.0, 2.0, 3.0]), interval([1.0, 2.0, 3.0] * 30)
        for found in (few, many):
            self.assertLessEqual(found.low, found.middle)
            self.assertLessEqual(found.middle, found.high)
        self.assertLess(many.high - many.low, few.high - few.low)
        # One outlier of eleven moves neither the median nor its interval to itself.
        self.assertLess(interval([1.0] * 10 + [50.0]).high, 2)
        self.assertIsNone(interval([]))


if __name__ == "__main__":
    unittest.main()
