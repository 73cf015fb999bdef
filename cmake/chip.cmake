# The whole chip, rtl/top/weft_top.sv, as lib/libweft_rtl_<config>.so: what `weft run --device rtl` loads.
#
# Targets weft_rtl_<config> and, with waveforms, weft_rtl_<config>_trace. Only `base` is part of the default build.
# weft_rtl_mini_ungated is lib/ungated/libweft_rtl_mini.so, the chip that an FPGA has: with SYNTHESIS, clock gates are wires.

set(WEFT_RTL_CXX "" CACHE STRING "Compiler of the Verilated chip; empty: clang++ if there is one")
find_program(WEFT_CLANGXX clang++)
if(WEFT_RTL_CXX)
  set(weft_chip_cxx ${WEFT_RTL_CXX})
elseif(WEFT_CLANGXX)
  set(weft_chip_cxx ${WEFT_CLANGXX})
else()
  set(weft_chip_cxx ${CMAKE_CXX_COMPILER})
endif()
set(weft_chip_opt "-O3")
if(WEFT_NATIVE)
  string(APPEND weft_chip_opt " -march=native")
endif()
# Measured on the whole chip: one large file runs 4 to 6 % faster than a split one; g++ 12 is 15 % slower than clang 14;
# -O2 and -O3 are alike.
set(weft_chip_verilator
    -O3 --x-assign fast --x-initial fast --no-assert --unroll-count 16384 --unroll-stmts 1000000 --output-split 0
    -Wno-lint -Wno-style -Wno-fatal)

function(weft_chip config)
  cmake_parse_arguments(ARG "TRACE;UNGATED;ALL" "" "" ${ARGN})
  set(target weft_rtl_${config})
  set(flags "")
  if(ARG_TRACE)
    string(APPEND target _trace)
    set(flags --trace-fst)
  endif()
  set(library ${PROJECT_BINARY_DIR}/lib/lib${target}.so)
  if(ARG_UNGATED)
    set(library ${PROJECT_BINARY_DIR}/lib/ungated/lib${target}.so)
    string(APPEND target _ungated)
    set(flags -DSYNTHESIS)
  endif()
  cmake_path(GET library PARENT_PATH folder)
  set(dir ${PROJECT_BINARY_DIR}/verilated/${target})
  list(TRANSFORM WEFT_CONFIG_DEFINES_${config} PREPEND -D OUTPUT_VARIABLE defines)
  list(JOIN defines " " defines)
  set(plugin ${PROJECT_SOURCE_DIR}/sw/runtime/rtl_plugin.cpp)
  add_custom_command(
    OUTPUT ${dir}/Vweft_top__ALL.a
    COMMAND
      ${CMAKE_COMMAND} -E env MDIR=${dir} PREFIX=Vweft_top OUTPUT=${dir}/Vweft_top__ALL.a DEPFILE=${dir}.d
      CXX=${weft_chip_cxx} OBJCACHE=${WEFT_CCACHE} VERILATOR=${WEFT_VERILATOR} OPT=${weft_chip_opt} JOBS=2 RUNTIME=1
      bash ${WEFT_VERILATE} ${weft_chip_verilator} ${flags} -CFLAGS -fPIC -CFLAGS -fvisibility=hidden ${WEFT_RTL_FLAGS}
      -I${WEFT_CONFIG_DIR_${config}} --top-module weft_top ${WEFT_RTL_FIRST} weft_top.sv
    DEPENDS ${WEFT_VERILATE} ${WEFT_WAIVERS}
    DEPFILE ${dir}.d
    COMMENT "Verilating and compiling the chip, configuration ${config} (this takes the longest)"
    VERBATIM)
  add_custom_command(
    OUTPUT ${library}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND
      sh -c "${WEFT_CCACHE} ${weft_chip_cxx} -std=c++20 ${weft_chip_opt} -fPIC -fvisibility=hidden -w ${defines} \
-DWEFT_CFG_NAME='\"${config}\"' -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=$<BOOL:${ARG_TRACE}> \
-DVM_TRACE_FST=$<BOOL:${ARG_TRACE}> -I${PROJECT_SOURCE_DIR} -I${dir} -I${WEFT_VERILATOR_ROOT}/include \
-I${WEFT_VERILATOR_ROOT}/include/vltstd -c ${plugin} -o ${dir}/rtl_plugin.o"
    COMMAND
      sh -c "${weft_chip_cxx} -shared -o ${library} ${dir}/rtl_plugin.o ${dir}/Vweft_top__ALL.a \
$(cat ${dir}/runtime.list) -lz -latomic -lpthread"
    DEPENDS ${dir}/Vweft_top__ALL.a ${plugin} ${PROJECT_SOURCE_DIR}/sw/runtime/rtl_pins.h
    COMMENT "Linking lib${target}.so"
    VERBATIM)
  if(ARG_ALL)
    add_custom_target(${target} ALL DEPENDS ${library})
  else()
    add_custom_target(${target} DEPENDS ${library})
  endif()
endfunction()

file(GLOB weft_top CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rtl/top/weft_top.sv)
foreach(config IN LISTS WEFT_ARRAY_CONFIGS)
  if(config STREQUAL "base" AND weft_top)
    weft_chip(${config} ALL)
  else()
    weft_chip(${config})
  endif()
  weft_chip(${config} TRACE)
endforeach()
weft_chip(mini UNGATED)
