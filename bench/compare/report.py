"""What was measured: every figure as a line when it comes, and a table of medians at the end."""
import collections
import itertools
import statistics


class Report:
    """Lines of TSV go to `path`; the last column of the table sets Ottla's medians against `reference`'s."""

    def __init__(self, path, reference="kafka"):
        self.file = open(path, "a")
        self.reference = reference
        self.figures = collections.defaultdict(list)

    def add(self, row, side, figures):
        for name, value in figures.items():
            self.file.write(f"{row}\t{side}\t{name}\t{value:.6g}\n")
            self.figures[row, name, side].append(value)
        self.file.flush()
        print(f"{row:34} {side:14} " + "  ".join(f"{name}={value:.4g}" for name, value in figures.items()), flush=True)

    def table(self, sides):
        floor = {name: self.cell(values) for (row, name, _), values in self.figures.items() if row == "limits"}
        if floor:
            print("\nThis machine, CPU s/GB of the kernel's own work: " + ", ".join(f"{name} {value}" for name, value in floor.items()))
        print("\n| work | figure | " + " | ".join(sides) + " | Ottla to Kafka |\n|" + "---|" * (len(sides) + 3))
        for row, name in dict.fromkeys((row, name) for row, name, side in self.figures if side in sides):
            medians = {side: statistics.median(self.figures[row, name, side]) for side in sides if self.figures.get((row, name, side))}
            cells = [self.cell(self.figures.get((row, name, side))) for side in sides]
            print(f"| {row} | {name} | " + " | ".join(cells) + f" | {self.ratios(medians)} |")

    @staticmethod
    def cell(values):
        if not values:
            return "-"
        spread = f" ({min(values):.3g}..{max(values):.3g})" if len(values) > 1 else ""
        return f"{statistics.median(values):.3g}{spread}"

    def ratios(self, medians):
        if not medians.get(self.reference):
            return "-"
        return ", ".join(f"{medians[side] / medians[self.reference]:.2f}" for side in medians if side != self.reference)


def numbered(word, counter=itertools.count()):
    return f"{word}-{next(counter)}"
