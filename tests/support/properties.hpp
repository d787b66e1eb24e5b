// RapidCheck's properties as sections of a Catch2 test. Catch2 first: RapidCheck's header takes
// version 3 only if it is there already.
#pragma once

#include "tests/support/catch.hpp"

// Behind Catch2.
#include <rapidcheck/catch.h>
