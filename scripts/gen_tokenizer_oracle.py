#!/usr/bin/env python3
"""Writes tests/tokenizer/data: small vocabularies and what Hugging Face's tokenizers makes of tricky texts.

For maintainers; needs `pip install tokenizers` (written with 0.23.3). The vocabularies are trained here on this
repository's own pages, so that nothing is copied:

  byte_level.json  a tokenizer.json whose pre-tokenizer the test replaces by each family's
  metaspace.json   a tokenizer.json as SentencePiece models become when they are converted
  oracle.json      {families: {name: {pre_tokenizer, ignore_merges, ids}}, metaspace: {ids}, texts}
"""
import json
import random
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "tests/tokenizer/data"
SEED = 20261125

GPT2 = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
LLAMA3 = (r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"""
          r"""|\s*[\r\n]+|\s+(?!\S)|\s+""")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


FAMILIES = {
    "gpt-2": (pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True), False),
    "gpt-2 spelled out": (split(GPT2), False),
    "llama-bpe": (split(LLAMA3), True),
    "llama-bpe without ignore_merges": (split(LLAMA3), False),
    "qwen2": (split(QWEN2), False),
    "smollm": (pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]), False),
}

TRICKY = [
    "", " ", "  ", "   ", "\n", "\n\n", " \n", "\n ", " \n \n  x", "\r\n", "a\r\nb", "\t", "\t\tx", "a\tb", "x  y", "x   y",
    "x    ", "  x  ", "Hello", " Hello", "Hello, world!", "don't", "DON'T", "I'll we've they're he'd I'm it's", "I'LL WE'VE",
    "'s", "'S", "' s", "''s", "'t'd'm", "can't.stop", "O'Neil's", "'ſ", "'ſt", "it'ſ", "'K", "1", "12", "123", "1234",
    "12345678", " 1234", "3.14159", "1,000,000", "a1b2c3", "2nd 3rd 44th", "x1234y", "１２３４", "٣٤٥", "¼½²³", "Ⅷ Ⅸ", "1 2  3",
    "1\n2", "...", "!!!", "?!\n\n", ".\n", ".\r\n\r\n x", "()[]{}", "--flag=value", "a_b_c", "C++ && x||y", "// comment\n\tcode();",
    "if (x) {\n    return y;\n}\n", "http://example.org/a?b=c&d=1", "foo@bar.com", "#include <stdio.h>\n", "é", "e\u0301",
    "naïve café", "Straße", "ÀÉÎ", "Привет, мир", "你好，世界", "こんにちは世界", "한국어 텍스트", "שלום עולם", "مرحبا بالعالم",
    "नमस्ते दुनिया", "ไทย ภาษา", "😀", "😀😀", "a😀b", " 😀 ", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "👍🏽", "☃", "“quoted” — dash…", "\u00a0", "a\u00a0b",
    "\u00a0\u00a0a", "\u2003x", "\u3000\u3000字", "\u180e", "a\u180eb", "\u0085", "a\u0085b", "\u200b", "a\u200bb", "\u2028x\u2029",
    "\ufeffx", "\u0000", "a\u0000b", "\u001f", "\x7f", "\u0300", "x\u0300\u0301", "\U0001d400\U0001d7ce", "\U000e0001", "\U0010ffff",
    "<|endoftext|>", "a<|endoftext|>b", "<|endoftext", "<|user piece|>", " <|user piece|> x", "x<|user piece|>y",
    "<|user piece|><|user piece|>", "theweft", " chip", "chips", "the chip of the weft", "▁", "a▁b", "<0x41>", "<unk>", "</s>",
]


def texts():
    rng = random.Random(SEED)
    alphabets = ["ab 1\n'", "the chip  \t\n12.", "aé世😀 \u00a0٣\n", "'sStTlLmMdDrReEvV ", " \n\r\t", "x1 .\n", "аб вг",
                 "".join(chr(c) for c in range(32, 127))]
    out = list(TRICKY)
    while len(out) < 240:
        alphabet = rng.choice(alphabets)
        out.append("".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 40))))
    return out


def corpus():
    pages = sorted((ROOT / "docs").glob("*.md")) + [ROOT / "README.md"]
    text = "\n".join(page.read_text() for page in pages)
    return [text, "é世界 naïve café Привет 你好 😀 don't it's we'll 1234 2026 100 000    x\n\n"] * 3


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=640, show_progress=False, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    file = json.loads(tokenizer.to_str())
    # Words that no merges give: what ignore_merges is about.
    for word in ["weft", "Ġweft", "chips", "Ġhello", "123", "'S"]:
        file["model"]["vocab"].setdefault(word, len(file["model"]["vocab"]))
    tokenizer = Tokenizer.from_str(json.dumps(file))
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", normalized=False)])
    tokenizer.add_tokens([AddedToken("<|user piece|>", normalized=False)])
    return json.loads(tokenizer.to_str())


def metaspace():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    trainer = trainers.BpeTrainer(vocab_size=700, show_progress=False, limit_alphabet=90, max_token_length=12,
                                  special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)])
    lines = [line for text in corpus() for line in text.split("\n")]
    tokenizer.train_from_iterator(lines, trainer)
    file = json.loads(tokenizer.to_str())
    # The trainer makes added tokens of them all; converted models have three.
    file["added_tokens"] = file["added_tokens"][:3]
    return file


def pack(value, path):
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    base, sp, strings = byte_level(), metaspace(), texts()
    oracle = {"texts": strings, "families": {}}
    for name, (pre, ignore_merges) in FAMILIES.items():
        file = json.loads(json.dumps(base))
        file["model"]["ignore_merges"] = ignore_merges
        tokenizer = Tokenizer.from_str(json.dumps(file))
        tokenizer.pre_tokenizer = pre
        oracle["families"][name] = {
            "pre_tokenizer": json.loads(tokenizer.to_str())["pre_tokenizer"], "ignore_merges": ignore_merges,
            "ids": [tokenizer.encode(text, add_special_tokens=False).ids for text in strings]}
    tokenizer = Tokenizer.from_str(json.dumps(sp))
    oracle["metaspace"] = [tokenizer.encode(text, add_special_tokens=False).ids for text in strings]
    pack(base, OUT / "byte_level.json")
    pack(sp, OUT / "metaspace.json")
    pack(oracle, OUT / "oracle.json")


if __name__ == "__main__":
    sys.exit(main())
