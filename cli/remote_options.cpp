#include "cli/remote_options.hpp"

#include <cstdlib>

#include "cli/command_line.hpp"
#include "cli/output.hpp"

namespace ottla {

remote_options::remote_options() {
  if (const char* address = std::getenv("OTTLA_BOOTSTRAP"); address && *address) {
    bootstrap = address;
  }
}

void add_remote_options(command& to, remote_options& options) {
  to.options.push_back({"-b,--bootstrap", &options.bootstrap, "HOST:PORT",
                        "A broker of the cluster [OTTLA_BOOTSTRAP, else 127.0.0.1:9092]"});
  to.options.push_back(
      {"--timeout", &options.timeout_seconds, "SECONDS", "How long to try at most [15]"});
  to.options.push_back({"--json", &options.json, "", "Print JSON for programs"});
}

std::string wrong_timeout(const connection_options& options) {
  return options.timeout_seconds > 0 ? "" : "--timeout must be more than 0 seconds";
}

int with_client(const connection_options& options,
                const std::function<outcome<void>(admin_client&)>& action) {
  if (auto wrong = wrong_timeout(options); !wrong.empty()) return report_usage(wrong);
  auto client = admin_client::connect(options);
  if (!client) {
    bool is_usage = client.error().code == error_code::invalid_request;
    return is_usage ? report_usage("--bootstrap: " + client.error().message)
                    : report(client.error());
  }
  auto done = action(**client);
  if (done) return exit_ok;
  // An empty message: everything has been said already.
  return done.error().message.empty() ? exit_failed : report(done.error());
}

}  // namespace ottla
