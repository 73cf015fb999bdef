# RTL to C++: verilated libraries for benches, and the whole chip as a shared library per configuration.

find_program(WEFT_VERILATOR verilator REQUIRED)
execute_process(COMMAND ${WEFT_VERILATOR} --getenv VERILATOR_ROOT OUTPUT_VARIABLE WEFT_VERILATOR_ROOT
                OUTPUT_STRIP_TRAILING_WHITESPACE)
set(WEFT_VERILATE ${PROJECT_SOURCE_DIR}/cmake/verilate.sh)
set(WEFT_WAIVERS ${PROJECT_SOURCE_DIR}/cmake/waivers.vlt)

# Each rtl/<block> folder is searched for modules; a module lives in the file of its name.
file(GLOB weft_entries LIST_DIRECTORIES true CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rtl/*)
set(WEFT_RTL_FLAGS "")
foreach(entry IN LISTS weft_entries)
  if(IS_DIRECTORY ${entry})
    list(APPEND WEFT_RTL_FLAGS -y ${entry})
  endif()
endforeach()
set(WEFT_RTL_FIRST ${WEFT_WAIVERS} ${PROJECT_SOURCE_DIR}/rtl/weft_pkg.sv)

# Verilator's own runtime, once for all benches.
set(weft_runtime ${WEFT_VERILATOR_ROOT}/include/verilated.cpp ${WEFT_VERILATOR_ROOT}/include/verilated_threads.cpp)
if(EXISTS ${WEFT_VERILATOR_ROOT}/include/verilated_random.cpp)
  list(APPEND weft_runtime ${WEFT_VERILATOR_ROOT}/include/verilated_random.cpp)
endif()
add_library(weft_verilated STATIC EXCLUDE_FROM_ALL ${weft_runtime})
target_include_directories(weft_verilated SYSTEM PUBLIC ${WEFT_VERILATOR_ROOT}/include
                                                        ${WEFT_VERILATOR_ROOT}/include/vltstd)
target_compile_definitions(weft_verilated PUBLIC VM_COVERAGE=0 VM_SC=0 VM_TRACE=0 VM_TRACE_FST=0 VM_TRACE_VCD=0)
target_compile_options(weft_verilated PRIVATE -w)
target_link_libraries(weft_verilated PUBLIC Threads::Threads)

# Yosys's models of the iCE40's primitives; without them, the benches that need them are left out.
find_file(WEFT_ICE40_CELLS cells_sim.v PATHS /usr/share/yosys/ice40 /usr/local/share/yosys/ice40)
set(WEFT_ICE40_FLAGS -DWEFT_ICE40 -DNO_ICE40_DEFAULT_ASSIGNMENTS --no-timing -Wno-fatal -Wno-lint -Wno-style
                     -Wno-TIMESCALEMOD)

# Makes the library target `target` of module `top` for one configuration, with parameters NAME=value and more arguments
# for Verilator.
function(weft_verilated_library target top config params flags)
  set(dir ${PROJECT_BINARY_DIR}/verilated/${target})
  set(archive ${dir}/V${top}__ALL.a)
  list(TRANSFORM params PREPEND -G OUTPUT_VARIABLE parameter_flags)
  add_custom_command(
    OUTPUT ${archive} ${dir}/V${top}.h
    COMMAND
      ${CMAKE_COMMAND} -E env MDIR=${dir} PREFIX=V${top} OUTPUT=${archive} DEPFILE=${dir}.d CXX=${CMAKE_CXX_COMPILER}
      OBJCACHE=${WEFT_CCACHE} VERILATOR=${WEFT_VERILATOR} OPT=-O1 JOBS=1 bash ${WEFT_VERILATE} -Wall --assert
      --x-assign unique --x-initial unique ${WEFT_RTL_FLAGS} -I${WEFT_CONFIG_DIR_${config}} ${parameter_flags}
      ${flags} --top-module ${top} ${WEFT_RTL_FIRST} ${top}.sv
    DEPENDS ${WEFT_VERILATE} ${WEFT_WAIVERS}
    DEPFILE ${dir}.d
    COMMENT "Verilating ${top} (${config} ${params})"
    VERBATIM)
  add_custom_target(${target}_files DEPENDS ${archive} ${dir}/V${top}.h)
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_files)
  target_include_directories(${target} SYSTEM INTERFACE ${dir})
  target_link_libraries(${target} INTERFACE ${archive} weft_verilated)
  set_property(TARGET ${target} PROPERTY INTERFACE_LINK_DEPENDS ${archive})
endfunction()
