# What the tests of the control over real OpenMP need: one module for each
# runtime, built by its own compiler. Without it that test is skipped.
find_program(RTK_GCC gcc)
find_program(RTK_CLANG NAMES clang-19 clang)
function(rtk_openmp_loops runtime compiler)
    set(source "${CMAKE_CURRENT_SOURCE_DIR}/test/openmp_module.c")
    set(module "${CMAKE_CURRENT_BINARY_DIR}/loops_${runtime}.so")
    set(command "${compiler}" -std=c11 -O2 -g -fPIC -shared -fvisibility=hidden
        -Wall -Wextra ${ARGN} "${source}" -o)
    set(failed 1)
    if(compiler)
        execute_process(COMMAND ${command} "${CMAKE_CURRENT_BINARY_DIR}/try.so"
            RESULT_VARIABLE failed ERROR_VARIABLE said OUTPUT_QUIET)
    endif()
    if(failed)
        message(WARNING "threadpools: no tests with loops of ${runtime}: "
            "${compiler} ${ARGN} cannot build them:\n${said}")
        return()
    endif()
    add_custom_command(OUTPUT "${module}" COMMAND ${command} "${module}"
        DEPENDS "${source}" VERBATIM)
    add_custom_target(loops_${runtime} DEPENDS "${module}")
    string(TOUPPER "${runtime}" name)
    foreach(lane IN LISTS RTK_LANES)
        add_dependencies(threadpoolctl_openmp_test_${lane} loops_${runtime})
        target_compile_definitions(threadpoolctl_openmp_test_${lane} PRIVATE
            "RTK_MODULE_${name}=\"${module}\"")
    endforeach()
endfunction()
rtk_openmp_loops(libgomp "${RTK_GCC}" -fopenmp)
rtk_openmp_loops(libomp "${RTK_CLANG}" -fopenmp=libomp)
