# Compiler, linker and sanitizer settings shared by every target, as the interface library ottla_options.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

# A translation unit with Beast or CAF takes up to 1 GiB: never more compilers at once than cores,
# and one linker.
include(ProcessorCount)
ProcessorCount(cores)
if(cores EQUAL 0)
  set(cores 2)
endif()
set_property(GLOBAL PROPERTY JOB_POOLS compile=${cores} link=1)
set(CMAKE_JOB_POOL_COMPILE compile)
set(CMAKE_JOB_POOL_LINK link)

add_library(ottla_options INTERFACE)
target_include_directories(ottla_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(ottla_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
  -Wno-missing-field-initializers
  -msse4.2 -fno-omit-frame-pointer -fstack-protector-strong -fstack-clash-protection
  -fcf-protection -ftrivial-auto-var-init=zero -Werror=format-security)
target_compile_definitions(ottla_options INTERFACE _GLIBCXX_ASSERTIONS)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()
if(OTTLA_WERROR)
  target_compile_options(ottla_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 and 14 at -O2 inside std::string and std::variant.
  target_compile_options(ottla_options INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(ottla_options INTERFACE -Wno-dangling-pointer)
  endif()
endif()
target_link_options(ottla_options INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT OTTLA_SANITIZE)
  target_compile_options(ottla_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  target_link_options(ottla_options INTERFACE -fuse-ld=mold)
endif()

if(OTTLA_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 loses sight of fmt's temporaries behind the sanitizers' checks.
  target_compile_options(ottla_options INTERFACE -Wno-uninitialized)
endif()
if(OTTLA_SANITIZE STREQUAL "address")
  target_compile_options(ottla_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_link_options(ottla_options INTERFACE -fsanitize=address,undefined)
elseif(OTTLA_SANITIZE STREQUAL "thread")
  # g++ does not know Asio's fences under TSan: -Wno-tsan, and Asio without them.
  target_compile_options(ottla_options INTERFACE -fsanitize=thread)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(ottla_options INTERFACE -Wno-tsan)
  endif()
  target_compile_definitions(ottla_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  target_link_options(ottla_options INTERFACE -fsanitize=thread)
elseif(OTTLA_SANITIZE)
  message(FATAL_ERROR "OTTLA_SANITIZE must be empty, address or thread, not '${OTTLA_SANITIZE}'")
endif()
