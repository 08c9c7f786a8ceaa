# Our kernels and the libraries that people use today, in one interleaved run:
#   cmake --build build/default --target kernel-peers
# A module for each library, loaded by Python; what is not installed is left out
# with a sentence, and the program says so again.
set(here "${CMAKE_CURRENT_LIST_DIR}")
set(kernel_peer_modules "")
function(rtk_kernel_peer name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
    list(TRANSFORM arg_SOURCES PREPEND "${here}/")
    add_library(${name} MODULE ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES PREFIX ""
        LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/peers")
    target_link_libraries(${name} PRIVATE rtk_lane_native ${arg_DEPS})
    set(kernel_peer_modules ${kernel_peer_modules} ${name} PARENT_SCOPE)
endfunction()

rtk_kernel_peer(arm_timer SOURCES arm_timer.c ceilings.c contest.c)
rtk_kernel_peer(our_arms DEPS kernels_native
    SOURCES fft_arms.c cache_arms.c contest.c linalg_arms.c kdtree_arms.c
        qmc_arms.c toeplitz_arms.c)
rtk_kernel_peer(fftw_arms SOURCES fftw_arms.c
    DEPS PkgConfig::fftw3 ${CMAKE_DL_LIBS})
rtk_kernel_peer(blas_arms SOURCES blas_arms.c DEPS workers_native)
target_include_directories(blas_arms SYSTEM PRIVATE ${RTK_CBLAS_INCLUDE})

# FFTW once more, apart from the one that our kernels use: its plans are no
# wisdom of theirs, and its threads no setting of theirs.
find_library(RTK_FFTW_STATIC libfftw3.a)
if(RTK_FFTW_STATIC)
    get_filename_component(at "${RTK_FFTW_STATIC}" DIRECTORY)
    set(fftw_alone "${PROJECT_BINARY_DIR}/peers/fftw_alone.so")
    add_custom_command(OUTPUT "${fftw_alone}"
        COMMAND ${CMAKE_C_COMPILER} -shared -o "${fftw_alone}" -Wl,-Bsymbolic
            -Wl,--whole-archive "${at}/libfftw3_threads.a" "${at}/libfftw3.a"
            "${at}/libfftw3f_threads.a" "${at}/libfftw3f.a"
            -Wl,--no-whole-archive -pthread -lm
        VERBATIM)
    add_custom_target(fftw_alone DEPENDS "${fftw_alone}")
    list(APPEND kernel_peer_modules fftw_alone)
else()
    message(WARNING "kernel-peers: FFTW's own threads are left out: no libfftw3.a")
endif()

find_path(RTK_NANOFLANN_INCLUDE nanoflann.hpp)
if(RTK_NANOFLANN_INCLUDE)
    rtk_kernel_peer(nanoflann_arms SOURCES nanoflann_arms.cc DEPS workers_native)
    target_include_directories(nanoflann_arms SYSTEM PRIVATE
        "${RTK_NANOFLANN_INCLUDE}")
else()
    message(WARNING "kernel-peers: nanoflann is left out: no nanoflann.hpp")
endif()

add_custom_target(kernel-peer-modules DEPENDS ${kernel_peer_modules})

# The newer nanoflann of the Python environment; the module is missing where it
# could not be had.
set(environment "${PROJECT_SOURCE_DIR}/build/peers-venv")
set(header "${environment}/include/nanoflann")
set(newer "${PROJECT_BINARY_DIR}/peers/nanoflann_newer_arms.so")
add_custom_target(kernel-peers-environment
    COMMAND /usr/bin/python3 "${here}/peers_environment.py"
    COMMAND test ! -e "${header}" || ${CMAKE_CXX_COMPILER} -std=c++17 -O2
        "$<$<BOOL:${RTK_MARCH_NATIVE}>:-march=native>" -shared -fPIC
        -fvisibility=hidden -D_GNU_SOURCE "-I${PROJECT_SOURCE_DIR}"
        "-I${header}" "${here}/nanoflann_arms.cc"
        "$<TARGET_FILE:workers_native>" -pthread -o "${newer}"
    COMMAND_EXPAND_LISTS DEPENDS "${here}/nanoflann_arms.cc"
        "${here}/neighbours_arms.h" VERBATIM
    COMMENT "The libraries to compare with")
add_dependencies(kernel-peers-environment workers_native)

set(kernel_peers /usr/bin/python3 "${here}/kernel_peers.py" "${PROJECT_BINARY_DIR}")
add_custom_target(kernel-peers COMMAND ${kernel_peers} --markdown USES_TERMINAL
    COMMENT "Our kernels and the libraries that people use, in one run")
add_dependencies(kernel-peers kernel-peer-modules kernel-peers-environment)

# That all answers agree; no time decides. Skipped, aloud, without the
# environment.
if(RTK_BUILD_TESTS)
    add_test(NAME native.kernel_peers COMMAND ${kernel_peers} --budget 0)
    set_tests_properties(native.kernel_peers PROPERTIES LABELS "native;bench"
        TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()
