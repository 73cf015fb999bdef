"""Train the model on the tokens that tokenizer.py cached.

Writes into --out: checkpoint.pt every --save-minutes (a later run resumes from it) and log.csv
with step, training seconds, learning-rate factor, train loss, and, where measured, validation loss
and bits per byte on the first --val-stories held-out stories; the last row is on all of them.
"""

import argparse
import dataclasses
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

import evaluate
import model as llama
import ternary
from muon import Muon

BOS = 1


def epoch_rows(ids, starts, context, seed):
    """The rows [n, context + 1] of one epoch, shuffled.

    The stories are shuffled and laid back to back. Half of the rows begin where a story does, the
    others lie end to end from a random offset; one in ten of those has BOS for its first token, as
    a text has whose beginning has left the context.
    """
    rng = np.random.default_rng(seed)
    ends = np.append(starts[1:], len(ids))
    order = rng.permutation(len(starts))
    stream = np.concatenate([ids[starts[i]:ends[i]] for i in order]).astype(np.int64)
    begin = np.concatenate(([0], np.cumsum((ends - starts)[order])[:-1]))
    count = (len(stream) - 1) // context
    last = len(stream) - context - 1
    aligned = rng.permutation(begin[begin <= last])[:count // 2]
    loose = rng.integers(context) + context * np.arange(count)
    loose = rng.permutation(loose[loose <= last])[:count - len(aligned)]
    rows = stream[np.concatenate((aligned, loose))[:, None] + np.arange(context + 1)]
    rows[len(aligned):len(aligned) + len(loose) // 10, 0] = BOS
    return rng.permutation(rows)


class Batches:
    """Batch number `step` of an endless run of epochs."""

    def __init__(self, folder, context, batch, seed):
        self.ids = np.load(os.path.join(folder, "train.npy"))
        self.starts = np.load(os.path.join(folder, "train.index.npy"))[:, 0]
        self.context, self.batch, self.seed = context, batch, seed
        self.epoch, self.first, self.rows = -1, 0, np.zeros((0, context + 1))

    def __call__(self, step):
        if self.epoch < 0:
            self.per_epoch = len(epoch_rows(self.ids, self.starts, self.context, self.seed)) // self.batch
        epoch, i = divmod(step, self.per_epoch)
        if epoch != self.epoch:
            self.epoch = epoch
            self.rows = epoch_rows(self.ids, self.starts, self.context, self.seed + epoch)
            self.rows = self.rows[:self.per_epoch * self.batch]
        rows = torch.from_numpy(self.rows[i * self.batch:(i + 1) * self.batch])
        return rows[:, :-1], rows[:, 1:]


def factor(progress, warmup, flat):
    """Learning-rate factor: linear warm-up, flat, then linear to 0 at progress 1."""
    if progress < warmup:
        return progress / warmup
    return min(1.0, max(0.0, 1 - progress) / (1 - flat))


def optimizers(model, args):
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""
    norms = [p for p in model.parameters() if p.dim() == 1]
    muon = Muon(ternary.matrices(model), lr=args.muon_lr, weight_decay=args.muon_decay)
    adam = torch.optim.AdamW(
        [dict(params=[model.token_embd.weight], lr=args.embed_lr, weight_decay=0.01),
         dict(params=norms, lr=args.norm_lr, weight_decay=0.0)], betas=(0.9, 0.98), eps=1e-10)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return muon, adam


def save(path, model, opts, **extra):
    """Write a checkpoint whole or not at all."""
    state = dict(config=dataclasses.asdict(model.config), model=model.state_dict(),
                 optimizers=[o.state_dict() for o in opts], **extra)
    torch.save(state, path + ".tmp")
    os.replace(path + ".tmp", path)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", default=".train", help="folder with the token files")
    parser.add_argument("--out", default=".train", help="folder for checkpoint.pt and log.csv")
    parser.add_argument("--steps", type=int, default=6000, help="the decay ends here, unless --minutes is given")
    parser.add_argument("--minutes", type=float, help="train, decay included, for this long instead")
    parser.add_argument("--stop-after", type=int, help="leave early, for a trial")
    for name in ("layers", "hidden", "dim", "vocab", "context"):
        parser.add_argument("--" + name, type=int, default=getattr(llama.Config, name))
    parser.add_argument("--ternary", action="store_true", help="ternary matrices inside the layers")
    parser.add_argument("--ternary-from", type=float, default=0.2, help="part of the run in full precision before")
    parser.add_argument("--bf16", action="store_true", help="matrix products in bfloat16, sums and the rest in fp32")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--micro", type=int, default=4, help="rows of a batch that go through at once")
    parser.add_argument("--muon-lr", type=float, default=0.02)
    parser.add_argument("--muon-decay", type=float, default=0.1)
    parser.add_argument("--embed-lr", type=float, default=0.005)
    parser.add_argument("--norm-lr", type=float, default=0.002)
    parser.add_argument("--warmup", type=float, default=0.02, help="part of the run")
    parser.add_argument("--flat", type=float, default=0.3, help="part of the run after which the rate falls")
    parser.add_argument("--val-stories", type=int, default=60)
    parser.add_argument("--save-minutes", type=float, default=4)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    args = parse()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    os.makedirs(args.out, exist_ok=True)
    path, log_path = (os.path.join(args.out, name) for name in ("checkpoint.pt", "log.csv"))
    model = llama.Llama(llama.Config(dim=args.dim, hidden=args.hidden, layers=args.layers, vocab=args.vocab,
                                     context=args.context, heads=args.dim // 32, ternary=args.ternary))
    opts = optimizers(model, args)
    step, seconds = 0, 0.0
    if os.path.exists(path):
        state = torch.load(path)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(opts, state["optimizers"]):
            optimizer.load_state_dict(saved)
        step, seconds = state["step"], state["seconds"]
    else:
        with open(log_path, "w") as f:
            f.write("step,seconds,rate,train_loss,val_loss,bits_per_byte\n")
    print(f"{sum(p.numel() for p in model.parameters())} parameters, from step {step}", flush=True)
    held_out = evaluate.load_stories(args.work)
    batches = Batches(args.work, args.context, args.batch, args.seed)
    products = torch.autocast("cpu", torch.bfloat16, enabled=args.bf16)
    losses, saved_at, last = [], seconds, time.time()

    def report(stories):
        with ternary.weights(model, quantized):
            bits, nats = evaluate.bits_per_byte(model, stories)
        model.train()
        line = f"{step},{seconds:.0f},{rate:.4f},{np.mean(losses[-100:]):.4f},{nats:.4f},{bits:.4f}"
        with open(log_path, "a") as f:
            f.write(line + "\n")
        print(line, flush=True)

    while True:
        progress = seconds / (60 * args.minutes) if args.minutes else step / args.steps
        rate = factor(progress, args.warmup, args.flat)
        quantized = args.ternary and progress >= args.ternary_from
        if progress >= 1 or step == args.stop_after:
            break
        inputs, targets = batches(step)
        model.zero_grad(set_to_none=True)
        total = 0.0
        with ternary.weights(model, quantized):
            for x, y in zip(inputs.split(args.micro), targets.split(args.micro)):
                with products:
                    logits = model(x).float()
                loss = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum") / targets.numel()
                loss.backward()
                total += float(loss)
        for optimizer in opts:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * max(rate, 1e-3)
            with products:
                optimizer.step()
        losses.append(total)
        step += 1
        now = time.time()
        seconds, last = seconds + now - last, now
        if step % 50 == 0:
            print(f"step {step} {seconds:.0f} s rate {rate:.3f} loss {np.mean(losses[-50:]):.4f}", flush=True)
        if seconds - saved_at > 60 * args.save_minutes:
            saved_at = seconds
            report(held_out[:args.val_stories])
            save(path, model, opts, step=step, seconds=seconds)
    report(held_out)
    save(path, model, opts, step=step, seconds=seconds)


if __name__ == "__main__":
    main()
