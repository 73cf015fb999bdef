# A menu over CMake and the scripts. `make help` lists it.
NAME ?= base
BOARD ?= icebreaker
suffix := $(if $(TRACE),_trace)
# The report that is kept is that of the usual configurations without a library.
asic_out = $(if $(LIB)$(filter-out file,$(origin NAME)),,--out fpga/reports/asic.md)
jobs := $(shell nproc 2>/dev/null || echo 2)

.DEFAULT_GOAL := build
.PHONY: help build configure test test-long lint formal config bench area asic fpga format clean

help:  ## This list.
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-10s %s\n", $$1, $$2 }'

build: configure  ## The program, the base chip, tests and benches.
	@cmake --build build -j $(jobs)

configure:
	@cmake --preset release > .configure.log 2>&1 || { cat .configure.log; rm .configure.log; exit 1; }; rm .configure.log

test:  ## Build, lint and run the tests (scripts/test).
	@scripts/test

test-long:  ## Long vectors, every configuration, sanitizers.
	@scripts/test_long

lint: configure  ## Verilator and Yosys over every configuration.
	@scripts/lint

formal: configure  ## Prove the small blocks and refute their broken twins (Yosys).
	@scripts/formal

config: configure  ## Build the chip of configuration NAME=..., with waveforms if TRACE=1.
	@cmake --build build -j $(jobs) --target weft weft_rtl_$(NAME)$(suffix)

bench: configure  ## Cycles and where they go, base chip, default model (all cases: build/weft bench --case all).
	@cmake --build build -j $(jobs) --target weft weft_rtl_base
	@build/weft bench

area: configure  ## LUTs, flip-flops, memories, DSPs and gates by block (Yosys), into fpga/reports.
	@scripts/area

asic: configure  ## Standard cells by block: area and longest path with LIB=FILE (Liberty), else gate equivalents; of NAME=... only.
	@scripts/asic $(if $(filter file,$(origin NAME)),,--config $(NAME)) $(if $(LIB),--lib "$(LIB)") $(asic_out)

fpga: configure  ## The bitstream of BOARD=icebreaker, build/fpga/BOARD/weft.bin, and its report in fpga/reports.
	@scripts/fpga $(BOARD)

format:  ## clang-format over the C++ files.
	@git ls-files '*.cpp' '*.h' | xargs clang-format -i

clean:  ## Remove the build folder.
	@rm -rf build
