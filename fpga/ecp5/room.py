#!/usr/bin/env python3
"""Room for wires on an LFE5U-85F: fpga/ecp5/room.py [--luts 4000] HEAT.csv... > fpga/ecp5/TOP.room

The static placer of nextpnr spreads logic evenly over the part, but some of it wants far more wires than the rest: where
the paths of `edge` meet, a few dozen tiles each way, more than there are. There LUTs are kept empty, so that the same logic
takes more tiles. HEAT.csv are maps of router2 (congestion by coordinate, fpga/ecp5/build --heat): the wires of each tile
that two nets claim. Maps of several runs count alike. The output is a map of the part: a line a row, a character a
tile, "#" where it stays empty. fpga/ecp5/build --room puts cells without nets there.
"""
import argparse
import csv
import sys

import paths  # these are beside this file
import sites

WIDTH, HEIGHT = 128, 97
REACH = 4                    # tiles around one that are as hot, twice over
MOST = 0.25                  # of the tiles of a place stay empty, at most
RUN = 8                      # tiles beside each other that do: carry chains fill rows, and find the other rows whole
OTHER_ROWS = {y for places in sites.SITES.values() for _, y, _ in places}  # of block RAMs and multipliers
COLUMNS = range(2, WIDTH - 3 - RUN, RUN)  # the first of a run
ROWS = [y for y in range(2, 94) if y not in OTHER_ROWS]
PREFIX = "room_for_wires_"  # of the cells' names
LUTS = ["SLICE%s.K%d" % (piece, lut) for piece in "ABCD" for lut in (0, 1)]


def read_heat(path):
    """heat[x][y] of one map."""
    with open(path, encoding="utf-8", newline="") as file:
        heat = [[int(field) for field in row if field.strip()] for row in csv.reader(file)]
    if [len(row) for row in heat] != [HEIGHT] * WIDTH:
        sys.exit("fpga/ecp5/room.py: %s has %d lines, of %d numbers the first, want %d of %d as router2 writes for the part" %
                 (path, len(heat), len(heat[0]) if heat else 0, WIDTH, HEIGHT))
    return heat


def smooth(heat):
    """The mean of the tiles at most REACH away."""
    def along(line):
        sums = [0]
        for value in line:
            sums.append(sums[-1] + value)
        ends = [(max(0, i - REACH), min(len(line), i + REACH + 1)) for i in range(len(line))]
        return [(sums[end] - sums[start]) / (end - start) for start, end in ends]
    columns = [along(column) for column in heat]
    return [list(column) for column in zip(*(along(row) for row in zip(*columns)))]


def spread(heat, factor):
    """Tiles that stay empty, so that their share of a place is its heat times the factor: every so many rows a run."""
    found = set()
    for number, left in enumerate(COLUMNS):
        due = number * 0.618 % 1
        for y in ROWS:
            due += min(MOST, factor * sum(heat[x][y] for x in range(left, left + RUN)) / RUN)
            if due >= 1:
                due -= 1
                found.update((x, y) for x in range(left, left + RUN))
    return found


def plan(heat, luts):
    """Tiles that stay empty, about as many LUTs in all as wanted."""
    low, high = 0.0, MOST * WIDTH * HEIGHT / max(1e-9, sum(map(sum, heat))) * 10
    for _ in range(50):
        factor = (low + high) / 2
        found = spread(heat, factor)
        low, high = (low, factor) if len(found) * len(LUTS) > luts else (factor, high)
    return found


def draw(found):
    return "".join("".join("#" if (x, y) in found else "." for x in range(WIDTH)) + "\n" for y in range(HEIGHT))


def give(netlist, path):
    """Puts cells without nets on the tiles that stay empty in the map, if there is one, and on no others: how many."""
    cells = paths.top_of(netlist)["cells"]
    for name in [name for name in cells if name.startswith(PREFIX)]:
        del cells[name]
    if not path:
        return 0
    with open(path, encoding="utf-8") as file:
        rows = file.read().splitlines()
    count = 0
    for y, row in enumerate(rows):
        for x in [x for x, character in enumerate(row) if character == "#"]:
            for lut in LUTS:
                cells["%s%d_%d_%s" % (PREFIX, x, y, lut)] = {
                    "hide_name": 0, "type": "LUT4", "parameters": {"INIT": "0" * 16}, "port_directions": {}, "connections": {},
                    "attributes": {"BEL": "X%d/Y%d/%s" % (x, y, lut)}}
                count += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--luts", type=int, default=4000, help="about how many stay empty")
    parser.add_argument("heat", nargs="+", metavar="HEAT.csv")
    args = parser.parse_args()
    heat = [[0.0] * HEIGHT for _ in range(WIDTH)]
    for path in args.heat:
        one = smooth(smooth(read_heat(path)))
        total = sum(map(sum, one))
        if total == 0:
            sys.exit("fpga/ecp5/room.py: no wire of %s is claimed twice, want a map with some" % path)
        heat = [[a + b / total for a, b in zip(*columns)] for columns in zip(heat, one)]
    print(draw(plan(heat, args.luts)), end="")


if __name__ == "__main__":
    main()
