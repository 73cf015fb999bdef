"""Causal attention in blocks of queries, so that keys after a block are never multiplied.

Its gradient is written out, which on a processor is much faster than the general one.
"""

import math

import torch


class CausalAttention(torch.autograd.Function):
    """softmax(q k^T, causal) v, for scaled q [batch, group, time, size] and k, v [batch, time, size]."""

    BLOCK = 64

    @staticmethod
    @torch.autocast("cpu", enabled=False)
    def forward(ctx, q, k, v):
        batch, group, time, size = q.shape
        block = CausalAttention.BLOCK
        future = torch.full((block, block), -math.inf).triu(1)
        out, probabilities = torch.empty_like(q), []
        for a in range(0, time, block):
            b = min(a + block, time)
            score = torch.bmm(q[:, :, a:b].reshape(batch, -1, size), k[:, :b].transpose(1, 2))
            score.view(batch, group, b - a, b)[..., a:].add_(future[:b - a, :b - a])
            p = torch.softmax(score, -1)
            out[:, :, a:b] = torch.bmm(p, v[:, :b]).view(batch, group, b - a, size)
            probabilities.append(p)
        ctx.save_for_backward(q, k, v, *probabilities)
        return out

    @staticmethod
    def backward(ctx, grad):
        q, k, v, *probabilities = ctx.saved_tensors
        batch, group, time, size = q.shape
        dq, dk, dv = torch.empty_like(q), torch.zeros_like(k), torch.zeros_like(v)
        a = 0
        for p in probabilities:
            b = p.shape[2]
            g = grad[:, :, a:b].reshape(batch, -1, size)
            dv[:, :b] += torch.bmm(p.transpose(1, 2), g)
            ds = torch.bmm(g, v[:, :b].transpose(1, 2)).mul_(p)
            ds.sub_(p * ds.sum(-1, keepdim=True))
            dq[:, :, a:b] = torch.bmm(ds, k[:, :b]).view(batch, group, b - a, size)
            dk[:, :b] += torch.bmm(ds.transpose(1, 2), q[:, :, a:b].reshape(batch, -1, size))
            a = b
        return dq, dk, dv
