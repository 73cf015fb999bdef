#!/usr/bin/env python3
"""Longest paths of a netlist for the ECP5, without placement: fpga/ecp5/paths.py NETLIST.json [COUNT].

Cells have about the delays of nextpnr's speed grade 6, a wire that is not inside a carry chain has WIRE. nextpnr, which takes
most of an hour, said 196 ns of a path of edge for which this says 202, and 50 to 59 ns of those for which this says 45.
One line for each register or memory port, the longest first.
"""
import json
import re
import sys

WIRE = 1.15
CLOCK_TO_Q = {"TRELLIS_FF": 0.52, "DP16KD": 5.0}
SETUP = 0.2


class Paths:
    def __init__(self, module):
        self.names = names_of(module)
        self.arcs = {}      # of a net: (input net, delay with the wire before it)
        self.arrival = {}
        self.before = {}    # on the longest path to a net
        self.ends = []      # (net, name of what it ends in)
        for name, cell in module["cells"].items():
            self.add(name, cell)
        for port in module["ports"].values():
            if port["direction"] == "input":
                self.arrival.update({bit: 0.0 for bit in port["bits"]})

    def add(self, name, cell):
        kind = cell["type"]
        outputs, inputs = [], []
        for port, bits in cell["connections"].items():
            side = outputs if cell["port_directions"].get(port) == "output" else inputs
            side += [(port, bit) for bit in bits if isinstance(bit, int)]
        if kind in CLOCK_TO_Q:
            self.arrival.update({bit: CLOCK_TO_Q[kind] for _, bit in outputs})
            where = self.names.get(outputs[0][1], name) if kind == "TRELLIS_FF" and outputs else name
            self.ends += [(bit, re.sub(r"\[\d+\]$", "", where)) for port, bit in inputs if "CLK" not in port]
            return
        for port, bit in outputs:
            for pin, net in inputs:
                delay = delay_of(kind, pin, port)
                if delay is not None:
                    self.arcs.setdefault(bit, []).append((net, delay))
        if kind == "TRELLIS_DPR16X4":
            self.ends += [(bit, re.sub(r"(\.\d+)+$", "", name)) for port, bit in inputs if port[0] in "DW" and port != "WCK"]

    def arrive(self, net):
        """When a net is valid. It is no recursion because chains are long."""
        stack = [net]
        while stack:
            top = stack[-1]
            if top in self.arrival:
                stack.pop()
                continue
            missing = [n for n, _ in self.arcs.get(top, ()) if n not in self.arrival]
            if missing:
                if missing[0] in stack:  # a loop: cut here
                    self.arrival[missing[0]] = 0.0
                else:
                    stack.append(missing[0])
                continue
            self.arrival[top] = 0.0
            for source, delay in self.arcs.get(top, ()):
                if self.arrival[source] + delay > self.arrival[top]:
                    self.arrival[top] = self.arrival[source] + delay
                    self.before[top] = source
            stack.pop()
        return self.arrival[net]

    def longest(self):
        """(ns, from, to) of every register or memory port, the longest first."""
        found = {}
        for net, name in self.ends:
            time = self.arrive(net) + WIRE + SETUP
            if name not in found or found[name][0] < time:
                found[name] = (time, net)
        rows = []
        for name, (time, net) in found.items():
            while net in self.before:
                net = self.before[net]
            rows.append((time, re.sub(r"\[\d+\]$", "", self.names.get(net, "?")), name))
        return sorted(rows, key=lambda row: -row[0])


def names_of(module):
    """A name for each net: that of a signal, if it has one, and the shortest."""
    names = {}
    for name, entry in module["netnames"].items():
        for i, bit in enumerate(entry["bits"]):
            one = name if len(entry["bits"]) == 1 else "%s[%d]" % (name, i)
            old = names.get(bit)
            if old is None or ("$" in one, len(one)) < ("$" in old, len(old)):
                names[bit] = one
    return names


def delay_of(kind, pin, port):
    """From an input to an output, with the wire before it; None where there is no path."""
    if kind == "LUT4":
        return 0.24 + WIRE
    if kind == "CCU2C":
        if pin == "CIN":
            return 0.07 if port == "COUT" else 0.46
        if pin[1] == "1" and port == "S0":
            return None
        return (0.6 if pin[1] == "0" and port == "S1" else 0.45) + WIRE
    if kind == "TRELLIS_DPR16X4":
        return 0.3 + WIRE if pin == "RAD" else None
    if kind == "MULT18X18D":
        return 3.9 + WIRE if pin[0] in "AB" and port[0] == "P" else None
    return None


def top_of(netlist):
    return next(m for m in netlist["modules"].values() if int(m["attributes"].get("top", "0"), 2))


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("fpga/ecp5/paths.py: want a netlist, and perhaps how many paths")
    with open(sys.argv[1], encoding="utf-8") as file:
        paths = Paths(top_of(json.load(file)))
    for time, source, end in paths.longest()[:int(sys.argv[2]) if len(sys.argv) > 2 else 40]:
        print("%6.1f ns  %s -> %s" % (time, source, end))


if __name__ == "__main__":
    main()
