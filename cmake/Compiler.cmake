# How everything of ours is compiled.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

add_library(gleaner_flags INTERFACE)
target_compile_options(gleaner_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                               -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers -Werror)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # simdjson's on-demand parser falls back to byte-wise code below this; every x86-64 since 2010 has both.
  target_compile_options(gleaner_flags INTERFACE -march=x86-64-v2 -mpclmul)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these where there is nothing: inside its own standard library (bugs 105562, 105651) and for the frames
  # of Asio's coroutines, which bring their own operator new (bug 109224).
  target_compile_options(gleaner_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer
                                                 -Wno-mismatched-new-delete)
endif()
# Seconds that a test may take, by the preset: sanitizers cost five to fifteen times.
function(gleaner_timeout OUT SECONDS)
  if(GLEANER_SANITIZE)
    math(EXPR SECONDS "${SECONDS} * 6")
  endif()
  set(${OUT} ${SECONDS} PARENT_SCOPE)
endfunction()
if(GLEANER_SANITIZE)
  target_compile_options(gleaner_flags INTERFACE -fsanitize=${GLEANER_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
  target_link_options(gleaner_flags INTERFACE -fsanitize=${GLEANER_SANITIZE})
  if(GLEANER_SANITIZE STREQUAL "thread")
    # The sanitizer does not see fences; Asio's stand beside atomics and locks, which it does see.
    target_compile_options(gleaner_flags INTERFACE -Wno-tsan)
  endif()
endif()
