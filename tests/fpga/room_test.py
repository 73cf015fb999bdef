"""fpga/ecp5/room.py: LUTs stay empty where wires were claimed twice, as many as asked for, and the netlist gets them."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ECP5 = os.path.join(HERE, "../../fpga/ecp5")
sys.path.insert(0, ECP5)
import room  # noqa: E402


def heat_of(hot):
    """A map with these tiles hot, {(x, y): wires}."""
    return [[hot.get((x, y), 0) for y in range(room.HEIGHT)] for x in range(room.WIDTH)]


def run(*heats, luts="768"):
    """room.py on these maps, written as router2 writes them."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, heat in enumerate(heats):
            paths.append(os.path.join(folder, "%d.csv" % i))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.writelines("".join("%d," % wires for wires in column) + "\n" for column in heat)
        return subprocess.run([sys.executable, "-B", os.path.join(ECP5, "room.py"), "--luts", luts] + paths,
                              capture_output=True, text=True, check=False)


class RoomTest(unittest.TestCase):
    def test_smoothing_keeps_a_plain_map_plain(self):
        for column in room.smooth([[3] * room.HEIGHT for _ in range(room.WIDTH)]):
            for value in column:
                self.assertAlmostEqual(value, 3)

    def test_room_is_where_the_map_is_hot(self):
        done = run(heat_of({(30, 40): 900}), heat_of({(100, 60): 9}))  # maps count alike
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = done.stdout.splitlines()
        self.assertEqual((len(rows), {len(row) for row in rows}), (room.HEIGHT, {room.WIDTH}))
        empty = {(x, y) for y, row in enumerate(rows) for x, character in enumerate(row) if character == "#"}
        self.assertAlmostEqual(8 * len(empty), 768, delta=128)
        for x, y in empty:
            self.assertTrue(max(abs(x - 30), abs(y - 40)) <= 16 or max(abs(x - 100), abs(y - 60)) <= 16, (x, y))
            self.assertIn(y, room.ROWS)
            left = max(first for first in room.COLUMNS if first <= x)  # of the run
            self.assertTrue({(left + i, y) for i in range(room.RUN)} <= empty, (x, y))
        self.assertAlmostEqual(8 * sum(x < 64 for x, _ in empty), 384, delta=128)

    def test_cells_without_nets_take_the_place_of_older_ones(self):
        netlist = {"modules": {"top": {"attributes": {"top": "1"}, "cells": {"lut": {"type": "LUT4"}}}}}
        cells = netlist["modules"]["top"]["cells"]
        with tempfile.NamedTemporaryFile("w", suffix=".room") as file:
            file.write("...\n.#.\n")
            file.flush()
            for _ in range(2):
                self.assertEqual(room.give(netlist, file.name), 8)
                empty = {cell["attributes"]["BEL"] for name, cell in cells.items() if name != "lut"}
                self.assertEqual(empty, {"X1/Y1/SLICE%s.K%d" % (piece, lut) for piece in "ABCD" for lut in (0, 1)})
        self.assertEqual(room.give(netlist, None), 0)
        self.assertEqual(list(cells), ["lut"])

    def test_what_is_no_map_is_refused_in_a_sentence(self):
        for heat, words in (([[1, 2], [3, 4]], "has 2 lines, of 2 numbers the first, want 128 of 97"),
                            ([], "has 0 lines, of 0 numbers the first, want 128 of 97"),
                            (heat_of({}), "is claimed twice, want a map with some")):
            done = run(heat)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
