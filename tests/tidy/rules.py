"""The rules that tidy_test.py keeps, as tables. Each exception says why it is one.

Paths are relative to the root; patterns are regular expressions matched from the start of a path.
"""

# Which top folder may include which. Tests may include anything.
LAYERS = {
    "protocol": {"protocol"},
    "storage": {"protocol", "storage"},
    "admin-ui": {"protocol", "admin-ui"},
    "actors": {"protocol", "storage", "actors", "admin-ui"},
    "cli": {"protocol", "storage", "actors", "cli"},
    "bench": {"protocol", "storage", "actors", "bench", "tests"},
}

ASIO_HOMES = r"actors/(runtime|gateway|cluster)/|cli/|admin-ui/server/"

# Include pattern -> where it may appear. The first pattern that matches decides.
HOMES = [
    (r"caf/all\.hpp", None),  # costs seconds per file: name the header that is meant
    (r"caf/", r"actors/"),
    (r"boost/beast", r"admin-ui/server/"),
    (r"boost/(asio|system)", ASIO_HOMES),
    (r"(zookeeper/|sqlite3)", r"storage/metadata/"),
    (r"(snappy|lz4|zstd|zlib)", r"protocol/compression\.cpp"),
    (r"openssl/", r"protocol/broker_proof\.cpp"),
    (r"librdkafka/", r"cli/"),
    (r"isa-l|crc\.h", r"protocol/crc32c\.cpp"),
    (r"(spdlog/)", r"actors/|cli/"),
    (r"CLI/", r"cli/"),
    (r"prometheus/", r"actors/metrics/"),
    (r"format$", None),  # g++ 12 has none: fmt
    (r"regex$", None),   # exponential on hostile patterns: RE2
    (r"thread$", r"actors/runtime/"),
]

# Words that make a run depend on something other than its inputs, or that nobody should leave behind.
BANNED = [
    ("clock", r"\b(system_clock|steady_clock|high_resolution_clock)::now\b|\b(clock_gettime|gettimeofday)\s*\(|\btime\s*\(\s*(nullptr|NULL|0)\s*\)"),
    ("random", r"\brandom_device\b|\bgetrandom\s*\(|\bs?rand\s*\("),
    ("thread", r"\bstd::(thread|jthread|async)\b|\bpthread_create\b|\bstd::this_thread::sleep"),
    ("whole namespace", r"\busing namespace std\s*;"),
    ("unfinished", r"\b(TODO|FIXME|XXX|HACK)\b"),
    ("named locale", r"\bstd::locale\s*\(\s*\""),
]

# (rule, path, reason). A rule is a name of BANNED, or "home <pattern of HOMES>", "actor header" or "built".
EXCEPTIONS = [
    ("clock", r"actors/runtime/", "the home of the clock"),
    ("random", r"actors/runtime/", "the home of randomness"),
    ("thread", r"actors/runtime/", "the home of threads"),
    ("clock", r"(tests|bench)/", "a test of the real clock and of real waiting"),
    ("random", r"(tests|bench)/", "names of scratch folders"),
    ("thread", r"(tests|bench)/", "clients beside the tested node"),
    ("home", r"(tests|bench)/", "tests look at both sides of a seam"),
    ("clock", r"cli/", "the client commands run in the foreground, beside no actor"),
    ("thread", r"cli/", "the client commands run in the foreground, beside no actor"),
    ("home thread$", r"admin-ui/server/admin_server\.cpp", "the one thread of the admin interface"),
    ("thread", r"admin-ui/server/admin_server\.cpp", "the one thread of the admin interface"),
    ("actor header", r"actors/admin/actor_backend\.cpp", "the way to its own actor: what is asked runs inside it"),
    ("actor header", r"actors/gateway/gateway_actor\.cpp", "the parent of the sessions: spawns one per connection"),
    ("actor header", r"actors/group/coordinator_actor\.cpp", "the parent of its groups: spawns one per group"),
    ("built", r"tests/protocol/golden/.*/generate/", "run by hand, with an old client, to record golden bytes"),
    ("home thread$", r"cli/", "the client commands run in the foreground, beside no actor"),
]

# What is said to whom under actors/. These headers, and the plain ones that they need, belong to no folder when circles
# between folders are sought; none of them may be an actor's own header.
VOCABULARY = "|".join((
    r"actors/interfaces\.hpp",
    r"actors/.*_messages\.hpp",
    r"actors/broker/broker_services\.hpp",  # what the broker shares with every handler
    r"actors/gateway/transport\.hpp",       # the socket seam, which a handler's answer leaves through
))

# The one place that knows every actor.
WIRING = r"actors/broker/"

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
