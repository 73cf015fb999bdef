// How files spell SentencePiece pieces, and back: U+2581 stands for a space, "<0x0A>" for a byte token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

std::string PieceFromText(std::string_view text);  // U+2581 -> ' '
std::string PieceToText(std::string_view piece);   // ' ' -> U+2581

// The byte that "<0xHH>" stands for; nothing for any other text.
std::optional<uint8_t> ByteFromText(std::string_view text);
std::string ByteToText(uint8_t byte);

}  // namespace weft
