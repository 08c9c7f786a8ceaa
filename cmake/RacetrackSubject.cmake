# For racetrack itself and for anyone whose library is under test:
#
#   racetrack_add_subject(name SOURCES files... [LIBRARIES libs...])
#
# builds the plug-in once for each lane, as <build>/plugins/<name>/<lane>.so.
# Give that folder to `racetrack stress --plugin`. A library that must be
# different in a lane (an instrumented build, say) is given as
# LIBRARIES_tsan, LIBRARIES_asan or LIBRARIES_native.
include_guard(GLOBAL)
find_package(Threads REQUIRED)

set(RTK_LANE_native_COMPILE_OPTIONS -O2)
set(RTK_LANE_native_LINK_OPTIONS "")
set(RTK_LANE_tsan_COMPILE_OPTIONS -O1 -fsanitize=thread -mprefer-vector-width=128)
set(RTK_LANE_tsan_LINK_OPTIONS -fsanitize=thread)
set(RTK_LANE_asan_COMPILE_OPTIONS -O1 -fsanitize=address,undefined)
set(RTK_LANE_asan_LINK_OPTIONS -fsanitize=address,undefined)

if(NOT DEFINED RTK_LANES)
    set(RTK_LANES native)
    if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
        list(APPEND RTK_LANES tsan asan)
    else()
        message(WARNING "racetrack: only the native lane is built; the tsan "
            "and asan lanes need clang (CMAKE_C_COMPILER is "
            "${CMAKE_C_COMPILER})")
    endif()
endif()

function(racetrack_add_subject name)
    cmake_parse_arguments(arg "" "" "SOURCES;INCLUDES;LIBRARIES;LIBRARIES_native;LIBRARIES_tsan;LIBRARIES_asan" ${ARGN})
    add_custom_target(${name}_subject)
    foreach(lane IN LISTS RTK_LANES)
        set(target ${name}_subject_${lane})
        add_library(${target} MODULE ${arg_SOURCES})
        set_target_properties(${target} PROPERTIES
            PREFIX "" OUTPUT_NAME ${lane} SUFFIX ".so"
            C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
            LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins/${name}")
        if(TARGET rtk_lane_${lane})
            target_link_libraries(${target} PRIVATE rtk_lane_${lane})
        else()
            target_compile_options(${target} PRIVATE -g -fno-omit-frame-pointer
                ${RTK_LANE_${lane}_COMPILE_OPTIONS})
            target_link_options(${target} PRIVATE
                ${RTK_LANE_${lane}_LINK_OPTIONS})
            target_link_libraries(${target} PRIVATE Threads::Threads)
        endif()
        target_include_directories(${target} PRIVATE ${RACETRACK_INCLUDE_DIR}
                                                     ${arg_INCLUDES})
        target_link_libraries(${target} PRIVATE ${arg_LIBRARIES}
                                                ${arg_LIBRARIES_${lane}})
        add_dependencies(${name}_subject ${target})
    endforeach()
endfunction()
