#!/usr/bin/env python3
"""Sites for the block RAMs and multipliers of an LFE5U-85F: fpga/ecp5/sites.py PLACED.json > fpga/ecp5/TOP.sites

nextpnr's placers bring cells close to each other first and move block RAMs and multipliers to their rows afterwards, which
takes the wire of `edge` from 349,000 units to 644,000. Here all of a kind get their sites at once, so that the wire to
their neighbours is the least there can be (an assignment problem). PLACED.json is what nextpnr wrote
(build/fpga/ecp5/TOP/placed.json) and says where the neighbours are; a line of the output is a cell and its site.
fpga/ecp5/build --sites gives the cells of such a file their sites.
"""
import collections
import json
import re
import sys

import paths  # beside this file

COLUMNS = [4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114]
SITES = {  # x, y, name
    "DP16KD": [(x + 2 * i, y, "X%d/Y%d/EBR%d" % (x + 2 * i, y, i))
               for y in (22, 46, 70, 82) for x in COLUMNS for i in range(4)],
    "MULT18X18D": [(x + i, y, "X%d/Y%d/MULT18_%d" % (x + i, y, i))
                   for y in (10, 34, 58) for x in COLUMNS for i in (0, 1, 4, 5)]}
ROUNDS = 3  # block RAMs and multipliers are neighbours of each other too
WIDE = 300  # pins of a net that pulls nowhere


def key(name):
    """A cell's name without the numbers that Yosys counts up."""
    return re.sub(r"\$\d+", "", name)


def assign(cost):
    """A column for each row, no column twice, at the least sum of cost[row][column]: shortest augmenting paths, as
    Jonker and Volgenant (1987) describe them. There are at least as many columns as rows."""
    rows, columns = len(cost), len(cost[0])
    row_price, column_price = [0] * (rows + 1), [0] * (columns + 1)
    owner = [0] * (columns + 1)  # row + 1 of a column + 1, 0 for none; entry 0 is the row that looks for a column
    for row in range(1, rows + 1):
        owner[0], at = row, 0
        way = [0] * (columns + 1)
        distance = [float("inf")] * (columns + 1)
        seen = [False] * (columns + 1)
        while True:
            seen[at] = True
            line, price = cost[owner[at] - 1], row_price[owner[at]]
            step, following = float("inf"), 0
            for column in range(1, columns + 1):
                if not seen[column]:
                    reduced = line[column - 1] - price - column_price[column]
                    if reduced < distance[column]:
                        distance[column], way[column] = reduced, at
                    if distance[column] < step:
                        step, following = distance[column], column
            for column in range(columns + 1):
                if seen[column]:
                    row_price[owner[column]] += step
                    column_price[column] -= step
                else:
                    distance[column] -= step
            at = following
            if owner[at] == 0:
                break
        while at:
            owner[at] = owner[way[at]]
            at = way[at]
    found = [0] * rows
    for column in range(1, columns + 1):
        if owner[column]:
            found[owner[column] - 1] = column - 1
    return found


class Placement:
    def __init__(self, cells):
        self.kind = {name: cell["type"] for name, cell in cells.items()}
        self.at = {}
        on_net = collections.defaultdict(set)
        for name, cell in cells.items():
            site = re.match(r"X(\d+)/Y(\d+)/", cell["attributes"].get("NEXTPNR_BEL", ""))
            if site:
                self.at[name] = (int(site[1]), int(site[2]))
                for bits in cell["connections"].values():
                    for bit in bits:
                        if isinstance(bit, int):
                            on_net[bit].add(name)
        self.neighbours = collections.defaultdict(list)  # of a block RAM or multiplier, net by net
        for names in on_net.values():
            if 1 < len(names) <= WIDE:
                for name in names:
                    if self.kind[name] in SITES:
                        self.neighbours[name].append(names - {name})

    def box(self, names):
        """Left, right, bottom and top of these cells; the logic among them if there is any."""
        points = [self.at[name] for name in names if self.kind[name] not in SITES] or [self.at[name] for name in names]
        xs, ys = zip(*points)
        return min(xs), max(xs), min(ys), max(ys)

    def choose(self, kind):
        """A site for each cell of a kind: {cell: name of the site}."""
        names = sorted(name for name in self.neighbours if self.kind[name] == kind)
        cost = []
        for name in names:
            boxes = [self.box(others) for others in self.neighbours[name]]
            cost.append([sum(max(left - x, x - right, 0) + max(low - y, y - high, 0) for left, right, low, high in boxes)
                         for x, y, _ in SITES[kind]])
        found = {}
        for name, column in zip(names, assign(cost)):
            x, y, found[name] = SITES[kind][column]
            self.at[name] = (x, y)
        return found


def give(netlist, path):
    """Puts the cells of a file, if there is one, and no others on sites: how many there are, and how many block RAMs and
    multipliers in all."""
    sites = {}
    if path:
        with open(path, encoding="utf-8") as file:
            sites = dict(line.rsplit(" ", 1) for line in file.read().splitlines() if not line.startswith("#"))
    cells = [(name, cell) for name, cell in paths.top_of(netlist)["cells"].items() if cell["type"] in SITES]
    count = 0
    for name, cell in cells:
        cell["attributes"].pop("BEL", None)
        if key(name) in sites:
            cell["attributes"]["BEL"] = sites[key(name)]
            count += 1
    return count, len(cells)


def main():
    if len(sys.argv) != 2:
        sys.exit("fpga/ecp5/sites.py: want one argument, the netlist that nextpnr wrote")
    with open(sys.argv[1], encoding="utf-8") as file:
        placement = Placement(paths.top_of(json.load(file))["cells"])
    found = {}
    for _ in range(ROUNDS):
        for kind in SITES:
            found.update(placement.choose(kind))
    print("# Made by fpga/ecp5/sites.py.")
    for name in sorted(found):
        print(key(name), found[name])


if __name__ == "__main__":
    main()
