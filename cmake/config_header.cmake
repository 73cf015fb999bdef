# Turns configs/configs.json into one weft_config.svh per configuration.
#
# WEFT_CONFIGS                 names, in the order of the file
# WEFT_ARRAY_CONFIGS           those whose engine is the array, rtl/top/weft_top
# WEFT_CONFIG_DIR_<name>       folder that holds the configuration's weft_config.svh
# WEFT_CONFIG_DEFINES_<name>   WEFT_CFG_<NAME>=value for C++
#
# The file `top` beside weft_config.svh names the module that is the whole chip; scripts read it.

set(WEFT_CONFIGS_JSON ${PROJECT_SOURCE_DIR}/configs/configs.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${WEFT_CONFIGS_JSON})
set(WEFT_CONFIG_KEYS
    port columns cols_per_lane panel_rows max_rows max_vrows act_words max_dim max_head_dim max_hidden
    max_vocab max_context max_slots max_topk chunk_fifo scale_fifo qkv_bias qk_norm)

function(weft_config_header json name)
  set(text "// Configuration ${name}, generated from configs/configs.json.\n")
  set(defines "")
  foreach(key IN LISTS WEFT_CONFIG_KEYS)
    string(JSON value ERROR_VARIABLE error GET "${json}" ${name} ${key})
    if(error AND key MATCHES "^(qkv_bias|qk_norm)$")  # may be left out
      set(value 1)
      set(error "")
    endif()
    if(error OR NOT value MATCHES "^[0-9]+$")
      message(FATAL_ERROR "configs/configs.json: ${name}.${key} is '${value}', want a whole number")
    endif()
    string(TOUPPER ${key} upper)
    if(key STREQUAL "port")
      set(upper PORT_BYTES)
    endif()
    string(APPEND text "localparam int unsigned ${upper} = ${value};\n")
    list(APPEND defines WEFT_CFG_${upper}=${value})
  endforeach()
  set(dir ${PROJECT_BINARY_DIR}/config/${name})
  file(CONFIGURE OUTPUT ${dir}/weft_config.svh CONTENT "${text}")  # keeps the time stamp of an unchanged file
  string(JSON engine ERROR_VARIABLE error GET "${json}" ${name} engine)
  set(top weft_top)
  if(NOT error AND engine STREQUAL "micro")
    string(JSON memory ERROR_VARIABLE error GET "${json}" ${name} memory_bytes)
    set(top weft_pico)
    if(error)  # memory outside the chip
      set(top weft_nano)
    endif()
  endif()
  file(CONFIGURE OUTPUT ${dir}/top CONTENT "${top}\n")
  set(WEFT_CONFIG_TOP_${name} ${top} PARENT_SCOPE)
  set(WEFT_CONFIG_DIR_${name} ${dir} PARENT_SCOPE)
  set(WEFT_CONFIG_DEFINES_${name} ${defines} PARENT_SCOPE)
endfunction()

file(READ ${WEFT_CONFIGS_JSON} weft_json)
string(JSON weft_count LENGTH "${weft_json}")
math(EXPR weft_last "${weft_count} - 1")
set(WEFT_CONFIGS "")
set(WEFT_ARRAY_CONFIGS "")
foreach(weft_index RANGE ${weft_last})
  string(JSON weft_name MEMBER "${weft_json}" ${weft_index})
  if(weft_name STREQUAL "memories")  # of simulation: sw/runtime/dram_timing.h
    continue()
  endif()
  list(APPEND WEFT_CONFIGS ${weft_name})
  weft_config_header("${weft_json}" ${weft_name})
  if(WEFT_CONFIG_TOP_${weft_name} STREQUAL "weft_top")
    list(APPEND WEFT_ARRAY_CONFIGS ${weft_name})
  endif()
endforeach()
