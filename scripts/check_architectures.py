#!/usr/bin/env python3
"""Checks sw/reference against PyTorch: small random models of each architecture, written as Hugging Face folders.

The architectures are stated again here, plainly and in float64, over PyTorch's own operators; the program reads the
same folder and scores the same ids. For maintainers: needs python3-torch and a built `build/weft`.

    scripts/check_architectures.py [SEED]
"""

import json
import math
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
IDS = 60  # tokens of the text that is scored

SHAPES = {
    "llama": dict(model_type="llama", hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=2),
    "llama, scaled RoPE": dict(
        model_type="llama", hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=4,
        rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                          original_max_position_embeddings=32)),
    "mistral": dict(model_type="mistral", hidden_size=64, intermediate_size=128, num_attention_heads=4,
                    num_key_value_heads=1, sliding_window=None),
    "qwen2": dict(model_type="qwen2", hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=2),
    "qwen3": dict(model_type="qwen3", hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=2,
                  head_dim=32),
}
NAMES = {"llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}


def make_config(shape):
    config = dict(num_hidden_layers=2, vocab_size=300, max_position_embeddings=128, rms_norm_eps=1e-5, rope_theta=10000.0,
                  hidden_act="silu", tie_word_embeddings=False, torch_dtype="float32", **shape)
    config["architectures"] = [NAMES[shape["model_type"]]]
    return config


def head_dim(config):
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def make_weights(config, generator):
    """name -> float32 tensor, in the names and shapes of a Hugging Face checkpoint."""
    dim, hidden, hd = config["hidden_size"], config["intermediate_size"], head_dim(config)
    q, kv = config["num_attention_heads"] * hd, config["num_key_value_heads"] * hd

    def matrix(rows, cols):
        return torch.randn(rows, cols, generator=generator) / math.sqrt(cols)

    def gain(n):
        return 1 + 0.25 * torch.randn(n, generator=generator)

    weights = {"model.embed_tokens.weight": torch.randn(config["vocab_size"], dim, generator=generator),
               "lm_head.weight": 3 * matrix(config["vocab_size"], dim), "model.norm.weight": gain(dim)}
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        weights[layer + "input_layernorm.weight"] = gain(dim)
        weights[layer + "post_attention_layernorm.weight"] = gain(dim)
        for name, rows in (("q", q), ("k", kv), ("v", kv)):
            weights[f"{layer}self_attn.{name}_proj.weight"] = matrix(rows, dim)
            if config["model_type"] == "qwen2":
                weights[f"{layer}self_attn.{name}_proj.bias"] = torch.randn(rows, generator=generator)
        weights[layer + "self_attn.o_proj.weight"] = matrix(dim, q)
        if config["model_type"] == "qwen3":
            weights[layer + "self_attn.q_norm.weight"] = gain(hd)
            weights[layer + "self_attn.k_norm.weight"] = gain(hd)
        weights[layer + "mlp.gate_proj.weight"] = matrix(hidden, dim)
        weights[layer + "mlp.up_proj.weight"] = matrix(hidden, dim)
        weights[layer + "mlp.down_proj.weight"] = matrix(dim, hidden)
    return weights


def write_folder(folder, config, weights):
    (folder / "config.json").write_text(json.dumps(config))
    header, blob = {}, b""
    for name, tensor in weights.items():
        data = tensor.contiguous().numpy().tobytes()
        header[name] = dict(dtype="F32", shape=list(tensor.shape), data_offsets=[len(blob), len(blob) + len(data)])
        blob += data
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + blob)


def frequencies(config):
    """Radians a position of each pair of a head."""
    hd = head_dim(config)
    f = config["rope_theta"] ** (-torch.arange(0, hd, 2, dtype=torch.float64) / hd)
    s = config.get("rope_scaling")
    if not s:
        return f
    # Llama 3: long waves are slowed by the factor, short ones kept, those between are mixed.
    turns = s["original_max_position_embeddings"] * f / (2 * math.pi)
    mix = ((turns - s["low_freq_factor"]) / (s["high_freq_factor"] - s["low_freq_factor"])).clamp(0, 1)
    return (1 - mix) * f / s["factor"] + mix * f


def rms_norm(x, gain, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * gain


def rotate(x, angles):
    """x [heads][T][hd], the halves of a head rotate together."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], dim=-1)


def logits(config, weights, ids):
    w = {name: tensor.double() for name, tensor in weights.items()}
    heads, kv_heads, hd, eps = (config["num_attention_heads"], config["num_key_value_heads"], head_dim(config),
                                config["rms_norm_eps"])
    t = len(ids)
    angles = torch.arange(t, dtype=torch.float64)[:, None] * frequencies(config)
    mask = torch.full((t, t), float("-inf"), dtype=torch.float64).triu(1)
    x = w["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        xn = rms_norm(x, w[layer + "input_layernorm.weight"], eps)

        def project(name, n):
            bias = w.get(f"{layer}self_attn.{name}_proj.bias")
            y = torch.nn.functional.linear(xn, w[f"{layer}self_attn.{name}_proj.weight"], bias)
            y = y.view(t, n, hd).transpose(0, 1)
            norm = w.get(f"{layer}self_attn.{name}_norm.weight")
            return y if norm is None else rms_norm(y, norm, eps)

        q, k, v = rotate(project("q", heads), angles), rotate(project("k", kv_heads), angles), project("v", kv_heads)
        k, v = (z.repeat_interleave(heads // kv_heads, dim=0) for z in (k, v))
        o = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(hd) + mask, dim=-1) @ v
        x = x + o.transpose(0, 1).reshape(t, -1) @ w[layer + "self_attn.o_proj.weight"].T
        xn = rms_norm(x, w[layer + "post_attention_layernorm.weight"], eps)
        h = torch.nn.functional.silu(xn @ w[layer + "mlp.gate_proj.weight"].T) * (xn @ w[layer + "mlp.up_proj.weight"].T)
        x = x + h @ w[layer + "mlp.down_proj.weight"].T
    return rms_norm(x, w["model.norm.weight"], eps) @ w["lm_head.weight"].T


def perplexity(rows, ids):
    return torch.nn.functional.cross_entropy(rows[:-1], ids[1:]).exp().item()


def program_perplexity(folder, ids_file, device):
    command = [ROOT / "build" / "weft", "perplexity", folder, "--ids", ids_file, "--device", device, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["perplexity"]


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"seed {seed}")
    bad = 0
    for name, shape in SHAPES.items():
        generator = torch.Generator().manual_seed(seed)
        config = make_config(shape)
        weights = make_weights(config, generator)
        ids = torch.randint(3, config["vocab_size"], (IDS,), generator=generator)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            write_folder(folder, config, weights)
            ids_file = folder / "ids.i32"
            ids_file.write_bytes(struct.pack(f"<{IDS + 1}i", IDS, *ids.tolist()))
            want = perplexity(logits(config, weights, ids), ids)
            reference = program_perplexity(folder, ids_file, "reference")
            golden = program_perplexity(folder, ids_file, "golden")
        # fp32 against float64; Q8_0 weights and int8 activations against both.
        ok = abs(reference / want - 1) < 1e-4 and abs(golden / want - 1) < 0.1
        bad += not ok
        print(f"{'ok  ' if ok else 'BAD '} {name:20} PyTorch {want:.5f}  reference {reference:.5f}  golden {golden:.5f}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
