"""Split a text file into stories.

A file either separates its stories with lines of <|endoftext|>, or has them back to back, in
which case the first line of each story is recognised by its wording (see is_start): on text
whose separators are known this finds 96 % of the boundaries, and 97 % of what it finds is right.
"""

import argparse
import re

SEPARATOR = "<|endoftext|>"

# Openings that start a story whatever stands before them.
STRONG = re.compile(
    r'^["“]?(Once (upon|there|,|a )|Once,|There (once )?(was|were|lived) (once )?(a|an|two|three|some) '
    r"|A long time ago|Long ago|In a (small|big|far|little|quiet|forest|land|house|town|village)"
    r"|It was a (\w+ )?(day|morning|sunny|hot|cold|rainy)|One (sunny|rainy|cold|hot|windy|snowy|bright|warm) )"
    r"|^[A-Z][a-z]+ and (her |his |the )?\w+ (are|were|like|liked) (best )?(friends|twins|brother|to (play|explore)"
    r"|playing (in|with))|^[A-Z][a-z]+ (is|was) a [\w ]*(boy|girl|dog|cat|bear|bird|sheep|bunny|rabbit) who ")
# Openings that start one if they name someone the last lines have not named.
PAIR = re.compile(
    r"^([A-Z][a-z]+|The \w+) and (her |his |the )?\w+ (\w+ )?(are|were|was|is|like|liked|love|loved|live|lived"
    r"|have|had|go|went|wanted|want|play|played) ")
INTRO = re.compile(
    r"^([A-Z][a-z]+|The \w+|A \w+) (is|was|likes|liked|loves|loved|has|had|lived|lives|were|are) (a|an|very|so"
    r"|in|to|going|playing|two|three|four|five|feeling|walking|always|happy|excited|at|twin|her|his|friends)")
TIME = re.compile(r"^(One day,? |Today|It was |Every |The sun |Two |Three )")
SOMEONE_NEW = re.compile(r"^One day,? (a|an|two|there)|^Two |^Three ")
NOT_NAMES = set(
    "The One Once They She But When Then And His Her Mom Dad Mommy Daddy Mama You Your What Why How Yes "
    "This That There After From Suddenly Every Later All Let Can Don Its Finally Soon Today Now For Mum "
    "Mummy Inside Look Thank Wow Hello Please Are Not Have Would Could Maybe With Who Where Come Sure "
    "Well Good Each Some Two Three End Just May Here".split())


def names(line):
    """The capitalised words of a line that are likely to be names."""
    return set(re.findall(r"\b[A-Z][a-z]{2,}\b", line)) - NOT_NAMES


def is_start(lines, i, lookback=5):
    """Whether line i is the first line of a story."""
    line = lines[i]
    if i == 0 or STRONG.match(line):
        return True
    new = names(line)
    if any(new & names(before) for before in lines[max(0, i - lookback):i]):
        return False
    if PAIR.match(line) or SOMEONE_NEW.match(line):
        return True
    return bool(new) and bool(INTRO.match(line) or TIME.match(line))


def split(text):
    """The stories of a text, as strings without leading or trailing white space."""
    if SEPARATOR in text:
        stories = text.split(SEPARATOR)
    else:
        lines = [line for line in text.split("\n") if line]
        starts = [i for i in range(len(lines)) if is_start(lines, i)] + [len(lines)]
        stories = ["\n".join(lines[a:b]) for a, b in zip(starts, starts[1:])]
    return [s.strip() for s in stories if s.strip()]


def read(path):
    """The stories of a file."""
    with open(path, encoding="utf-8") as f:
        return split(f.read())


def main():
    """Measure the boundary finder on a file whose separators are known."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("text", help="a file with <|endoftext|> lines")
    truth = [[x for x in s.split("\n") if x] for s in read(parser.parse_args().text)]
    lines = [line for story in truth for line in story]
    label = [i == 0 for story in truth for i in range(len(story))]
    found = [is_start(lines, i) for i in range(len(lines))]
    hit = sum(a and b for a, b in zip(found, label))
    print(f"{len(truth)} stories, {sum(found)} starts found, {hit} of them right")


if __name__ == "__main__":
    main()
