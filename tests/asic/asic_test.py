"""scripts/asic on a transmitter and a memory, with tests/asic/tiny.lib and without a library."""
import os
import re
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ASIC = os.path.join(HERE, "../../scripts/asic")
TINY = os.path.join(HERE, "tiny.lib")


def asic(*args):
    return subprocess.run([ASIC, *args], capture_output=True, text=True, check=False)


def rows(*args):
    """Columns by block of the one table that a run prints."""
    done = asic(*args)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    lines = [[cell.strip(" `*") for cell in line.strip("|").split("|")] for line in done.stdout.splitlines() if line.startswith("|")]
    return {line[0]: {name: int(cell.replace(",", "")) for name, cell in zip(lines[0][1:], line[1:])} for line in lines[2:]}


def scaled(text, factor):
    """The library with all areas and delays times a factor."""
    times = lambda m: m[1] + re.sub(r"\d+", lambda n: str(factor * int(n[0])), m[2]) + m[3]
    text = re.sub(r"(area : )(\d+)(;)", times, text)
    return re.sub(r"(cell_(?:rise|fall)\(fixed\) \{ values\()([^)]*)(\))", times, text)


class Asic(unittest.TestCase):
    def library(self, text, name="some.lib"):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def refuses(self, words, *args):
        done = asic(*args)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertIn(words, done.stderr)

    def test_library_and_gates(self):
        with open(TINY, encoding="utf-8") as file:
            tiny = file.read()
        blocks = ["weft_uart_tx", "weft_ram"]
        once = rows("--config", "pico", "--lib", TINY, *blocks)
        gates = rows("--config", "pico", *blocks)
        uart = once["weft_uart_tx"]
        # Its registers: the frame's ten bits, the clocks of a bit and the bits left.
        self.assertGreaterEqual(uart["flip-flops"], 15)
        self.assertEqual(uart["flip-flops"], gates["weft_uart_tx"]["flip-flops"])
        self.assertGreater(uart["area"], 10 * uart["flip-flops"] + uart["cells"] - uart["flip-flops"])
        self.assertLess(uart["area"], 10 * uart["flip-flops"] + 5 * (uart["cells"] - uart["flip-flops"]))
        # A path is a few gates of 10 to 35 ps.
        levels = gates["weft_uart_tx"]["longest path, gates"]
        self.assertTrue(3 <= levels <= 40, levels)
        self.assertEqual(uart["longest path, ps"] % 5, 0)
        self.assertTrue(30 <= uart["longest path, ps"] <= 1000, uart)
        self.assertEqual(gates["weft_uart_tx"]["of flip-flops"], round(5.67 * uart["flip-flops"]))
        # A memory is nothing but its bits; the sums are those of the blocks.
        for found in (once, gates):
            self.assertEqual(found["weft_ram"]["RAM bits"], 256 * 32)
            self.assertEqual(sum(found["weft_ram"].values()), 256 * 32)
            self.assertEqual(found["sum"], {n: found["weft_uart_tx"][n] + found["weft_ram"][n] for n in found["sum"]})
        twice = rows("--config", "pico", "--lib", self.library(scaled(tiny, 2)), "weft_uart_tx")["weft_uart_tx"]
        self.assertEqual(twice["area"], 2 * uart["area"])
        self.assertEqual(twice["longest path, ps"], 2 * uart["longest path, ps"])

    def test_bad_input(self):
        self.refuses("there is no Liberty file '/none.lib'", "--lib", "/none.lib")
        self.refuses("there is no Liberty file ''", "--lib", "")
        self.refuses("is not a Liberty file: it begins with '#!/bin/sh', want 'library (...) {'", "--lib", self.library("#!/bin/sh"))
        self.refuses("has no cells", "--lib", self.library("library(a) { }"))
        self.refuses("has 1 cells and none with an ff group, want a flip-flop", "--lib", self.library("library(a) { cell(INV) { area : 1; } }"))
        self.refuses("has a blank, quote or semicolon in its path", "--lib", self.library("library(a) { }", "a b.lib"))
        self.refuses("no configuration 'giant'", "--config", "giant")
        self.refuses("no module 'weft_none' in rtl/", "--config", "pico", "weft_none")
        # Flip-flops alone map nothing.
        only = "library(a) { cell(DFF) { area : 1; ff(IQ, IQN) { clocked_on : \"C\"; next_state : \"D\"; } pin(C) { direction : input; } " \
               "pin(D) { direction : input; } pin(Q) { direction : output; function : \"IQ\"; } } }"
        self.refuses("fails on weft_uart_tx with library 'a'", "--config", "pico", "--lib", self.library(only), "weft_uart_tx")


if __name__ == "__main__":
    unittest.main()
