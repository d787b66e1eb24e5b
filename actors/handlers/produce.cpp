#include "actors/handlers/produce.hpp"

#include <memory>

#include "actors/handlers/partition_access.hpp"
#include "protocol/messages/produce.hpp"

namespace ottla {
namespace {

using partition_answer = produce_response::partition_produce_response;

/// The client that administers a cluster may write internal topics; nobody else may.
constexpr std::string_view admin_client_id = "__admin_client";
constexpr api_version first_version_by_id = 13;

/// One Produce request until its last partition has answered.
class produce_in_progress : public std::enable_shared_from_this<produce_in_progress> {
public:
  produce_in_progress(session_context& session, const request_header& header, reply_slot reply)
      : session_(session),
        reply_(std::move(reply)),
        version_(header.version),
        internal_topics_allowed_(header.client_id == admin_client_id),
        image_(session.services().metadata->get()) {}

  void start(produce_request request) {
    acks_ = request.acks;
    timeout_ms_ = request.timeout_ms;
    has_transaction_ = request.transactional_id.has_value();
    lay_out(request);
    waiting_ = 1;  // for this function, so that early answers do not finish the request
    for (size_t t = 0; t < request.topic_data.size(); ++t) {
      auto& topic = request.topic_data[t];
      for (size_t p = 0; p < topic.partition_data.size(); ++p) {
        ++waiting_;
        append(topic, std::move(topic.partition_data[p].records),
               response_.responses[t].partition_responses[p]);
      }
    }
    answered_one();
  }

private:
  /// Every place of the response exists before the first answer: references to them stay valid.
  void lay_out(const produce_request& request) {
    response_.responses.reserve(request.topic_data.size());
    for (const auto& topic : request.topic_data) {
      auto& answers = response_.responses.emplace_back();
      answers.name = topic.name;
      answers.topic_id = topic.topic_id;
      answers.partition_responses.resize(topic.partition_data.size());
      for (size_t p = 0; p < topic.partition_data.size(); ++p) {
        answers.partition_responses[p].index = topic.partition_data[p].index;
      }
    }
  }

  void append(const produce_request::topic_produce_data& topic, shared_bytes records,
              partition_answer& answer) {
    auto found = resolve(
        *image_, {topic.name, topic.topic_id, answer.index, version_ >= first_version_by_id});
    if (auto error = check(found); error != error_code::none) return refuse(answer, error);
    ask_partition<append_result>(session_, found.which,
                                 append_batch{.batch = std::move(records),
                                              .acks = acks_,
                                              .timeout_ms = timeout_ms_,
                                              .produce_version = version_},
                                 [self = shared_from_this(), &answer](append_result result) {
                                   self->fill(answer, std::move(result));
                                   self->answered_one();
                                 });
  }

  [[nodiscard]] error_code check(const resolved_partition& found) const {
    if (found.error != error_code::none) return found.error;
    if (acks_ < acks_all || acks_ > acks_leader) return error_code::invalid_required_acks;
    if (has_transaction_) return error_code::invalid_txn_state;
    if (found.topic->is_internal() && !internal_topics_allowed_) {
      return error_code::invalid_topic_exception;
    }
    return error_code::none;
  }

  void refuse(partition_answer& answer, error_code error) {
    fill(answer, {.error = error, .message = std::string(error_text(error))});
    answered_one();
  }

  void fill(partition_answer& answer, append_result result) {
    answer.error_code = result.error;
    answer.base_offset = result.error == error_code::none ? result.base_offset : -1;
    answer.log_append_time_ms = result.log_append_time_ms;
    answer.log_start_offset = result.log_start_offset;
    if (result.error == error_code::none) return;
    any_error_ = true;
    if (!result.message.empty()) answer.error_message = std::move(result.message);
    for (auto& each : result.record_faults) {
      answer.record_errors.push_back({each.batch_index, std::move(each.message)});
    }
    if (result.error == error_code::not_leader_or_follower) name_leader(answer, result.hint);
  }

  void name_leader(partition_answer& answer, leader_hint hint) {
    if (!name_endpoint(session_, *image_, hint.leader, response_.node_endpoints)) return;
    answer.current_leader = {hint.leader, hint.epoch};
  }

  void answered_one() {
    if (--waiting_ > 0) return;
    if (acks_ != acks_none) return reply_.send(response_);
    // Without an answer, a closed connection is the only way to tell that something went wrong.
    if (any_error_)
      reply_.close_connection("a produce request with acks=0 failed");
    else
      reply_.no_reply();
  }

  session_context& session_;
  reply_slot reply_;
  const api_version version_;
  const bool internal_topics_allowed_;
  const image_ptr image_;
  int16_t acks_ = acks_all;
  int32_t timeout_ms_ = 0;
  bool has_transaction_ = false;
  bool any_error_ = false;
  size_t waiting_ = 0;
  produce_response response_;
};

}  // namespace

void handle_produce(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<produce_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto work = std::make_shared<produce_in_progress>(session, incoming.header, std::move(reply));
  work->start(std::move(*decoded));
}

}  // namespace ottla
