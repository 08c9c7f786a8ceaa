# What racetrack stands on. ci/setup installs all of it.
find_package(PkgConfig REQUIRED)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
if(RTK_BUILD_TESTS)
    pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
endif()

# The tsan lane runs on instrumented OpenBLAS and FFTW: on the stock libraries
# ThreadSanitizer reports correct programs and misses real races.
if("tsan" IN_LIST RTK_LANES AND NOT EXISTS "${RTK_TSAN_DEPS}/lib/libopenblas.so")
    message(WARNING "the tsan lane is left out, so no data race is looked for: "
        "on the distribution's OpenBLAS and LAPACK (single, double, complex and "
        "double complex) and FFTW (all three precisions) it would see nothing of "
        "them. No instrumented ones are in ${RTK_TSAN_DEPS}; run ci/build-deps "
        "and configure again")
    list(REMOVE_ITEM RTK_LANES tsan)
endif()

foreach(lane IN LISTS RTK_LANES)
    add_library(rtk_blas_${lane} INTERFACE)
    add_library(rtk_fftw_${lane} INTERFACE)
    if(lane STREQUAL "tsan")
        set(lib "${RTK_TSAN_DEPS}/lib")
        target_include_directories(rtk_blas_tsan SYSTEM INTERFACE
            "${RTK_TSAN_DEPS}/include")
        target_include_directories(rtk_fftw_tsan SYSTEM INTERFACE
            "${RTK_TSAN_DEPS}/include")
        target_link_libraries(rtk_blas_tsan INTERFACE "${lib}/libopenblas.so" m)
        target_link_libraries(rtk_fftw_tsan INTERFACE
            "${lib}/libfftw3.so" "${lib}/libfftw3f.so" "${lib}/libfftw3l.so" m)
    else()
        find_library(RTK_OPENBLAS openblas REQUIRED
            PATH_SUFFIXES openblas-pthread)
        find_path(RTK_CBLAS_INCLUDE cblas.h REQUIRED
            PATH_SUFFIXES x86_64-linux-gnu/openblas-pthread openblas-pthread)
        pkg_check_modules(fftw3 REQUIRED IMPORTED_TARGET fftw3 fftw3f fftw3l)
        target_include_directories(rtk_blas_${lane} SYSTEM INTERFACE
            ${RTK_CBLAS_INCLUDE})
        target_link_libraries(rtk_blas_${lane} INTERFACE ${RTK_OPENBLAS} m)
        target_link_libraries(rtk_fftw_${lane} INTERFACE
            PkgConfig::fftw3 fftw3_threads fftw3f_threads m)
    endif()
endforeach()
