# Tests of the software and benches of the RTL, both GoogleTest programs under CTest.

# weft_test(<name> files...): a test program over weft_sw.
function(weft_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE weft_sw GTest::gtest_main)
  target_compile_definitions(
    ${name} PRIVATE WEFT_SOURCE_DIR="${PROJECT_SOURCE_DIR}" WEFT_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared"
                    WEFT_BINARY="${PROJECT_BINARY_DIR}/weft")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS sw TIMEOUT 1500)
endfunction()

# weft_chip_test(<name> <config> files...): a test that may load a chip. The libraries lie in lib/; `base` is built first,
# other configurations are skipped where they are not built (scripts/test_long builds them).
function(weft_chip_test name config)
  weft_test(${name} ${ARGN})
  target_compile_definitions(${name} PRIVATE WEFT_LIBRARY_DIR="${PROJECT_BINARY_DIR}/lib"
                                             WEFT_CHIP_CONFIG="${config}")
  if(config STREQUAL "base")
    add_dependencies(${name} weft_rtl_base)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS chip)
endfunction()

# weft_bench(<name> [ICE40] TOP <module> [CONFIG mini] [PARAMS Name=value ...] SOURCES files...): a test program that drives one
# Verilated module, class V<module>. Benches with the same module, configuration and parameters share it. The configuration's
# values are macros WEFT_CFG_PORT_BYTES, WEFT_CFG_COLUMNS, ... With ICE40 the module is that of the FPGA (WEFT_ICE40), on
# Yosys's models of its primitives.
function(weft_bench name)
  cmake_parse_arguments(ARG "ICE40" "TOP;CONFIG" "PARAMS;SOURCES" ${ARGN})
  if(NOT ARG_CONFIG)
    set(ARG_CONFIG mini)
  endif()
  if(NOT ARG_TOP OR NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS OR NOT ARG_CONFIG IN_LIST WEFT_CONFIGS)
    message(FATAL_ERROR "weft_bench(${name}): want TOP, a CONFIG of configs/configs.json, SOURCES; got ${ARGN}")
  endif()
  set(library vl_${ARG_TOP}_${ARG_CONFIG})
  foreach(param IN LISTS ARG_PARAMS)
    string(REGEX REPLACE "[^A-Za-z0-9]+" "_" word "${param}")
    string(APPEND library _${word})
  endforeach()
  set(flags "")
  if(ARG_ICE40)
    string(APPEND library _ice40)
    set(flags ${WEFT_ICE40_FLAGS} ${WEFT_ICE40_CELLS})
  endif()
  if(NOT TARGET ${library})
    weft_verilated_library(${library} ${ARG_TOP} ${ARG_CONFIG} "${ARG_PARAMS}" "${flags}")
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${library} weft_bench_main weft_sw)
  target_compile_definitions(${name} PRIVATE ${WEFT_CONFIG_DEFINES_${ARG_CONFIG}} WEFT_CFG_NAME="${ARG_CONFIG}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS rtl TIMEOUT 1500)
endfunction()
