"""Bits per byte of a model on held-out stories, teacher-forced.

Each story is scored on its own. Its text tokens are cut into consecutive windows of one context
(256): window w is fed BOS and its first 255 tokens, and all its 256 tokens are predicted, so a
story longer than the context starts again after BOS with nothing of what came before.
Bits per byte = the sum of -log2 p over all text tokens / the UTF-8 bytes of the stories; the
end-of-story token is fed nowhere and scored nowhere. --overlap N instead starts each later window
N tokens early and scores only what the window before it did not.
"""

import argparse
import math
import os

import numpy as np
import torch
from torch.nn import functional as F

import model as llama

BOS = 1


def load_stories(folder, name="eval"):
    """(tokens without BOS and EOS, bytes) of each story that tokenizer.py encoded."""
    ids = np.load(os.path.join(folder, name + ".npy")).astype(np.int64)
    index = np.load(os.path.join(folder, name + ".index.npy"))
    ends = list(index[1:, 0]) + [len(ids)]
    return [(ids[start + 1:end - 1], size) for (start, size), end in zip(index, ends)]


def windows(tokens, context, overlap=0):
    """(input, target) arrays of one story; target -100 where nothing is scored."""
    start = 0
    while start < len(tokens):
        begin = max(0, start - overlap) if start else 0
        target = tokens[begin:begin + context].copy()
        yield np.concatenate(([BOS], target[:-1])), np.where(np.arange(len(target)) < start - begin, -100, target)
        start = begin + len(target)


@torch.no_grad()
def bits_per_byte(model, stories, overlap=0, batch=16):
    """(bits per byte, nats per token) over the stories."""
    model.eval()
    context = model.config.context
    rows = sorted((w for tokens, _ in stories for w in windows(tokens, context, overlap)), key=lambda w: len(w[0]))
    nats, count = 0.0, 0
    for i in range(0, len(rows), batch):
        part = rows[i:i + batch]
        width = max(len(x) for x, _ in part)
        x = torch.tensor(np.stack([np.pad(a, (0, width - len(a))) for a, _ in part]))
        y = torch.tensor(np.stack([np.pad(b, (0, width - len(b)), constant_values=-100) for _, b in part]))
        nats += float(F.cross_entropy(model(x).flatten(0, 1), y.flatten(), ignore_index=-100, reduction="sum"))
        count += int((y >= 0).sum())
    return nats / math.log(2) / sum(size for _, size in stories), nats / count


def main():
    parser = argparse.ArgumentParser(description="Measure bits per byte of a checkpoint or a GGUF file.")
    parser.add_argument("model", help="checkpoint.pt, or a .gguf that export_gguf.py wrote")
    parser.add_argument("--work", default=".train", help="folder with eval.npy")
    parser.add_argument("--overlap", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.model.endswith(".gguf"):
        import export_gguf
        model = export_gguf.load_model(args.model)
    else:
        model = llama.load(args.model)
    stories = load_stories(args.work)
    bits, nats = bits_per_byte(model, stories, args.overlap)
    print(f"{bits:.4f} bits/byte, {nats:.4f} nats/token, {sum(len(t) for t, _ in stories)} tokens, "
          f"{sum(s for _, s in stories)} bytes, {len(stories)} stories")


if __name__ == "__main__":
    main()
