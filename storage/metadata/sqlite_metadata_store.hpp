// The metadata store of a node without ZooKeeper: one SQLite file, durable at every commit.
//
// The file belongs to one process at a time. The session is the time between start() and close():
// whatever was ephemeral in an earlier one is gone.
#pragma once

#include <memory>

#include "storage/metadata/metadata_store.hpp"

namespace ottla {

inline constexpr const char* embedded_store_file = "ottla-metadata.sqlite";

/// Says where the metadata of the store went; with it, nobody may go on from here.
inline constexpr const char* moved_node = "/moved_to";
enum class moved_store : uint8_t { refuse, open };

/// Opens or creates the file at `path`; its directory must exist. Refused: a file in use, of a
/// newer format, damaged, of another program, or (unless `moved` says otherwise) one whose metadata
/// was moved.
outcome<std::unique_ptr<metadata_store>> open_sqlite_metadata_store(
    const std::string& path, store_executor executor, moved_store moved = moved_store::refuse);

}  // namespace ottla
