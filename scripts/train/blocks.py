"""The two block formats the models are stored in: Q8_0 and TQ2_0, as ggml lays them out."""

import numpy as np

F32, Q8_0, TQ2_0 = 0, 8, 35  # ggml tensor types
BLOCK = {F32: (1, 4), Q8_0: (32, 34), TQ2_0: (256, 66)}  # values and bytes of a block


def scaled(blocks, d, limit):
    """round_even(x / d) within +-limit; 0 where d is 0."""
    scale = d.astype(np.float32)[:, None]
    q = np.divide(blocks, scale, out=np.zeros_like(blocks), where=scale != 0)
    return np.clip(np.rint(q), -limit, limit).astype(np.int8)


def encode_q8_0(blocks):
    """fp16 d = amax / 127, then 32 int8."""
    d = (np.abs(blocks).max(1) / np.float32(127)).astype(np.float16)
    return d[:, None].view(np.uint8), scaled(blocks, d, 127).view(np.uint8)


def decode_q8_0(raw):
    d = np.ascontiguousarray(raw[:, :2]).view(np.float16).astype(np.float32)
    return np.ascontiguousarray(raw[:, 2:]).view(np.int8) * d


def encode_tq2_0(blocks):
    """64 bytes of 2-bit digits, then fp16 d = amax; a value is (digit - 1) * d.

    Byte m of each half of 32 bytes holds the values m, m + 32, m + 64 and m + 96 of its 128, lowest bits first.
    """
    d = np.abs(blocks).max(1).astype(np.float16)
    digits = (scaled(blocks, d, 1) + 1).astype(np.uint8).reshape(-1, 2, 4, 32)
    packed = digits[:, :, 0] | digits[:, :, 1] << 2 | digits[:, :, 2] << 4 | digits[:, :, 3] << 6
    return packed.reshape(-1, 64), d[:, None].view(np.uint8)


def decode_tq2_0(raw):
    packed = raw[:, :64].reshape(-1, 2, 1, 32)
    digits = packed >> np.array([0, 2, 4, 6], dtype=np.uint8)[:, None] & 3
    d = np.ascontiguousarray(raw[:, 64:]).view(np.float16).astype(np.float32)
    return (digits.astype(np.int8) - 1).reshape(-1, 256) * d


def encode(x, kind):
    """The bytes of a float32 tensor; its rows must be whole blocks."""
    x = np.ascontiguousarray(x, dtype=np.float32)
    if kind == F32:
        return x.tobytes()
    size = BLOCK[kind][0]
    if x.shape[-1] % size:
        raise ValueError(f"a row has {x.shape[-1]} values, which is no multiple of {size}")
    parts = {Q8_0: encode_q8_0, TQ2_0: encode_tq2_0}[kind](x.reshape(-1, size))
    return np.concatenate(parts, 1).tobytes()


def decode(data, kind, shape):
    """The float32 tensor of bytes that encode() wrote."""
    if kind == F32:
        return np.frombuffer(data, "<f4").reshape(shape)
    raw = np.frombuffer(data, dtype=np.uint8).reshape(-1, BLOCK[kind][1])
    return {Q8_0: decode_q8_0, TQ2_0: decode_tq2_0}[kind](raw).astype(np.float32).reshape(shape)
