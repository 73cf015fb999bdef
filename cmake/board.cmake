# A board's chip with its flash and serial line, as lib/libweft_board_<config>.so: what `--device board:NAME` loads.

set(weft_board_dir ${PROJECT_BINARY_DIR}/verilated/weft_board_pico)
set(weft_board_library ${PROJECT_BINARY_DIR}/lib/libweft_board_pico.so)
set(weft_board_plugin ${PROJECT_SOURCE_DIR}/sw/board/rtl_board_plugin.cpp)
add_custom_command(
  OUTPUT ${weft_board_dir}/Vweft_pico__ALL.a
  COMMAND
    ${CMAKE_COMMAND} -E env MDIR=${weft_board_dir} PREFIX=Vweft_pico OUTPUT=${weft_board_dir}/Vweft_pico__ALL.a
    DEPFILE=${weft_board_dir}.d CXX=${weft_chip_cxx} OBJCACHE=${WEFT_CCACHE} VERILATOR=${WEFT_VERILATOR}
    OPT=${weft_chip_opt} JOBS=2 RUNTIME=1 bash ${WEFT_VERILATE} ${weft_chip_verilator} -CFLAGS -fPIC -CFLAGS
    -fvisibility=hidden ${WEFT_RTL_FLAGS} -I${WEFT_CONFIG_DIR_pico} -GFirmware="${WEFT_PICO_FIRMWARE}" --top-module
    weft_pico ${WEFT_RTL_FIRST} weft_pico.sv
  DEPENDS ${WEFT_VERILATE} ${WEFT_WAIVERS}
  DEPFILE ${weft_board_dir}.d
  COMMENT "Verilating and compiling the chip of the iCE40 boards"
  VERBATIM)
add_custom_command(
  OUTPUT ${weft_board_library}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/lib
  COMMAND
    sh -c "${WEFT_CCACHE} ${weft_chip_cxx} -std=c++20 ${weft_chip_opt} -fPIC -fvisibility=hidden -w -DVM_COVERAGE=0 \
-DVM_SC=0 -DVM_TRACE=0 -I${PROJECT_SOURCE_DIR} -I${weft_board_dir} -I${WEFT_VERILATOR_ROOT}/include \
-I${WEFT_VERILATOR_ROOT}/include/vltstd -c ${weft_board_plugin} -o ${weft_board_dir}/rtl_board_plugin.o"
  COMMAND
    sh -c "${weft_chip_cxx} -shared -o ${weft_board_library} ${weft_board_dir}/rtl_board_plugin.o \
${weft_board_dir}/Vweft_pico__ALL.a $(cat ${weft_board_dir}/runtime.list) -latomic -lpthread"
  DEPENDS ${weft_board_dir}/Vweft_pico__ALL.a ${weft_board_plugin} ${PROJECT_SOURCE_DIR}/sw/board/rtl_board_api.h
          ${PROJECT_SOURCE_DIR}/sw/board/qspi_flash.h
  COMMENT "Linking libweft_board_pico.so"
  VERBATIM)
add_custom_target(weft_board_pico ALL DEPENDS ${weft_board_library})
add_dependencies(weft_board_pico weft_pico_firmware_files)
