#include "sw/bench/roofline.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace weft {

namespace {

constexpr double kWidth = 980, kHeight = 560;                         // of the picture
constexpr double kLeft = 70, kRight = 700, kTop = 50, kBottom = 500;  // of the plot
constexpr const char* kColors[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf"};

std::string Format(const char* format, auto... values) {
  char text[512];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string Escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else
      result += c;
  }
  return result;
}

// Decades to pixels.
struct Axis {
  double low, high;  // log10
  double from, to;   // pixels
  double At(double value) const { return from + (std::log10(value) - low) / (high - low) * (to - from); }
};

Axis Over(const std::vector<double>& values, double from, double to) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {std::log10(*low) - 0.2, std::log10(*high) + 0.2, from, to};
}

std::string Text(double x, double y, const std::string& text, const char* attributes = "") {
  return Format("<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes) + Escaped(text) + "</text>\n";
}

std::string Line(double x1, double y1, double x2, double y2, const char* attributes) {
  return Format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, attributes);
}

std::string Grid(const Axis& x, const Axis& y) {
  std::string svg;
  for (double d = std::ceil(x.low); d <= x.high; ++d) {
    const double at = x.At(std::pow(10, d));
    svg += Line(at, kTop, at, kBottom, "stroke=\"#ddd\"");
    svg += Text(at, kBottom + 18, Format("%g", std::pow(10, d)), "text-anchor=\"middle\"");
  }
  for (double d = std::ceil(y.low); d <= y.high; ++d) {
    const double at = y.At(std::pow(10, d));
    svg += Line(kLeft, at, kRight, at, "stroke=\"#ddd\"");
    svg += Text(kLeft - 8, at + 4, Format("%g", std::pow(10, d)), "text-anchor=\"end\"");
  }
  svg +=
      Text((kLeft + kRight) / 2, kBottom + 42, "useful multiplies per needed byte", "text-anchor=\"middle\"");
  svg +=
      Text(0, 0, "useful multiplies per cycle",
           Format("text-anchor=\"middle\" transform=\"translate(18 %.0f) rotate(-90)\"", (kTop + kBottom) / 2)
               .c_str());
  return svg;
}

// The roof of one configuration: the port's slope up to the peak of the multipliers.
std::string Roof(const HwConfig& hw, const Axis& x, const Axis& y, const char* color) {
  const double peak = static_cast<double>(MacsPerCycle(hw)), ridge = peak / hw.port;
  // The slope enters at the left or at the bottom of the plot.
  const double start = std::max(std::pow(10, x.low), std::pow(10, y.low) / hw.port);
  const double end = std::pow(10, x.high);
  return Format(
             "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"%.1f,%.1f %.1f,%.1f "
             "%.1f,%.1f\"/>\n",
             color, x.At(start), y.At(start * hw.port), x.At(ridge), y.At(peak), x.At(end), y.At(peak)) +
         Text(kRight - 6, y.At(peak) - 6,
              Format("%s: %u B, %.0f multiplies a cycle", hw.name.c_str(), hw.port, peak),
              Format("text-anchor=\"end\" fill=\"%s\"", color).c_str());
}

}  // namespace

std::string RooflineSvg(std::span<const BenchRow> rows) {
  std::vector<HwConfig> configs;
  std::vector<double> xs, ys;
  for (const BenchRow& row : rows) {
    if (std::find(configs.begin(), configs.end(), row.hw) == configs.end()) configs.push_back(row.hw);
    xs.push_back(row.intensity());
    xs.push_back(static_cast<double>(MacsPerCycle(row.hw)) / row.hw.port);
    ys.push_back(row.macs / row.cycles);
    ys.push_back(static_cast<double>(MacsPerCycle(row.hw)));
  }
  std::string svg = Format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
      kWidth, kHeight);
  if (rows.empty()) return svg + "</svg>\n";
  const Axis x = Over(xs, kLeft, kRight), y = Over(ys, kBottom, kTop);
  svg += Text(kLeft, 28, "Weft: measured steps under the roofs of port and multipliers", "font-size=\"16\"");
  svg += Grid(x, y);
  const auto color = [&](const HwConfig& hw) {
    return kColors[static_cast<size_t>(std::find(configs.begin(), configs.end(), hw) - configs.begin()) %
                   std::size(kColors)];
  };
  for (const HwConfig& hw : configs) svg += Roof(hw, x, y, color(hw));
  // A number at each point; the list beside the plot says what it is. Points that fall together share their
  // place.
  struct Label {
    double x, y;
    std::string numbers;
    const char* color;
  };
  std::vector<Label> labels;
  const double pitch = std::min(19.0, (kBottom - kTop) / static_cast<double>(rows.size()));
  for (size_t i = 0; i < rows.size(); ++i) {
    const BenchRow& row = rows[i];
    const double px = x.At(row.intensity()), py = y.At(row.macs / row.cycles);
    svg += Format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", px, py, color(row.hw));
    const auto near = std::find_if(labels.begin(), labels.end(), [&](const Label& l) {
      return std::abs(l.x - px) < 40 && std::abs(l.y - py) < 14;
    });
    if (near == labels.end())
      labels.push_back({px, py, std::to_string(i + 1), color(row.hw)});
    else
      near->numbers += ", " + std::to_string(i + 1);
    svg += Text(kRight + 20, kTop + 10 + pitch * static_cast<double>(i),
                Format("%zu  %s: %.1f %%", i + 1, row.c.name.c_str(), 100 * row.RooflineShare()),
                Format("fill=\"%s\"", color(row.hw)).c_str());
  }
  for (const Label& label : labels) {
    svg += Text(label.x + 6, label.y + 15, label.numbers,
                Format("fill=\"%s\" font-weight=\"bold\"", label.color).c_str());
  }
  svg += Text(kRight + 20, kTop - 12, "share of the roofline", "font-weight=\"bold\"");
  return svg + "</svg>\n";
}

}  // namespace weft
