# racetrack for anyone's library: the programs with what they need at run time,
# the header of the contract, a CMake package and a pkg-config file. All of it
# may be moved as a whole.
if(NOT "native" IN_LIST RTK_LANES)
    return()
endif()
include(CMakePackageConfigHelpers)

# --- the home of the programs: a build tree has the same ----------------------

# rtk_data(source name): a file or folder of the source tree is NAME in the home.
function(rtk_data source name)
    file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${source}"
        "${PROJECT_BINARY_DIR}/${name}" SYMBOLIC)
    if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/${source}")
        install(DIRECTORY "${PROJECT_SOURCE_DIR}/${source}/" COMPONENT tool
            DESTINATION "${RTK_HOME}/${name}"
            PATTERN "__pycache__" EXCLUDE PATTERN "tests" EXCLUDE
            PATTERN "*.egg-info" EXCLUDE PATTERN ".*" EXCLUDE)
    elseif(EXISTS "${PROJECT_SOURCE_DIR}/${source}")
        install(FILES "${PROJECT_SOURCE_DIR}/${source}" COMPONENT tool
            DESTINATION "${RTK_HOME}" RENAME "${name}")
    endif()
endfunction()

rtk_data(reports reports)
rtk_data(examples/starter starter)
rtk_data(stress/suppressions.toml suppressions.toml)
# The Python of ci/setup; an installed racetrack has one if somebody makes it.
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/build/venv" "${PROJECT_BINARY_DIR}/venv"
    SYMBOLIC)
if("tsan" IN_LIST RTK_LANES)
    install(DIRECTORY "${RTK_TSAN_DEPS}/" COMPONENT tool
        DESTINATION "${RTK_HOME}/deps/tsan")
endif()
file(RELATIVE_PATH program "/p/${CMAKE_INSTALL_BINDIR}"
    "/p/${RTK_HOME}/bin/racetrack")
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/package")
file(CREATE_LINK "${program}" "${PROJECT_BINARY_DIR}/package/racetrack" SYMBOLIC)
install(FILES "${PROJECT_BINARY_DIR}/package/racetrack" COMPONENT tool
    DESTINATION "${CMAKE_INSTALL_BINDIR}")

# --- the header ---------------------------------------------------------------

# <racetrack/subject.h>. What it includes keeps its place, see install.cmake.
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/package/subject.h"
    CONTENT "#include \"harness/subject.h\"\n")
install(FILES "${PROJECT_BINARY_DIR}/package/subject.h" COMPONENT tool
    DESTINATION "${RTK_INCLUDE}")
install(FILES harness/subject.h COMPONENT tool
    DESTINATION "${RTK_INCLUDE}/harness")
install(FILES kernels/workers/status.h COMPONENT tool
    DESTINATION "${RTK_INCLUDE}/kernels/workers")

# --- the CMake package ----------------------------------------------------------

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/racetrack")
set(RTK_INSTALLED_INCLUDE "${CMAKE_INSTALL_INCLUDEDIR}")
set(RTK_INSTALLED_PROGRAM "${CMAKE_INSTALL_BINDIR}/racetrack")
set(RTK_INSTALLED_TSAN "${RTK_HOME}/deps/tsan")
configure_package_config_file(cmake/racetrackConfig.cmake.in
    "${PROJECT_BINARY_DIR}/package/racetrackConfig.cmake"
    INSTALL_DESTINATION "${package}" NO_CHECK_REQUIRED_COMPONENTS_MACRO
    PATH_VARS RTK_INSTALLED_INCLUDE RTK_INSTALLED_PROGRAM RTK_INSTALLED_TSAN)
write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/package/racetrackConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/racetrackConfig.cmake"
    "${PROJECT_BINARY_DIR}/package/racetrackConfigVersion.cmake"
    cmake/RacetrackSubject.cmake COMPONENT tool DESTINATION "${package}")

# --- the pkg-config file ----------------------------------------------------------

# A plug-in is linked with nothing of racetrack; what differs by lane is a
# variable: $(pkg-config --variable=tsan_flags racetrack).
file(RELATIVE_PATH up "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
set(lines "")
foreach(lane IN ITEMS native tsan asan)
    list(JOIN RTK_LANE_${lane}_COMPILE_OPTIONS " " flags)
    string(APPEND lines "${lane}_flags=${flags}\n")
endforeach()
list(JOIN RTK_PLUGIN_OPTIONS " " plugin_flags)
list(JOIN RTK_LANES " " lanes)
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/package/racetrack.pc" @ONLY
    CONTENT "prefix=\${pcfiledir}/${up}
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}
program=\${prefix}/${CMAKE_INSTALL_BINDIR}/racetrack
tsan_deps=\${prefix}/${RTK_INSTALLED_TSAN}
lanes=${lanes}
${lines}plugin_flags=-shared -fPIC -pthread ${plugin_flags}

Name: racetrack
Description: ${PROJECT_DESCRIPTION}
Version: ${PROJECT_VERSION}
Cflags: -I\${includedir} -I\${includedir}/racetrack
")
install(FILES "${PROJECT_BINARY_DIR}/package/racetrack.pc" COMPONENT tool
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
