// Private bytes over transactions as SVG: the unpatched control run and the patched run on one scale, each with the
// line of its measured slope (through the median residual, as Theil-Sen draws it).
#include "rules/engine/rows.h"
#include "rules/report/escape.h"
#include "rules/report/html_sections.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace hotgate::rules::html {

namespace {

struct Point {
  double x = 0; // transactions
  double y = 0; // bytes
};

struct Series {
  std::string_view phase;
  std::vector<Point> points;
  std::optional<double> slope;
};

// The plot's frame in the picture, and the range of the data in it.
struct Scale {
  static constexpr double left = 90, right = 830, top = 20, bottom = 300;
  double largestX = 1;
  double lowestY = 0, highestY = 1;
  [[nodiscard]] double x(double value) const { return left + (right - left) * value / largestX; }
  [[nodiscard]] double y(double value) const {
    return bottom - (bottom - top) * (value - lowestY) / (highestY - lowestY);
  }
};

Result<Series> readSeries(facts::Database &facts, int64_t run, std::string_view phase) {
  Series series{phase, {}, std::nullopt};
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT transactions, private_bytes FROM lab_sample WHERE run_id = ? AND phase = ? ORDER BY transactions",
      [&](const facts::Statement &row) { series.points.push_back({row.real(0), row.real(1)}); }, run, phase));
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT per_transaction FROM lab_slope WHERE counter = 'private-bytes' AND run_id = ? AND phase = ?",
      [&](const facts::Statement &row) { series.slope = row.real(0); }, run, phase));
  return series;
}

Scale scaleOf(const std::array<Series, 2> &both) {
  Scale scale;
  double lowest = both[0].points.empty() ? both[1].points.front().y : both[0].points.front().y;
  double highest = lowest;
  for (const Series &series : both)
    for (const Point &point : series.points) {
      scale.largestX = std::max(scale.largestX, point.x);
      lowest = std::min(lowest, point.y);
      highest = std::max(highest, point.y);
    }
  // At least 256 KiB high, so that the allocator's noise does not look like a mountain.
  const double room = std::max(highest - lowest, 256.0 * 1024) * 0.08;
  const double middle = (lowest + highest) / 2;
  const double half = std::max(highest - lowest, 256.0 * 1024) / 2 + room;
  scale.lowestY = std::max(0.0, middle - half);
  scale.highestY = middle + half;
  return scale;
}

// 1, 2 or 5 times a power of ten, for about `count` steps.
double roundStep(double range, int count) {
  const double rough = range / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power)
      return factor * power;
  return 10 * power;
}

std::string axes(const Scale &scale) {
  constexpr double mebibyte = 1024.0 * 1024;
  std::string svg;
  const double stepY = roundStep((scale.highestY - scale.lowestY) / mebibyte, 5);
  for (double value = std::ceil(scale.lowestY / mebibyte / stepY) * stepY; value * mebibyte <= scale.highestY;
       value += stepY)
    svg += fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
                       "<text class=\"tick end\" x=\"{3}\" y=\"{4:.1f}\">{5:.2f}</text>",
                       Scale::left, Scale::right, scale.y(value * mebibyte), Scale::left - 8,
                       scale.y(value * mebibyte) + 4, value);
  const double stepX = std::max(1.0, roundStep(scale.largestX, 6));
  for (double value = 0; value <= scale.largestX; value += stepX)
    svg += fmt::format("<text class=\"tick middle\" x=\"{:.1f}\" y=\"{}\">{}</text>", scale.x(value),
                       Scale::bottom + 18, grouped(static_cast<int64_t>(value)));
  svg += fmt::format("<line class=\"axis\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>", Scale::left, Scale::right,
                     Scale::bottom);
  svg += fmt::format("<text class=\"label middle\" x=\"{}\" y=\"{}\">transactions</text>",
                     (Scale::left + Scale::right) / 2, Scale::bottom + 38);
  svg += fmt::format("<text class=\"label\" x=\"{}\" y=\"12\">private MiB</text>", Scale::left - 60);
  return svg;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// The measured slope as a line through the median residual, with the height of its right end.
struct SlopeLine {
  Point first, last;
};

std::optional<SlopeLine> slopeLine(const Series &series) {
  if (!series.slope || series.points.empty())
    return std::nullopt;
  std::vector<double> residuals;
  residuals.reserve(series.points.size());
  for (const Point &point : series.points)
    residuals.push_back(point.y - *series.slope * point.x);
  const double intercept = median(std::move(residuals));
  const auto at = [&](double x) { return Point{x, intercept + *series.slope * x}; };
  return SlopeLine{at(series.points.front().x), at(series.points.back().x)};
}

std::string plot(const Series &series, const Scale &scale) {
  std::string svg;
  for (const Point &point : series.points)
    svg += fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>", series.phase, scale.x(point.x),
                       scale.y(point.y));
  if (const auto line = slopeLine(series))
    svg +=
        fmt::format("<line class=\"slope {}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", series.phase,
                    scale.x(line->first.x), scale.y(line->first.y), scale.x(line->last.x), scale.y(line->last.y));
  return svg;
}

// The slopes' names at the right ends of their lines, moved apart where they would cover each other.
std::string labels(const std::array<Series, 2> &both, const Scale &scale) {
  constexpr double textHeight = 16;
  std::array<std::optional<double>, 2> heights;
  for (size_t i = 0; i < both.size(); ++i)
    if (const auto line = slopeLine(both[i]))
      heights[i] = scale.y(line->last.y);
  if (heights[0] && heights[1] && std::abs(*heights[0] - *heights[1]) < textHeight) {
    const double middle = (*heights[0] + *heights[1]) / 2;
    const double down = *heights[0] >= *heights[1] ? textHeight / 2 : -textHeight / 2;
    heights = {middle + down, middle - down};
  }
  std::string svg;
  for (size_t i = 0; i < both.size(); ++i)
    if (heights[i])
      svg += fmt::format("<text class=\"label {0}\" x=\"{1}\" y=\"{2:.1f}\">{0}: {3:+.1f} B each</text>", both[i].phase,
                         Scale::right + 10, *heights[i] + 4, *both[i].slope);
  return svg;
}

Result<std::string> growth(facts::Database &facts, int64_t run) {
  std::string text;
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT per_transaction, low, high, confidence FROM lab_growth WHERE counter = 'private-bytes' AND run_id = ?",
      [&](const facts::Statement &row) {
        text = fmt::format(
            "Growth that the patch adds: {:.1f} bytes per transaction ({:.1f} % interval {:.1f} to {:.1f}).",
            row.real(0), row.real(3) * 100, row.real(1), row.real(2));
      },
      run));
  return text;
}

} // namespace

Result<std::string> memoryChart(facts::Database &facts, int64_t run) {
  std::array<Series, 2> both;
  HOTGATE_TRY(both[0], readSeries(facts, run, "control"));
  HOTGATE_TRY(both[1], readSeries(facts, run, "patched"));
  if (both[0].points.empty() && both[1].points.empty())
    return std::string();
  const Scale scale = scaleOf(both);
  HOTGATE_TRY(const std::string caption, growth(facts, run));
  return fmt::format(
      "<h4>Memory during the soak</h4><figure><svg class=\"chart\" viewBox=\"0 0 1040 350\" role=\"img\" "
      "aria-label=\"Private bytes over transactions, control and "
      "patched\">{}{}{}{}</svg><figcaption>{}</figcaption></figure>",
      axes(scale), plot(both[0], scale), plot(both[1], scale), labels(both, scale), caption);
}

} // namespace hotgate::rules::html
