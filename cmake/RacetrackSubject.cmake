# For racetrack itself and for anyone whose library is under test:
#
#   racetrack_add_subject(name SOURCES files... [INSTRUMENT targets...]
#                         [LIBRARIES libs...] [INCLUDES folders...])
#
# builds the plug-in once for each lane, as <build>/plugins/<name>/<lane>.so.
# Give that folder to `racetrack stress --plugin`.
#
#   INSTRUMENT  libraries of this project that are under test: their sources
#               are compiled again, into the plug-in, with each lane's flags. A
#               sanitizer sees only what was compiled for it.
#   LIBRARIES   what is linked as it is. A library that must be different in a
#               lane (an instrumented build, say) is given as LIBRARIES_tsan,
#               LIBRARIES_asan or LIBRARIES_native.
#
# The sanitizer lanes need clang.
include_guard(DIRECTORY)
find_package(Threads REQUIRED)

set(RTK_LANE_native_COMPILE_OPTIONS -O2)
set(RTK_LANE_native_LINK_OPTIONS "")
set(RTK_LANE_tsan_COMPILE_OPTIONS -O1 -fsanitize=thread -mprefer-vector-width=128)
set(RTK_LANE_tsan_LINK_OPTIONS -fsanitize=thread)
set(RTK_LANE_asan_COMPILE_OPTIONS -O1 -fsanitize=address,undefined)
set(RTK_LANE_asan_LINK_OPTIONS -fsanitize=address,undefined)
# For every lane: stacks that can be read, and no name but the entry's.
set(RTK_PLUGIN_OPTIONS -g -fno-omit-frame-pointer -fvisibility=hidden)

if(NOT DEFINED RTK_LANES)
    set(RTK_LANES native)
    if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
        list(APPEND RTK_LANES tsan asan)
    else()
        message(WARNING "racetrack: only the native lane is built, which sees "
            "no race that did no harm; the tsan and asan lanes need clang "
            "(CMAKE_C_COMPILER is ${CMAKE_C_COMPILER})")
    endif()
endif()

# Compile the sources of a library once more, into `target`.
function(_racetrack_instrument target library)
    get_target_property(sources ${library} SOURCES)
    get_target_property(folder ${library} SOURCE_DIR)
    foreach(source IN LISTS sources)
        if(NOT source MATCHES "^\\$<")
            cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${folder}")
        endif()
        target_sources(${target} PRIVATE "${source}")
    endforeach()
    foreach(what IN ITEMS INCLUDE_DIRECTORIES COMPILE_DEFINITIONS
            COMPILE_OPTIONS COMPILE_FEATURES LINK_LIBRARIES)
        get_target_property(values ${library} ${what})
        if(values)
            string(TOLOWER ${what} command)
            cmake_language(CALL target_${command} ${target} PRIVATE ${values})
        endif()
    endforeach()
endfunction()

function(racetrack_add_subject name)
    cmake_parse_arguments(arg "" "" "SOURCES;INSTRUMENT;INCLUDES;LIBRARIES;LIBRARIES_native;LIBRARIES_tsan;LIBRARIES_asan" ${ARGN})
    add_custom_target(${name}_subject)
    foreach(lane IN LISTS RTK_LANES)
        set(target ${name}_subject_${lane})
        add_library(${target} MODULE ${arg_SOURCES})
        set_target_properties(${target} PROPERTIES
            PREFIX "" OUTPUT_NAME ${lane} SUFFIX ".so"
            C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
            LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins/${name}")
        foreach(library IN LISTS arg_INSTRUMENT)
            _racetrack_instrument(${target} ${library})
        endforeach()
        if(TARGET rtk_lane_${lane})
            target_link_libraries(${target} PRIVATE rtk_lane_${lane})
        else()
            # After the project's own: the lane decides how it is optimised.
            target_compile_options(${target} PRIVATE ${RTK_PLUGIN_OPTIONS}
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
