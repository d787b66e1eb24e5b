#include <limits>

#include "protocol/wire_reader.hpp"
#include "protocol/wire_writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;

namespace {

shared_bytes bytes_of(std::initializer_list<int> values) {
  auto bytes = shared_bytes::allocate(values.size());
  size_t i = 0;
  for (auto value : values) bytes.writable()[i++] = static_cast<std::byte>(value);
  return bytes;
}

/// What `write` writes, read back by `read`, with nothing left over.
template <class Write, class Read>
auto round_trip(Write write, Read read) {
  wire_writer out;
  write(out);
  wire_reader in{out.finish_flat()};
  auto value = read(in);
  RC_ASSERT(in.remaining() == 0U);
  RC_ASSERT(static_cast<bool>(in.check()));
  return value;
}

}  // namespace

TEST_CASE("integers, floats and ids read back as they were written") {
  rc::prop("int8", [](int16_t wide) {
    auto x = static_cast<int8_t>(wide);
    RC_ASSERT(round_trip([&](auto& w) { w.int8(x); }, [](auto& r) { return r.int8(); }) == x);
  });
  rc::prop("int16", [](int16_t x) {
    RC_ASSERT(round_trip([&](auto& w) { w.int16(x); }, [](auto& r) { return r.int16(); }) == x);
  });
  rc::prop("int32", [](int32_t x) {
    RC_ASSERT(round_trip([&](auto& w) { w.int32(x); }, [](auto& r) { return r.int32(); }) == x);
  });
  rc::prop("int64", [](int64_t x) {
    RC_ASSERT(round_trip([&](auto& w) { w.int64(x); }, [](auto& r) { return r.int64(); }) == x);
  });
  rc::prop("float64", [](double x) {
    RC_ASSERT(round_trip([&](auto& w) { w.float64(x); }, [](auto& r) { return r.float64(); }) == x);
  });
  rc::prop("uuid", [](uint8_t x) {
    uuid id;
    id.bytes.fill(static_cast<std::byte>(x));
    RC_ASSERT(round_trip([&](auto& w) { w.id(id); }, [](auto& r) { return r.id(); }) == id);
  });
}

TEST_CASE("variable-length integers read back as they were written") {
  rc::prop("unsigned", [](uint32_t bits) {
    auto x = bits >> *rc::gen::inRange(0, 32);
    RC_ASSERT(round_trip([&](auto& w) { w.unsigned_varint(x); },
                         [](auto& r) { return r.unsigned_varint(); }) == x);
  });
  rc::prop("zigzag 32", [](int32_t bits) {
    auto x = bits >> *rc::gen::inRange(0, 32);
    RC_ASSERT(round_trip([&](auto& w) { w.varint(x); }, [](auto& r) { return r.varint(); }) == x);
  });
  rc::prop("zigzag 64", [](int64_t bits) {
    auto x = bits >> *rc::gen::inRange(0, 64);
    RC_ASSERT(round_trip([&](auto& w) { w.varlong(x); }, [](auto& r) { return r.varlong(); }) == x);
  });
}

TEST_CASE("variable-length integers have Kafka's bytes") {
  auto varint = [](int32_t x) {
    wire_writer out;
    out.varint(x);
    return out.finish_flat();
  };
  CHECK(varint(0) == bytes_of({0}));
  CHECK(varint(-1) == bytes_of({1}));
  CHECK(varint(63) == bytes_of({0x7e}));
  CHECK(varint(64) == bytes_of({0x80, 0x01}));
  CHECK(varint(std::numeric_limits<int32_t>::max()) == bytes_of({0xfe, 0xff, 0xff, 0xff, 0x0f}));
  CHECK(varint(std::numeric_limits<int32_t>::min()) == bytes_of({0xff, 0xff, 0xff, 0xff, 0x0f}));
  wire_writer out;
  out.varlong(std::numeric_limits<int64_t>::min());
  CHECK(out.finish_flat() ==
        bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST_CASE("a variable-length integer with more bits than its type fails") {
  wire_reader too_long{bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x00})};
  CHECK(too_long.unsigned_varint() == 0);
  CHECK_FALSE(too_long.check());
  wire_reader too_big{bytes_of({0xff, 0xff, 0xff, 0xff, 0x1f})};
  too_big.unsigned_varint();
  CHECK(too_big.failed());
  wire_reader too_big_long{bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02})};
  too_big_long.varlong();
  CHECK(too_big_long.failed());
}

TEST_CASE("text and bytes read back in all four forms, null included") {
  rc::prop("text", [](bool null, const std::string& text) {
    auto x = null ? std::nullopt : std::optional<std::string>{text};
    auto own = [](std::optional<std::string_view> view) {
      return view ? std::optional<std::string>{*view} : std::nullopt;
    };
    RC_ASSERT(round_trip([&](auto& w) { w.nullable_string(x); },
                         [&](auto& r) { return own(r.nullable_string()); }) == x);
    RC_ASSERT(round_trip([&](auto& w) { w.compact_nullable_string(x); },
                         [&](auto& r) { return own(r.compact_nullable_string()); }) == x);
    RC_ASSERT(round_trip([&](auto& w) { w.string(text); },
                         [&](auto& r) { return own(r.string()); }) == text);
    RC_ASSERT(round_trip([&](auto& w) { w.compact_string(text); },
                         [&](auto& r) { return own(r.compact_string()); }) == text);
  });
  rc::prop("bytes", [](const std::string& x) {
    auto view = as_byte_span(x);
    auto text = [](auto bytes) { return std::string{as_text(bytes)}; };
    RC_ASSERT(
        round_trip([&](auto& w) { w.bytes(view); }, [&](auto& r) { return text(r.bytes()); }) == x);
    RC_ASSERT(round_trip([&](auto& w) { w.compact_nullable_bytes(view); },
                         [&](auto& r) { return text(*r.compact_nullable_bytes()); }) == x);
  });
}

TEST_CASE("a compact string is no longer than a classic one could be") {
  for (size_t size : {32'767u, 32'768u}) {
    wire_writer out;
    out.compact_string(std::string(size, 'x'));
    auto flat = out.finish_flat();
    wire_reader in{flat};
    auto text = in.compact_string();
    CHECK(in.failed() == (size > 32'767));
    CHECK(text.size() == (size > 32'767 ? 0 : size));
  }
}

TEST_CASE("null where a value is required fails") {
  auto null_string = bytes_of({0xff, 0xff});
  CHECK(wire_reader{null_string}.nullable_string() == std::nullopt);
  wire_reader in{null_string};
  CHECK(in.string().empty());
  CHECK(in.failed());
  wire_reader compact{bytes_of({0})};
  compact.compact_bytes();
  CHECK(compact.failed());
}

TEST_CASE("a classic string longer than its length field is cut at the edge of a character") {
  std::string text(32'766, 'a');
  text += "\xc3\xa9";  // two bytes of which one would fit
  wire_writer out;
  out.string(text);
  auto written = out.finish_flat();
  CHECK(wire_reader{written}.string() == std::string(32'766, 'a'));
}

TEST_CASE("after a failure every read returns nothing and the first reason stays") {
  wire_reader in{bytes_of({1, 2, 3, 4, 5, 6})};
  CHECK(in.int32() == 0x01020304);
  CHECK(in.int32() == 0);
  CHECK(in.failed());
  CHECK(in.remaining() == 0);
  CHECK(in.int8() == 0);
  CHECK(in.varlong() == 0);
  CHECK(in.nullable_string() == "");
  CHECK(in.compact_nullable_bytes().has_value());
  CHECK(in.array_count() == 0U);
  CHECK(in.raw(1).empty());
  in.fail("something later");
  auto why = in.check();
  REQUIRE_FALSE(why);
  CHECK(why.error().code == error_code::invalid_request);
  CHECK(why.error().message == "the bytes end within an integer, at byte 4");
}

TEST_CASE("a length or count beyond the bytes left fails before anything is taken") {
  CHECK([] {
    wire_reader in{bytes_of({0x7f, 0xff, 0xff, 0xff, 0})};
    in.bytes();
    return in.failed();
  }());
  CHECK([] {
    wire_reader in{bytes_of({0x80, 0, 0, 0, 0})};
    in.nullable_bytes();
    return in.failed();
  }());
  CHECK([] {
    wire_reader in{bytes_of({0, 0, 0, 2, 0})};
    return in.array_count() == 0U && in.failed();
  }());
  CHECK([] {
    wire_reader in{bytes_of({0xff, 0xff, 0xff, 0xff, 0x0f, 0})};
    return in.compact_array_count() == 0U && in.failed();
  }());
  wire_reader fits{bytes_of({0, 0, 0, 1, 0})};
  CHECK(fits.array_count() == 1U);
  wire_reader null{bytes_of({0xff, 0xff, 0xff, 0xff})};
  CHECK(null.array_count() == std::nullopt);
}

TEST_CASE("arbitrary bytes never make the reader read outside them") {
  rc::prop("any sequence of reads", [](const std::vector<uint8_t>& bytes) {
    wire_reader in{std::as_bytes(std::span{bytes})};
    size_t last = 0;
    for (auto step : *rc::gen::container<std::vector<int>>(8, rc::gen::inRange(0, 8))) {
      if (step == 0) in.int64();
      if (step == 1) in.compact_nullable_string();
      if (step == 2) in.nullable_bytes();
      if (step == 3) in.skip_tagged_fields();
      if (step == 4) in.varlong();
      if (step == 5) in.compact_array_count();
      if (step == 6) in.id();
      if (step == 7) in.string();
      RC_ASSERT(in.position() >= last);
      RC_ASSERT(in.position() + in.remaining() == bytes.size());
      last = in.position();
    }
  });
}

TEST_CASE("tagged fields are skipped whatever they hold") {
  wire_reader in{bytes_of({2, 0, 3, 'a', 'b', 'c', 0x80, 0x01, 0, 42})};
  in.skip_tagged_fields();
  CHECK(in.int8() == 42);
  CHECK(in.check());
  wire_reader lying{bytes_of({1, 0, 9, 'a'})};
  lying.skip_tagged_fields();
  CHECK(lying.failed());
  wire_reader endless{bytes_of({0xff, 0xff, 0xff, 0xff, 0x0f, 0})};
  endless.skip_tagged_fields();
  CHECK(endless.failed());
}

TEST_CASE("bytes read from a shared buffer are slices of it, from a view a copy") {
  auto frame = bytes_of({0, 0, 0, 2, 7, 8, 9});
  wire_reader owning{frame};
  auto slice = owning.shared(owning.bytes());
  CHECK(slice.data() == frame.data() + 4);
  CHECK(slice.size() == 2);
  wire_reader viewing{frame.view()};
  auto copy = viewing.shared(viewing.bytes());
  CHECK(copy == slice);
  CHECK(copy.data() != slice.data());
}

TEST_CASE("payloads stay where they are and come out in their place") {
  auto payload = bytes_of({1, 2, 3});
  wire_writer out;
  auto frame = out.begin_size32();
  out.int8(10);
  out.payload(payload);
  out.payload(shared_bytes{});  // nothing to send
  out.int8(11);
  out.payload(payload);
  out.patch_size32(frame);
  CHECK(out.size() == 12);
  auto pieces = out.finish();
  REQUIRE(pieces.size() == 4);
  CHECK(std::get<shared_bytes>(pieces[1]).data() == payload.data());
  CHECK(*flatten(pieces) == bytes_of({0, 0, 0, 8, 10, 1, 2, 3, 11, 1, 2, 3}));
  CHECK(out.size() == 0);
}

TEST_CASE("a patched size counts what follows its mark only, payloads included") {
  wire_writer out;
  out.payload(bytes_of({9, 9}));
  auto first = out.begin_size32();
  out.payload(bytes_of({1}));
  auto second = out.begin_size32();
  out.payload(bytes_of({2, 2, 2}));
  out.patch_size32(second);
  out.patch_size32(first);
  CHECK(*flatten(out.finish()) == bytes_of({9, 9, 0, 0, 0, 8, 1, 0, 0, 0, 3, 2, 2, 2}));
}

TEST_CASE("an inserted size stands before its bytes, also when it takes two") {
  for (size_t length : {0U, 1U, 127U, 128U, 300U, 20'000U}) {
    std::string text(length, 'x');
    wire_writer out;
    out.int8(5);
    auto mark = out.mark();
    out.raw(as_byte_span(text));
    out.insert_size(mark);
    out.int8(6);
    wire_reader in{out.finish_flat()};
    CHECK(in.int8() == 5);
    CHECK(as_text(in.raw(in.unsigned_varint())) == text);
    CHECK(in.int8() == 6);
    CHECK(in.remaining() == 0);
  }
}
