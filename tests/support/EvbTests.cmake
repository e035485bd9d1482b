# evb_criterion_test(NAME SOURCE file.c LIBS ... LABEL unit): one executable per file, one ctest entry per Criterion
# test in it, so that `ctest -N` lists every test by name. Tests must be written as Test(suite, name ...) or
# ParameterizedTest(type, suite, name ...) at the start of a line; a filter that matches nothing fails the entry.
pkg_check_modules(CRITERION REQUIRED IMPORTED_TARGET criterion)

# Criterion's exit status hides what LeakSanitizer says in the forked test.
set(EVB_TEST_FAILURES "LeakSanitizer|AddressSanitizer|runtime error:|Tested: 0 |Failing: [1-9]|Crashing: [1-9]")

function(evb_criterion_entry entry label)
  add_test(NAME ${entry} ${ARGN})
  set_tests_properties(${entry} PROPERTIES LABELS ${label} TIMEOUT 300
    FAIL_REGULAR_EXPRESSION "${EVB_TEST_FAILURES}"
    ENVIRONMENT "EVBD_SOURCE_DIR=${CMAKE_SOURCE_DIR};ASAN_OPTIONS=detect_leaks=1;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()

function(evb_criterion_test name)
  cmake_parse_arguments(T "" "SOURCE;LABEL" "LIBS" ${ARGN})
  add_executable(${name} ${T_SOURCE})
  target_link_libraries(${name} PRIVATE ${T_LIBS} PkgConfig::CRITERION)
  target_compile_options(${name} PRIVATE -Wno-conversion -Wno-shadow -Wno-missing-prototypes)
  if(EVBD_SANITIZE) # starting a program with sanitizers takes longer than most tests: one entry for all of a file's
    evb_criterion_entry(${T_LABEL}.${name} ${T_LABEL} COMMAND ${name} --jobs 1 --color=never)
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${T_SOURCE})
  file(STRINGS ${T_SOURCE} lines REGEX "^(Test|ParameterizedTest)\\(")
  foreach(line IN LISTS lines)
    if(line MATCHES "^Test\\(([A-Za-z0-9_]+), *([A-Za-z0-9_]+)")
      set(suite ${CMAKE_MATCH_1})
      set(test ${CMAKE_MATCH_2})
    elseif(line MATCHES "^ParameterizedTest\\([^,]*, *([A-Za-z0-9_]+), *([A-Za-z0-9_]+)")
      set(suite ${CMAKE_MATCH_1})
      set(test ${CMAKE_MATCH_2})
    else()
      message(FATAL_ERROR "${T_SOURCE}: can't read the test's name in: ${line}")
    endif()
    set(entry ${T_LABEL}.${suite}.${test})
    evb_criterion_entry(${entry} ${T_LABEL} COMMAND ${name} --jobs 1 --color=never --filter ${suite}/${test})
  endforeach()
endfunction()
