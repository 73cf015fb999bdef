// An SDR SDRAM of 16 or 32 bits as its data sheet describes it: holds the data and judges every command. Header only:
// benches and simulated boards share it.
//
// Step() is one clock: the pins as they are in a cycle. What it returns is on DQ in the next cycle, as an SDRAM
// on the inverted clock shows it, or read_delay cycles later. The first broken rule is kept in Complaint().
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace weft::board {

// In cycles, as the parameters of weft_sdram.
struct SdramTiming {
  uint64_t cas = 2, init = 200, trp = 2, trcd = 2, tras = 5, trfc = 7, trrd = 2, twr = 2;
  uint64_t refresh_time = 780, refresh_debt = 8;
  uint64_t read_delay = 0;
  int row_bits = 13, col_bits = 9;
  uint32_t dq_bits = 16;  // 32: bursts of one column, else of two
};

struct SdramPins {
  bool cke, ras_n, cas_n, we_n, dq_oe;
  uint32_t ba, a, dqm, dq;
};

class SdramModel {
 public:
  explicit SdramModel(const SdramTiming& timing)
      : t_(timing),
        burst_(timing.dq_bits == 16 ? 2 : 1),
        late_(timing.read_delay),
        pages_(size_t{4} << timing.row_bits) {}

  // What DQ carries in the next cycle.
  uint32_t Step(const SdramPins& pins) {
    ++now_;
    if (pins.cke) Command(pins);
    MoveData(pins);
    Refreshes();
    const bool drives = !out_.empty() && out_.front().at == now_ + 1;
    driving_ = drives;
    uint32_t data = Cut(static_cast<uint32_t>(now_) * 2654435769u);  // nobody drives
    if (drives) {
      data = out_.front().data;
      out_.pop_front();
    }
    if (late_.empty()) return data;
    std::swap(data, late_[now_ % late_.size()]);
    return data;
  }

  const std::string& Complaint() const { return complaint_; }
  uint64_t refreshes() const { return refreshes_; }
  uint64_t activates() const { return activates_; }
  bool started() const { return mode_set_; }

  // What is there before anything is written; of a column of 16 bits the lower half.
  static uint32_t Unwritten(uint32_t address) { return address * 0x9E379E37u + (address >> 13); }
  // A column by its number: row, bank, column.
  uint32_t Load(uint32_t address) const {
    const auto& page = pages_[address >> t_.col_bits];
    return page.empty() ? Cut(Unwritten(address)) : page[address & (ColumnsOfPage() - 1)];
  }
  void Store(uint32_t address, uint32_t value) {
    auto& page = pages_[address >> t_.col_bits];
    for (uint32_t at = address & ~(ColumnsOfPage() - 1); page.size() < ColumnsOfPage(); ++at) {
      page.push_back(Cut(Unwritten(at)));
    }
    page[address & (ColumnsOfPage() - 1)] = value;
  }

 private:
  struct Bank {
    bool open = false;
    uint32_t row = 0;
    uint64_t activated = 0, ready = 0, hold = 0;  // earliest activate or access; earliest precharge
  };
  struct Out {
    uint64_t at;
    uint32_t data;
  };

  uint32_t Cut(uint32_t value) const { return t_.dq_bits == 16 ? value & 0xFFFF : value; }

  void Complain(const std::string& what) {
    if (complaint_.empty()) complaint_ = "cycle " + std::to_string(now_) + ": " + what;
  }
  void Want(bool holds, const char* what) {
    if (!holds) Complain(what);
  }
  uint32_t ColumnsOfPage() const { return 1u << t_.col_bits; }
  uint32_t Address(uint32_t bank, uint32_t column) const {
    return (banks_[bank].row << (2 + t_.col_bits)) | (bank << t_.col_bits) | column;
  }

  void Command(const SdramPins& p) {
    const int code = (p.ras_n ? 4 : 0) | (p.cas_n ? 2 : 0) | (p.we_n ? 1 : 0);
    if (code == 7) return;
    Want(now_ > t_.init, "a command before the power-up pause is over");
    Want(now_ >= all_ready_, "a command within tRFC or tMRD");
    Bank& bank = banks_[p.ba];
    if (code == 3) {  // activate
      ++activates_;
      Want(mode_set_, "activate before the mode register is set");
      Want(!bank.open, "activate of an open bank");
      Want(now_ >= bank.ready, "activate within tRP");
      Want(now_ >= last_activate_ + t_.trrd || last_activate_ == 0, "activate within tRRD");
      Want(p.a < (1u << t_.row_bits), "no such row");
      last_activate_ = now_;
      bank = {true, p.a, now_, now_ + t_.trcd, now_ + t_.tras};
    } else if (code == 5 || code == 4) {  // read, write
      Want(bank.open, "access of a closed bank");
      Want(now_ >= bank.ready, "access within tRCD");
      Want(now_ >= last_access_ + burst_ || last_access_ == 0, "a burst of two is cut short");
      Want((p.a >> 10 & 1) == 0, "auto precharge");
      last_access_ = now_;
      const uint32_t column = p.a & ((1u << t_.col_bits) - 1);
      Want(column % burst_ == 0, "a burst of two begins at an odd column");
      if (code == 5) {
        for (uint32_t i = 0; i < burst_; ++i) out_.push_back({now_ + t_.cas - 1 + i, Load(Address(p.ba, column + i))});
        last_read_ = now_;
        bank.hold = std::max(bank.hold, now_ + burst_);
      } else {
        Want(out_.empty() && !driving_ && (last_read_ == 0 || now_ >= last_read_ + t_.cas + burst_),
             "write while read data is on the way");
        write_left_ = burst_;
        write_at_ = Address(p.ba, column);
        bank.hold = std::max(bank.hold, now_ + burst_ - 1 + t_.twr);
      }
    } else if (code == 2) {  // precharge
      for (uint32_t b = 0; b < 4; ++b) {
        if (!(p.a >> 10 & 1) && b != p.ba) continue;
        Want(!banks_[b].open || now_ >= banks_[b].hold, "precharge within tRAS, tWR or a burst");
        if (banks_[b].open || !mode_set_) banks_[b].ready = now_ + t_.trp;
        banks_[b].open = false;
      }
    } else if (code == 1 || code == 0) {  // refresh, mode
      for (const Bank& b : banks_) Want(!b.open && now_ >= b.ready, "refresh or mode with an open bank or within tRP");
      if (code == 1) {
        ++refreshes_;
        if (mode_set_ && due_ > 0) --due_;
        if (!mode_set_) ++early_refreshes_;
        all_ready_ = now_ + t_.trfc;
      } else {
        Want(early_refreshes_ >= 2, "mode before two refreshes");
        if (p.a != (t_.cas << 4 | (burst_ - 1)) || p.ba != 0) Complain("mode register is " + std::to_string(p.a));
        mode_set_ = true;
        all_ready_ = now_ + 2;
      }
    } else {
      Complain("burst stop");
    }
  }

  void MoveData(const SdramPins& p) {
    Want((write_left_ != 0) == p.dq_oe, "DQ is driven without a write, or not with one");
    if (write_left_ == 0) {
      Want(p.dqm == 0 || last_read_ == 0 || now_ > last_read_ + t_.cas + burst_, "DQM hides what is read");
      return;
    }
    uint32_t value = Load(write_at_);
    for (uint32_t i = 0; i < t_.dq_bits / 8; ++i) {
      if (p.dqm >> i & 1) continue;
      const uint32_t mask = 0xFFu << (8 * i);
      value = (value & ~mask) | (p.dq & mask);
    }
    Store(write_at_++, value);
    --write_left_;
  }

  void Refreshes() {
    if (!mode_set_) return;
    if (++age_ % t_.refresh_time == 0) ++due_;
    Want(due_ <= t_.refresh_debt + 1, "more refreshes are due than may be put off");
  }

  SdramTiming t_;
  uint32_t burst_;                            // columns of a read or write
  std::vector<uint32_t> late_;                // data that read_delay holds back
  std::vector<std::vector<uint32_t>> pages_;  // by row and bank; empty: never written
  std::array<Bank, 4> banks_;
  std::deque<Out> out_;
  std::string complaint_;
  uint64_t now_ = 0, all_ready_ = 0, last_activate_ = 0, last_access_ = 0, last_read_ = 0;
  uint64_t age_ = 0, due_ = 0, refreshes_ = 0, early_refreshes_ = 0, activates_ = 0;
  uint32_t write_at_ = 0;
  uint32_t write_left_ = 0;
  bool mode_set_ = false, driving_ = false;
};

}  // namespace weft::board
