// A folder of its own among the system's temporary files, gone with all that is in it at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace weft {

class TempFolder {
 public:
  TempFolder() {
    std::error_code none;
    std::string name = (std::filesystem::temp_directory_path(none) / "weft_XXXXXX").string();
    if (!none && mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    if (ok()) std::filesystem::remove_all(path_, ignored);
  }

  bool ok() const { return !path_.empty(); }
  const std::string& path() const { return path_; }  // empty if there is no place for it
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace weft
