"""Train the SentencePiece tokenizer and encode text to cached token files.

Writes into --out: tokenizer.model, and for each text <name>.npy (uint16 token ids of all stories,
each BOS + tokens + EOS) with <name>.index.npy (int64 [stories, 2]: first token, UTF-8 bytes).
"""

import argparse
import os

import numpy as np
import sentencepiece as spm

import stories

BOS, EOS = 1, 2


def train(text_stories, prefix, vocab):
    """Train a BPE model with byte fallback; no normalisation, so that decoding returns the text."""
    lines = [line for story in text_stories for line in story.split("\n") if line.strip()]
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=prefix, model_type="bpe", vocab_size=vocab, byte_fallback=True,
        split_digits=True, add_dummy_prefix=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        character_coverage=1.0, unk_id=0, bos_id=BOS, eos_id=EOS, pad_id=-1, max_sentence_length=65536,
        input_sentence_size=0, num_threads=1, minloglevel=1)


def encode(processor, text_stories):
    """All stories as one uint16 array, and an index row (first token, bytes) for each."""
    ids, index = [], []
    for story in text_stories:
        index.append((len(ids), len(story.encode("utf-8"))))
        ids += [BOS] + processor.encode(story) + [EOS]
    return np.array(ids, dtype=np.uint16), np.array(index, dtype=np.int64)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train-text", required=True, help="training stories")
    parser.add_argument("--eval-text", required=True, help="held-out stories")
    parser.add_argument("--out", default=".train", help="working folder")
    parser.add_argument("--vocab", type=int, default=1024)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    sets = {"train": stories.read(args.train_text), "eval": stories.read(args.eval_text)}
    prefix = os.path.join(args.out, "tokenizer")
    train(sets["train"], prefix, args.vocab)
    processor = spm.SentencePieceProcessor(model_file=prefix + ".model")
    for name, texts in sets.items():
        ids, index = encode(processor, texts)
        np.save(os.path.join(args.out, name + ".npy"), ids)
        np.save(os.path.join(args.out, name + ".index.npy"), index)
        size = index[:, 1].sum()
        print(f"{name}: {len(texts)} stories, {size} bytes, {len(ids)} tokens, {size / len(ids):.3f} bytes a token")


if __name__ == "__main__":
    main()
