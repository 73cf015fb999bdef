// The host's end of the link against a simulated board, through a real serial port: every refusal and every retry.
#include "sw/link/client.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "sw/runtime/rtl_registers.h"
#include "tests/link/rig.h"

namespace weft::testing {
namespace {

using link::Client;
using link::Op;
using std::chrono::milliseconds;

// Answers every request as the test says.
class ScriptedBoard : public BoardModel {
 public:
  using Answerer = std::function<std::vector<uint8_t>(const link::Request&)>;
  explicit ScriptedBoard(Answerer answer) : answer_(std::move(answer)) {}

  bool Push(uint8_t byte) override {
    std::vector<link::Request> requests;
    parser_.Push(std::span(&byte, 1), &requests);
    for (const auto& request : requests) {
      const auto bytes = answer_(request);
      out_.insert(out_.end(), bytes.begin(), bytes.end());
    }
    return true;
  }
  std::optional<uint8_t> Pop() override {
    if (out_.empty()) return {};
    const uint8_t byte = out_.front();
    out_.pop_front();
    return byte;
  }
  bool Advance() override { return false; }

 private:
  Answerer answer_;
  link::RequestParser parser_;
  std::deque<uint8_t> out_;
};

std::string ConnectTo(ScriptedBoard::Answerer answer) {
  ScriptedBoard board(std::move(answer));
  const auto bridge = Must(PtyBridge::Start(board));
  link::ClientOptions options;
  options.timeout = milliseconds(1000);
  std::string message = Message(Client::Connect(Must(link::SerialPort::Open({bridge->path(), 1000000})), options));
  const size_t at = message.find(bridge->path() + ": ");
  return at == 0 ? message.substr(bridge->path().size() + 2) : message;
}

TEST(LinkClientTest, TheBoardIntroducesItself) {
  BoardRig rig;
  const auto client = rig.Connect();
  EXPECT_EQ(client->board().config, link::ConfigWord(rig.hw));
  EXPECT_EQ(client->board().config_crc, link::ConfigCrc(rig.hw));
  EXPECT_EQ(client->board().memory_bytes, rig.options.memory_bytes);
  EXPECT_EQ(client->board().clock_hz, 24000000u);
  EXPECT_EQ(client->board().storage, link::TapeStorage::kFlash);
  EXPECT_EQ(client->board().tape_base, 0x100000u);
  EXPECT_EQ(Message(client->CheckConfig(rig.hw)), "no error");
  EXPECT_EQ(client->retries(), 0u);
  EXPECT_EQ(Must(link::ConfigOf(client->board(), "p")).name, "mini");
}

TEST(LinkClientTest, WrongIntroductionsAreRefused) {
  const auto message = [](std::map<uint32_t, uint32_t> hello, uint32_t words = link::kHelloWords) {
    BoardRig rig;
    rig.options.hello = std::move(hello);
    rig.options.hello_words = words;
    const auto client = rig.TryConnect();
    std::string text = client.ok() ? Message((*client)->CheckConfig(rig.hw)) : Message(client);
    const std::string name = rig.bridge->path() + ": the board ";
    return text.rfind(name, 0) == 0 ? text.substr(name.size()) : text;
  };
  EXPECT_EQ(message({{link::kHelloId, 0x1234}}), "calls itself 0x1234, want 0x54464557");
  EXPECT_EQ(message({{link::kHelloVersion, 2}}),
            "speaks version 2 of the link, want 1; flash a bitstream of this release");
  EXPECT_EQ(message({}, 7), "introduces itself with 7 words, want 8");
  EXPECT_EQ(message({}, 0), "calls itself 0x0, want 0x54464557");
  EXPECT_EQ(message({{link::kHelloTapeStorage, 2}}), "keeps the tape in storage 2, want 0 (flash) or 1 (memory)");
  EXPECT_EQ(message({{link::kHelloClockHz, 0}}), "states a clock of 0 Hz, want more");
  const HwConfig base = Must(FindConfig("base"));
  EXPECT_EQ(message({{link::kHelloConfig, link::ConfigWord(base)}, {link::kHelloConfigCrc, link::ConfigCrc(base)}}),
            "is of configuration 'base', the model is compiled for 'mini'; compile it for base");
  EXPECT_EQ(message({{link::kHelloConfigCrc, 5}}).rfind(
                "was built from another configuration 'mini', checksum 0x5, want 0x", 0),
            0u);
  EXPECT_EQ(message({{link::kHelloConfig, 5}, {link::kHelloConfigCrc, 6}}),
            "has a configuration that this program does not know, register 0x5, checksum 0x6; weft configs lists "
            "those it knows");
  const std::string other_register = message({{link::kHelloConfig, 5}});
  EXPECT_NE(other_register.find("the board's configuration register is 0x5, 'mini' wants 0x"), std::string::npos)
      << other_register;
}

TEST(LinkClientTest, RegistersAndMemoryHoldWhatIsWritten) {
  BoardRig rig;
  const auto client = rig.Connect();
  EXPECT_EQ(Must(client->Read(reg::kId, 3)), (std::vector<uint32_t>{reg::kIdValue, 1, link::ConfigWord(rig.hw)}));
  std::vector<uint32_t> words(200);  // four frames
  for (uint32_t i = 0; i < words.size(); ++i) words[i] = 0xA55A0000 + i;
  ASSERT_EQ(Message(client->Write(link::kMemory | 0x1000, words)), "no error");
  EXPECT_EQ(Must(client->Read(link::kMemory | 0x1000, 200)), words);
  EXPECT_EQ(Must(client->Read(link::kMemory | 0x1004, 1)).front(), 0xA55A0001);
  EXPECT_EQ(rig.board->requests(Op::kWrite), 4u);
  EXPECT_EQ(Must(client->Crc(0x100000, 100)), link::Crc32(std::span(rig.tape->bytes).first(100)));
}

TEST(LinkClientTest, WhatTheBoardRefusesIsNamedAndNotTriedAgain) {
  BoardRig rig;
  const auto client = rig.Connect();
  const std::string start = rig.bridge->path() + ": the board refuses ";
  EXPECT_EQ(Message(client->Read(0x900, 2)), start + "READ at 0x900, 2 words: no such registers or memory");
  const uint32_t word = 1;
  EXPECT_EQ(Message(client->Write(reg::kConfig, std::span(&word, 1))),
            start + "WRITE at 0x8, 1 words: no such registers or memory");
  EXPECT_EQ(Message(client->Read(link::kMemory | rig.options.memory_bytes, 1)),
            start + "READ at 0x80400000, 1 words: no such registers or memory");
  EXPECT_EQ(Message(client->Crc(0x100000, 1 << 30)), start + "CRC of 1073741824 bytes at 0x100000: the tape's storage ends before");
  EXPECT_EQ(client->retries(), 0u);
}

TEST(LinkClientTest, AnyDamagedByteOfAnAnswerCostsARetryAtMost) {
  // HELLO's answer has 40 bytes; then READ's begins: 4 of a head, 12 of words, 4 of the CRC.
  for (uint64_t byte = 40; byte < 60; ++byte) {
    for (const bool lost : {false, true}) {
      BoardRig rig;
      (lost ? rig.faults.lose_out : rig.faults.flip_out) = {byte};
      const auto client = rig.Connect(Quick());
      EXPECT_EQ(Must(client->Read(reg::kId, 3)), (std::vector<uint32_t>{reg::kIdValue, 1, link::ConfigWord(rig.hw)}));
      EXPECT_GE(client->retries(), 1u) << "byte " << byte;
      EXPECT_GE(rig.board->requests(Op::kRead), 2u) << "byte " << byte;
    }
  }
}

TEST(LinkClientTest, AnyDamagedByteOfARequestCostsARetryAtMost) {
  // HELLO has 12 bytes; WRITE of two words 20.
  for (uint64_t byte = 12; byte < 32; ++byte) {
    for (const bool lost : {false, true}) {
      BoardRig rig;
      (lost ? rig.faults.lose_in : rig.faults.flip_in) = {byte};
      const auto client = rig.Connect(Quick());
      const std::vector<uint32_t> words = {0x01020304, 0xA5A5A5A5};
      ASSERT_EQ(Message(client->Write(reg::kRow, words)), "no error");
      EXPECT_GE(client->retries(), 1u) << "byte " << byte;
      EXPECT_EQ(Must(client->Read(reg::kRow, 2)), words) << "byte " << byte;
    }
  }
}

TEST(LinkClientTest, ABadRequestIsAnsweredAndSentAgainAtOnce) {
  BoardRig rig;
  rig.faults.flip_in = {20};  // a word of WRITE
  const auto client = rig.Connect();
  const uint32_t word = 7;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(Message(client->Write(reg::kRow, std::span(&word, 1))), "no error");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(10000)) << "the timeout passed first";
  EXPECT_EQ(rig.board->bad_requests(), 1u);
  EXPECT_EQ(client->retries(), 1u);
}

class NoisyLine : public ::testing::TestWithParam<uint32_t> {};

TEST_P(NoisyLine, LosesTimeButNoWord) {
  BoardRig rig;
  rig.faults.lose = rig.faults.flip = rig.faults.add = 0.0005;
  rig.faults.seed = GetParam();
  link::ClientOptions options = Quick();
  options.retries = 30;
  const auto client = rig.Connect(options);
  std::mt19937 rng(GetParam());
  for (int round = 0; round < 20; ++round) {
    std::vector<uint32_t> words(1 + rng() % 100);
    for (uint32_t& word : words) word = static_cast<uint32_t>(rng());
    const uint32_t at = link::kMemory | static_cast<uint32_t>(rng() % 1000 * 4);
    ASSERT_EQ(Message(client->Write(at, words)), "no error");
    ASSERT_EQ(Must(client->Read(at, static_cast<uint32_t>(words.size()))), words) << "round " << round;
  }
  EXPECT_GT(client->retries(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, NoisyLine, ::testing::Values(1, 2));

TEST(LinkClientTest, SilenceEndsInASentence) {
  uint32_t asked = 0;
  const auto message = ConnectTo([&](const link::Request&) {
    ++asked;
    return std::vector<uint8_t>();
  });
  EXPECT_EQ(message,
            "the board does not answer HELLO in 4 tries, want a board with Weft's bitstream, powered and at the right "
            "baud rate");
  EXPECT_EQ(asked, 4u);
}

TEST(LinkClientTest, NoiseEndsInASentence) {
  const auto message = ConnectTo([](const link::Request&) { return std::vector<uint8_t>(10, 0x5A); });
  EXPECT_EQ(message,
            "the board answers HELLO with 40 bytes that hold no good frame in 4 tries, want the right port and baud "
            "rate, and a sound cable");
}

TEST(LinkClientTest, ABoardThatOnlyComplainsEndsInASentence) {
  uint32_t asked = 0;
  ConnectTo([&](const link::Request& request) {
    ++asked;
    return Encode(link::Answer{request.seq, link::Code::kBadCrc, {}});
  });
  EXPECT_EQ(asked, 4u);
}

TEST(LinkClientTest, UnknownAnswersAreNamed) {
  EXPECT_EQ(ConnectTo([](const link::Request& r) { return Encode(link::Answer{r.seq, link::Code::kUnknownOp, {}}); }),
            "the board does not know HELLO; flash a bitstream of this release");
  EXPECT_EQ(ConnectTo([](const link::Request& r) { return Encode(link::Answer{r.seq, static_cast<link::Code>(9), {}}); }),
            "the board answers HELLO with the unknown code 9");
}

TEST(LinkClientTest, AnswersToEarlierRequestsAreOverheard) {
  uint32_t asked = 0;
  const auto message = ConnectTo([&](const link::Request& r) {
    ++asked;
    auto late = Encode(link::Answer{static_cast<uint8_t>(r.seq - 1), link::Code::kBadAddress, {}});
    const auto now = Encode(link::Answer{r.seq, link::Code::kUnknownOp, {}});
    late.insert(late.end(), now.begin(), now.end());
    return late;
  });
  EXPECT_EQ(message, "the board does not know HELLO; flash a bitstream of this release");
  EXPECT_EQ(asked, 1u);
}

TEST(LinkClientTest, AWrongNumberOfWordsIsRefused) {
  const HwConfig hw = Must(FindConfig("mini"));
  ScriptedBoard board([&](const link::Request& r) {
    std::vector<uint32_t> words = {1, 2};
    if (r.op == Op::kHello) {
      words = {reg::kIdValue, link::kVersion, link::ConfigWord(hw), 4096, 1, link::ConfigCrc(hw), 0, 0};
    }
    return Encode(link::Answer{r.seq, link::Code::kOk, words});
  });
  const auto bridge = Must(PtyBridge::Start(board));
  const auto client = Must(Client::Connect(Must(link::SerialPort::Open({bridge->path(), 1000000})), Patient()));
  EXPECT_EQ(Message(client->Read(0, 1)), bridge->path() + ": the board answers READ at 0x0 with 2 words, want 1");
}

TEST(LinkClientTest, APulledCableEndsTheWaitAtOnce) {
  BoardRig rig;
  rig.faults.lose_from = 40;  // silent after HELLO
  link::ClientOptions patient;
  patient.timeout = milliseconds(60000);
  const auto client = rig.Connect(patient);
  std::thread puller([&] {
    std::this_thread::sleep_for(milliseconds(100));
    rig.bridge->Unplug();
  });
  const auto begin = std::chrono::steady_clock::now();
  const std::string message = Message(client->Read(reg::kId, 1));
  puller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(30000));
  EXPECT_NE(message.find(": the port has gone; was the board unplugged?"), message.npos) << message;
  // And the next one as well.
  EXPECT_NE(Message(client->Read(reg::kId, 1)).find("the port has gone"), std::string::npos);
}

TEST(LinkClientTest, AnInterruptEndsTheWait) {
  BoardRig rig;
  rig.faults.lose_from = 40;
  std::atomic<bool> interrupted{false};
  link::ClientOptions patient;
  patient.timeout = milliseconds(60000);
  patient.interrupted = &interrupted;
  const auto client = rig.Connect(patient);
  interrupted = true;
  EXPECT_EQ(Message(client->Read(reg::kId, 1)), "the wait for the board was interrupted");
}

}  // namespace
}  // namespace weft::testing
