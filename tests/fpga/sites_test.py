"""fpga/ecp5/sites.py: the assignment is the best one, and cells get the sites of a file."""
import itertools
import os
import random
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ECP5 = os.path.join(HERE, "../../fpga/ecp5")
sys.path.insert(0, ECP5)
import sites  # noqa: E402

SEED = 20261126


def cell(kind, site="", **nets):
    return {"type": kind, "attributes": {"NEXTPNR_BEL": site}, "connections": {pin: [net] for pin, net in nets.items()}}


class SitesTest(unittest.TestCase):
    def test_no_assignment_is_cheaper(self):
        draw = random.Random(SEED)
        for _ in range(300):
            rows = draw.randint(1, 5)
            columns = draw.randint(rows, 6)
            cost = [[draw.choice((0, 1, 2, 50)) * draw.randint(0, 9) for _ in range(columns)] for _ in range(rows)]
            found = sites.assign(cost)
            self.assertEqual(len(set(found)), rows)
            best = min(sum(cost[i][j] for i, j in enumerate(order)) for order in itertools.permutations(range(columns), rows))
            self.assertEqual(sum(cost[i][j] for i, j in enumerate(found)), best, "seed %d: %s" % (SEED, cost))

    def test_two_rams_that_want_one_site_share_the_way(self):
        cells = {"ram%d$%d" % (i, i): cell("DP16KD", "X114/Y82/EBR0", DOA=i) for i in range(2)}
        cells["lut"] = cell("TRELLIS_COMB", "X4/Y22/SLICEA.LUT0", A=0, B=1)
        found = sites.Placement(cells).choose("DP16KD")
        self.assertEqual(sorted(found.values()), ["X4/Y22/EBR0", "X6/Y22/EBR1"])

    def test_cells_get_the_sites_of_a_file_whatever_their_numbers(self):
        netlist = {"modules": {"top": {"attributes": {"top": "1"},
                                       "cells": {"a$mul$x.v:3$77": cell("MULT18X18D"), "b": cell("DP16KD")}}}}
        netlist["modules"]["top"]["cells"]["b"]["attributes"]["BEL"] = "X4/Y22/EBR0"  # of an older file
        with tempfile.NamedTemporaryFile("w", suffix=".sites") as file:
            file.write("# a comment\na$mul$x.v:3 X4/Y10/MULT18_0\ngone X5/Y10/MULT18_1\n")
            file.flush()
            self.assertEqual(sites.give(netlist, file.name), (1, 2))
        cells = netlist["modules"]["top"]["cells"]
        self.assertEqual(cells["a$mul$x.v:3$77"]["attributes"]["BEL"], "X4/Y10/MULT18_0")
        self.assertNotIn("BEL", cells["b"]["attributes"])

    def test_without_a_netlist_it_says_what_it_wants(self):
        done = subprocess.run([sys.executable, "-B", os.path.join(ECP5, "sites.py")], capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("want one argument", done.stderr)


if __name__ == "__main__":
    unittest.main()
