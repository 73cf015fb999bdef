// tokenizer.json files; what follows a zero byte is the tokenizer_config.json.
#include "sw/formats/tokenizer_json.h"

#include <algorithm>

#include "tests/fuzz/target.h"

WEFT_FUZZ_TARGET(bytes) {
  const std::string_view text = weft::AsText(bytes);
  const size_t end = std::min(text.find('\0'), text.size());
  weft::CheckSentence(
      weft::ReadTokenizerJson(text.substr(0, end), text.substr(std::min(end + 1, text.size()))));
}
