"""Write a checkpoint as a GGUF v3 file: matrices in Q8_0 or TQ2_0, norms in F32, the tokenizer inside.

Also reads such a file back into a model, so that what the quantization costs can be measured.
"""

import argparse
import os
import struct

import numpy as np
import torch

import model as llama
from blocks import BLOCK, F32, Q8_0, TQ2_0, decode, encode

ALIGNMENT = 32
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9  # GGUF value types
SCALAR = {UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # token types


def string(text):
    """A GGUF string: length and UTF-8 bytes."""
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def value(kind, v):
    """One GGUF value without its type."""
    return string(v) if kind == STRING else struct.pack(SCALAR[kind], v)


def entry(key, kind, v):
    """A key-value pair; a list becomes an array of that type."""
    if isinstance(v, list):
        body = struct.pack("<IIQ", ARRAY, kind, len(v)) + b"".join(value(kind, x) for x in v)
    else:
        body = struct.pack("<I", kind) + value(kind, v)
    return string(key) + body


def tokenizer_entries(path):
    """The tokenizer.ggml.* pairs of a SentencePiece model."""
    import sentencepiece as spm

    sp = spm.SentencePieceProcessor(model_file=path)
    ids = range(sp.vocab_size())
    kinds = [UNKNOWN if sp.is_unknown(i) else CONTROL if sp.is_control(i) else BYTE if sp.is_byte(i) else NORMAL
             for i in ids]
    prefix = "tokenizer.ggml."
    return [entry(prefix + "model", STRING, "llama"),
            entry(prefix + "tokens", STRING, [sp.id_to_piece(i) for i in ids]),
            entry(prefix + "scores", FLOAT32, [sp.get_score(i) for i in ids]),
            entry(prefix + "token_type", INT32, kinds),
            entry(prefix + "bos_token_id", UINT32, sp.bos_id()),
            entry(prefix + "eos_token_id", UINT32, sp.eos_id()),
            entry(prefix + "unknown_token_id", UINT32, sp.unk_id()),
            entry(prefix + "add_bos_token", BOOL, True),
            entry(prefix + "add_eos_token", BOOL, False),
            entry(prefix + "add_space_prefix", BOOL, True)]


def model_entries(c, name, licence, parameters):
    """The general.* and llama.* pairs."""
    return [entry("general.architecture", STRING, "llama"),
            entry("general.name", STRING, name),
            entry("general.description", STRING,
                  f"{'Ternary' if c.ternary else 'Default'} model of Weft: {parameters} parameters, small stories"),
            entry("general.license", STRING, licence),
            entry("general.languages", STRING, ["en"]),
            entry("general.alignment", UINT32, ALIGNMENT),
            entry("general.file_type", UINT32, 37 if c.ternary else 7),  # mostly TQ2_0 or Q8_0
            entry("general.quantization_version", UINT32, 2),
            entry("llama.context_length", UINT32, c.context),
            entry("llama.embedding_length", UINT32, c.dim),
            entry("llama.block_count", UINT32, c.layers),
            entry("llama.feed_forward_length", UINT32, c.hidden),
            entry("llama.rope.dimension_count", UINT32, c.head),
            entry("llama.rope.freq_base", FLOAT32, c.theta),
            entry("llama.attention.head_count", UINT32, c.heads),
            entry("llama.attention.head_count_kv", UINT32, c.kv_heads),
            entry("llama.attention.layer_norm_rms_epsilon", FLOAT32, c.eps),
            entry("llama.vocab_size", UINT32, c.vocab)]


def pad(data):
    """Zeroes up to the next aligned offset."""
    return data + bytes(-len(data) % ALIGNMENT)


def write(path, model, tokenizer, name, licence):
    """Write the file whole or not at all."""
    entries = model_entries(model.config, name, licence, sum(p.numel() for p in model.parameters()))
    entries += tokenizer_entries(tokenizer)
    infos, data = b"", b""
    tensors = list(model.named_parameters())
    for key, p in tensors:
        x = p.detach().numpy().astype(np.float32)
        kind = F32 if x.ndim == 1 else TQ2_0 if model.config.ternary and key.startswith("blk.") else Q8_0
        dims = x.shape[::-1]  # GGUF names the contiguous dimension first
        infos += string(key) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, len(data))
        data += pad(encode(x, kind))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + b"".join(entries) + infos
    with open(path + ".tmp", "wb") as f:
        f.write(pad(head) + data)
    os.replace(path + ".tmp", path)


class Reader:
    """The pairs and tensors of a GGUF file."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        self.at = 4
        _, tensors, pairs = self.unpack("<IQQ")
        self.pairs = {}
        for _ in range(pairs):
            key = self.string()
            self.pairs[key] = self.value(self.unpack("<I")[0])
        infos = []
        for _ in range(tensors):
            key, (rank,) = self.string(), self.unpack("<I")
            infos.append((key, self.unpack(f"<{rank}Q"), *self.unpack("<IQ")))
        start = self.at + -self.at % self.pairs["general.alignment"]
        self.tensors = {}
        for key, dims, kind, offset in infos:
            values, size = BLOCK[kind]
            end = start + offset + int(np.prod(dims)) // values * size
            self.tensors[key] = decode(self.data[start + offset:end], kind, dims[::-1])

    def unpack(self, layout):
        v = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return v

    def string(self):
        (n,) = self.unpack("<Q")
        self.at += n
        return self.data[self.at - n:self.at].decode("utf-8")

    def value(self, kind):
        if kind == ARRAY:
            element, count = self.unpack("<IQ")
            return [self.value(element) for _ in range(count)]
        return self.string() if kind == STRING else self.unpack(SCALAR[kind])[0]


def load_model(path):
    """The model of a file that write() wrote, its matrices dequantized."""
    reader = Reader(path)
    get = lambda key: reader.pairs["llama." + key]
    model = llama.Llama(llama.Config(
        vocab=get("vocab_size"), dim=get("embedding_length"), hidden=get("feed_forward_length"),
        layers=get("block_count"), heads=get("attention.head_count"), kv_heads=get("attention.head_count_kv"),
        context=get("context_length"), eps=get("attention.layer_norm_rms_epsilon"), theta=get("rope.freq_base")))
    model.load_state_dict({key: torch.from_numpy(x.copy()) for key, x in reader.tensors.items()})
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", default=".train/checkpoint.pt")
    parser.add_argument("--tokenizer", default=".train/tokenizer.model")
    parser.add_argument("--out", default="models/weft-stories-1m.q8_0.gguf")
    parser.add_argument("--name", default="weft-stories-1m")
    parser.add_argument("--licence", default="apache-2.0", help="general.license: an SPDX name")
    args = parser.parse_args()
    write(args.out, llama.load(args.checkpoint), args.tokenizer, args.name, args.licence)
    print(f"{args.out}: {os.path.getsize(args.out)} bytes")


if __name__ == "__main__":
    main()
