"""The Llama that Weft trains: RMSNorm, interleaved-pair RoPE, grouped-query attention, SwiGLU, tied embeddings.

As a program: generate text from a checkpoint.
"""

import argparse
import dataclasses

import torch
from torch import nn
from torch.nn import functional as F

import ternary
from attention import CausalAttention


@dataclasses.dataclass
class Config:
    """The shape of the model."""

    vocab: int = 1024
    dim: int = 128
    hidden: int = 384
    layers: int = 6
    heads: int = 4
    kv_heads: int = 1
    context: int = 256
    eps: float = 1e-5
    theta: float = 10000.0
    ternary: bool = False  # the matrices inside the layers

    @property
    def head(self):
        return self.dim // self.heads


class RMSNorm(nn.Module):
    """x / rms(x) * weight."""

    def __init__(self, dim, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


def rope_table(config):
    """cos and sin, each [context, head / 2]."""
    frequency = config.theta ** (-torch.arange(0, config.head, 2).float() / config.head)
    angle = torch.arange(config.context).float()[:, None] * frequency
    return angle.cos(), angle.sin()


def rope(x, cos, sin):
    """Rotate the pairs (2i, 2i + 1) of x [batch, position, head, size]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = cos[:, None], sin[:, None]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Block(nn.Module):
    """One layer: attention, then the SwiGLU feed-forward, each on a normed residual."""

    def __init__(self, config):
        super().__init__()
        self.config = c = config
        self.attn_norm = RMSNorm(c.dim, c.eps)
        self.attn_q = nn.Linear(c.dim, c.heads * c.head, bias=False)
        self.attn_k = nn.Linear(c.dim, c.kv_heads * c.head, bias=False)
        self.attn_v = nn.Linear(c.dim, c.kv_heads * c.head, bias=False)
        self.attn_output = nn.Linear(c.heads * c.head, c.dim, bias=False)
        self.ffn_norm = RMSNorm(c.dim, c.eps)
        self.ffn_gate = nn.Linear(c.dim, c.hidden, bias=False)
        self.ffn_up = nn.Linear(c.dim, c.hidden, bias=False)
        self.ffn_down = nn.Linear(c.hidden, c.dim, bias=False)

    def attend(self, x, cos, sin):
        """Causal attention; the query heads of one KV head go together."""
        c, (batch, time, _) = self.config, x.shape
        q = rope(self.attn_q(x).view(batch, time, c.heads, c.head), cos, sin) * c.head ** -0.5
        k = rope(self.attn_k(x).view(batch, time, c.kv_heads, c.head), cos, sin)
        v = self.attn_v(x).view(batch, time, c.kv_heads, c.head)
        q = q.transpose(1, 2).reshape(batch * c.kv_heads, c.heads // c.kv_heads, time, c.head)
        k, v = (t.transpose(1, 2).reshape(batch * c.kv_heads, time, c.head) for t in (k, v))
        out = CausalAttention.apply(q.float(), k.float(), v.float()).view(batch, c.heads, time, c.head)
        return self.attn_output(out.transpose(1, 2).reshape(batch, time, c.heads * c.head))

    def forward(self, x, cos, sin):
        x = x + self.attend(self.attn_norm(x), cos, sin)
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h).float()) * self.ffn_up(h))


class Llama(nn.Module):
    """Token ids [batch, position] to logits [batch, position, vocab]. Parameters are named as in a GGUF file."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.token_embd = nn.Embedding(config.vocab, config.dim)
        self.blk = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.output_norm = RMSNorm(config.dim, config.eps)
        cos, sin = rope_table(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.token_embd.weight, std=0.02)
        for name, p in self.blk.named_parameters():
            if p.dim() == 2:
                residual = "attn_output" in name or "ffn_down" in name
                nn.init.normal_(p, std=p.shape[1] ** -0.5 * (0.2 if residual else 0.6))

    def forward(self, ids):
        time = ids.shape[1]
        x = self.token_embd(ids)
        cos, sin = self.cos[:time], self.sin[:time]
        for block in self.blk:
            x = block(x, cos, sin)
        return F.linear(self.output_norm(x), self.token_embd.weight)


def load(path):
    """The model of a checkpoint that train.py wrote; a ternary one with its ternary weights."""
    state = torch.load(path, map_location="cpu")
    model = Llama(Config(**state["config"]))
    model.load_state_dict(state["model"])
    if model.config.ternary:
        ternary.freeze(model)
    return model.eval()


@torch.no_grad()
def generate(model, ids, count, temperature=0.0, eos=2, seed=0):
    """Continue ids by up to count tokens, or to EOS or the end of the context; temperature 0 is greedy."""
    generator = torch.Generator().manual_seed(seed)
    ids = list(ids)
    for _ in range(min(count, model.config.context - len(ids))):
        logits = model(torch.tensor([ids]))[0, -1]
        if temperature == 0:
            token = int(logits.argmax())
        else:
            token = int(torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator))
        if token == eos:
            break
        ids.append(token)
    return ids


def main():
    import sentencepiece as spm

    parser = argparse.ArgumentParser(description="Generate text from a checkpoint.")
    parser.add_argument("--checkpoint", default=".train/checkpoint.pt")
    parser.add_argument("--tokenizer", default=".train/tokenizer.model")
    parser.add_argument("--prompt", default="Once upon a time")
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    processor = spm.SentencePieceProcessor(model_file=args.tokenizer)
    ids = [processor.bos_id()] + processor.encode(args.prompt)
    out = generate(load(args.checkpoint), ids, args.tokens, args.temperature, processor.eos_id(), args.seed)
    print(processor.decode(out[1:]))


if __name__ == "__main__":
    main()
