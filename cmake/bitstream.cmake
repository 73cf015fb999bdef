# Benches on what the packed bitstream of a module says, turned back into Verilog (cmake/bitstream.sh). Not part of the
# default build: scripts/netlist builds and runs them.

# weft_bitstream_bench(<name> TOP <module> PARAMS Name=value... PORTS bits..., the clock first, SOURCES files...)
function(weft_bitstream_bench name)
  cmake_parse_arguments(ARG "" "TOP" "PARAMS;PORTS;SOURCES" ${ARGN})
  set(dir ${PROJECT_BINARY_DIR}/bitstream/${ARG_TOP})
  set(verilated ${PROJECT_BINARY_DIR}/verilated/${name})
  set(archive ${verilated}/V${ARG_TOP}__ALL.a)
  file(GLOB rtl CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rtl/prim/*.sv)
  list(APPEND rtl ${PROJECT_SOURCE_DIR}/rtl/uart/${ARG_TOP}.sv)
  list(PREPEND rtl ${PROJECT_SOURCE_DIR}/rtl/weft_pkg.sv)
  set(script ${PROJECT_SOURCE_DIR}/cmake/bitstream.sh)
  add_custom_command(
    OUTPUT ${dir}/${ARG_TOP}.v
    COMMAND bash ${script} ${dir} ${ARG_TOP} ${ARG_PARAMS} -- ${ARG_PORTS} -- -I${WEFT_CONFIG_DIR_pico} ${rtl}
    DEPENDS ${script} ${rtl}
    COMMENT "Packing and unpacking the bitstream of ${ARG_TOP}"
    VERBATIM)
  add_custom_command(
    OUTPUT ${archive} ${verilated}/V${ARG_TOP}.h
    COMMAND
      ${CMAKE_COMMAND} -E env MDIR=${verilated} PREFIX=V${ARG_TOP} OUTPUT=${archive} DEPFILE=${verilated}.d
      CXX=${CMAKE_CXX_COMPILER} OBJCACHE=${WEFT_CCACHE} VERILATOR=${WEFT_VERILATOR} OPT=-O1 JOBS=1 bash
      ${WEFT_VERILATE} --no-timing -Wno-fatal -Wno-lint -Wno-style --top-module ${ARG_TOP} ${dir}/${ARG_TOP}.v
    DEPENDS ${WEFT_VERILATE} ${dir}/${ARG_TOP}.v
    COMMENT "Verilating the bitstream of ${ARG_TOP}"
    VERBATIM)
  add_custom_target(${name}_files DEPENDS ${archive} ${verilated}/V${ARG_TOP}.h)
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SOURCES})
  add_dependencies(${name} ${name}_files)
  target_include_directories(${name} SYSTEM PRIVATE ${verilated})
  target_link_libraries(${name} PRIVATE ${archive} weft_verilated weft_bench_main weft_sw)
  set_property(TARGET ${name} PROPERTY LINK_DEPENDS ${archive})
endfunction()
