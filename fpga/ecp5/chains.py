#!/usr/bin/env python3
"""What Yosys cannot do for the carry chains of a netlist: fpga/ecp5/chains.py NETLIST.json changes the file in place.

1. Half a carry cell has a LUT of four inputs, and a sum uses two: a ^ b, with a as the carry where that is 0. So a LUT of up
   to three inputs in front of b alone becomes part of it; or one in front of a, when a and b change places.
2. A COUT that nothing reads is left without a net: nextpnr would add a cell to bring it out of the chain. It also wants the
   CIN that a first cell has none of, and says x for no net.
3. A pin of a LUT that is 1 takes no wire, one that is 0 takes the way from a single source of zeros. So zeros at carry cells
   become ones, and the LUT no longer looks; addresses that a LUT RAM has too many of are ones on both sides.
"""
import itertools
import json
import sys


class Netlist:
    def __init__(self, module):
        self.cells = module["cells"]
        self.luts = {}     # by the net that one drives
        self.readers = {}  # of a net
        for name, cell in self.cells.items():
            for port, bits in cell["connections"].items():
                if cell["port_directions"].get(port) != "output":
                    for bit in bits:
                        self.count(bit, 1)
                elif cell["type"] == "LUT4":
                    self.luts[bits[0]] = name
        for port in module["ports"].values():
            for bit in port["bits"]:
                self.count(bit, 1)

    def count(self, net, change):
        self.readers[net] = self.readers.get(net, 0) + change

    @staticmethod
    def pins(cell, suffix=""):
        """The nets of A to D; a pin without a net is 1."""
        nets = [cell["connections"].get(pin + suffix, ["1"])[0] for pin in "ABCD"]
        return ["1" if net == "x" else net for net in nets]

    def fold_half(self, cell, suffix):
        """Folds what it can into one carry bit: the number of LUTs that are gone."""
        bits = int(cell["parameters"]["INIT" + suffix], 2)
        nets = self.pins(cell, suffix)
        half = Half.read(bits, nets)
        if half is None:
            return 0
        gone = 0
        while True:
            for candidate in [half] + ([half.swapped()] if gone == 0 and half.is_plain() else []):
                better, net = self.fold_one(candidate)
                if better:
                    break
            else:
                break
            name = self.luts.pop(net)
            for pin in self.pins(self.cells[name]):
                self.count(pin, -1)
            for pin in better.inputs:
                if pin not in half.inputs + [half.a]:
                    self.count(pin, 1)
            del self.cells[name]
            half = better
            gone += 1
        if gone:
            bits, nets = half.encode()
            cell["parameters"]["INIT" + suffix] = format(bits, "016b")
            for pin, net in zip("ABCD", nets):
                cell["connections"][pin + suffix] = [net]
                cell["port_directions"][pin + suffix] = "input"
        return gone

    def fold_one(self, half):
        """The half with one more LUT in it and the net that this one drove; or None twice."""
        for net in half.inputs:
            name = self.luts.get(net)
            if name is None or self.readers[net] != 1:
                continue
            lut = self.cells[name]
            better = half.with_lut(net, int(lut["parameters"]["INIT"], 2), self.pins(lut))
            if better and better.encode():
                return better, net
        return None, None


def free_zeros(cell, suffix):
    """Makes the zeros at half a carry cell ones. Where the pin is 1 the LUT then holds what it held for 0."""
    bits = int(cell["parameters"]["INIT" + suffix], 2)
    for i, pin in enumerate("ABCD"):
        if cell["connections"].get(pin + suffix) == ["0"]:
            cell["connections"][pin + suffix] = ["1"]
            bits = sum((bits >> (index & ~(1 << i)) & 1) << index for index in range(16))
    cell["parameters"]["INIT" + suffix] = format(bits, "016b")


def free_addresses(ram, design):
    """Makes zeros at the upper address bits of a LUT RAM ones, and those at data inputs whose outputs nobody reads."""
    pins = ram["connections"]
    for i in range(4):
        if pins["WAD"][i] == "0" and pins["RAD"][i] == "0":
            pins["WAD"][i] = pins["RAD"][i] = "1"
        if pins["DI"][i] == "0" and not design.readers.get(pins["DO"][i]):
            pins["DI"][i] = "1"


class Half:
    """One bit of a carry cell: LUT4 = a ^ f(inputs), and LUT2 = a, or its complement."""

    def __init__(self, a, inputs, table, complement):
        self.a, self.inputs, self.table, self.complement = a, inputs, table, complement

    @staticmethod
    def value(net, values):
        return int(net) if net in ("0", "1") else values[net]

    @classmethod
    def read(cls, bits, nets):
        if bits & 15 not in (10, 5) or nets[0] in ("0", "1"):
            return None
        inputs = sorted({net for net in nets[1:] if net not in ("0", "1")})
        if nets[0] in inputs:
            return None
        table = []
        for values in itertools.product((0, 1), repeat=len(inputs)):
            known = dict(zip(inputs, values))
            index = sum(cls.value(net, known) << i + 1 for i, net in enumerate(nets[1:]))
            if (bits >> index & 1) == (bits >> index + 1 & 1):
                return None
            table.append(bits >> index & 1)
        return cls(nets[0], inputs, table, bits & 15 == 5)

    def is_plain(self):
        return len(self.inputs) == 1 and self.table in ([0, 1], [1, 0])

    def swapped(self):
        """Where LUT4 is 0, the carry is a, which is then f(b): the same, or the complement of b."""
        return Half(self.inputs[0], [self.a], self.table, self.complement != (self.table == [1, 0]))

    def f(self, known):
        index = 0
        for net in self.inputs:
            index = 2 * index + known[net]
        return self.table[index]

    def with_lut(self, net, init, pins):
        inputs = sorted({n for n in self.inputs + pins if n not in ("0", "1", net)})
        if len(inputs) > 3 or self.a in inputs:
            return None
        table = []
        for values in itertools.product((0, 1), repeat=len(inputs)):
            known = dict(zip(inputs, values))
            known[net] = init >> sum(self.value(pin, known) << i for i, pin in enumerate(pins)) & 1
            table.append(self.f(known))
        return Half(self.a, inputs, table, self.complement)

    def encode(self):
        """INIT and the nets of A to D; or None. The lowest four bits are LUT2, and LUT4 where C and D are 0."""
        low = 5 if self.complement else 10
        for order in itertools.permutations(self.inputs):
            nets = list(order) + ["1"] * (3 - len(order))
            bits = 0
            for index in range(16):
                known = {net: index >> i + 1 & 1 for i, net in enumerate(nets)}
                bits |= ((index & 1) ^ self.f(known)) << index
            if len(order) < 3 or bits & 15 == low:
                return bits & ~15 | low, [self.a] + nets
        return None


def improve(netlist):
    """Changes the modules of a netlist; the number of LUTs that are gone."""
    gone = 0
    for module in netlist["modules"].values():
        design = Netlist(module)
        carries = [cell for cell in module["cells"].values() if cell["type"] == "CCU2C"]
        while True:  # what is folded into one cell may free a LUT for another
            more = sum(design.fold_half(cell, "0") + design.fold_half(cell, "1") for cell in carries)
            gone += more
            if more == 0:
                break
        for cell in carries:
            cell["connections"].setdefault("CIN", ["x"])
            cell["port_directions"].update(CIN="input", COUT="output")
            if not any(design.readers.get(bit) for bit in cell["connections"].get("COUT", ())):
                cell["connections"]["COUT"] = ["x"]
            free_zeros(cell, "0")
            free_zeros(cell, "1")
        for cell in module["cells"].values():
            if cell["type"] == "TRELLIS_DPR16X4":
                free_addresses(cell, design)
    return gone


def main():
    if len(sys.argv) != 2:
        sys.exit("fpga/ecp5/chains.py: want one argument, the netlist")
    with open(sys.argv[1], encoding="utf-8") as file:
        netlist = json.load(file)
    print("%d LUTs folded into carry cells" % improve(netlist))
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(netlist, file)


if __name__ == "__main__":
    main()
