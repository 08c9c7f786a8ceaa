# Lanes: how a target is built so that something about it can be seen.
# Every library, program, test and plug-in exists once for each lane, with the
# lane's name as suffix: kernels_native, kernels_tsan, ...
include(RacetrackSubject)

add_library(rtk_options INTERFACE)
target_compile_features(rtk_options INTERFACE c_std_11 cxx_std_17)
target_include_directories(rtk_options INTERFACE ${PROJECT_SOURCE_DIR}
                                                 ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(rtk_options INTERFACE _GNU_SOURCE)
target_compile_options(rtk_options INTERFACE
    -g -Wall -Wextra -Wshadow -Wconversion
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    -fno-fast-math -ffp-contract=off -fno-omit-frame-pointer
    -fvisibility=hidden
    "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
    # Source files are named from the root of the tree, wherever it lies.
    target_compile_options(rtk_options INTERFACE -ffile-compilation-dir=.)
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # A sentence that is too long for its place is meant to be cut.
    target_compile_options(rtk_options INTERFACE
        $<$<COMPILE_LANGUAGE:C>:-Wno-format-truncation>)
endif()
if(RTK_WERROR)
    target_compile_options(rtk_options INTERFACE -Werror)
endif()

foreach(lane IN LISTS RTK_LANES)
    add_library(rtk_lane_${lane} INTERFACE)
    target_link_libraries(rtk_lane_${lane} INTERFACE rtk_options Threads::Threads)
    target_compile_options(rtk_lane_${lane} INTERFACE
        ${RTK_LANE_${lane}_COMPILE_OPTIONS})
    target_link_options(rtk_lane_${lane} INTERFACE
        ${RTK_LANE_${lane}_LINK_OPTIONS})
    target_compile_definitions(rtk_lane_${lane} INTERFACE RTK_LANE="${lane}")
endforeach()
if(RTK_MARCH_NATIVE AND TARGET rtk_lane_native)
    target_compile_options(rtk_lane_native INTERFACE -march=native)
endif()

# rtk_link(target lane deps...): link each dependency's build for the lane,
# or the dependency itself where it has only one.
function(rtk_link target lane)
    target_link_libraries(${target} PUBLIC rtk_lane_${lane})
    foreach(dep IN LISTS ARGN)
        if(TARGET ${dep}_${lane})
            target_link_libraries(${target} PUBLIC ${dep}_${lane})
        else()
            target_link_libraries(${target} PUBLIC ${dep})
        endif()
    endforeach()
endfunction()

# rtk_library(name SOURCES files... [DEPS targets...] [LANES lanes...])
function(rtk_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPS;LANES" ${ARGN})
    if(NOT arg_LANES)
        set(arg_LANES ${RTK_LANES})
    endif()
    foreach(lane IN LISTS arg_LANES)
        if(lane IN_LIST RTK_LANES)
            add_library(${name}_${lane} STATIC ${arg_SOURCES})
            set_target_properties(${name}_${lane} PROPERTIES
                POSITION_INDEPENDENT_CODE ON)
            rtk_link(${name}_${lane} ${lane} ${arg_DEPS})
        endif()
    endforeach()
endfunction()

# Where the programs and all that they need lie when installed, laid out like a
# build tree (cmake/install_tool.cmake, cli/home.h).
set(RTK_HOME "${CMAKE_INSTALL_LIBDIR}/racetrack")

# rtk_program(name SOURCES files... [DEPS targets...] [LANES lanes...] [LOCAL])
# builds bin/name for the native lane and bin/name-lane for the others; LOCAL:
# for the build tree alone.
function(rtk_program name)
    cmake_parse_arguments(arg "LOCAL" "" "SOURCES;DEPS;LANES" ${ARGN})
    if(NOT arg_LANES)
        set(arg_LANES ${RTK_LANES})
    endif()
    foreach(lane IN LISTS arg_LANES)
        if(lane IN_LIST RTK_LANES)
            add_executable(${name}_${lane} ${arg_SOURCES})
            set(suffix "-${lane}")
            if(lane STREQUAL "native")
                set(suffix "")
            endif()
            set_target_properties(${name}_${lane} PROPERTIES
                OUTPUT_NAME "${name}${suffix}"
                RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
            rtk_link(${name}_${lane} ${lane} ${arg_DEPS})
            if(NOT arg_LOCAL)
                install(TARGETS ${name}_${lane} COMPONENT tool
                    RUNTIME DESTINATION "${RTK_HOME}/bin")
            endif()
        endif()
    endforeach()
endfunction()

# rtk_test(name SOURCES files... [DEPS targets...] [LANES lanes...]
#          [TIMEOUT seconds] [LABEL unit|stress|bench])
# one cmocka program for each lane, run as the test <lane>.<name>.
function(rtk_test name)
    if(NOT RTK_BUILD_TESTS)
        return()
    endif()
    cmake_parse_arguments(arg "" "TIMEOUT;LABEL" "SOURCES;DEPS;LANES" ${ARGN})
    if(NOT arg_LANES)
        set(arg_LANES ${RTK_LANES})
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    if(NOT arg_LABEL)
        set(arg_LABEL unit)
    endif()
    foreach(lane IN LISTS arg_LANES)
        if(NOT lane IN_LIST RTK_LANES)
            continue()
        endif()
        add_executable(${name}_${lane} ${arg_SOURCES})
        set_target_properties(${name}_${lane} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test")
        rtk_link(${name}_${lane} ${lane} ${arg_DEPS} PkgConfig::cmocka)
        add_test(NAME ${lane}.${name} COMMAND ${name}_${lane})
        set_tests_properties(${lane}.${name} PROPERTIES
            TIMEOUT ${arg_TIMEOUT} LABELS "${lane};${arg_LABEL}"
            ENVIRONMENT "RACETRACK_SHARE=always;TSAN_OPTIONS=halt_on_error=1:atexit_sleep_ms=0;UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
    endforeach()
endfunction()

# rtk_embed(name file): generated/name.inc, which defines `name`, the text of a
# file with a zero behind it.
function(rtk_embed name file)
    file(READ "${file}" text HEX)
    string(REGEX REPLACE "(..)" "0x\\1," text "${text}")
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/${name}.inc"
         CONTENT "static const char ${name}[] = {${text}0};\n" @ONLY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
endfunction()

# rtk_helper(target): a module that the programs load, beside them.
function(rtk_helper target)
    set_target_properties(${target} PROPERTIES PREFIX ""
        LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
    install(TARGETS ${target} COMPONENT tool
        LIBRARY DESTINATION "${RTK_HOME}/bin")
endfunction()

# rtk_install_plugin(name): what racetrack_add_subject(name) made is part of an
# installed racetrack. The tsan lane brings its own OpenBLAS and FFTW.
function(rtk_install_plugin name)
    foreach(lane IN LISTS RTK_LANES)
        if(lane STREQUAL "tsan")
            set_target_properties(${name}_subject_tsan PROPERTIES
                INSTALL_RPATH "$ORIGIN/../../deps/tsan/lib")
        endif()
        install(TARGETS ${name}_subject_${lane} COMPONENT tool
            LIBRARY DESTINATION "${RTK_HOME}/plugins/${name}")
    endforeach()
endfunction()

# rtk_registry(header macro files...): a generated list with one line
# macro(base name) for each file, for C to include. Adding a file is enough.
function(rtk_registry header macro)
    set(text "")
    foreach(file IN LISTS ARGN)
        get_filename_component(base "${file}" NAME_WE)
        string(APPEND text "${macro}(${base})\n")
    endforeach()
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/generated/${header}"
         CONTENT "${text}" @ONLY)
endfunction()
