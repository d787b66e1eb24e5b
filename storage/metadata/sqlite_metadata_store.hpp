// The metadata store of a node without ZooKeeper: one SQLite file, durable at every commit.
//
// The file belongs to one process at a time. The session is the time between start() and close():
// whatever was ephemeral in an earlier one is gone.
#pragma once

#include <memory>

#include "storage/metadata/metadata_store.hpp"

namespace ottla {

inline constexpr const char* embedded_store_file = "ottla-metadata.sqlite";

/// Opens or creates the file at `path`; its directory must exist. Refused: a file in use, of a
/// newer format, damaged, or of another program.
outcome<std::unique_ptr<metadata_store>> open_sqlite_metadata_store(const std::string& path,
                                                                    store_executor executor);

}  // namespace ottla
