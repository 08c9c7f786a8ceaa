# What a scope that limits threads costs, ours and threadpoolctl's:
#   cmake --build build/default --target scope-cost
if(TARGET racetrack-threadpools)
    add_library(scope_loop MODULE scope_loop.c)
    set_target_properties(scope_loop PROPERTIES PREFIX ""
        LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/peers")
    target_link_libraries(scope_loop PRIVATE rtk_lane_native racetrack-threadpools)
    set(scope_cost "${PROJECT_SOURCE_DIR}/build/venv/bin/python"
        "${CMAKE_CURRENT_LIST_DIR}/scope_cost.py" "${PROJECT_BINARY_DIR}")
    add_custom_target(scope-cost COMMAND ${scope_cost} USES_TERMINAL
        COMMENT "Scopes that limit threads: ours and threadpoolctl's, in one run")
    add_dependencies(scope-cost scope_loop)

    # That it runs and that both set what they are told; no time decides.
    if(RTK_BUILD_TESTS)
        add_test(NAME native.scope_cost
            COMMAND ${scope_cost} --rounds 2 --scopes 20)
        set_tests_properties(native.scope_cost PROPERTIES LABELS "native;bench"
            TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT "OMP_NUM_THREADS=2")
    endif()
endif()
