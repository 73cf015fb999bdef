"""Draw the loss curve of a log.csv, with its held-out bits per byte, as an SVG file."""

import argparse
import csv

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 360, 60, 50, 30, 20


def read(path):
    """(step, bits per byte) of the rows of a log; the last one was measured on all held-out stories."""
    with open(path, newline="") as f:
        return [(int(row["step"]), float(row["bits_per_byte"])) for row in csv.DictReader(f)]


def draw(points, target):
    """The SVG text."""
    last = max(s for s, _ in points)
    low = int(min([b for _, b in points] + ([target] if target else [])) * 20) / 20
    high = max(b for _, b in points) + 0.02

    def at(step, bits):
        x = LEFT + step / last * (WIDTH - LEFT - RIGHT)
        return x, TOP + (high - bits) / (high - low) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
           f'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    bits = low
    while bits < high:
        y = at(0, bits)[1]
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{bits:.2f}</text>')
        bits += 0.05
    for step in range(0, last + 1, 1000):
        x = at(step, low)[0]
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{step}</text>')
    if target:
        y = at(0, target)[1]
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#c33" stroke-dasharray="5 4"/>')
        out.append(f'<text x="{WIDTH - RIGHT}" y="{y - 5:.1f}" text-anchor="end" fill="#c33">target {target}</text>')
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*p) for p in points))
    out.append(f'<polyline points="{path}" fill="none" stroke="#246" stroke-width="2"/>')
    for p in points:
        x, y = at(*p)
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="#246"/>')
    out.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">step</text>')
    out.append(f'<text x="{LEFT}" y="{TOP - 10}">held-out bits per byte</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", default=".train/log.csv")
    parser.add_argument("--out", default="models/loss.svg")
    parser.add_argument("--target", type=float, help="bits per byte to mark with a line")
    args = parser.parse_args()
    with open(args.out, "w") as f:
        f.write(draw(read(args.log), args.target))


if __name__ == "__main__":
    main()
