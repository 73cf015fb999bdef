"""What the flows of scripts/fpga share: running tools, reading nextpnr's reports, the board's firmware."""
import collections
import glob
import os
import re
import shutil
import subprocess
import sys


def fail(sentence):
    sys.exit("scripts/fpga: " + sentence)


def run(command, folder, log):
    """Runs a tool in a folder with its words in a file there; its exit code."""
    with open(os.path.join(folder, log), "w", encoding="utf-8") as file:
        return subprocess.run(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, check=False).returncode


def must(command, folder, log):
    """The same; the flow ends when the tool fails."""
    if run(command, folder, log) != 0:
        with open(os.path.join(folder, log), encoding="utf-8", errors="replace") as file:
            fail("%s fails:\n%s" % (os.path.basename(command[0]), file.read()[-1500:]))


def tool(*names):
    """The first of these programs that is there, in the path or in the environment of scripts/setup-fpga; or None."""
    for name in names:
        found = shutil.which(name) or shutil.which(os.path.join("build", "fpga", "venv", "bin", name))
        if found:
            return os.path.abspath(found)
    return None


def clocks_per_bit(board, percent=1):
    clocks = round(board["chip_hz"] / board["serial"]["baud"])
    if abs(clocks * board["serial"]["baud"] / board["chip_hz"] - 1) > percent / 100 or clocks < 4:
        fail("%d baud is no fraction of %d Hz, want at most a quarter and %g %% near" %
             (board["serial"]["baud"], board["chip_hz"], percent))
    return clocks


def assemble(board, build, folder):
    """The engine's program, which the RTL reads by its bare name."""
    if subprocess.run(["cmake", "--build", build, "--target", "weft_pico_firmware"], stdout=subprocess.DEVNULL,
                      check=False).returncode != 0:
        fail("the assembler of the firmware does not build; see 'cmake --build %s --target weft_pico_firmware'" % build)
    name = os.path.join(folder, board["config"] + "_firmware")
    if subprocess.run([os.path.join(build, "sw", "pico", "weft_pico_firmware"), board["config"], str(board["chip_hz"]), name],
                      check=False).returncode != 0:
        fail("the firmware of configuration '%s' is not assembled" % board["config"])


def read_verilog(board, build, blocks, top, defines=""):
    """Yosys's command that reads the RTL."""
    config = os.path.abspath(os.path.join(build, "config", board["config"]))
    if not os.path.isdir(config):
        fail("configuration '%s' is missing in %s/config; run 'cmake --preset release' first" % (board["config"], build))
    sources = ["rtl/weft_pkg.sv"]
    for block in blocks:
        sources += sorted(glob.glob("rtl/%s/*.sv" % block))
    sources.append(top)
    return "read_verilog -sv -DSYNTHESIS %s -I%s %s" % (defines, config, " ".join(os.path.abspath(s) for s in sources))


def chparam(parameters, top):
    values = {name: '"%s"' % value if isinstance(value, str) else value for name, value in parameters.items()}
    return "chparam %s %s" % (" ".join("-set %s %s" % item for item in values.items()), top)


def chip_clock(report):
    """The chip's clock in nextpnr's report: the one with the slowest promise."""
    return min(report["fmax"].values(), key=lambda clock: clock["achieved"])


def slowest(report):
    """The lowest clock frequency that nextpnr promises, in MHz."""
    return chip_clock(report)["achieved"]


def met(report, board):
    return slowest(report) >= board["chip_hz"] / 1e6


def block_of(cell):
    """The instance inside the chip that a cell belongs to."""
    found = re.search(r"u_pico\.(?:u_engine\.)?(u_[a-z0-9_]+)", cell)
    return found[1] if found else "the chip's top" if "u_pico" in cell else "the board's top"


def critical_path(report):
    """The slowest path within the clock, in words."""
    path = next((p["path"] for p in report.get("critical_paths", ()) if p["from"] == p["to"]), None)
    if not path:
        return "This nextpnr reports no paths."
    kinds = collections.Counter()
    for step in path:
        kinds[step["type"]] += step["delay"]
    levels = sum(step["type"] == "logic" for step in path)
    blocks = []
    for step in path:
        block = block_of(step["to"]["cell"])
        if not blocks or blocks[-1] != block:
            blocks.append(block)
    name = lambda cell: re.sub(r"(_SB_|_LUT|_MUX|_DFF|_ALU|_TRELLIS|_PFUMX|_L6MUX|\$).*", "", cell).replace("u_pico.", "").replace("u_engine.", "")
    return ("From `%s` to `%s`, through %s: %d cells, %.1f ns in logic, %.1f ns in wires, %.1f ns of clock and set-up." % (
        name(path[0]["from"]["cell"]), name(path[-1]["to"]["cell"]), ", ".join("`%s`" % b for b in blocks), levels,
        kinds["logic"], kinds["routing"], kinds["clk-to-q"] + kinds["setup"]))
