"""What scripts/area and scripts/asic share: the blocks of the chip, their sources, and a run of Yosys on one of them."""
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

ARRAY_BLOCKS = [
    "weft_tape_fetch", "weft_sequencer", "weft_matrix", "weft_column", "weft_dequant", "weft_lane", "weft_drain",
    "weft_epilogue", "weft_rmsnorm", "weft_quantizer", "weft_softmax", "weft_kv_cache", "weft_sampler", "weft_mem_port",
    "weft_host", "weft_host_counters",
]
PICO_BLOCKS = [
    "weft_pico_core", "weft_pico_fadd", "weft_pico_fmul", "weft_pico_dot", "weft_pico_flash", "weft_pico_stream",
    "weft_uart_rx", "weft_uart_tx",
]
# Beside its place inside another block: not to be added up.
INNER = {"weft_column": "weft_matrix", "weft_lane": "weft_dequant", "weft_rmsnorm": "weft_epilogue",
         "weft_host_counters": "weft_host", "weft_pico_fadd": "weft_pico_core", "weft_pico_fmul": "weft_pico_core"}


class Blocks:
    """The modules of one configuration, or an exit with the reason why there are none."""

    def __init__(self, script, config):
        self.script = script
        self.build = os.environ.get("WEFT_BUILD", "build")
        self.config = config
        with open("configs/configs.json", encoding="utf-8") as file:
            configs = json.load(file)
        if config not in configs or config == "memories":
            sys.exit("%s: no configuration '%s'" % (script, config))
        if not os.path.isdir("%s/config/%s" % (self.build, config)):
            sys.exit("%s: %s/config/%s is missing; run 'cmake --preset release' first" % (script, self.build, config))
        self.hw = configs[config]
        self.is_array = self.hw.get("engine", "array") == "array"

    def choose(self, names):
        """The named blocks, or all of the configuration."""
        for name in names:
            if not glob.glob("rtl/*/%s.sv" % name):
                sys.exit("%s: no module '%s' in rtl/" % (self.script, name))
        return names or (ARRAY_BLOCKS if self.is_array else PICO_BLOCKS)

    def sources(self):
        """Blocks of the array want sizes that the engine of pico has not."""
        folders = ["*"] if self.is_array else ["pico", "prim", "sdram", "uart"]
        return ["rtl/weft_pkg.sv"] + sorted(f for folder in folders for f in glob.glob("rtl/%s/*.sv" % folder))

    def made_of(self, top):
        """The files of a block and of what it instantiates, by the names in them, and those of the configuration."""
        files = {os.path.basename(f)[:-len(".sv")]: f for f in self.sources()}
        found, left = {}, ["weft_pkg", top]
        while left:
            name = left.pop()
            if name in files and name not in found:
                with open(files[name], encoding="utf-8") as file:
                    found[name] = file.read()
                left += re.findall(r"\bweft_\w+", found[name])
        for path in sorted(glob.glob("%s/config/%s/*.svh" % (self.build, self.config))):
            with open(path, encoding="utf-8") as file:
                found[os.path.basename(path)] = file.read()
        return found

    def remembered(self, top, flow, measure):
        """What measure() finds of a block, from the run before if neither the block nor the flow has changed since.

        A run over all blocks takes an hour, and one that was cut short goes on where it was. What is no dictionary is an
        excuse, and not kept.
        """
        key = json.dumps([yosys_version(), self.config, top, flow, self.made_of(top)], sort_keys=True)
        folder = os.path.join(self.build, "blocks")
        path = os.path.join(folder, hashlib.sha256(key.encode()).hexdigest() + ".json")
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        found = measure()
        if isinstance(found, dict):
            os.makedirs(folder, exist_ok=True)
            with open(path + ".new", "w", encoding="utf-8") as file:
                json.dump(found, file)
            os.replace(path + ".new", path)
        return found

    def yosys(self, top, commands, limit, library=None):
        """What Yosys logs for the commands on a block, or None when that takes longer than the limit."""
        script = "read_verilog -sv -DSYNTHESIS -I%s/config/%s %s; hierarchy -check -top %s; %s" % (
            self.build, self.config, " ".join(self.sources()), top, commands)
        with tempfile.NamedTemporaryFile(suffix=".log") as log:
            try:
                result = subprocess.run(["yosys", "-q", "-l", log.name, "-p", script], timeout=limit,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            except subprocess.TimeoutExpired:
                return None
            except FileNotFoundError:
                sys.exit("%s: yosys is missing" % self.script)
            if result.returncode != 0:
                error = re.findall(r"^ERROR: (.*)", result.stderr, re.M) or [result.stderr[-2000:].strip()]
                sys.exit("%s: yosys fails on %s%s: %s" % (
                    self.script, top, library and " with library '%s'" % library or "", error[-1]))
            return log.read().decode()


def yosys_version():
    return subprocess.run(["yosys", "-V"], capture_output=True, text=True, check=True).stdout.split(" (")[0]


def cells(log):
    """Cells of the last `stat` of a flattened design, by type, and the bits of memories that were left whole."""
    section = log[log.rindex("Number of wires:"):]
    counts = {m[1]: int(m[2]) for m in re.finditer(r"^ +([\\$A-Za-z0-9_]+) +(\d+)$", section, re.M)}
    bits = re.search(r"Number of memory bits: +(\d+)", section)
    return counts, int(bits[1]) if bits else 0


def total(counts, pattern):
    return sum(n for cell, n in counts.items() if re.fullmatch(pattern, cell))


def table(rows, per=None, peaks=()):
    """Markdown of the blocks' columns: rows maps a block to its columns, or to a word that says why it has none.

    The last row adds up, but for the columns in peaks, of which it has the largest. per is a number to divide the sums
    by, and its name.
    """
    names = next((list(c) for c in rows.values() if isinstance(c, dict)), [])
    lines = ["| block | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    sums = dict.fromkeys(names, 0)
    for top, found in rows.items():
        inner = INNER.get(top)
        inner = inner if inner in rows else None
        label = "`%s`" % top + (" (one, in `%s`)" % inner if inner else "")
        if isinstance(found, dict):
            lines.append("| %s | %s |" % (label, " | ".join("{:,}".format(found[n]) for n in names)))
            if not inner:
                for n in names:
                    sums[n] = max(sums[n], found[n]) if n in peaks else sums[n] + found[n]
        else:
            lines.append("| %s | %s |" % (label, " | ".join([found] + [""] * (len(names) - 1))))
    lines.append("| **sum** | %s |" % " | ".join("**{:,}**".format(sums[n]) for n in names))
    if per:
        lines.append("| per %s | %s |" % (per[1], " | ".join("{:,.1f}".format(sums[n] / per[0]) for n in names)))
    return "\n".join(lines)
