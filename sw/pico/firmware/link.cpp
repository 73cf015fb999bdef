// Start-up and the host's frames: docs/reference/link.md.
#include "sw/link/client.h"
#include "sw/pico/firmware/firmware.h"

namespace weft::pico {

namespace {
constexpr uint32_t kId = 0x54464557;
constexpr uint32_t kLinkVersion = 1;
constexpr uint32_t kTapeVersion = 1;
constexpr uint32_t kFlashTape = 0x100000;  // the tape in a flash, behind the bitstream
constexpr int32_t kFirstWritable = 0x14;  // ID to STATUS are not
constexpr uint32_t kBadCrc = 1, kBadOp = 2, kBadAddress = 3;
}  // namespace

void Firmware::Boot() {
  as.Mark("start");
  as.Li(zero, 0);
  as.Li(low16, 0xffff);
  as.Lui(magic, 0x4b40);
  as.Li(magic1, 0x4b400001);
  as.Li(scratch, mem::kScratch);
  Float(minus127, -127.0f);
  const Reg p = pool[0], n = pool[1], x = pool[2];
  as.Li(p, mem::kRegisters);
  as.Li(n, mem::kRegisterBytes / 4);
  const Label clear = Here("clear_registers");
  as.St(zero, p);
  as.Addi(p, p, 4);
  as.Djnz(n, clear);
  as.Li(p, mem::kRegisters);
  as.Li(x, kId), as.St(x, p, 0x00);
  as.Li(x, kTapeVersion), as.St(x, p, 0x04);
  as.Li(x, config_word_), as.St(x, p, 0x08);
  as.Li(x, chip_.sdram_bytes != 0 ? 0 : kFlashTape), as.St(x, p, 0x18);
  as.Li(x, 1), as.Led(x);
}

// Waits for a request and carries it out.
void Firmware::Idle() {
  const auto& l = link;
  const Reg words = pool[10], op = pool[11], crc = pool[12];
  const Label payload = New("payload"), no_payload = New("no_payload"), counted = New("counted"),
              checked = New("checked"), hello = New("hello"), read = New("read"), write = New("write"),
              crc_op = New("crc_op"), locate = New("locate"), memory = New("memory"), copy = New("copy"),
              copied = New("copied"), bad = New("bad_address");
  as.Bind(idle_);
  as.Mark("wait for a request");
  as.Uget(l.byte);
  as.Addi(l.byte, l.byte, -0x1a5);  // a byte is there, and it is A5
  as.Bnz(l.byte, idle_);
  as.CrcInit();
  as.Cycles(l.since);
  as.Li(l.limit, chip_.clock_hz / 50);
  as.Jal(lk3, receive_), Move(l.word, l.byte);
  StoreState(l.word, kSeq);
  as.Jal(lk3, receive_), Move(op, l.byte);
  as.Jal(lk3, receive_), Move(l.length, l.byte);
  as.Jal(lk2, receive_word_), Move(l.address, l.word);
  as.Addi(l.x, l.length, -65);
  as.Bge(l.x, idle_);
  // Payload: WRITE has `length` words, CRC one.
  Move(words, l.length);
  as.Addi(l.x, op, -2);
  as.Bz(l.x, counted);
  as.Li(words, 1);
  as.Addi(l.x, op, -4);
  as.Bz(l.x, counted);
  Move(words, zero);
  as.Bind(counted);
  as.Li(l.p, mem::kFrame);
  as.Bind(payload);
  as.Bz(words, no_payload);
  as.Jal(lk2, receive_word_);
  as.St(l.word, l.p);
  as.Addi(l.p, l.p, 4);
  as.Addi(words, words, -1);
  as.J(payload);
  as.Bind(no_payload);
  as.CrcGet(crc);
  as.Jal(lk2, receive_word_);
  Move(l.status, zero);
  as.Sub(l.x, l.word, crc);
  as.Bz(l.x, checked);
  as.Li(l.status, kBadCrc);
  Move(l.length, zero);
  as.J(answer_);

  as.Bind(checked);
  as.Bz(op, hello);
  const Label ops[] = {read, write, step_, crc_op};
  for (Label target : ops) {
    as.Addi(op, op, -1);
    as.Bz(op, target);
  }
  as.Li(l.status, kBadOp);
  Move(l.length, zero);
  as.J(answer_);

  as.Bind(hello);
  as.Li(l.p, mem::kFrame);
  const bool sdram = chip_.sdram_bytes != 0;
  const uint32_t facts[] = {kId,
                            kLinkVersion,
                            config_word_,
                            sdram ? chip_.sdram_bytes : mem::kHostBytes,
                            chip_.clock_hz,
                            config_crc_,
                            static_cast<uint32_t>(sdram ? link::TapeStorage::kMemory : link::TapeStorage::kFlash),
                            sdram ? 0 : kFlashTape};
  int offset = 0;
  for (uint32_t fact : facts) {
    as.Li(l.x, fact);
    as.St(l.x, l.p, offset);
    offset += 4;
  }
  as.Li(l.length, std::size(facts));
  as.J(answer_);

  as.Bind(read);
  as.Jal(lk, locate);
  as.J(answer_);

  as.Bind(write);
  as.Jal(lk, locate);
  as.Blt(l.address, copied);  // memory
  as.Addi(l.x, l.address, -kFirstWritable);
  as.Blt(l.x, bad);
  as.Bind(copied);
  as.Li(words, mem::kFrame);
  const Label done = New("write_done");
  as.Bind(copy);
  as.Bz(l.length, done);
  as.Ld(l.x, words);
  as.Addi(words, words, 4);
  as.St(l.x, l.p);
  as.Addi(l.p, l.p, 4);
  as.Addi(l.length, l.length, -1);
  as.J(copy);
  as.Bind(done);
  as.J(answer_);

  // CRC-32 of `count` bytes of the tape's storage. An odd last byte comes with one that is not fed.
  as.Bind(crc_op);
  as.Mark("CRC");
  const Label pair = New("crc_pair"), end = New("crc_end");
  as.Li(l.p, mem::kFrame);
  as.Ld(words, l.p);
  as.Seek(l.address);
  as.StreamFlash();
  as.CrcInit();
  as.Bind(pair);
  as.Bz(words, end);
  as.Geth(l.x);
  as.CrcByte(l.x);
  as.Addi(words, words, -1);
  as.Bz(words, end);
  as.Ror8(l.x, l.x);
  as.CrcByte(l.x);
  as.Addi(words, words, -1);
  as.J(pair);
  as.Bind(end);
  as.CrcGet(l.x);
  as.St(l.x, l.p);
  as.Li(l.length, 1);
  as.J(answer_);

  // address, length -> p, or the answer "bad address".
  as.Bind(locate);
  as.Add(l.x, l.length, l.length);
  as.Add(l.x, l.x, l.x);
  as.Blt(l.address, memory);
  as.Add(l.p, l.address, l.x);
  as.Li(crc, mem::kRegisterBytes + 1);
  as.Sub(crc, l.p, crc);
  as.Bge(crc, bad);
  as.Blt(l.p, bad);
  as.Li(l.p, mem::kRegisters);
  as.Add(l.p, l.p, l.address);
  as.Jr(lk);
  as.Bind(memory);
  as.Li(crc, 0x7fffffff);
  as.And(l.p, l.address, crc);
  as.Add(crc, l.p, l.x);
  as.Blt(crc, bad);
  as.Li(l.x, (sdram ? chip_.sdram_bytes : 0x20000) + 1);
  as.Sub(crc, crc, l.x);
  as.Bge(crc, bad);
  as.Jr(lk);
  as.Bind(bad);
  as.Li(l.status, kBadAddress);
  Move(l.length, zero);
  as.J(answer_);
}

// The end of a step, and the answer to any request.
void Firmware::Answers() {
  const auto& l = link;
  const auto& t = m.t;
  as.Bind(step_done_);
  as.Mark("the step is done: t1 its status");
  as.Cycles(t[0]);
  LoadState(t[2], kStart);
  as.Sub(t[0], t[0], t[2]);
  as.Li(t[2], mem::kRegisters);
  as.St(t[1], t[2], 0x10);
  as.Li(t[3], mem::kFrame);
  as.St(t[1], t[3], 0);
  as.St(t[0], t[3], 4);
  Move(l.status, zero);
  as.Li(l.length, 2);
  as.Li(l.p, mem::kFrame);

  // status, length, p: the words.
  as.Bind(answer_);
  as.Mark("answer");
  const Label words = New("answer_words"), end = New("answer_end");
  as.Li(l.byte, 0x5a);
  as.Uput(l.byte);
  as.CrcInit();
  LoadState(l.byte, kSeq);
  for (Reg byte : {l.byte, l.status, l.length}) as.Uput(byte), as.CrcByte(byte);
  as.Bind(words);
  as.Bz(l.length, end);
  as.Ld(l.word, l.p);
  as.Addi(l.p, l.p, 4);
  as.Addi(l.length, l.length, -1);
  as.Jal(lk3, send_word_);
  as.J(words);
  as.Bind(end);
  as.CrcGet(l.word);
  as.Jal(lk3, send_word_);
  as.J(idle_);

  as.Bind(send_word_);
  for (int i = 0; i < 4; ++i) {
    as.Uput(l.word);
    as.CrcByte(l.word);
    if (i < 3) as.Ror8(l.word, l.word);
  }
  as.Jr(lk3);
}

// The next byte of a frame, into `byte` and the CRC; a silence ends the frame. Returns through lk3; a word
// through lk2.
void Firmware::Receive() {
  const auto& l = link;
  const Label got = New("received");
  as.Bind(receive_);
  as.Uget(l.byte);
  as.Andi(l.x, l.byte, 0x100);
  as.Bnz(l.x, got);
  as.Cycles(l.x);
  as.Sub(l.x, l.x, l.since);
  as.Sub(l.x, l.x, l.limit);
  as.Blt(l.x, receive_);
  as.J(idle_);
  as.Bind(got);
  as.Cycles(l.since);
  as.Andi(l.byte, l.byte, 255);
  as.CrcByte(l.byte);
  as.Jr(lk3);

  as.Bind(receive_word_);
  Move(l.word, zero);
  for (int i = 0; i < 4; ++i) {
    as.Jal(lk3, receive_);
    as.Or(l.word, l.word, l.byte);
    as.Ror8(l.word, l.word);
  }
  as.Jr(lk2);
}

}  // namespace weft::pico
