#include "admin-ui/server/api.hpp"

#include <boost/json.hpp>
#include <set>

#include "admin-ui/server/view_json.hpp"
#include "tests/admin-ui/server/scripted_backend.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct api_fixture {
  std::shared_ptr<scripted_backend> backend = std::make_shared<scripted_backend>();
  server_facts facts{.broker = 7, .version = "1.2.3"};

  http_reply ask(std::string method, std::string_view target, std::string body = "",
                 std::map<std::string, std::string, std::less<>> headers = {}) {
    auto request = std::make_shared<http_request>();
    request->method = std::move(method);
    request->target = *request_target::parse(target);
    request->body = std::move(body);
    request->headers = std::move(headers);
    request->id = "run-1";
    auto found = find_route(*request);
    REQUIRE(found.route != nullptr);
    std::optional<http_reply> answer;
    found.route->handle({.request = request,
                         .parameters = found.parameters,
                         .backend = backend,
                         .facts = &facts,
                         .respond = [&answer](http_reply reply) { answer = std::move(reply); }});
    REQUIRE(answer);
    return *answer;
  }
  json::object get(std::string_view target, int status = 200) {
    auto reply = ask("GET", target);
    CHECK(reply.status == status);
    return json::parse(reply.body).as_object();
  }
};

std::set<std::string> routes_of_table() {
  std::set<std::string> all;
  for (const auto& each : api_routes()) {
    all.insert(std::string{each.method} + " " + std::string{each.path});
  }
  return all;
}

json::object document() {
  const auto text = openapi_document();
  return json::parse(json::string_view{text.data(), text.size()}).as_object();
}

TEST_CASE("the document and the table of routes say the same") {
  std::set<std::string> described;
  const auto paths = document().at("paths").as_object();
  for (const auto& path : paths) {
    for (const auto& method : path.value().as_object()) {
      std::string name{method.key()};
      for (auto& each : name) each = static_cast<char>(std::toupper(each));
      described.insert(name + " " + std::string{path.key()});
    }
  }
  CHECK(described == routes_of_table());
}

/// What an answer shows and its schema does not describe, or the other way round.
void compare(const json::value& shown, const json::object& schema, const std::string& where) {
  INFO(where);
  const auto all = document();
  if (const auto* link = schema.if_contains("$ref")) {
    const std::string name{link->as_string().subview(sizeof("#/components/schemas/") - 1)};
    return compare(shown, all.at("components").at("schemas").at(name).as_object(), name);
  }
  if (shown.is_object() && schema.contains("properties")) {
    std::set<std::string> here, there;
    for (const auto& each : shown.as_object()) here.insert(std::string{each.key()});
    for (const auto& each : schema.at("properties").as_object()) {
      there.insert(std::string{each.key()});
      if (const auto* part = shown.as_object().if_contains(each.key())) {
        compare(*part, each.value().as_object(), where + "/" + std::string{each.key()});
      }
    }
    CHECK(here == there);
  }
  if (shown.is_array() && schema.contains("items")) {
    for (const auto& each : shown.as_array()) {
      compare(each, schema.at("items").as_object(), where + "[]");
    }
  }
}

void fill(scripted_backend& backend) {
  const missing_broker missing{2, "timeout"};
  backend.the_cluster.reasons.push_back({"offline", 1, "one partition", {{"t", 0}}});
  backend.the_brokers = {{{.id = 1,
                           .rack = "a",
                           .endpoints = {{"PLAINTEXT", "h", 9092}},
                           .log_dirs = std::vector<log_dir_view>{{"/d", 2, 1}}}},
                         {missing}};
  backend.the_traffic.missing = {missing};
  backend.the_topics.rows.push_back({.name = "t"});
  backend.the_topics.missing = {missing};
  backend.the_topic = topic_view{.name = "t"};
  backend.the_topic->partitions.push_back({.facts = partition_facts{}});
  backend.the_configs.push_back({.name = "retention.ms"});
  backend.the_groups.rows.push_back({.group = "g"});
  backend.the_group = group_detail{.group = "g"};
  backend.the_group->members.push_back({.member_id = "m", .assignment = {{"t", {0}}}});
  backend.the_group->offsets.push_back({.topic = "t"});
  backend.checks.push_back({"metadata", true, ""});
  backend.the_reassignments.push_back({{"t", 0}, {1, 2}, {2}, {1}});
  backend.the_records.records.push_back({.key = shown_bytes{"k", 1}, .headers = {{"h", {}}}});
}

TEST_CASE_METHOD(api_fixture, "what is answered is what the document describes") {
  fill(*backend);
  const auto paths = document().at("paths").as_object();
  for (const auto& each : api_routes()) {
    const bool is_text = each.path == "/metrics" || each.path == "/api/v1/openapi.json";
    if (each.method != "GET" || is_text) continue;
    std::string target{each.path};
    for (const auto& [name, value] :
         {std::pair{"{topic}", "t"}, {"{group}", "g"}, {"{partition}", "0"}}) {
      if (auto at = target.find(name); at != std::string::npos) {
        target.replace(at, std::string_view{name}.size(), value);
      }
    }
    const auto& schema = paths.at(each.path.data())
                             .at("get")
                             .at("responses")
                             .at("200")
                             .at("content")
                             .at("application/json")
                             .at("schema");
    compare(get(target), schema.as_object(), target);
  }
}

TEST_CASE("a route is found by its method and path") {
  auto find = [](const char* method, const char* path) {
    return find_route({.method = method, .target = *request_target::parse(path)});
  };
  auto one = find("GET", "/api/v1/topics/a%2Fb");
  REQUIRE(one.route);
  CHECK(one.parameters == std::vector<std::string>{"a/b"});
  CHECK(find("HEAD", "/api/v1/cluster").route != nullptr);
  CHECK(find("PUT", "/api/v1/topics").allowed == "GET, POST");
  CHECK(find("GET", "/api/v1/topics/a/b").allowed.empty());
  CHECK(find("GET", "/api/v1").allowed.empty());
}

TEST_CASE_METHOD(api_fixture, "numbers of 64 bits are strings") {
  backend->the_cluster.sequence = INT64_MAX;
  CHECK(get("/api/v1/cluster").at("sequence") == "9223372036854775807");
  backend->the_topic = topic_view{.name = "t"};
  backend->the_topic->partitions.push_back({.facts = partition_facts{.end_offset = INT64_MAX}});
  const auto partition = get("/api/v1/topics/t").at("partitions").at(0);
  CHECK(partition.at("endOffset") == "9223372036854775807");
}

TEST_CASE_METHOD(api_fixture, "what is unknown is null, and who did not answer is named") {
  backend->the_topics.rows.push_back({.name = "t"});
  backend->the_topics.missing.push_back({2, "timeout"});
  const auto page = get("/api/v1/topics");
  CHECK(page.at("items").at(0).at("sizeBytes").is_null());
  CHECK(page.at("partial") == true);
  CHECK(page.at("missing").at(0).at("broker") == 2);
  CHECK(page.at("next").is_null());
}

TEST_CASE_METHOD(api_fixture, "a page of topics is asked for as the query says") {
  get("/api/v1/topics?q=Ord&sort=-size&limit=5&internal=true");
  const auto& asked = *backend->asked_topics;
  CHECK(asked.page.search == "Ord");
  CHECK(asked.page.sort == "size");
  CHECK(asked.page.is_descending);
  CHECK(asked.page.limit == 5);
  CHECK(asked.with_internal);
  CHECK_FALSE(asked.page.after);
}

TEST_CASE_METHOD(api_fixture, "the cursor of a page leads to the next one") {
  backend->the_groups.next = page_request::position{-12, "gr\xc3\xbcn/.1"};
  const std::string cursor{get("/api/v1/groups").at("next").as_string()};
  get("/api/v1/groups?state=Stable,Empty&cursor=" + cursor);
  const auto& asked = *backend->asked_groups;
  REQUIRE(asked.page.after);
  CHECK(asked.page.after->value == -12);
  CHECK(asked.page.after->name == "gr\xc3\xbcn/.1");
  CHECK(asked.states == std::vector<std::string>{"Stable", "Empty"});
}

TEST_CASE_METHOD(api_fixture, "a wrong query is refused, every wrong parameter named") {
  const auto problem =
      get("/api/v1/topics?sort=colour&limit=501&cursor=garbage&internal=false", 400);
  CHECK(problem.at("type") == "/problems/invalid-request");
  CHECK(problem.at("instance") == "run-1");
  CHECK(problem.at("violations").as_array().size() == 3);
  get("/api/v1/topics?internal=perhaps", 400);
  for (const char* cursor :
       {"", ".", "1.", "x.61", "1.6", "1.6g", "1.61.", "99999999999999999999.61"}) {
    INFO(cursor);
    CHECK_FALSE(decode_cursor(cursor));
  }
}

TEST_CASE_METHOD(api_fixture, "a fault of the broker is a problem with Kafka's error") {
  const auto problem = get("/api/v1/topics/none", 404);
  CHECK(problem.at("type") == "/problems/unknown-topic");
  CHECK(problem.at("kafkaError").at("code") == 3);
  CHECK(problem.at("kafkaError").at("name") == "UNKNOWN_TOPIC_OR_PARTITION");
  CHECK(get("/api/v1/groups/none", 404).at("type") == "/problems/unknown-group");
}

TEST_CASE_METHOD(api_fixture, "a topic is created as the body says") {
  auto reply = ask("POST", "/api/v1/topics",
                   R"({"name":"t","partitions":3,"configs":{"retention.ms":"1000"}})");
  CHECK(reply.status == 201);
  CHECK(backend->creation->name == "t");
  CHECK(backend->creation->partitions == 3);
  CHECK(backend->creation->replication_factor == -1);
  CHECK(backend->creation->configs.at("retention.ms") == "1000");
  CHECK_FALSE(backend->creation->validate_only);
  CHECK(ask("POST", "/api/v1/topics?validateOnly=true", R"({"name":"t"})").status == 200);
  CHECK(backend->creation->validate_only);
}

TEST_CASE_METHOD(api_fixture, "a wrong body is refused and nothing is asked") {
  for (const char* body :
       {"", "[]", "{", R"({"partitions":3})", R"({"name":7})", R"({"name":"t","colour":1})",
        R"({"name":"t","partitions":0})", R"({"name":"t","partitions":"3"})",
        R"({"name":"t","partitions":2147483648})", R"({"name":"t","replicationFactor":32768})",
        R"({"name":"t","configs":{"a":1}})", R"({"name":"t","configs":[]})"}) {
    INFO(body);
    CHECK(ask("POST", "/api/v1/topics", body).status == 400);
  }
  CHECK_FALSE(backend->creation);
  CHECK(ask("PATCH", "/api/v1/topics/t/configs", R"({"unset":[1]})").status == 400);
  CHECK_FALSE(backend->change);
}

TEST_CASE_METHOD(api_fixture, "a topic is deleted only when its name is repeated") {
  CHECK(ask("DELETE", "/api/v1/topics/t").status == 400);
  CHECK(ask("DELETE", "/api/v1/topics/t?confirm=u").status == 400);
  CHECK_FALSE(backend->deleted);
  CHECK(ask("DELETE", "/api/v1/topics/t?confirm=t").status == 204);
  CHECK(backend->deleted == "t");
}

TEST_CASE_METHOD(api_fixture, "configs of a topic are set and unset") {
  auto reply = ask("PATCH", "/api/v1/topics/t/configs",
                   R"({"set":{"retention.ms":"1000"},"unset":["cleanup.policy"]})");
  CHECK(reply.status == 204);
  CHECK(backend->change->topic == "t");
  CHECK(backend->change->set.at("retention.ms") == "1000");
  CHECK(backend->change->unset == std::vector<std::string>{"cleanup.policy"});
}

TEST_CASE_METHOD(api_fixture, "records are asked for as the query says") {
  const std::string path = "/api/v1/topics/t/partitions/3/records";
  get(path);
  CHECK(std::get<from_offset>(backend->asked_records->start).offset == 0);
  CHECK(backend->asked_records->partition == 3);
  get(path + "?offset=9223372036854775807&limit=7&preview=0&scan=100&key=k&value=v");
  CHECK(std::get<from_offset>(backend->asked_records->start).offset == INT64_MAX);
  CHECK(backend->asked_records->limit == 7);
  CHECK(backend->asked_records->preview_bytes == 0);
  CHECK(backend->asked_records->scan_bytes_max == 100);
  CHECK(backend->asked_records->filter.key.text == "k");
  CHECK(backend->asked_records->filter.value.text == "v");
  get(path + "?timestamp=5");
  CHECK(std::get<from_time>(backend->asked_records->start).timestamp == 5);
  get(path + "?tail=6");
  CHECK(std::get<from_tail>(backend->asked_records->start).count == 6);
  for (const char* wrong : {"offset=-1", "offset=x", "tail=0", "offset=1&tail=1", "limit=501",
                            "limit=0", "preview=1000000", "scan=0", "timestamp=1.5"}) {
    INFO(wrong);
    get(path + "?" + wrong, 400);
  }
  get("/api/v1/topics/t/partitions/x/records", 400);
  get("/api/v1/topics/t/partitions/-1/records", 400);
}

TEST_CASE_METHOD(api_fixture, "bytes are text where they are text, and never rounded or guessed") {
  auto shown = [&](std::optional<shown_bytes> value) {
    backend->the_records.records = {{.value = std::move(value)}};
    const auto page = get("/api/v1/topics/t/partitions/0/records");
    return json::serialize(page.at("items").at(0).at("value"));
  };
  using namespace std::string_literals;
  CHECK(shown(std::nullopt) == "null");
  CHECK(shown(shown_bytes{"", 0}) == R"("")");
  CHECK(shown(shown_bytes{R"({"id":9007199254740993})", 23}) == R"("{\"id\":9007199254740993}")");
  CHECK(shown(shown_bytes{"\xff", 1}) == R"({"b":"/w=="})");
  CHECK(shown(shown_bytes{"a\0b"s, 3}) == R"({"b":"YQBi"})");
  CHECK(shown(shown_bytes{"begin", 50}) == R"({"s":"begin","n":50,"cut":true})");
  CHECK(shown(shown_bytes{"gr\xc3", 50}) == R"({"s":"gr","n":50,"cut":true})");
  CHECK(shown(shown_bytes{"\xff\xfe", 50}) == R"({"b":"//4=","n":50,"cut":true})");
  CHECK(shown(shown_bytes{"", 50}) == R"({"s":"","n":50,"cut":true})");
}

TEST_CASE_METHOD(api_fixture, "records are produced as the body says, and answered one by one") {
  backend->the_produced = {{2, 70, {}},
                           {9, -1, fault{error_code::message_too_large, "too long", 0}}};
  auto reply = ask("POST", "/api/v1/topics/t/records",
                   R"({"records":[{"key":"k","value":{"b":"/w=="},"partition":2,"timestamp":5,
                       "headers":[["h","v"],["h",null]]},{"value":null}]})");
  CHECK(reply.status == 200);
  const auto& asked = *backend->asked_produce;
  REQUIRE(asked.records.size() == 2);
  CHECK(asked.records[0].key == "k");
  CHECK(asked.records[0].value == "\xff");
  CHECK(asked.records[0].partition == 2);
  CHECK(asked.records[0].timestamp == 5);
  CHECK(asked.records[0].headers.size() == 2);
  CHECK_FALSE(asked.records[1].value);
  CHECK_FALSE(asked.records[1].partition);
  const auto results = json::parse(reply.body).at("results");
  CHECK(results.at(0).at("offset") == "70");
  CHECK(results.at(1).at("problem").at("type") == "/problems/record-too-large");
}

TEST_CASE_METHOD(api_fixture, "wrong records are refused, and none is produced") {
  for (const char* body :
       {R"({})", R"({"records":[]})", R"({"records":{}})", R"({"records":[1]})",
        R"({"records":[{"value":1}]})", R"({"records":[{"value":{"b":"?"}}]})",
        R"({"records":[{"value":{"b":"","x":1}}]})", R"({"records":[{"headers":[["a"]]}]})",
        R"({"records":[{"headers":[[null,"a"]]}]})", R"({"records":[{"partition":-1}]})",
        R"({"records":[{"partition":4294967296}]})", R"({"records":[{"timestamp":"5"}]})",
        R"({"records":[{"colour":1}]})"}) {
    INFO(body);
    CHECK(ask("POST", "/api/v1/topics/t/records", body).status == 400);
  }
  std::string many = R"({"records":[{})";
  for (int i = 0; i < 100; ++i) many += ",{}";
  CHECK(ask("POST", "/api/v1/topics/t/records", many + "]}").status == 400);
  CHECK_FALSE(backend->asked_produce);
}

TEST_CASE_METHOD(api_fixture, "a broker is ready when every check is met") {
  backend->checks = {{"metadata", true, ""}, {"serving", true, ""}};
  CHECK(get("/readyz").at("status") == "ready");
  backend->checks[1] = {"serving", false, "logs are being recovered"};
  const auto answer = get("/readyz", 503);
  CHECK(answer.at("status") == "not-ready");
  CHECK(answer.at("checks").at(1).at("reason") == "logs are being recovered");
  CHECK(get("/healthz").at("status") == "ok");
}

TEST_CASE_METHOD(api_fixture,
                 "a group and its offsets are deleted only when the name is repeated") {
  CHECK(ask("DELETE", "/api/v1/groups/g").status == 400);
  CHECK(ask("DELETE", "/api/v1/groups/g/offsets/t?confirm=g").status == 400);
  CHECK_FALSE(backend->deleted_group);
  CHECK_FALSE(backend->deleted_offsets);
  CHECK(ask("DELETE", "/api/v1/groups/g?confirm=g").status == 204);
  CHECK(backend->deleted_group == "g");
  CHECK(ask("DELETE", "/api/v1/groups/g/offsets/t?confirm=t").status == 204);
  CHECK(backend->deleted_offsets == "g t");
}

TEST_CASE_METHOD(api_fixture, "a reset of offsets is planned and done as the body says") {
  const std::string path = "/api/v1/groups/g/offset-resets";
  backend->the_plan = {{{0, 40, 10, -30}, {1, std::nullopt, INT64_MAX, std::nullopt}}, "abc"};
  auto reply = ask("POST", path + "?validateOnly=true",
                   R"({"topic":"t","partitions":[0,1],"to":{"offset":"9223372036854775807"}})");
  CHECK(reply.status == 200);
  CHECK(backend->reset->validate_only);
  CHECK(backend->reset->topic == "t");
  CHECK(backend->reset->partitions == std::vector<partition_index>{0, 1});
  CHECK(std::get<to_offset>(backend->reset->target).offset == INT64_MAX);
  const auto plan = json::parse(reply.body);
  compare(plan, {{"$ref", "#/components/schemas/OffsetPlan"}}, "");
  CHECK(plan.at("items").at(0).at("skipped") == "-30");
  CHECK(plan.at("items").at(1).at("from").is_null());
  CHECK(reply.headers == decltype(reply.headers){{"ETag", "\"abc\""}});
  ask("POST", path, R"({"topic":"t","to":"latest"})", {{"if-match", "\"abc\""}});
  CHECK(backend->reset->expected == "abc");
  CHECK(backend->reset->partitions.empty());
  CHECK_FALSE(backend->reset->validate_only);
  CHECK(std::holds_alternative<to_latest>(backend->reset->target));
  ask("POST", path, R"({"topic":"t","to":{"shift":-7}})");
  CHECK(std::get<to_shifted>(backend->reset->target).by == -7);
}

TEST_CASE_METHOD(api_fixture, "a wrong reset of offsets is refused") {
  for (const char* body :
       {R"({"to":"latest"})", R"({"topic":"t"})", R"({"topic":"t","to":"middle"})",
        R"({"topic":"t","to":{}})", R"({"topic":"t","to":{"offset":-1}})",
        R"({"topic":"t","to":{"offset":"9223372036854775808"}})",
        R"({"topic":"t","to":{"offset":1,"shift":1}})", R"({"topic":"t","to":{"timestamp":1.5}})",
        R"({"topic":"t","to":"latest","partitions":[]})",
        R"({"topic":"t","to":"latest","partitions":[-1]})",
        R"({"topic":"t","to":"latest","partitions":["0"]})"}) {
    INFO(body);
    CHECK(ask("POST", "/api/v1/groups/g/offset-resets", body).status == 400);
  }
  const std::string sound = R"({"topic":"t","to":"latest"})";
  CHECK(ask("POST", "/api/v1/groups/g/offset-resets", sound, {{"if-match", "abc"}}).status == 400);
  CHECK_FALSE(backend->reset);
}

TEST_CASE_METHOD(api_fixture, "records are deleted when the name is repeated, or only counted") {
  const std::string path = "/api/v1/topics/t/record-deletions";
  const std::string body =
      R"({"partitions":[{"partition":0,"before":"12"},{"partition":1,"before":"end"}]})";
  CHECK(ask("POST", path, body).status == 400);
  CHECK_FALSE(backend->deletion);
  backend->the_deleted = {{0, 2, 12, {}},
                          {1, 0, 0, fault{error_code::not_leader_or_follower, "elsewhere", 0}}};
  auto reply = ask("POST", path + "?validateOnly=true", body);
  CHECK(backend->deletion->validate_only);
  CHECK(backend->deletion->partitions.at(0).before == 12);
  CHECK_FALSE(backend->deletion->partitions.at(1).before);
  const auto counted = json::parse(reply.body);
  CHECK(counted.at("done") == false);
  CHECK(counted.at("items").at(0).at("records") == "10");
  CHECK(counted.at("items").at(1).at("problem").at("type") == "/problems/not-leader");
  CHECK(json::parse(ask("POST", path + "?confirm=t", body).body).at("done") == true);
  CHECK_FALSE(backend->deletion->validate_only);
  backend->deletion.reset();
  for (const char* wrong :
       {R"({})", R"({"partitions":[]})", R"({"partitions":[0]})",
        R"({"partitions":[{"partition":0}]})", R"({"partitions":[{"before":1}]})",
        R"({"partitions":[{"partition":0,"before":-1}]})",
        R"({"partitions":[{"partition":0,"before":"start"}]})"}) {
    INFO(wrong);
    CHECK(ask("POST", path + "?confirm=t", wrong).status == 400);
  }
  CHECK_FALSE(backend->deletion);
}

TEST_CASE_METHOD(api_fixture, "replicas are moved and leaders elected as the body says") {
  backend->the_outcomes = {{{"t", 1}, fault{error_code::election_not_needed, "it leads", 0}},
                           {{"t", 2}, {}}};
  auto reply = ask("POST", "/api/v1/reassignments",
                   R"({"partitions":[{"topic":"t","partition":1,"replicas":[2,3]},
                                     {"topic":"t","partition":2,"replicas":null}]})");
  CHECK(reply.status == 200);
  CHECK(backend->moves->at(0).replicas == std::vector<broker_id>{2, 3});
  CHECK_FALSE(backend->moves->at(1).replicas);
  reply = ask("POST", "/api/v1/leader-elections",
              R"({"type":"preferred","partitions":[{"topic":"t","partition":1}]})");
  CHECK_FALSE(backend->election->is_unclean);
  CHECK(backend->election->partitions == std::vector<topic_partition>{{"t", 1}});
  const auto results = json::parse(reply.body).at("results");
  CHECK(results.at(0).at("problem").at("type") == "/problems/election-not-needed");
  CHECK_FALSE(results.at(1).as_object().contains("problem"));
  ask("POST", "/api/v1/leader-elections",
      R"({"type":"unclean","partitions":[{"topic":"t","partition":1}]})");
  CHECK(backend->election->is_unclean);
  backend->election.reset();
  backend->moves.reset();
  for (const char* wrong :
       {R"({"partitions":[{"topic":"t","partition":1}]})", R"({"type":"preferred"})",
        R"({"type":"dirty","partitions":[{"topic":"t","partition":1}]})",
        R"({"type":"preferred","partitions":[{"partition":1}]})"}) {
    INFO(wrong);
    CHECK(ask("POST", "/api/v1/leader-elections", wrong).status == 400);
  }
  for (const char* wrong : {R"({"partitions":[{"topic":"t","partition":1}]})",
                            R"({"partitions":[{"topic":"t","partition":1,"replicas":[]}]})",
                            R"({"partitions":[{"topic":"t","partition":1,"replicas":["1"]}]})"}) {
    INFO(wrong);
    CHECK(ask("POST", "/api/v1/reassignments", wrong).status == 400);
  }
  CHECK_FALSE(backend->election);
  CHECK_FALSE(backend->moves);
}

TEST_CASE("the lag in seconds is the age of the oldest record that waits") {
  group_detail group{.as_of = 100'000};
  CHECK(group.lag_seconds() == 0);
  group.offsets.push_back({.committed = 5, .start = 0, .end = 12});
  CHECK_FALSE(group.lag_seconds());
  group.offsets.front().waiting_since = 90'000;
  group.offsets.push_back({.committed = 5, .start = 0, .end = 6, .waiting_since = 70'500});
  CHECK(group.lag_seconds() == 29);
  group.offsets.back().waiting_since = 200'000;
  group.offsets.front().waiting_since = 200'000;  // a producer's clock that is ahead
  CHECK(group.lag_seconds() == 0);
}

TEST_CASE("the lag of a group counts what can still be read") {
  group_detail group;
  CHECK(group.lag() == 0);
  group.offsets.push_back({.committed = 5, .start = 0, .end = 12});
  group.offsets.push_back({.committed = 2, .start = 10, .end = 11});  // deleted meanwhile
  group.offsets.push_back({.committed = 9, .start = 0, .end = 8});    // the log was cut
  CHECK(group.lag() == 7 + 1 + 0);
  group.offsets.push_back({.committed = 1});
  CHECK_FALSE(group.lag());
}

}  // namespace
}  // namespace ottla
