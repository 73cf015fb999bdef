"""Ternary weights as TQ2_0 stores them: blocks of 256 along a row, each value -d, 0 or d, d in fp16.

Training keeps full-precision latent weights. The forward and the backward pass see their ternary
values; the gradient found there is applied to the latent weights (straight through).
"""

import contextlib

import torch

BLOCK = 256
THRESHOLD = 0.75  # of the mean magnitude of a block; about the best one for weights that look Gaussian


def ternarize(w):
    """The ternary matrix nearest to w [rows, columns], about: d is the mean magnitude above the threshold."""
    if w.shape[1] % BLOCK:
        raise ValueError(f"a ternary matrix has {w.shape[1]} columns, which is no multiple of {BLOCK}")
    blocks = w.reshape(-1, BLOCK)
    size = blocks.abs()
    kept = size > THRESHOLD * size.mean(1, keepdim=True)
    d = (size * kept).sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp(min=1)
    return (blocks.sign() * kept * d.half().float()).reshape(w.shape)


def matrices(model):
    """The weights that become ternary: every matrix inside the layers."""
    return [p for p in model.blk.parameters() if p.dim() == 2]


@torch.no_grad()
def freeze(model):
    """Replace the latent weights by their ternary values, for use without training."""
    for p in matrices(model):
        p.copy_(ternarize(p))


@contextlib.contextmanager
def weights(model, enabled=True):
    """Inside, the matrices hold their ternary values; gradients found there reach the latent weights."""
    latent = [(p, p.data) for p in matrices(model)] if enabled else []
    for p, data in latent:
        p.data = ternarize(data)
    try:
        yield
    finally:
        for p, data in latent:
            p.data = data
