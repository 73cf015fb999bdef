"""The flow of scripts/fpga for boards with an iCE40 UP5K: Yosys, nextpnr-ice40, icestorm."""
import json
import os
import re
import subprocess

from fpga_common import assemble, chparam, clocks_per_bit, fail, must, read_verilog, tool

BITSTREAM = "weft.bin"
MADE_BY = "`weft_pico` with its firmware, Yosys `synth_ice40`, nextpnr-ice40"
# What an UP5K has, in nextpnr's words and in ours.
RESOURCES = (("ICESTORM_LC", "logic cells"), ("ICESTORM_RAM", "block RAMs (4 Kbit)"), ("ICESTORM_SPRAM", "SPRAMs (32 KB)"),
             ("ICESTORM_DSP", "multipliers (16 x 16)"), ("SB_IO", "pins"), ("ICESTORM_PLL", "PLLs"))
NOTES = ()
# Tools of the flow and the Debian packages that hold them.
PACKAGES = {"yosys": "yosys", "nextpnr-ice40": "nextpnr-ice40", "icepack": "fpga-icestorm", "icepll": "fpga-icestorm"}
# The board's top and its ports as nextpnr names them.
TOP = "weft_board_ice40"
PORTS = ("clk_i", "uart_rx_i", "uart_tx_o", "flash_cs_no", "flash_sck_o", "flash_io[0]", "flash_io[1]", "flash_io[2]",
         "flash_io[3]", "led_no[0]", "led_no[1]", "led_no[2]")


def check_tools():
    for name, package in PACKAGES.items():
        if not tool(name):
            fail("%s is missing; scripts/setup --fpga installs its package, %s" % (name, package))


def pll_parameters(board):
    """The board top's PLL parameters, as icepll computes them."""
    out = subprocess.run(["icepll", "-i", "%g" % (board["oscillator_hz"] / 1e6), "-o", "%g" % (board["chip_hz"] / 1e6)],
                         stdout=subprocess.PIPE, text=True, check=False).stdout
    achieved = re.search(r"F_PLLOUT: +([0-9.]+) MHz \(achieved\)", out)
    if not achieved or abs(float(achieved[1]) * 1e6 - board["chip_hz"]) > 1e3:
        fail("the PLL makes %s MHz of %d Hz, want %d Hz" %
             (achieved[1] if achieved else "nothing", board["oscillator_hz"], board["chip_hz"]))
    values = {}
    for parameter, name in (("PllDivR", "DIVR"), ("PllDivF", "DIVF"), ("PllDivQ", "DIVQ"), ("PllFilter", "FILTER_RANGE")):
        values[parameter] = int(re.search(r"^%s: +(\d+)" % name, out, re.M)[1])
    return values


def synthesize(board, build, folder):
    """Yosys: the netlist weft.json in the folder. Also writes the pins."""
    assemble(board, build, folder)
    with open(os.path.join(folder, "pins.pcf"), "w", encoding="utf-8") as file:
        file.write("# Made from fpga/boards.json.\n")
        file.writelines("set_io %s %s\n" % (port, board["pins"][port]) for port in PORTS)
    parameters = dict(pll_parameters(board), ClocksPerBit=clocks_per_bit(board))
    # Never -dsp: it miscompiles in Yosys 0.23, and the RTL names its multipliers itself.
    must(["yosys", "-p", "%s; %s; synth_ice40 -device u -abc9 -top %s -json weft.json" % (
        read_verilog(board, build, ("prim", "uart", "pico"), "fpga/ice40/%s.sv" % TOP, "-DWEFT_ICE40"),
        chparam(parameters, TOP), TOP)], folder, "yosys.log")


def place_and_route(board, folder, seed):
    """nextpnr's report of one seed; weft_SEED.asc in the folder."""
    must(["nextpnr-ice40", "--up5k", "--package", board["package"], "--json", "weft.json", "--pcf", "pins.pcf",
          "--asc", "weft_%d.asc" % seed, "--report", "report_%d.json" % seed, "--seed", str(seed),
          "--freq", "%g" % (board["chip_hz"] / 1e6), "--timing-allow-fail"], folder, "nextpnr_%d.log" % seed)
    with open(os.path.join(folder, "report_%d.json" % seed), encoding="utf-8") as file:
        return json.load(file)


def pack(folder, seed):
    must(["icepack", "weft_%d.asc" % seed, BITSTREAM], folder, "icepack.log")
