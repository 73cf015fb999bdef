// Tables of a document that are made from code or data: the test that makes them fails when they are stale.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weft::testing {

// Compares the tables with what stands between the document's marks, in order; with WEFT_UPDATE=1 they are written there.
// `document` and `test`, the test's own source, are paths in the repository.
inline void ExpectMarkedTables(const std::string& document, const std::string& test, const std::vector<std::string>& tables) {
  const std::string begin = "<!-- made by " + test + ": begin -->\n";
  const std::string end = "<!-- end -->\n";
  const bool update = std::getenv("WEFT_UPDATE") != nullptr;
  const std::string path = std::string(WEFT_SOURCE_DIR) + "/" + document;
  std::ifstream in(path);
  std::string text(std::istreambuf_iterator<char>(in), {});
  in.close();
  size_t at = 0;
  for (const std::string& table : tables) {
    const size_t mark = text.find(begin, at);
    ASSERT_NE(mark, text.npos) << document << " has too few marks of " << test;
    const size_t from = mark + begin.size();
    const size_t to = text.find(end, from);
    ASSERT_NE(to, text.npos) << document << " has a mark without an end";
    if (update) {
      text.replace(from, to - from, table);
    } else {
      EXPECT_EQ(text.substr(from, to - from), table) << "stale; with WEFT_UPDATE=1 this test writes it anew";
    }
    at = from;
  }
  EXPECT_EQ(text.find(begin, at), text.npos) << document << " has more marks of " << test << " than there are tables";
  if (update) std::ofstream(path) << text;
}

}  // namespace weft::testing
