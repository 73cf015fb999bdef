# A board's chip with its memory and serial line, as <folder>/libweft_board_<config>.so: what `--device board:NAME` loads.

# weft_board(<target> <library> PREFIX <class> PLUGIN <file of sw/board> DEPENDS files... DEFINES of the plugin... FLAGS
# arguments of Verilator...): the library from any module with the ports that the plugin drives, as the class of its name.
function(weft_board target library)
  cmake_parse_arguments(ARG "" "PREFIX;PLUGIN" "DEPENDS;DEFINES;FLAGS" ${ARGN})
  list(TRANSFORM ARG_DEFINES PREPEND -D)
  list(JOIN ARG_DEFINES " " defines)
  set(dir ${PROJECT_BINARY_DIR}/verilated/${target})
  set(plugin ${PROJECT_SOURCE_DIR}/sw/board/${ARG_PLUGIN})
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sw/board/*.h)
  cmake_path(GET library PARENT_PATH folder)
  add_custom_command(
    OUTPUT ${dir}/${ARG_PREFIX}__ALL.a
    COMMAND
      ${CMAKE_COMMAND} -E env MDIR=${dir} PREFIX=${ARG_PREFIX} OUTPUT=${dir}/${ARG_PREFIX}__ALL.a DEPFILE=${dir}.d
      CXX=${weft_chip_cxx} OBJCACHE=${WEFT_CCACHE} VERILATOR=${WEFT_VERILATOR} OPT=${weft_chip_opt} JOBS=2 RUNTIME=1 bash
      ${WEFT_VERILATE} ${weft_chip_verilator} -CFLAGS -fPIC -CFLAGS -fvisibility=hidden ${ARG_FLAGS}
    DEPENDS ${WEFT_VERILATE} ${WEFT_WAIVERS} ${ARG_DEPENDS}
    DEPFILE ${dir}.d
    COMMENT "Verilating and compiling ${target}"
    VERBATIM)
  add_custom_command(
    OUTPUT ${library}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND
      sh -c "${WEFT_CCACHE} ${weft_chip_cxx} -std=c++20 ${weft_chip_opt} -fPIC -fvisibility=hidden -w ${defines} \
-DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=0 -I${PROJECT_SOURCE_DIR} -I${dir} -I${WEFT_VERILATOR_ROOT}/include \
-I${WEFT_VERILATOR_ROOT}/include/vltstd -c ${plugin} -o ${dir}/plugin.o"
    COMMAND
      sh -c "${weft_chip_cxx} -shared -o ${library} ${dir}/plugin.o ${dir}/${ARG_PREFIX}__ALL.a \
$(cat ${dir}/runtime.list) -latomic -lpthread"
    DEPENDS ${dir}/${ARG_PREFIX}__ALL.a ${plugin} ${headers}
    COMMENT "Linking ${target}"
    VERBATIM)
endfunction()

set(weft_board_library ${PROJECT_BINARY_DIR}/lib/libweft_board_pico.so)
weft_board(
  weft_board_pico ${weft_board_library}
  PREFIX Vweft_pico PLUGIN rtl_board_pico.cpp
  FLAGS ${WEFT_RTL_FLAGS} -I${WEFT_CONFIG_DIR_pico} -GFirmware="${WEFT_PICO_FIRMWARE}" --top-module weft_pico
        ${WEFT_RTL_FIRST} weft_pico.sv)
add_custom_target(weft_board_pico ALL DEPENDS ${weft_board_library})
add_dependencies(weft_board_pico weft_pico_firmware_files)

# edge with SDRAM, the ULX3S: rtl/board/weft_board_sdram with the clocks of fpga/boards.json.
file(READ ${PROJECT_SOURCE_DIR}/fpga/boards.json weft_boards)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fpga/boards.json)
string(JSON weft_edge_hz GET "${weft_boards}" ulx3s chip_hz)
string(JSON weft_edge_sdram_hz GET "${weft_boards}" ulx3s sdram hz)
string(JSON weft_edge_baud GET "${weft_boards}" ulx3s serial baud)
math(EXPR weft_edge_bit "(${weft_edge_hz} + ${weft_edge_baud} / 2) / ${weft_edge_baud}")
set(weft_board_edge_library ${PROJECT_BINARY_DIR}/lib/libweft_board_edge.so)
weft_board(
  weft_board_edge ${weft_board_edge_library}
  PREFIX Vweft_board_sdram PLUGIN rtl_board_sdram.cpp
  DEFINES WEFT_BOARD_CHIP_HZ=${weft_edge_hz} WEFT_BOARD_SDRAM_HZ=${weft_edge_sdram_hz}
          WEFT_BOARD_CLOCKS_PER_BIT=${weft_edge_bit}
  FLAGS ${WEFT_RTL_FLAGS} -I${WEFT_CONFIG_DIR_edge} -GClockHz=${weft_edge_hz} -GSdramHz=${weft_edge_sdram_hz}
        -GClocksPerBit=${weft_edge_bit} --top-module weft_board_sdram ${WEFT_RTL_FIRST} weft_board_sdram.sv)
add_custom_target(weft_board_edge ALL DEPENDS ${weft_board_edge_library})

# nano: the same engine with an SDRAM, whose power-up pause is cut short.
set(weft_board_nano_library ${PROJECT_BINARY_DIR}/lib/libweft_board_nano.so)
weft_board(
  weft_board_nano ${weft_board_nano_library}
  PREFIX Vweft_nano PLUGIN rtl_board_nano.cpp
  FLAGS ${WEFT_RTL_FLAGS} -I${WEFT_CONFIG_DIR_nano} -GFirmware="${WEFT_NANO_FIRMWARE}" -GClocksPerBit=45 -GInitCycles=220
        --top-module weft_nano ${WEFT_RTL_FIRST} weft_nano.sv)
add_custom_target(weft_board_nano ALL DEPENDS ${weft_board_nano_library})
add_dependencies(weft_board_nano weft_pico_firmware_files)

# The same from the netlist that the bitstream of the iCEBreaker is made of (scripts/fpga leaves it), in lib/netlist. Not
# part of the default build.
find_program(WEFT_YOSYS yosys)
if(WEFT_YOSYS AND WEFT_ICE40_CELLS)
  set(weft_netlist ${PROJECT_BINARY_DIR}/fpga/icebreaker)
  set(weft_netlist_library ${PROJECT_BINARY_DIR}/lib/netlist/libweft_board_pico.so)
  set(weft_netlist_shell ${PROJECT_SOURCE_DIR}/fpga/ice40/weft_pico_netlist.v)
  add_custom_command(
    OUTPUT ${weft_netlist}/weft.json
    COMMAND sh -c "[ -f ${weft_netlist}/weft.json ] || { echo 'there is no netlist of the iCEBreaker in \
${weft_netlist}; make it with: make fpga BOARD=icebreaker' >&2; exit 1; }"
    VERBATIM)
  # Pads and PLL become ports: Verilator knows neither three states nor PLLs. Vectors become bits: as wholes, those of
  # them that depend on their own bits would be loops. No gate and no register changes.
  add_custom_command(
    OUTPUT ${weft_netlist}/weft.v
    COMMAND
      ${WEFT_YOSYS} -q -p "read_json ${weft_netlist}/weft.json; cd weft_board_ice40; expose -evert t:SB_IO t:SB_PLL40_PAD; \
splitnets; opt_clean -purge; cd ..; write_verilog -noattr ${weft_netlist}/weft.v"
    DEPENDS ${weft_netlist}/weft.json
    COMMENT "Writing the iCEBreaker's netlist as Verilog"
    VERBATIM)
  weft_board(
    weft_board_pico_netlist ${weft_netlist_library}
    PREFIX Vweft_pico PLUGIN rtl_board_pico.cpp
    DEPENDS ${weft_netlist}/weft.v ${weft_netlist_shell}
    FLAGS --no-timing -DNO_ICE40_DEFAULT_ASSIGNMENTS --output-split 20000 --top-module weft_pico_netlist
          ${WEFT_ICE40_CELLS} ${weft_netlist}/weft.v ${weft_netlist_shell})
  add_custom_target(weft_board_pico_netlist DEPENDS ${weft_netlist_library})
endif()
