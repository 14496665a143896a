// The DHCP server of the corpus, as its clients see it: under wine, over a real link, with its own ports.
#include "tests/corpus/dhcp_client.h"
#include "tests/corpus/dhcp_load.h"
#include "tests/corpus/isolated_network.h"
#include "tests/corpus/wine_server.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace hotgate::corpus_test {
namespace {

using testing::HasSubstr;

constexpr uint32_t serverAddress = address(10, 77, 0, 1);
constexpr uint32_t relayAddress = address(10, 77, 0, 2);
constexpr uint32_t everybody = 0xFFFFFFFF;
const std::filesystem::path corpus = HOTGATE_TEST_DHCP_CORPUS;

std::filesystem::path image(const std::string &kb, const std::string &build) {
  return corpus / kb / build / "dhcpsrv.exe";
}

// A namespace, wine and a folder for each test; the test starts the server that it wants.
class DhcpServerTest : public testing::Test {
protected:
  void SetUp() override {
    auto network = IsolatedNetwork::create();
    ASSERT_TRUE(network) << network.error().message();
    network_.emplace(std::move(*network));
    auto wine = Wine::start(network_->serverNamespace());
    ASSERT_TRUE(wine) << wine.error().message();
    wine_.emplace(std::move(*wine));
    // In memory: the server writes its store through, and a busy disk would make it late.
    folder_ = fmt::format("/dev/shm/hotgate-dhcp-{}", getpid());
    std::filesystem::create_directories(folder_);
    client_.emplace(0, 68);
  }

  void TearDown() override {
    server_.reset();
    wine_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void start(const std::filesystem::path &program, const std::vector<std::string> &more = {}) {
    auto server = startServer(*wine_, program, folder_, more);
    ASSERT_TRUE(server) << server.error().message();
    server_.emplace(std::move(*server));
  }

  void crash() {
    server_->kill();
    const auto restarted = wine_->restart();
    ASSERT_TRUE(restarted) << restarted.error().message();
  }

  [[nodiscard]] Packet packet(uint8_t type, uint32_t client) {
    return {.type = type, .transaction = ++transactions_, .hardware = hardwareAddress(client)};
  }

  [[nodiscard]] Packet selection(uint32_t client, uint32_t wanted, uint32_t server = serverAddress) {
    Packet result = packet(request, client);
    result.options = {{option::requestedAddress, addressBytes(wanted)},
                      {option::serverIdentifier, addressBytes(server)}};
    return result;
  }

  [[nodiscard]] Packet renewal(uint32_t client, uint32_t leased) {
    Packet result = packet(request, client);
    result.clientAddress = leased;
    return result;
  }

  [[nodiscard]] Packet reboot(uint32_t client, uint32_t wanted) {
    Packet result = packet(request, client);
    result.options = {{option::requestedAddress, addressBytes(wanted)}};
    return result;
  }

  // DISCOVER to ACK; 0 when an answer is missing.
  uint32_t acquire(uint32_t client) {
    const auto offered = client_->ask(packet(discover, client), everybody);
    if (!offered || offered->type != offer)
      return 0;
    const auto granted = client_->ask(selection(client, offered->yourAddress), everybody);
    return granted && granted->type == acknowledge ? granted->yourAddress : 0;
  }

  void expectReply(const std::optional<Packet> &reply, uint8_t type, uint32_t yourAddress) {
    ASSERT_TRUE(reply) << "no answer";
    EXPECT_EQ(reply->type, type);
    EXPECT_EQ(addressText(reply->yourAddress), addressText(yourAddress));
    const Bytes *server = reply->find(option::serverIdentifier);
    ASSERT_TRUE(server);
    EXPECT_EQ(*server, addressBytes(serverAddress));
  }

  void expectSilence(const Packet &question) {
    const auto reply = client_->ask(question, everybody, std::chrono::milliseconds(700));
    EXPECT_FALSE(reply) << "answered with type " << int{reply->type};
  }

  [[nodiscard]] std::string audit() const { return readText(auditPath(folder_)); }

  // The witness of the KBs: option 82 last, 120 bytes declared, 8 present, no end option. What the OFFER's option 82
  // holds; nothing when the OFFER has none.
  std::optional<Bytes> witness(const Endpoint &from, uint32_t client, uint32_t relay = 0) {
    Packet question = packet(discover, client);
    question.relayAddress = relay;
    Bytes bytes = question.encode();
    bytes.pop_back();
    bytes.insert(bytes.end(), {option::relayInformation, 120, 1, 6, 'p', 'o', 'r', 't', ' ', '7'});
    from.send(bytes, relay ? serverAddress : everybody);
    const auto reply = from.receive(std::chrono::seconds(5));
    EXPECT_TRUE(reply) << "no OFFER";
    if (!reply)
      return std::nullopt;
    EXPECT_EQ(reply->type, offer);
    const Bytes *echoed = reply->find(option::relayInformation);
    return echoed ? std::optional(*echoed) : std::nullopt;
  }

  std::optional<IsolatedNetwork> network_;
  std::optional<Wine> wine_;
  std::optional<ChildProcess> server_;
  std::filesystem::path folder_;
  std::optional<Endpoint> client_;
  uint32_t transactions_ = 0;
};

TEST_F(DhcpServerTest, GivesALeaseWithItsOptions) {
  start(image("good", "pre"));
  Packet question = packet(discover, 1);
  question.options = {{option::hostName, {'p', 'c', ',', '1'}}};
  const auto offered = client_->ask(question, everybody);
  ASSERT_NO_FATAL_FAILURE(expectReply(offered, offer, address(10, 77, 0, 100)));
  const auto granted = client_->ask(selection(1, offered->yourAddress), everybody);
  ASSERT_NO_FATAL_FAILURE(expectReply(granted, acknowledge, offered->yourAddress));
  for (const auto &[tag, value] :
       {std::pair{option::leaseSeconds, uint32_t{3600}}, std::pair{option::subnetMask, address(255, 255, 255, 0)},
        std::pair{option::router, serverAddress}}) {
    ASSERT_TRUE(granted->find(tag)) << int{tag};
    EXPECT_EQ(*granted->find(tag), addressBytes(value)) << int{tag};
  }
  EXPECT_THAT(audit(), HasSubstr(",Assign,10.77.0.100,pc_1,020000000001,"));
  EXPECT_THAT(audit(), HasSubstr("ID,Date,Time,Description,IP Address,Host Name,MAC Address"));
}

TEST_F(DhcpServerTest, GivesDifferentAddressesToDifferentClients) {
  start(image("good", "pre"), {"--last", "10.77.0.101"});
  const uint32_t first = acquire(1);
  const uint32_t second = acquire(2);
  EXPECT_NE(first, 0U);
  EXPECT_NE(second, 0U);
  EXPECT_NE(first, second);
  EXPECT_EQ(acquire(1), first) << "a client gets its own address again";
  expectSilence(packet(discover, 3));
  EXPECT_THAT(audit(), HasSubstr("14,")) << "scope full";
}

TEST_F(DhcpServerTest, RenewsByUnicastAndRebindsByBroadcast) {
  start(image("good", "pre"));
  const uint32_t leased = acquire(1);
  expectReply(client_->ask(renewal(1, leased), serverAddress), acknowledge, leased);
  expectReply(client_->ask(renewal(1, leased), everybody), acknowledge, leased);
  EXPECT_THAT(audit(), HasSubstr(",Renew,10.77.0.100,"));
}

TEST_F(DhcpServerTest, ConfirmsARebootedClientOrRefusesIt) {
  start(image("good", "pre"));
  const uint32_t leased = acquire(1);
  expectReply(client_->ask(reboot(1, leased), everybody), acknowledge, leased);
  expectReply(client_->ask(reboot(1, leased + 5), everybody), refuse, 0);
  expectReply(client_->ask(reboot(9, address(192, 168, 1, 5)), everybody), refuse, 0);
  expectSilence(reboot(9, leased + 6));
}

TEST_F(DhcpServerTest, RefusesWhatIsNotTheClients) {
  start(image("good", "pre"));
  const uint32_t leased = acquire(1);
  expectReply(client_->ask(renewal(2, leased), serverAddress), refuse, 0);
  expectReply(client_->ask(selection(2, leased), everybody), refuse, 0);
  expectSilence(selection(2, leased, address(10, 77, 0, 9)));
  EXPECT_THAT(audit(), HasSubstr(",Deny,10.77.0.100,"));
}

TEST_F(DhcpServerTest, TakesAReleasedAddressBack) {
  start(image("good", "pre"), {"--last", "10.77.0.100"});
  const uint32_t leased = acquire(1);
  Packet goodbye = renewal(1, leased);
  goodbye.type = release;
  expectSilence(goodbye);
  EXPECT_THAT(audit(), HasSubstr(",Release,10.77.0.100,"));
  EXPECT_EQ(acquire(2), leased);
}

TEST_F(DhcpServerTest, GivesNobodyADeclinedAddress) {
  start(image("good", "pre"));
  const uint32_t leased = acquire(1);
  Packet conflict = reboot(1, leased);
  conflict.type = decline;
  expectSilence(conflict);
  EXPECT_THAT(audit(), HasSubstr(",Conflict,10.77.0.100,"));
  EXPECT_NE(acquire(1), leased);
  EXPECT_NE(acquire(2), leased);
}

TEST_F(DhcpServerTest, InformsWithoutALease) {
  start(image("good", "pre"));
  Packet question = packet(inform, 1);
  question.clientAddress = address(10, 77, 0, 70);
  const auto reply = client_->ask(question, everybody);
  ASSERT_NO_FATAL_FAILURE(expectReply(reply, acknowledge, 0));
  EXPECT_FALSE(reply->find(option::leaseSeconds));
  EXPECT_TRUE(reply->find(option::router));
}

TEST_F(DhcpServerTest, AnswersThroughARelayAgentWithItsOption) {
  start(image("good", "pre"));
  const Endpoint relay(relayAddress, 67);
  Packet question = packet(discover, 1);
  question.relayAddress = relayAddress;
  question.options = {{option::relayInformation, {1, 4, 'e', 't', 'h', '0', 2, 2, 0, 7}},
                      {option::hostName, {'p', 'c'}}};
  const auto reply = relay.ask(question, serverAddress);
  ASSERT_NO_FATAL_FAILURE(expectReply(reply, offer, address(10, 77, 0, 100)));
  EXPECT_EQ(reply->relayAddress, relayAddress);
  EXPECT_EQ(reply->options.back().first, option::relayInformation) << "the last option";
  EXPECT_EQ(reply->options.back().second, question.options[0].second);
  question.relayAddress = address(10, 99, 0, 2);
  EXPECT_FALSE(relay.ask(question, serverAddress, std::chrono::milliseconds(700))) << "another subnet's relay agent";
}

TEST_F(DhcpServerTest, KnowsAClientByItsIdentifier) {
  start(image("good", "pre"));
  Packet question = packet(discover, 1);
  question.options = {{option::clientIdentifier, Bytes(200, 7)}}; // longer than the server keeps
  const auto first = client_->ask(question, everybody);
  ASSERT_TRUE(first);
  question.hardware = hardwareAddress(2);
  question.transaction = 999;
  const auto second = client_->ask(question, everybody);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->yourAddress, second->yourAddress);
}

TEST_F(DhcpServerTest, KeepsLeasesOverACrash) {
  start(image("good", "pre"));
  const uint32_t first = acquire(1);
  const uint32_t second = acquire(2);
  crash();
  start(image("good", "pre"));
  expectReply(client_->ask(renewal(2, second), serverAddress), acknowledge, second);
  EXPECT_EQ(acquire(1), first);
  EXPECT_NE(acquire(3), first);
}

TEST_F(DhcpServerTest, ExpiresLeases) {
  start(image("good", "pre"), {"--lease", "1"});
  const uint32_t leased = acquire(1);
  const auto expired = waitForText(auditPath(folder_), ",Expired,10.77.0.100,", std::chrono::seconds(10));
  ASSERT_TRUE(expired) << expired.error().message();
  expectReply(client_->ask(renewal(1, leased), serverAddress), refuse, 0);
}

TEST_F(DhcpServerTest, RunsAsAServiceAndCountsWhatTheFixIgnores) {
  std::string command = windowsPath(image("good", "post"));
  for (const auto &argument : serverArguments(folder_))
    command += " " + argument;
  const auto control = [this](const std::vector<std::string> &arguments) {
    std::vector<std::string> all = {"sc.exe"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    auto child = wine_->launch(all, folder_ / "sc.txt");
    ASSERT_TRUE(child) << child.error().message();
    const auto code = child->wait(std::chrono::seconds(60));
    ASSERT_TRUE(code) << code.error().message();
    EXPECT_EQ(*code, 0) << readText(folder_ / "sc.txt");
  };
  control({"create", "HotgateDhcp", "binPath=", command});
  control({"start", "HotgateDhcp"});
  const auto ready = waitForText(auditPath(folder_), ",ready,10.77.0.1,", std::chrono::seconds(60));
  ASSERT_TRUE(ready) << ready.error().message();
  EXPECT_EQ(acquire(1), address(10, 77, 0, 100));
  EXPECT_FALSE(witness(*client_, 2));
  control({"stop", "HotgateDhcp"});
  const auto stopped = waitForText(auditPath(folder_), "01,", std::chrono::seconds(20));
  EXPECT_TRUE(stopped) << stopped.error().message();
  EXPECT_THAT(audit(), HasSubstr("received 3 dropped 0 malformed packets 0 malformed options 1"));
  control({"delete", "HotgateDhcp"});
}

TEST_F(DhcpServerTest, SaysWhichSettingIsWrong) {
  auto server = wine_->launch({image("good", "pre").string(), "--console", "--lease", "soon"}, folder_ / "error.txt");
  ASSERT_TRUE(server) << server.error().message();
  const auto code = server->wait(std::chrono::seconds(60));
  ASSERT_TRUE(code) << code.error().message();
  EXPECT_EQ(*code, 2);
  EXPECT_THAT(readText(folder_ / "error.txt"), HasSubstr("the value of lease is not valid: soon"));
}

TEST_F(DhcpServerTest, ReadsItsSettingsFromAFile) {
  std::ofstream(folder_ / "server.ini") << "; the scope\r\n[dhcp]\r\nfirst = 10.77.0.130\r\nlease = 1800\r\n";
  start(image("good", "pre"), {"--config", windowsPath(folder_ / "server.ini")});
  EXPECT_EQ(acquire(1), address(10, 77, 0, 130));
}

TEST_F(DhcpServerTest, BaseAnswersTheWitnessWithBytesBehindThePacket) {
  start(image("good", "pre"));
  const auto echoed = witness(*client_, 1);
  ASSERT_TRUE(echoed) << "no option 82";
  EXPECT_EQ(echoed->size(), 120U);
  const Endpoint relay(relayAddress, 67);
  EXPECT_TRUE(witness(relay, 2, relayAddress)) << "the same through a relay agent";
}

TEST_F(DhcpServerTest, FixedServersIgnoreTheWitnessOption) {
  for (const char *kb : {"good", "audit-leak", "renewal-hang", "lease-layout"}) {
    SCOPED_TRACE(kb);
    start(image(kb, "post"));
    EXPECT_FALSE(witness(*client_, 1));
    EXPECT_NE(acquire(2), 0U);
    crash();
  }
}

// Growth of private memory for each acknowledged DHCPREQUEST, after a warm-up.
double growthPerRequest(const Endpoint &client, const ChildProcess &server) {
  runLoad(client, {.clients = 4, .requests = 200, .mix = Mix::renewals});
  const int64_t before = privateBytes(server.pid());
  const LoadResult result = runLoad(client, {.clients = 4, .requests = 1000, .mix = Mix::renewals});
  EXPECT_EQ(result.lost, 0);
  return static_cast<double>(privateBytes(server.pid()) - before) / result.acknowledged;
}

TEST_F(DhcpServerTest, AuditLeakGrowsByOneRecordPerRequest) {
  start(image("audit-leak", "post"));
  const double growth = growthPerRequest(*client_, *server_);
  RecordProperty("bytes_per_request", std::to_string(growth));
  EXPECT_NEAR(growth, 2064, 0.1 * 2064);
}

TEST_F(DhcpServerTest, GoodDoesNotGrow) {
  start(image("good", "post"));
  // One heap segment more in a thousand requests is no leak: 64 KiB are 65 bytes for each.
  EXPECT_NEAR(growthPerRequest(*client_, *server_), 0, 200);
}

TEST_F(DhcpServerTest, RenewalHangDropsEverythingWhileTheProcessLives) {
  start(image("renewal-hang", "post"));
  const LoadResult result = runLoad(*client_, {.clients = 4, .requests = 400});
  RecordProperty("renewals_until_hang", result.renewals);
  EXPECT_GT(result.lost, 0);
  EXPECT_LE(result.renewals, 200);
  for (uint32_t i = 0; i < 3; ++i)
    expectSilence(packet(discover, 50 + i));
  EXPECT_TRUE(server_->running());
}

TEST_F(DhcpServerTest, RenewalHangSurvivesRenewalsAlone) {
  start(image("renewal-hang", "post"));
  EXPECT_NE(acquire(1), 0U);
  const LoadResult result = runLoad(*client_, {.clients = 1, .requests = 100, .mix = Mix::renewals});
  EXPECT_EQ(result.lost, 0);
}

TEST_F(DhcpServerTest, BaseAndGoodAnswerEveryRequestOfTheSameLoad) {
  for (const char *build : {"pre", "post"}) {
    SCOPED_TRACE(build);
    start(image("good", build));
    const LoadResult result = runLoad(*client_, {.clients = 8, .requests = 1000});
    EXPECT_EQ(result.requests, 1000);
    EXPECT_EQ(result.lost, 0);
    crash();
  }
}

} // namespace
} // namespace hotgate::corpus_test
