// How files spell pieces, and back. SentencePiece: U+2581 stands for a space, "<0x0A>" for a byte token.
// Byte-level: each byte is a character of GPT-2's alphabet, printable bytes their own, the others U+0100 on.
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

// The bytes that a byte-level piece spells; nothing if a character is outside the alphabet.
std::optional<std::string> BytesFromAlphabet(std::string_view text);
std::string BytesToAlphabet(std::string_view bytes);

}  // namespace weft
