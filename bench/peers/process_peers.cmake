# Round trips through pools of processes, ours and Python's multiprocessing:
#   cmake --build build/default --target process-peers
rtk_program(racetrack-process-peers LANES native SOURCES process_tasks.c
    DEPS workers)
set(process_peers "${PROJECT_SOURCE_DIR}/build/venv/bin/python"
    "${CMAKE_CURRENT_LIST_DIR}/process_peers.py" "${PROJECT_BINARY_DIR}")
add_custom_target(process-peers COMMAND ${process_peers} USES_TERMINAL
    COMMENT "Pools of processes: ours and multiprocessing's, in one run")
add_dependencies(process-peers racetrack-process-peers_native)

# That it runs and that all answers are right; no time decides.
if(RTK_BUILD_TESTS)
    add_test(NAME native.process_peers COMMAND ${process_peers} --budget 0)
    set_tests_properties(native.process_peers PROPERTIES
        LABELS "native;bench" TIMEOUT 120)
    add_test(NAME native.process_peers_help
        COMMAND racetrack-process-peers_native --help)
    set_tests_properties(native.process_peers_help PROPERTIES
        LABELS "native;unit" TIMEOUT 20 PASS_REGULAR_EXPRESSION "^Use: ")
endif()
