# The ground floor as two small libraries for other projects: headers, static
# libraries and pkg-config files. Headers keep their place, so that an include
# reads the same inside and outside: #include "kernels/workers/workers.h".
if(NOT "native" IN_LIST RTK_LANES)
    return()
endif()
set(RTK_INCLUDE "${CMAKE_INSTALL_INCLUDEDIR}/racetrack")

# rtk_install(folder summary link...): what a user of the library links as well
# stands in its pkg-config file.
function(rtk_install folder summary)
    set_target_properties(${folder}_native PROPERTIES
        OUTPUT_NAME "racetrack-${folder}")
    install(TARGETS ${folder}_native COMPONENT ground-floor
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
    list(JOIN ARGN " " links)
    # Found from where the file lies, as --prefix may move all of it.
    file(RELATIVE_PATH up "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/racetrack-${folder}.pc" @ONLY
        CONTENT "prefix=\${pcfiledir}/${up}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
includedir=\${prefix}/${RTK_INCLUDE}

Name: racetrack-${folder}
Description: ${summary}
Version: ${PROJECT_VERSION}
Cflags: -I\${includedir}
Libs: -L\${libdir} -lracetrack-${folder} ${links}
")
    install(FILES "${PROJECT_BINARY_DIR}/racetrack-${folder}.pc"
        COMPONENT ground-floor
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

rtk_install(workers "Workers for numerical code: grammar, loops, executors"
    -lpthread -ldl -lm)
rtk_install(threadpools "Control of the threads of BLAS, OpenMP and FFTW"
    -lpthread -ldl)
install(FILES kernels/workers/status.h kernels/workers/workers.h
    kernels/workers/apply.h
    kernels/workers/calibrate.h COMPONENT ground-floor
    DESTINATION "${RTK_INCLUDE}/kernels/workers")
install(FILES kernels/workers/processes/process_pool.h COMPONENT ground-floor
    DESTINATION "${RTK_INCLUDE}/kernels/workers/processes")
install(FILES kernels/threadpools/threadpools.h kernels/threadpools/pool_info.h
    kernels/threadpools/pool_limits.h kernels/threadpools/plan_scope.h
    kernels/threadpools/custom_pool.h COMPONENT ground-floor
    DESTINATION "${RTK_INCLUDE}/kernels/threadpools")
