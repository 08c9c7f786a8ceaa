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
