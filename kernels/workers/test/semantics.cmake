# What the thread runtime promises, under stress; linked with it alone.
if(NOT RTK_BUILD_TESTS)
    return()
endif()
set(folder ${CMAKE_CURRENT_LIST_DIR})
file(GLOB semantics CONFIGURE_DEPENDS ${folder}/semantics_*_test.c)

# Tests of refusals have the system's functions wrapped; see inject.c.
set(refused malloc calloc realloc aligned_alloc posix_memalign pthread_create
    pthread_mutex_init pthread_cond_init pthread_key_create pthread_atfork
    dlopen)
list(TRANSFORM refused PREPEND "-Wl,--wrap=")
# The sanitizers' own calls pass it before they are ready.
set_source_files_properties(${folder}/inject.c PROPERTIES
    COMPILE_OPTIONS -fno-sanitize=all)

foreach(test IN LISTS semantics)
    get_filename_component(name ${test} NAME_WE)
    if(NOT name MATCHES "_refusal_test$")
        rtk_test(${name} SOURCES ${test} DEPS workers)
        continue()
    endif()
    rtk_test(${name} SOURCES ${test} ${folder}/inject.c DEPS workers)
    foreach(lane IN LISTS RTK_LANES)
        target_link_options(${name}_${lane} PRIVATE ${refused})
    endforeach()
endforeach()

# A program that ends while loops run, and libraries that are unloaded: a copy
# for each of the tests, as one that stays loaded is the same for all.
foreach(lane IN LISTS RTK_LANES)
    set(built ${PROJECT_BINARY_DIR}/test/modules)
    add_executable(exit_while_busy_${lane} ${folder}/modules/exit_while_busy.c)
    set_target_properties(exit_while_busy_${lane} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${built})
    rtk_link(exit_while_busy_${lane} ${lane} workers)
    add_dependencies(semantics_exit_test_${lane} exit_while_busy_${lane})
    target_compile_definitions(semantics_exit_test_${lane} PRIVATE
        RTK_EXIT_WHILE_BUSY="$<TARGET_FILE:exit_while_busy_${lane}>")

    target_compile_definitions(semantics_unload_test_${lane} PRIVATE
        RTK_OWN_RUNTIMES="${built}")
    foreach(copy RANGE 5)
        set(name own_runtime_${copy}_${lane})
        add_library(${name} MODULE ${folder}/modules/own_runtime.c)
        set_target_properties(${name} PROPERTIES PREFIX ""
            LIBRARY_OUTPUT_DIRECTORY ${built})
        rtk_link(${name} ${lane} workers)
        add_dependencies(semantics_unload_test_${lane} ${name})
    endforeach()
endforeach()
