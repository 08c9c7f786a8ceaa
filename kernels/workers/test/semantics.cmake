# What the thread runtime promises, under stress; linked with it alone.
if(NOT RTK_BUILD_TESTS)
    return()
endif()
file(GLOB semantics CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_LIST_DIR}/semantics_*_test.c)
foreach(test IN LISTS semantics)
    get_filename_component(name ${test} NAME_WE)
    set(sources ${test})
    if(name MATCHES "refusal")
        list(APPEND sources ${CMAKE_CURRENT_LIST_DIR}/inject.c)
    endif()
    rtk_test(${name} SOURCES ${sources} DEPS workers)
endforeach()
