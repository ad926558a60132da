"""A figure is met when the upper end of its interval is."""

import unittest

from harness import plot, render, targets
from harness.memory import Held
from harness.starts import Start

from .samples import results, sample


def row(text: str, figure: str) -> list[str]:
    line = next(each for each in text.splitlines() if each.startswith(f"| {figure} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def three(costs: dict[str, list[float]], workload: str = "1kb"):
    return [sample(name, n, cost, workload) for name, list_ in costs.items() for n, cost in enumerate(list_)]


class Targets(unittest.TestCase):
    def test_the_upper_end_is_what_is_compared(self):
        # The median ratio to the floor is 1.08, its upper end 1.14; nginx is as the floor.
        found = results(three({"floor": [100] * 3, "nginx": [100] * 3, "cardea": [107, 108, 114]}))
        cells = row(targets.table(found), "pass-through, 1 KB")
        self.assertEqual(cells[1], "<= 1.10 x floor")
        self.assertIn("1.08 (1.07 to 1.14) x floor", cells[3])
        self.assertEqual(cells[4], "**no**")

    def test_what_was_not_measured_is_not_met(self):
        cells = row(targets.table(results(three({"floor": [1.0]}))), "stream, per event")
        self.assertEqual(cells[3:], ["not measured", "", ""])

    def test_latencies_at_a_fixed_rate_are_compared_by_their_percentiles(self):
        made = [sample("floor", 1, 1, "fixed-1000"), sample("nginx", 1, 1, "fixed-1000")]
        made.append(sample("cardea", 1, 9, "fixed-1000", p50_us=105, p99_us=450))
        cells = row(targets.table(results(made)), "fixed 1,000 requests/s")
        self.assertEqual(cells[4:], ["yes, **no**", "**no**"])

    def test_memory_is_of_each_and_all_must_be_clean(self):
        held = [Held(1, "idle", "cardea", 10_000, 20_000, 120_000, 130_000, 9_999, "closed")]
        starts = [Start(1, "cardea-demo", 30.0, 20.0, 20_000)]
        text = targets.table(results(three({"cardea": [1.0]}), starts, held))
        self.assertEqual(row(text, "per idle connection, HTTP/1.1")[3:5], ["10.0 (10.0 to 10.0) KiB", "yes"])
        self.assertEqual(row(text, "1 x 10,000 at once, idle connection, HTTP/1.1")[3:5], ["9,999 of 10,000 clean", "**no**"])
        self.assertEqual(row(text, "start to first answer with the example")[4:], ["yes", "yes"])

    def test_page_and_plot_are_made_of_any_results(self):
        found = results(three({"floor": [100] * 3, "nginx": [100] * 3, "cardea": [107, 108, 114]}))
        self.assertIn("the label of cardea", render.text(found))
        self.assertNotIn("Not figures to compare", render.text(found))
        found.conditions["load_average_before"] = "8.00"
        self.assertIn("Not figures to compare", render.text(found))
        drawn = plot.svg(found)
        self.assertIn("1.08 (1.07-1.14)", drawn)


if __name__ == "__main__":
    unittest.main()
