// Who answers which route of the API.
#pragma once

#include "admin-ui/server/api.hpp"

namespace ottla {

void answer_healthz(const api_call& call);
void answer_readyz(const api_call& call);
void answer_metrics(const api_call& call);
void answer_openapi(const api_call& call);
void answer_whoami(const api_call& call);

void answer_cluster(const api_call& call);
void answer_brokers(const api_call& call);
void answer_traffic(const api_call& call);

void answer_topics(const api_call& call);
void answer_topic(const api_call& call);
void answer_topic_configs(const api_call& call);
void create_topic(const api_call& call);
void delete_topic(const api_call& call);
void change_topic_configs(const api_call& call);

void answer_records(const api_call& call);
void produce_records(const api_call& call);
void delete_records(const api_call& call);

void answer_groups(const api_call& call);
void answer_group(const api_call& call);
void delete_group(const api_call& call);
void delete_group_offsets(const api_call& call);
void reset_group_offsets(const api_call& call);

void answer_reassignments(const api_call& call);
void reassign(const api_call& call);
void elect_leaders(const api_call& call);

}  // namespace ottla
