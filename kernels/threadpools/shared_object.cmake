# The control as a shared object, for programs that are not C: its functions are
# called through the headers' prototypes. Native only. It is built from the
# sources once more, as what is in the static library is hidden.
if("native" IN_LIST RTK_LANES)
    add_library(racetrack-threadpools SHARED ${threadpools})
    target_compile_options(racetrack-threadpools PRIVATE
        -g -O2 -Wall -Wextra -fno-omit-frame-pointer
        "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
    target_compile_features(racetrack-threadpools PRIVATE c_std_11)
    target_compile_definitions(racetrack-threadpools PRIVATE _GNU_SOURCE)
    target_include_directories(racetrack-threadpools PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(racetrack-threadpools PRIVATE
        Threads::Threads ${CMAKE_DL_LIBS})
    set_target_properties(racetrack-threadpools PROPERTIES
        LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib"
        LINK_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/shared_object.map")
    target_link_options(racetrack-threadpools PRIVATE
        "-Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/shared_object.map"
        # Its symbols are its own, also where another copy is linked in.
        -Wl,-Bsymbolic -Wl,-z,defs)
endif()
