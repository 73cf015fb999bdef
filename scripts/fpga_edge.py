"""scripts/fpga for boards with an ECP5-85F and SDRAM: configuration edge, through fpga/ecp5/build."""
import json
import os
import re
import subprocess
import sys

import fpga_ecp5
from fpga_common import clocks_per_bit, fail

FPGA = "LFE5U-85F"
check_tools = fpga_ecp5.check_tools  # the same tools
TOP = "weft_board_ulx3s"
VECTORS = (("led_o", 8), ("sdram_ba_o", 2), ("sdram_a_o", 13), ("sdram_dqm_o", 2), ("sdram_dq_io", 16))
PORTS = ["clk_i", "uart_rx_i", "uart_tx_o", "wifi_gpio0_o", "sdram_clk_o", "sdram_cke_o", "sdram_cs_no", "sdram_ras_no",
         "sdram_cas_no", "sdram_we_no"] + ["%s[%d]" % (name, i) for name, width in VECTORS for i in range(width)]


def pll_parameters(board):
    """Of the board's top: the PLL makes the SDRAM's clock and the chip's; its VCO runs at 400 to 800 MHz."""
    oscillator, hz, chip_hz = board["oscillator_hz"], board["sdram"]["hz"], board["chip_hz"]
    if hz < 2 * chip_hz or hz % 1000000 != 0:
        fail("the SDRAM's clock is %d Hz, want at least twice the chip's %d Hz and whole MHz" % (hz, chip_hz))
    ref = next((r for r in range(1, 9) if hz * r % oscillator == 0 and hz * r // oscillator <= 80), None)
    out = next((d for d in range(128, 0, -4) if 400e6 <= hz * d <= 800e6 and hz * d % chip_hz == 0), None)
    if ref is None or out is None or hz * out // chip_hz > 128:
        fail("no setting of the PLL makes %d Hz and %d Hz of %d Hz" % (hz, chip_hz, oscillator))
    return {"PllRefDiv": ref, "PllFbDiv": hz * ref // oscillator, "PllOutDiv": out, "PllChipDiv": hz * out // chip_hz}


def parameters(board, build):
    """Of the board's top."""
    clocks = clocks_per_bit(board, percent=0.5)
    if subprocess.run(["cmake", "--build", build, "--target", "weft"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        fail("the program does not build; see 'cmake --build %s --target weft'" % build)
    configs = json.loads(subprocess.run([build + "/weft", "configs", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    crc = next(c["crc32"] for c in configs if c["name"] == board["config"])
    return dict(pll_parameters(board), ClockHz=board["chip_hz"], SdramHz=board["sdram"]["hz"], ClocksPerBit=clocks,
                MemoryBytes=board["sdram"]["bytes"], ConfigCrc=crc)


def write_pins(board, path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Made from fpga/boards.json.\n")
        for port in PORTS:
            pad = " SLEWRATE=FAST DRIVE=4" if port.startswith("sdram") else " PULLMODE=UP" if port == "uart_rx_i" else ""
            file.write('LOCATE COMP "%s" SITE "%s";\nIOBUF PORT "%s" IO_TYPE=LVCMOS33%s;\n' %
                       (port, board["pins"][port], port, pad))
        file.write('FREQUENCY PORT "clk_i" %g MHZ;\n' % (board["oscillator_hz"] / 1e6))


def delay(path):
    return sum(step["delay"] for step in path["path"])


def judge(report, board):
    """What misses the clocks, in words, or nothing. Paths between them have a cycle of the faster one."""
    slow = ["clock %s makes %.1f MHz, want %.1f" % (re.sub(r".*\$", "", name), clock["achieved"], clock["constraint"])
            for name, clock in report["fmax"].items() if clock["achieved"] < clock["constraint"]]
    for path in report["critical_paths"]:
        ends = (path["from"], path["to"])
        if ends[0] != ends[1] and "<async>" not in ends and delay(path) > 1e9 / board["sdram"]["hz"]:
            slow.append("from %s to %s takes %.1f ns, want %.1f" % (*ends, delay(path), 1e9 / board["sdram"]["hz"]))
    return slow


def make(name, board, build, seeds, out, pack_only):
    folder = os.path.join(build, "fpga", name)
    os.makedirs(folder, exist_ok=True)
    write_pins(board, folder + "/pins.lpf")
    bit = folder + "/" + board["flash"]["bitstream"]
    command = ["fpga/ecp5/build", "--config", board["config"], "--top", TOP, "--lpf", folder + "/pins.lpf", "--bit", bit,
               "--freq", "%g" % (board["chip_hz"] / 1e6), "--report", out, "--sites", "fpga/ecp5/ulx3s.sites",
               "--room", "fpga/ecp5/ulx3s.room"]
    for item in parameters(board, build).items():
        command += ["--param", "%s=%s" % item]
    if pack_only:
        if subprocess.run(command + ["--pack-only"], check=False).returncode != 0:
            sys.exit(1)
        print("no bitstream: packed only, report %s" % out)
        return
    for seed in range(1, seeds + 1):
        more = ["--seed", str(seed)] + (["--keep-synth"] if seed > 1 else [])
        if subprocess.run(command + more, check=False).returncode != 0:
            sys.exit(1)
        with open("build/fpga/ecp5/%s/report.json" % TOP, encoding="utf-8") as file:
            slow = judge(json.load(file), board)
        if not slow:
            print("%s for %s, report %s" % (bit, board["title"], out))
            return
    if os.path.exists(bit):
        os.remove(bit)
    fail("%s, with %d seed(s); the report is %s" % ("; ".join(slow), seeds, out))
